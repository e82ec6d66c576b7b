"""What ties two employers: worked out of what they did together.

- **event**: both had somebody at the same event, as checked in there. Above ``MOST_AT_EVENT``
  employers an event makes no ties: people at a large conference have sat in one hall, not met,
  and pairs would grow with the square of those who came.
- **peer**: they were introduced to each other, unless they have said that they did not meet.
- **reply**: one answered the other in the forum, both under their names. Posts without a name make
  no ties at all, neither in a picture nor in a figure: a tie would tell who wrote them, without
  the record that unmasking leaves.
- **invited**: one joined by the other's invitation.
- **referral**: one referred the other to the service, as a champion, and it was accepted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import Final

MOST_AT_EVENT: Final = 40

# Two employers, the smaller key first, and the kind of tie.
TieKey = tuple[int, int, str]
# Two employers and the day on which something was between them.
Meeting = tuple[int, int, date]


@dataclass(frozen=True, slots=True)
class Tie:
    """Since when, until when and how often two employers were tied in a way."""

    since: date
    until: date
    times: int


@dataclass(frozen=True, slots=True)
class Records:
    """What ties are worked out of: who came to which event on which day, and the other meetings.

    ``merged`` maps the key of a merged employer to the one that was kept.
    """

    events: Mapping[int, tuple[date, Collection[int]]] = field(default_factory=dict)
    meetings: Mapping[str, Iterable[Meeting]] = field(default_factory=dict)
    merged: Mapping[int, int] = field(default_factory=dict)


def ties_of(records: Records) -> dict[TieKey, Tie]:
    """Every tie that the records make."""
    days: dict[TieKey, list[date]] = {}
    kept = records.merged
    for day, came in records.events.values():
        there = sorted({_kept(key, kept) for key in came})
        if len(there) <= MOST_AT_EVENT:
            for low, high in combinations(there, 2):
                days.setdefault((low, high, "event"), []).append(day)
    for kind, meetings in records.meetings.items():
        for one, other, day in meetings:
            a, b = _kept(one, kept), _kept(other, kept)
            if a != b:
                days.setdefault((min(a, b), max(a, b), kind), []).append(day)
    return {key: Tie(min(all_), max(all_), len(all_)) for key, all_ in days.items()}


def _kept(key: int, merged: Mapping[int, int]) -> int:
    seen = set()
    while key in merged and key not in seen:
        seen.add(key)
        key = merged[key]
    return key


def among(ties: Mapping[TieKey, Tie], members: Collection[int]) -> dict[TieKey, Tie]:
    """The ties that have a member at both ends."""
    return {key: tie for key, tie in ties.items() if key[0] in members and key[1] in members}


def pairs_by(ties: Mapping[TieKey, Tie], day: date) -> set[tuple[int, int]]:
    """Who was tied in any way by the end of a day."""
    return {(low, high) for (low, high, _kind), tie in ties.items() if tie.since <= day}


def referring(person_employers: Mapping[int, Collection[int]]) -> dict[int, int]:
    """The employer that each person refers for: only where they act for exactly one."""
    return {
        person: next(iter(employers))
        for person, employers in person_employers.items()
        if len(employers) == 1
    }


def kinds_between(ties: Iterable[TieKey]) -> Counter[str]:
    """How many pairs are tied in each way."""
    return Counter(kind for _low, _high, kind in ties)
