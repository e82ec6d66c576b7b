"""A believable programme at any size, row by row, from a seed.

Believable means skewed as such programmes are: most employers are micro, sectors and districts
differ, work comes in seasons, some cases stall at every step, some evidence is late, some employers
are written down twice or close down. The shares are examples chosen for load, not findings.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from portal.diagnostics.rules.catalogue import load_catalogue

FIRST: Final = date(2024, 4, 1)
DAYS: Final = 940
LAST: Final = FIRST + timedelta(days=DAYS)
# Of every so many employers one is written down twice under a like name, and stands so still; for
# as many, the double was found and merged.
DOUBLES: Final = 200
_CLOSE_DOWN: Final = 2
SECTORS: Final = (("retail", 42), ("hospitality", 31), ("social_care", 24), ("other", 3))
SIZES: Final = (
    ("micro", 56, 1, 9),
    ("small", 30, 10, 49),
    ("medium", 11, 50, 249),
    ("large", 3, 250, 2_000),
)
DISTRICTS: Final = (
    ("leeds", 26), ("bradford", 17), ("kirklees", 14), ("wakefield", 12), ("york", 8),
    ("calderdale", 8), ("barnsley", 7), ("harrogate", 5), ("selby", 2), ("craven", 1),
)  # fmt: skip
# The chance that a case goes on to each next step.
GOES_ON: Final = (
    ("consulted", 0.96),
    ("session", 0.94),
    ("plan", 0.86),
    ("supported", 0.88),
    ("followed", 0.72),
    ("embedded", 0.55),
)
# How busy each month is, January first: slow in August and December, busy in autumn and spring.
SEASONS: Final = (9, 10, 12, 10, 9, 8, 7, 4, 10, 12, 11, 3)
CODES: Final = {"retail": "47110", "hospitality": "56101", "social_care": "87300", "other": "62020"}
PRICES: Final = {"engagement": 60_000, "training_session": 35_000, "workshop": 45_000}
SUPPORT: Final = ("training_session", "workshop")
DIMENSIONS: Final = (
    "leadership", "recruitment", "job_design", "scheduling", "line_managers", "training",
    "progression", "pay", "voice", "measurement",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Business:
    """One employer as everything else needs it."""

    number: int
    name: str
    sector: str
    size_tier: str
    headcount: int
    district: str
    joined: date
    hard_to_reach: bool
    closed_on: date | None = None
    merged_into: int | None = None


@dataclass(slots=True)
class Way:
    """How far a case came, and when."""

    case: int
    business: Business
    provider: int
    adviser: int
    source: int
    opened: date
    steps: dict[str, date] = field(default_factory=dict)


class World:
    """Makes the programme; the same seed and size give the same rows."""

    def __init__(
        self, employers: int, *, seed: int, providers: int = 6, advisers: int = 60
    ) -> None:
        self.employers = employers
        self.providers, self.advisers = providers, advisers
        self.chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.days = self._busy_days()
        self.questions = _questions()

    def _busy_days(self) -> list[date]:
        """Each working day as often as its month is busy, fewer at the start of the programme."""
        found = []
        for number in range(DAYS):
            day = FIRST + timedelta(days=number)
            if day.weekday() < 5:  # noqa: PLR2004 - Monday to Friday
                grown = 1 if number < 120 else 2  # noqa: PLR2004 - the first four months
                found += [day] * (SEASONS[day.month - 1] * grown)
        return found

    def businesses(self) -> Iterator[Business]:
        """The employers, in order, and after them doubles that were merged into some of them."""
        chance = self.chance
        sectors, districts = dict(SECTORS), dict(DISTRICTS)
        size_weights = [size[1] for size in SIZES]
        earlier, kept = "", []
        for number in range(1, self.employers + 1):
            tier, _, least, most = chance.choices(SIZES, size_weights)[0]
            name = f"Example Business {number:06d}"
            if number % DOUBLES == 0:
                name = f"{earlier} Limited"
            earlier = name
            joined = chance.choice(self.days)
            business = Business(
                number,
                name,
                chance.choices(list(sectors), list(sectors.values()))[0],
                tier,
                least + int((most - least) * chance.random() ** 2),
                chance.choices(list(districts), list(districts.values()))[0],
                joined,
                chance.random() < 0.4,  # noqa: PLR2004 - the share that is hard to reach
                self._closing(joined),
            )
            if number % DOUBLES == DOUBLES // 2:
                kept.append(business)
            yield business
        for number, business in enumerate(kept, self.employers + 1):
            joined = min(business.joined + timedelta(days=chance.randrange(90)), LAST)
            yield replace(
                business,
                number=number,
                name=f"{business.name} Ltd",
                joined=joined,
                merged_into=business.number,
            )

    def _closing(self, joined: date) -> date | None:
        """The day a business closes down, for the few that do while the programme runs."""
        day = joined + timedelta(days=60 + self.chance.randrange(600))
        return day if self.happens(_CLOSE_DOWN) and day <= LAST else None

    def ways(self, businesses: list[Business]) -> Iterator[Way]:
        """One case for each employer of a target sector, as far as it came."""
        chance = self.chance
        case = 0
        for business in businesses:
            if business.sector == "other" or business.merged_into is not None:
                continue
            last = business.closed_on or LAST
            case += 1
            way = Way(
                case,
                business,
                chance.randint(1, self.providers),
                chance.randint(1, self.advisers),
                chance.randint(1, 9),
                business.joined,
            )
            day = business.joined
            for step, share in GOES_ON:
                day += timedelta(days=2 + int(chance.expovariate(1 / _DAYS_TO[step])))
                if chance.random() > share or day > last:
                    break
                way.steps[step] = day
            yield way

    def instant(self, day: date) -> datetime:
        """A time in working hours of a day, UTC."""
        second = self.chance.randrange(8 * 3600, 17 * 3600)
        return datetime.combine(day, time(tzinfo=UTC)) + timedelta(seconds=second)

    def happens(self, percent: int) -> bool:
        """Whether something happens that does so in so many cases of a hundred."""
        return self.chance.random() * 100 < percent

    def score(self, level: float) -> int:
        """A score of 0 to 100 about a level."""
        return max(0, min(100, round(self.chance.gauss(level, 14))))


_DAYS_TO: Final = {
    "consulted": 8, "session": 14, "plan": 12, "supported": 30, "followed": 95, "embedded": 20,
}  # fmt: skip


def _questions() -> list[str]:
    """The keys of the newest questionnaire's questions.

    Raises:
        LookupError: when there is no questionnaire.
    """
    found = load_catalogue().latest()
    if found is None:
        raise LookupError("There is no questionnaire")
    return [item.key for item in found.questions]


def row(**values: Any) -> dict[str, Any]:
    """One row."""
    return values
