"""Tables of information governance."""
