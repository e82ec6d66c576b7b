"""The programme report's sections, made of what was counted: pure functions."""
