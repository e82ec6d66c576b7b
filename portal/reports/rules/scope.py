"""What a report is asked for: which time, which employers, and for whose eyes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class View(StrEnum):
    """How much a reader may see.

    FULL: LEP staff, every number and the way to its records. PROVIDER: a provider's managers,
    every number of their own work. STATISTICS: everybody else, with small numbers protected.
    """

    FULL = "full"
    PROVIDER = "provider"
    STATISTICS = "statistics"


@dataclass(frozen=True, slots=True)
class Scope:
    """The question a report answers.

    ``first`` and ``last`` are days, both included; counts are kept by month, so ``first`` is the
    first day of a month and ``last`` the last day of one, or today. Empty filters mean everything.
    ``provider`` is an organisation's id. A scope of ``STATISTICS`` has no filters: its tables are
    protected together, and filters would be a way around that.

    Raises:
        ValueError: for filters on statistics, or days the wrong way round.
    """

    first: date
    last: date
    view: View = View.FULL
    sector: str = ""
    size_tier: str = ""
    district: str = ""
    provider: int | None = None

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("The last day is before the first")
        if self.view is View.STATISTICS and (self.filtered or self.provider is not None):
            raise ValueError("Statistics are not filtered")

    @property
    def filtered(self) -> bool:
        """Whether only some employers are asked for."""
        return bool(self.sector or self.size_tier or self.district)

    @property
    def first_month(self) -> date:
        """The first month, as its first day."""
        return self.first.replace(day=1)

    @property
    def last_month(self) -> date:
        """The last month, as its first day."""
        return self.last.replace(day=1)
