"""Forms of the toolkit, by journey."""
