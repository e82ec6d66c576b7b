"""Parts that the payment tables share."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint

from portal.payments.rules.words import MOST_PENCE

Pence = BigInteger


def amount(column: str, *, name: str, least: int = 0, most: int = MOST_PENCE) -> CheckConstraint:
    """A column of pence that stays within what one amount may be."""
    return CheckConstraint(f"{column} BETWEEN {least} AND {most}", name=name)
