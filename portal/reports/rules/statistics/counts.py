"""The counts of a release, and the quarters that are due.

Each count is protected apart, so the list is chosen with care: no number of one count follows from
numbers of another.

* What happened in one quarter stands in that quarter's release and in no other: nothing runs on
  over quarters, so two releases cannot be subtracted. An employer counts for a first once ever.
* Where one count lies within another (employers engaged were advised, now or before), the wider one
  is released as a total alone: it limits no group of the narrower.
* A thing that an employer may do in several ways in a quarter is one group, "more than one kind".
* Money is not released: with fixed rates an amount tells a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

MONTHS_A_QUARTER: Final = 3
# Records of a quarter are still written in the days after it; the release waits for them.
RELEASED_AFTER: Final = timedelta(days=21)
SECTOR, SIZE, DISTRICT, MONTH = "sector", "size", "district", "month"
HARD, SOURCE, SUPPORT, STATUS, AFTER, LASTING = (
    *("hard", "source", "support", "status", "after", "lasting"),
)
SEVERAL: Final = "several"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Counted:
    """One count: what it is, how it is dated, and the tables in which it is released.

    ``centre`` is the dimension that is crossed with each of ``crossed``.
    """

    key: str
    label: str
    definition: str
    rule: str
    centre: str = ""
    crossed: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Every dimension by which it is released."""
        return (*((self.centre,) if self.centre else ()), *self.crossed, *self.plain)


_ONCE: Final = "Each employer counts once ever, in the quarter in which it first happened."
COUNTS: Final = (
    Counted(
        "registered",
        "Employers registered",
        "Employers with a record in the portal.",
        "Each once, on the day the record was made; a record merged into another counts nowhere.",
    ),
    Counted(
        "strand_1",
        "Employers engaged in Strand 1",
        "Employers that joined the network or came to an event.",
        _ONCE,
        SECTOR,
        (SIZE,),
        (DISTRICT, MONTH),
    ),
    Counted(
        "diagnosed",
        "Employers with a first diagnostic",
        "Employers that completed the diagnostic for the first time.",
        _ONCE,
        SECTOR,
        (SIZE,),
        (DISTRICT, MONTH),
    ),
    Counted(
        "advised",
        "Employers receiving advice",
        "Employers that had a consultation, an in-depth session or support for the first time.",
        _ONCE,
    ),
    Counted(
        "engaged",
        "Employers engaged in Strand 2",
        "Employers that took part in a first in-depth diagnostic session, as outputs record it.",
        "Once an employer, on the day of the session; groups are those frozen on that day.",
        SECTOR,
        (SIZE, DISTRICT),
        (MONTH, HARD, SOURCE),
    ),
    Counted(
        "supported",
        "Employers supported",
        "Employers that attended training, workshops, consultancy or coaching in the quarter.",
        "Each once in the quarter, however often they came.",
        SECTOR,
        (SIZE,),
        (DISTRICT, SUPPORT),
    ),
    Counted(
        "champion",
        "New employer champions",
        "Employers that became champions through the award scheme.",
        _ONCE,
    ),
    Counted(
        "referred",
        "Referrals received",
        "Employers referred to the service.",
        "Each referral once, on the day it was received, by what had become of it at the release.",
        plain=(SOURCE, STATUS),
    ),
    Counted(
        "followed",
        "Follow-ups done",
        "Light-touch follow-ups at set times after the plan was agreed.",
        "Each once, on the day it was done.",
        AFTER,
        (LASTING,),
        (SECTOR,),
    ),
)
BY_KEY: Final = {count.key: count for count in COUNTS}
ACTION: Final = "action:"


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A calendar quarter, by its first day."""

    first: date

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> Quarter:
        """The quarter after it."""
        month = self.first.month + MONTHS_A_QUARTER
        years, month = divmod(month - 1, 12)
        return Quarter(date(self.first.year + years, month + 1, 1))

    @property
    def months(self) -> tuple[date, ...]:
        """The first days of its months."""
        return tuple(
            self.first.replace(month=self.first.month + offset)
            for offset in range(MONTHS_A_QUARTER)
        )

    @property
    def title(self) -> str:
        """As people say it: "July to September 2026"."""
        return f"{self.first:%B} to {self.last:%B %Y}"


def quarter_of(day: date) -> Quarter:
    """The quarter in which a day lies."""
    return Quarter(date(day.year, day.month - (day.month - 1) % MONTHS_A_QUARTER, 1))


def due(begun: date | None, released: set[date], today: date) -> list[Quarter]:
    """Quarters whose release is due, the earliest first: over for a while, and not released yet.

    ``begun`` is the first day with records. Quarters before one that was released are not made up
    for: what would be counted for them now is not what was there then, and nobody waits for them.
    """
    if begun is None:
        return []
    quarter = quarter_of(begun)
    if released:
        quarter = Quarter(max(released)).next
    found = []
    while quarter.last + RELEASED_AFTER < today:
        found.append(quarter)
        quarter = quarter.next
    return found
