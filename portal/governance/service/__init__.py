"""What information governance does, one function per action."""
