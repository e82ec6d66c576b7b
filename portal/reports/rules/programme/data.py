"""What the sections are made of: counts by name, contracts, and the words for every key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from portal.reports.rules.document import Drill
from portal.reports.rules.programme.tally import Only, Sum, Tally
from portal.reports.rules.scope import Scope, View

UNKNOWN: Final = "unknown"
ENDPOINT: Final = "reports.records"
# Records that belong to no provider.
_EVERYBODYS: Final = frozenset({"employers", "events"})
_DECEMBER: Final = 12


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract that was in force at some time of the report; money in pence.

    ``profile`` maps the first day of a quarter to what is expected to be spent in it. ``target``
    is the share of hard-to-reach employers that is aimed at, in tenths of a percent.
    """

    id: int
    title: str
    provider_id: int
    provider: str
    starts_on: date
    ends_on: date
    cap: int
    target: int | None = None
    profile: Mapping[date, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Titles:
    """Keys and words of sectors, size tiers and districts, in the programme's order."""

    sectors: tuple[tuple[str, str], ...]
    tiers: tuple[tuple[str, str], ...]
    districts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Data:
    """Everything that was read for one report. A tally that the scope has no use for is missing.

    ``providers`` maps an organisation's id to its name. ``published`` counts the resources that
    readers can see today.
    """

    scope: Scope
    titles: Titles
    tallies: Mapping[str, Tally]
    contracts: tuple[Contract, ...] = ()
    providers: Mapping[int, str] = field(default_factory=dict)
    published: int = 0

    def has(self, name: str) -> bool:
        """Whether something was counted for this scope, if only nothing."""
        return name in self.tallies

    def tally(self, name: str) -> Tally:
        """Counts by name; an empty tally where they were not asked for."""
        return self.tallies.get(name, Tally())

    def sum(self, name: str, **only: Only) -> Sum:
        """One figure."""
        return self.tally(name).sum(**only)

    @property
    def whole(self) -> bool:
        """Whether the report speaks of the whole programme."""
        return not self.scope.filtered and self.scope.provider is None

    @property
    def months(self) -> tuple[date, ...]:
        """Every month of the report, as its first day."""
        return tuple(months_between(self.scope.first_month, self.scope.last_month))

    @property
    def running(self) -> bool:
        """Whether the last month is not over yet."""
        return self.scope.last < last_day(self.scope.last_month)

    def drill(self, what: str, **values: str) -> Drill | None:
        """The way to the records behind a figure, for who may see them.

        The days are whole months, because that is how figures are counted.
        """
        scope = self.scope
        if scope.view is View.STATISTICS:
            return None
        if what in _EVERYBODYS and scope.provider is not None:
            return None
        known = {
            "what": what,
            "first": scope.first_month.isoformat(),
            "last": last_day(scope.last_month).isoformat(),
            "sector": scope.sector,
            "size": scope.size_tier,
            "district": scope.district,
            "provider": "" if scope.provider is None else str(scope.provider),
        }
        if any(known.get(name) not in {None, "", value} for name, value in values.items()):
            # A group that the filters leave out has no records here.
            return None
        known |= values
        if "contract" in values:
            # What a contract pays for may be another provider's work.
            known["provider"] = ""
        return Drill(ENDPOINT, {name: value for name, value in known.items() if value})


def months_between(first: date, last: date) -> Iterator[date]:
    """First days of months, from one to another."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = next_month(month)


def next_month(month: date) -> date:
    """The first day of the month after."""
    if month.month == _DECEMBER:
        return date(month.year + 1, 1, 1)
    return date(month.year, month.month + 1, 1)


def last_day(month: date) -> date:
    """The last day of a month."""
    return next_month(month) - timedelta(days=1)


def quarter_of(day: date) -> date:
    """The first day of a day's quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def groups(choices: Iterable[tuple[str, str]], found: Iterable[str]) -> list[tuple[str, str]]:
    """Every choice in its order, then what else was found: keys that are no choice any more."""
    known = list(choices)
    keys = {key for key, _ in known}
    others = sorted(set(found) - keys - {UNKNOWN, ""})
    known += [(key, key.replace("_", " ").capitalize()) for key in others]
    if UNKNOWN in set(found) - keys:
        known.append((UNKNOWN, "Not known"))
    return known
