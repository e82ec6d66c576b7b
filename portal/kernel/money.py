"""Money as whole pence in pounds sterling: the only way an amount travels through the portal."""

from __future__ import annotations

import re
from dataclasses import dataclass

_POUNDS = re.compile(
    r"^(?P<sign>-?)£?\s*(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<pence>\d{1,2}))?$"
)
MAX_PENCE = 10**14


class MoneyError(ValueError):
    """An amount that cannot be read; the message says what to type instead."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in integer pence. Never a float: a penny lost here is public money."""

    pence: int

    def __post_init__(self) -> None:
        if isinstance(self.pence, bool) or not isinstance(self.pence, int):
            raise TypeError(f"Money takes whole pence, not {type(self.pence).__name__}")

    @classmethod
    def from_pounds(cls, text: str) -> Money:
        """Read pounds as a person types them, such as ``£1,234.50``.

        Raises:
            MoneyError: when the text is not an amount, has more than two decimals, or is too large.
        """
        cleaned = text.strip().replace("\u00a0", "")
        match = _POUNDS.match(cleaned)
        if match is None:
            raise MoneyError("Enter an amount in pounds and pence, like 12.50")
        pence = int(match["whole"].replace(",", "")) * 100 + int(
            (match["pence"] or "").ljust(2, "0")
        )
        if pence > MAX_PENCE:
            raise MoneyError("The amount is too large: check the number of digits")
        return cls(-pence if match["sign"] else pence)

    def __add__(self, other: Money) -> Money:
        return Money(self.pence + other.pence)

    def __sub__(self, other: Money) -> Money:
        return Money(self.pence - other.pence)

    def __neg__(self) -> Money:
        return Money(-self.pence)

    def __mul__(self, times: int) -> Money:
        if isinstance(times, bool) or not isinstance(times, int):
            raise TypeError("Money is multiplied by whole numbers only")
        return Money(self.pence * times)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return self.pence != 0

    def format(self) -> str:
        """Pounds and pence: ``£1,234.50``."""
        sign = "-" if self.pence < 0 else ""
        pounds, pence = divmod(abs(self.pence), 100)
        return f"{sign}£{pounds:,}.{pence:02d}"

    def format_whole(self) -> str:
        """Whole pounds, halves rounded away from nought: ``£1,235``. For reading, not adding."""
        pounds = (abs(self.pence) + 50) // 100
        sign = "-" if self.pence < 0 and pounds else ""
        return f"{sign}£{pounds:,}"

    def __str__(self) -> str:
        return self.format()
