"""Rules of the caseload: pure functions over plain data."""
