"""Forms of information governance."""
