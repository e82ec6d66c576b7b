"""What somebody asks of a report: months and filters, read from an address and written into one.

Nothing refused here raises: an address that was typed wrongly, or is old, gives the nearest
question that makes sense, and the page says which one it answers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from portal.reports.rules.scope import Scope, View

# The public year of money begins in April; quarters of it are those of the calendar.
_YEAR_BEGINS: Final = 4
_DECEMBER: Final = 12
_EARLIEST: Final = date(2010, 1, 1)
_YEARS_BACK: Final = 3
_MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})")
FILTERS: Final = ("sector", "size", "district", "provider")


@dataclass(frozen=True, slots=True)
class Preset:
    """A period with a name: first days of its first and its last month."""

    text: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be filtered by: keys of sectors, sizes and districts, and providers' keys."""

    sectors: Collection[str] = ()
    sizes: Collection[str] = ()
    districts: Collection[str] = ()
    providers: Collection[int] = ()


def month_key(day: date) -> str:
    """A month as an address holds it: "2026-11"."""
    return f"{day:%Y-%m}"


def month_of(text: str, *, today: date) -> date | None:
    """The first day of a month written like "2026-11"; None for anything else.

    A month that is not here yet is this one.
    """
    found = _MONTH.fullmatch(text.strip())
    if not found:
        return None
    year, month = int(found[1]), int(found[2])
    if not 1 <= month <= _DECEMBER or year < 1:
        return None
    return max(min(date(year, month, 1), today.replace(day=1)), _EARLIEST)


def last_day(month: date) -> date:
    """The last day of a month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def year_start(day: date) -> date:
    """The April with which the financial year of a day begins."""
    year = day.year if day.month >= _YEAR_BEGINS else day.year - 1
    return date(year, _YEAR_BEGINS, 1)


def quarter_start(day: date) -> date:
    """The first day of a day's quarter."""
    return date(day.year, day.month - (day.month - 1) % 3, 1)


def presets(today: date) -> tuple[Preset, ...]:
    """The periods people ask for most, the shortest first."""
    month = today.replace(day=1)
    quarter, year = quarter_start(today), year_start(today)
    before = quarter - timedelta(days=1)
    earliest = year.replace(year=year.year - _YEARS_BACK)
    return (
        Preset("This quarter", quarter, month),
        Preset("Last quarter", quarter_start(before), before.replace(day=1)),
        Preset("This financial year", year, month),
        Preset(
            "Last financial year",
            year.replace(year=year.year - 1),
            (year - timedelta(days=1)).replace(day=1),
        ),
        Preset(f"Since {earliest:%B %Y}", earliest, month),
    )


def months_offered(today: date, chosen: Sequence[date] = ()) -> list[date]:
    """The months to choose from, the latest first; those chosen already stay among them."""
    month = today.replace(day=1)
    earliest = year_start(today)
    earliest = min(earliest.replace(year=earliest.year - _YEARS_BACK), *chosen, month)
    found = []
    while month >= earliest:
        found.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return found


def scope_of(
    asked: Mapping[str, str], *, today: date, view: View, choices: Choices, own: int | None = None
) -> Scope:
    """The question in an address: this financial year and everything, unless it says otherwise.

    ``own`` is the organisation of a reader who sees one provider's work, when none is named or
    another one's is.
    """
    first = month_of(asked.get("from", ""), today=today)
    last = month_of(asked.get("to", ""), today=today) or today.replace(day=1)
    first = first or min(year_start(today), last)
    if last < first:
        first, last = last, first
    provider = _provider(asked.get("provider", ""), choices.providers)
    narrowed = view is not View.STATISTICS
    return Scope(
        first,
        min(last_day(last), today),
        view=view,
        sector=_known(asked.get("sector", ""), choices.sectors) if narrowed else "",
        size_tier=_known(asked.get("size", ""), choices.sizes) if narrowed else "",
        district=_known(asked.get("district", ""), choices.districts) if narrowed else "",
        provider=(own if provider is None else provider) if narrowed else None,
    )


def _known(value: str, known: Collection[str]) -> str:
    return value if value in known else ""


def _provider(value: str, known: Collection[int]) -> int | None:
    if not value.isascii() or not value.isdigit() or len(value) > 9:  # noqa: PLR2004 - an id's digits
        return None
    return int(value) if int(value) in known else None


def arguments(scope: Scope) -> dict[str, str]:
    """The question as an address holds it; the same question always gives the same address."""
    found = {
        "from": month_key(scope.first),
        "to": month_key(scope.last),
        "sector": scope.sector,
        "size": scope.size_tier,
        "district": scope.district,
        "provider": "" if scope.provider is None else str(scope.provider),
    }
    return {name: value for name, value in found.items() if value}


def is_over(scope: Scope, *, today: date) -> bool:
    """Whether the period has ended, so that only corrections can change its figures."""
    return scope.last < today
