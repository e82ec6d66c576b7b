"""Constraints that tables of every feature use."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import CheckConstraint


def one_of(column: str, values: Iterable[str], *, name: str) -> CheckConstraint:
    """A column that holds one of a fixed set of keys, or nothing where it may be empty."""
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=name)
