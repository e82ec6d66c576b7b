"""Rules of information governance, pure."""
