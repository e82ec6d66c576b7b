"""Every SELECT of the toolkit, by journey."""
