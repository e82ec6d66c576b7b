"""Parts that the payment tables share."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, CheckConstraint

from portal.payments.rules.words import MOST_PENCE

Pence = BigInteger


def amount(column: str, *, name: str, least: int = 0, most: int = MOST_PENCE) -> CheckConstraint:
    """A column of pence that stays within what one amount may be."""
    return CheckConstraint(f"{column} BETWEEN {least} AND {most}", name=name)


def one_of(column: str, values: Iterable[str], *, name: str) -> CheckConstraint:
    """A column that holds one of a fixed set of keys, or nothing where it may be empty."""
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=name)
