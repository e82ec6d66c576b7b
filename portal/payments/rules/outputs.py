"""How far an output has come on its way to being paid, and what a list of them can be narrowed to.

The state follows from the claim line that holds the output; nothing keeps it a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Final

from portal.payments.rules.periods import claim_month, has_ended, month_of, next_month
from portal.payments.rules.states import ClaimState, LineState
from portal.payments.rules.words import OUTPUT_TYPES, SIZE_TIERS

PAGE: Final = 50
MOST_PAGES: Final = 100_000
LATE: Final = "late"
_KEY_DIGITS: Final = 9


class OutputState(StrEnum):
    """How far an output has come."""

    READY = "ready"
    DRAFT = "draft"
    CLAIMED = "claimed"
    QUERIED = "queried"
    APPROVED = "approved"
    PAID = "paid"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """The state on screen."""
        return STATES[self]


STATES: Final[Mapping[OutputState, str]] = {
    OutputState.READY: "Ready",
    OutputState.DRAFT: "On a draft",
    OutputState.CLAIMED: "Claimed",
    OutputState.QUERIED: "Queried",
    OutputState.APPROVED: "Approved",
    OutputState.PAID: "Paid",
    OutputState.WITHDRAWN: "Withdrawn",
}
COLOURS: Final[Mapping[OutputState, str]] = {
    OutputState.READY: "blue",
    OutputState.DRAFT: "grey",
    OutputState.CLAIMED: "",
    OutputState.QUERIED: "orange",
    OutputState.APPROVED: "green",
    OutputState.PAID: "green",
    OutputState.WITHDRAWN: "grey",
}
# What a list can be narrowed to: the states, and those whose own month was closed.
STATE_CHOICES: Final[tuple[tuple[str, str], ...]] = (
    ("", "Every state but withdrawn"),
    *((state.value, words) for state, words in STATES.items()),
    (LATE, "Late: claimed in a later month"),
)
_BY_LINE: Final[Mapping[str, OutputState]] = {
    LineState.DRAFT.value: OutputState.DRAFT,
    LineState.SUBMITTED.value: OutputState.CLAIMED,
    LineState.QUERIED.value: OutputState.QUERIED,
    LineState.APPROVED.value: OutputState.APPROVED,
}


def state_of(*, withdrawn: bool, line_state: str | None, claim_state: str | None) -> OutputState:
    """How far an output has come, by the line that holds it (None where none does)."""
    if withdrawn:
        return OutputState.WITHDRAWN
    state = _BY_LINE.get(line_state or "", OutputState.READY)
    if state is OutputState.APPROVED and claim_state == ClaimState.PAID:
        return OutputState.PAID
    return state


def is_late(*, occurred_on: date, period: date | None, open_from: date) -> bool:
    """Whether an output was, or can only be, claimed in a later month than its own."""
    return month_of(occurred_on) < (period or month_of(open_from))


def when_claimable(*, occurred_on: date, open_from: date, today: date) -> str:
    """Which month's claim a free output belongs to, and from when it can be made."""
    month = claim_month(occurred_on=occurred_on, open_from=open_from)
    if has_ended(month, today=today):
        return f"Can be claimed now, for {month:%B %Y}"
    begins = next_month(month)
    return f"Can be claimed from {begins.day} {begins:%B %Y}, for {month:%B %Y}"


@dataclass(frozen=True, slots=True)
class OutputFilter:
    """A list as asked for. Empty means "not narrowed"; ``page`` counts from 1.

    ``month`` is written 2026-11; ``provider`` and ``contract`` are keys as text.
    """

    kind: str = ""
    month: str = ""
    sector: str = ""
    tier: str = ""
    provider: str = ""
    contract: str = ""
    state: str = ""
    page: int = 1

    @property
    def first_day(self) -> date | None:
        """The first day of the month asked for."""
        return date.fromisoformat(f"{self.month}-01") if self.month else None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the page was asked for."""
        return replace(self, page=1) != OutputFilter()

    def address(self, **changes: str | int) -> dict[str, str]:
        """The values that must stand in an address for this list.

        A change of anything but the page begins at the first page again.
        """
        wanted = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        plain = OutputFilter()
        return {
            field.name: str(getattr(wanted, field.name))
            for field in fields(wanted)
            if getattr(wanted, field.name) != getattr(plain, field.name)
        }


def read_filter(args: Mapping[str, str]) -> OutputFilter:
    """A list as an address asks for it; what makes no sense is read as if it were not there."""

    def one_of(name: str, known: Mapping[str, str]) -> str:
        value = args.get(name, "")
        return value if value in known else ""

    def number(name: str) -> str:
        value = args.get(name, "")
        whole = value.isascii() and value.isdecimal() and len(value) <= _KEY_DIGITS
        return value if whole else ""

    sector = args.get("sector", "")
    return OutputFilter(
        kind=one_of("kind", OUTPUT_TYPES),
        month=_month(args.get("month", "")),
        sector=sector if sector.replace("_", "").isalnum() and sector.isascii() else "",
        tier=one_of("tier", SIZE_TIERS),
        provider=number("provider"),
        contract=number("contract"),
        state=one_of("state", dict(STATE_CHOICES)),
        page=min(max(int(number("page") or 1), 1), MOST_PAGES),
    )


def _month(text: str) -> str:
    try:
        return f"{date.fromisoformat(f'{text}-01'):%Y-%m}"
    except ValueError:
        return ""


def last_months(today: date, count: int) -> list[tuple[str, str]]:
    """The last months, latest first: as they stand in an address, and in words."""
    found, month = [], month_of(today)
    for _ in range(count):
        found.append((f"{month:%Y-%m}", f"{month:%B %Y}"))
        month = date(month.year - (month.month == 1), month.month - 1 or 12, 1)
    return found
