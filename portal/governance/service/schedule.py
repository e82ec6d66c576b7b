"""The schedule as it stands today: what is over, what is on hold, what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from portal.governance.queries import retention_due as found
from portal.governance.queries.holds import standing
from portal.governance.rules.holds import Holds
from portal.governance.rules.retention import classes, months_after, months_before
from portal.governance.service.retention import periods, sorted_by_hold
from portal.kernel.clock import london, utc_now


@dataclass(frozen=True, slots=True)
class Line:
    """One class: ``over`` may go now, ``held`` are over and may not, ``waiting`` have time left."""

    key: str
    title: str
    counts_from: str
    then: str
    why: str
    months: int | None
    least: int | None
    most: int | None
    over: int = 0
    held: int = 0
    waiting: int = 0
    next_on: date | None = None

    @property
    def ends(self) -> bool:
        """Whether the class ends by itself."""
        return self.months is not None


def schedule() -> list[Line]:
    """Every class, those that end first."""
    now, holds, months = utc_now(), standing(), periods()
    lines = []
    for key, one in classes().items():
        set_to = months.get(key) if one.ends else None
        over, held, waiting, earliest = (
            (0, 0, 0, None) if set_to is None else _counts(key, now, set_to, holds)
        )
        lines.append(
            Line(
                key=key,
                title=one.title,
                counts_from=one.counts_from,
                then=one.then,
                why=one.why,
                months=set_to,
                least=one.least,
                most=one.most,
                over=over,
                held=held,
                waiting=waiting,
                next_on=earliest,
            )
        )
    return sorted(lines, key=lambda line: not line.ends)


def _counts(
    key: str, now: datetime, months: int, holds: Holds
) -> tuple[int, int, int, date | None]:
    before = months_before(now, months)
    over = held = waiting = 0
    first: datetime | None = None
    for root in found.roots_of(key):
        outlook = found.outlook(root, before)
        over += outlook.over
        waiting += outlook.waiting
        if outlook.next_since is not None and (first is None or outlook.next_since < first):
            first = outlook.next_since
        if outlook.over and holds != Holds():
            held += _held(root, before, holds)
    return over - held, held, waiting, None if first is None else _day(first, months)


def _held(root: found.Root, before: datetime, holds: Holds) -> int:
    count, after = 0, 0
    while rows := found.due(root, before, after_key=after, limit=1000):
        count += len(sorted_by_hold(root, rows, holds)[1])
        after = rows[-1].key
    return count


def _day(since: datetime, months: int) -> date:
    return london(months_after(since, months)).date()
