"""Shapes of what is typed in the caseload, by journey."""
