"""Which cells make up some months: whole financial years, whole quarters, and months beside them.

Coarser cells stand under the name of their axis with a mark (``portal/reports/facts/rollups.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

QUARTER: Final = "/q"
YEAR: Final = "/y"
# Every month, whatever the groups.
PLAIN: Final = "/m"

Span = tuple[str, date | None, date | None]


def whole(first: date | None, last: date | None, mark: str = "") -> Span:
    """All cells of one mark in some months, both included."""
    return mark, first, None if last is None else _plus(last, 1)


def spans(first: date | None, last: date | None) -> Iterator[Span]:
    """The fewest cells that make up some months: a mark, the first month, and the month after.

    ``first`` and ``last`` are first days of months, both included; None is the beginning or the
    end of everything. Spans with nothing in them are left out.
    """
    _, _, after = whole(first, last)
    years = (first and _up(first, 12), after and _down(after, 12))
    quarters = (first and _up(first, 3), after and _down(after, 3))
    if _some(*years):
        yield from _ragged(YEAR, *years)
        yield from _ragged(QUARTER, quarters[0], years[0], years[1], quarters[1])
        yield from _ragged("", first, quarters[0], quarters[1], after)
    elif _some(*quarters):
        yield from _ragged(QUARTER, *quarters)
        yield from _ragged("", first, quarters[0], quarters[1], after)
    else:
        yield whole(first, last)


def _ragged(mark: str, *ends: date | None) -> Iterator[Span]:
    """Spans between each two of these; one that has no end on its outer side is not there."""
    pairs = list(zip(ends[::2], ends[1::2], strict=True))
    for begin, end in pairs:
        whole = len(pairs) == 1
        if whole or (begin is not None and end is not None and begin < end):
            yield mark, begin, end


def _some(begin: date | None, end: date | None) -> bool:
    return begin is None or end is None or begin < end


def _plus(month: date, months: int) -> date:
    place = month.year * 12 + month.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def _down(month: date, size: int) -> date:
    """The first month of the quarter (3) or the financial year (12) that a month is in."""
    return _plus(month, -((month.month - 4) % size))


def _up(month: date, size: int) -> date:
    """The same, or the beginning of the next unless the month is the first of its own."""
    return _plus(month, -(month.month - 4) % size)
