"""Pages about accounts, by journey."""
