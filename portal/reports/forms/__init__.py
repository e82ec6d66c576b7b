"""Shapes of what people ask of reports."""
