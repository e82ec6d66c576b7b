"""What information governance reads."""
