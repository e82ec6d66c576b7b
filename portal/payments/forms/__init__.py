"""Shapes of what is typed about money, by journey."""
