"""Employers, who belongs to them, and the public register they are found in."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Put the feature on the application."""
