"""A provider's team: who has which work, how referrals turn into support, who may leave."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from statistics import median
from typing import Final

from portal.caseload.rules.stages import Stage
from portal.kernel.clock import LONDON
from portal.kernel.result import Problem

OPEN_STAGES: Final = tuple(stage for stage in Stage if stage is not Stage.CLOSED)
# What a referral may lead to, each a stage that its case reached.
REACHED: Final = (Stage.CONSULTATION, Stage.DIAGNOSTIC, Stage.PLAN, Stage.SUPPORT)
RECENT_DAYS: Final = 30
MOST_MONTHS: Final = 36


@dataclass(frozen=True, slots=True)
class Pick:
    """A case picked from a list, and who had it when it was shown (a person's key, or nobody)."""

    reference: str
    held_by: int | None

    @property
    def value(self) -> str:
        """The pick as a tick box holds it."""
        return f"{self.reference}.{self.held_by or 0}"


def read_pick(value: str) -> Pick | None:
    """A pick as a tick box sent it; None for anything else."""
    reference, dot, holder = value.partition(".")
    if not dot or not reference.isalnum() or not holder.isascii() or not holder.isdecimal():
        return None
    return Pick(reference, int(holder) or None) if int(holder) < 2**31 else None


def stale_words(stale: Sequence[tuple[str, str]]) -> str:
    """Why a selection can no longer be given away, case by case."""
    said = "; ".join(f"{name} {what}" for name, what in stale[:10])
    more = f"; and {len(stale) - 10} more" if len(stale) > 10 else ""  # noqa: PLR2004
    return f"Nothing was changed, because some cases are not as they were: {said}{more}"


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works for a provider: roles, and every organisation they work for."""

    id: int
    name: str
    email: str
    active: bool
    roles: frozenset[str]
    organisations: frozenset[int]


def may_be_closed(
    person: Colleague, *, organisations: Collection[int], by_id: int | None
) -> Problem | None:
    """Whether a provider's manager may close this account: an adviser of their own, nobody else."""
    if person.id == by_id:
        return Problem("oneself", "You cannot close your own account. Ask another manager")
    if person.roles != {"adviser"}:
        return Problem(
            "other_roles",
            f"{person.name} is more than an adviser. Ask the LEP to close the account",
        )
    if not person.organisations <= set(organisations):
        return Problem(
            "works_elsewhere",
            f"{person.name} works for another organisation too. Ask the LEP to close the account",
        )
    return None


@dataclass(slots=True)
class Load:
    """Figures of one person's work, or of several added up."""

    stages: Counter[Stage] = field(default_factory=Counter)
    overdue: int = 0
    no_next: int = 0
    quiet: int = 0
    contacts: int = 0
    minutes: int = 0
    sessions: int = 0
    deliveries: int = 0
    unconfirmed: int = 0

    @property
    def open(self) -> int:
        """Open cases."""
        return sum(self.stages.values())

    def add(self, other: Load) -> None:
        """Take another's figures in."""
        self.stages += other.stages
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_COUNTS: Final = (
    "overdue",
    "no_next",
    "quiet",
    "contacts",
    "minutes",
    "sessions",
    "deliveries",
    "unconfirmed",
)


def added_up(loads: Iterable[Load]) -> Load:
    """The sum of several."""
    total = Load()
    for load in loads:
        total.add(load)
    return total


def hours(minutes: int) -> str:
    """Minutes of work as people say them: ``2 h 05``."""
    return f"{minutes // 60} h {minutes % 60:02d}" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004


def month_key(day: date) -> str:
    """A month as it stands in an address: ``2026-11``."""
    return f"{day:%Y-%m}"


def months_until(day: date, count: int = MOST_MONTHS) -> list[date]:
    """The first days of the last so many months, the newest first."""
    found, first = [], day.replace(day=1)
    for _ in range(count):
        found.append(first)
        year, month = divmod(first.year * 12 + first.month - 2, 12)
        first = date(year, month + 1, 1)
    return found


def period(first: date, last: date) -> tuple[datetime, datetime]:
    """The instants (UTC) from the beginning of one month to the end of another, in London."""
    year, month = divmod(last.year * 12 + last.month, 12)
    end = date(year, month + 1, 1)
    return (
        datetime.combine(first, time(), LONDON).astimezone(UTC),
        datetime.combine(end, time(), LONDON).astimezone(UTC),
    )


@dataclass(frozen=True, slots=True)
class Arrival:
    """One referral and what came of it; ``reached`` holds when its case first reached a stage."""

    source_id: int
    source: str
    kind: str
    status: str
    received_at: datetime
    decided_at: datetime | None
    decline_reason: str | None
    reached: Mapping[Stage, datetime]


@dataclass(slots=True)
class Conversion:
    """What became of the referrals of one source, or of several added up."""

    source_id: int | None
    source: str
    kind: str
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    reached: Counter[Stage] = field(default_factory=Counter)
    days: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def received(self) -> int:
        """All referrals."""
        return sum(self.statuses.values())

    @property
    def accepted(self) -> int:
        """Those accepted."""
        return self.statuses["accepted"]

    def count(self, arrival: Arrival) -> None:
        """Take a referral in."""
        self.statuses[arrival.status] += 1
        if arrival.decline_reason:
            self.reasons[arrival.decline_reason] += 1
        if arrival.status != "accepted" or arrival.decided_at is None:
            return
        self._days("accepted", arrival.received_at, arrival.decided_at)
        since = arrival.decided_at
        for stage in REACHED:
            at = arrival.reached.get(stage)
            if at is not None:
                self.reached[stage] += 1
                self._days(stage, since, at)
                since = at

    def _days(self, step: str, start: datetime, end: datetime) -> None:
        self.days[step].append(max(0.0, (end - start).total_seconds() / 86_400))

    def rate(self, stage: Stage) -> str:
        """How many of the accepted reached a stage: ``40% (2 of 5)``."""
        return rate(self.reached[stage], self.accepted)

    def median_days(self, step: str) -> float | None:
        """The median of days from the step before to this one; None when nobody took it."""
        taken = self.days.get(step)
        return round(median(taken), 1) if taken else None


def rate(part: int, whole: int) -> str:
    """A share with the numbers behind it; no share of nothing."""
    if not whole:
        return "None yet"
    return f"{(200 * part + whole) // (2 * whole)}% ({part} of {whole})"


def converted(arrivals: Iterable[Arrival]) -> tuple[list[Conversion], Conversion]:
    """Referrals by source, the most first, and all of them together."""
    total = Conversion(None, "All sources", "")
    by_source: dict[int, Conversion] = {}
    for arrival in arrivals:
        row = by_source.setdefault(
            arrival.source_id, Conversion(arrival.source_id, arrival.source, arrival.kind)
        )
        row.count(arrival)
        total.count(arrival)
    rows = sorted(by_source.values(), key=lambda row: (-row.received, row.source))
    return rows, total


def first_reached(changes: Iterable[tuple[str, datetime]]) -> dict[Stage, datetime]:
    """When each stage was first reached or passed; ``changes`` are (stage, when), oldest first.

    A case that went straight to a later stage has passed the ones before; closing is no stage
    that anybody reaches.
    """
    found: dict[Stage, datetime] = {}
    for name, at in changes:
        stage = Stage(name)
        if stage is Stage.CLOSED:
            continue
        for earlier in REACHED:
            if earlier.place <= stage.place:
                found.setdefault(earlier, at)
    return found
