"""Rules of action plans: pure functions over frozen values, one module a subject."""
