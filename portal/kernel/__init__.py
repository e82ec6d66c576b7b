"""Money, time, identifiers and results: the standard library only, imported by everyone."""
