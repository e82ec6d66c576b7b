"""The programme report's figures by loops over every record, without any of the report's code.

Slow and plain on purpose: lists of rows, London's calendar, and sums. A table is a mapping from
the first cell of a row to the rest of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.caseload.models import (
    Attendance,
    Case,
    CaseMilestone,
    Consultation,
    Delivery,
    DiagnosticSession,
    FollowUp,
    FollowUpAnswer,
    Interaction,
    Referral,
    ReferralSource,
)
from portal.db import current_session
from portal.diagnostics.models import Response
from portal.employers.models import Employer
from portal.network.models import Champion, EventRegistration, NetworkMember
from portal.payments.models import Contract, LedgerEntry, Output

STEPS = (
    "referred",
    "accepted",
    "consulted",
    "session",
    "plan",
    "supported",
    "followed",
    "embedded",
)
STEP_TITLES = (
    "Referred",
    "Case opened",
    "Consultation held",
    "In-depth session held",
    "Action plan agreed",
    "Support delivered",
    "Followed up",
    "A practice is embedded",
)
TYPES = {
    "engagement": "Engagement",
    "training_session": "Training session",
    "workshop": "Workshop",
    "consultancy": "Consultancy",
    "coaching": "Coaching",
}


def day_of(at: datetime) -> date:
    return at.astimezone(ZoneInfo("Europe/London")).date()


def month_of(day: date) -> str:
    return f"{day.year:04}-{day.month:02}-01"


def first_of(days: Iterable[date | None]) -> date | None:
    known = [day for day in days if day is not None]
    return min(known) if known else None


def half_up(number: Fraction) -> int:
    return (number + Fraction(1, 2)).__floor__()


def mean(total: int, count: int) -> int | None:
    return half_up(Fraction(total, count)) if count else None


def per_mille(part: int, whole: int) -> int | None:
    return half_up(Fraction(1000 * part, whole)) if whole else None


@dataclass
class Way:
    """A case and the day of each of its steps."""

    case: Case
    employer: Employer
    source: str
    days: dict[str, date | None]

    def reached(self, step: str) -> bool:
        return any(self.days[later] for later in STEPS[STEPS.index(step) :])


@dataclass
class Records:
    """Every record there is."""

    rows: dict[Any, list[Any]] = field(default_factory=dict)

    def every(self, model: Any) -> list[Any]:
        if model not in self.rows:
            self.rows[model] = list(current_session().scalars(select(model).order_by(model.id)))
        return self.rows[model]

    def by_id(self, model: Any) -> dict[int, Any]:
        return {row.id: row for row in self.every(model)}

    def sources(self) -> dict[int, str]:
        return {row.id: row.kind for row in self.every(ReferralSource)}

    def ways(self) -> list[Way]:
        employers, sources = self.by_id(Employer), self.sources()
        deliveries = self.by_id(Delivery)
        found = []
        for case in self.every(Case):
            opened = day_of(case.opened_at)
            follow_ups = [
                one
                for one in self.every(FollowUp)
                if one.case_id == case.id and one.state == "done"
            ]
            lasting = {
                one.follow_up_id for one in self.every(FollowUpAnswer) if one.answer == "embedded"
            }
            days = {
                "referred": first_of(
                    day_of(one.received_at)
                    for one in self.every(Referral)
                    if one.case_id == case.id
                )
                or opened,
                "accepted": opened,
                "consulted": first_of(
                    day_of(one.held_at)
                    for one in self.every(Consultation)
                    if one.case_id == case.id
                ),
                "session": first_of(
                    one.held_on
                    for one in self.every(DiagnosticSession)
                    if one.case_id == case.id and one.withdrawn_at is None
                ),
                "plan": first_of(
                    day_of(one.at)
                    for one in self.every(CaseMilestone)
                    if one.case_id == case.id and one.kind == "plan" and one.withdrawn_at is None
                ),
                "supported": first_of(
                    deliveries[one.delivery_id].delivered_on
                    for one in self.every(Attendance)
                    if one.case_id == case.id and deliveries[one.delivery_id].withdrawn_at is None
                ),
                "followed": first_of(one.done_on for one in follow_ups),
                "embedded": first_of(one.done_on for one in follow_ups if one.id in lasting),
            }
            source = sources[case.source_id] if case.source_id else "unknown"
            found.append(Way(case, employers[case.employer_id], source, days))
        return found

    def firsts(self) -> list[tuple[Employer, dict[str, date | None]]]:
        cases, deliveries = self.by_id(Case), self.by_id(Delivery)
        found = []
        for employer in self.every(Employer):
            if employer.merged_into_id is not None:
                continue
            own = employer.id
            member = first_of(
                day_of(one.joined_at) for one in self.every(NetworkMember) if one.employer_id == own
            )
            attended = first_of(
                day_of(one.attended_at)
                for one in self.every(EventRegistration)
                if one.employer_id == own and one.attended_at
            )
            advised = first_of(
                [
                    *(
                        day_of(one.held_at)
                        for one in self.every(Consultation)
                        if cases[one.case_id].employer_id == own
                    ),
                    *(
                        one.held_on
                        for one in self.every(DiagnosticSession)
                        if cases[one.case_id].employer_id == own and one.withdrawn_at is None
                    ),
                    *(
                        deliveries[one.delivery_id].delivered_on
                        for one in self.every(Attendance)
                        if one.employer_id == own
                        and deliveries[one.delivery_id].withdrawn_at is None
                    ),
                ]
            )
            days = {
                "registered": day_of(employer.created_at),
                "member": member,
                "strand_1": first_of([member, attended]),
                "advised": advised,
                "diagnosed": first_of(
                    day_of(one.completed_at)
                    for one in self.every(Response)
                    if one.employer_id == own and one.status == "completed"
                ),
                "champion": first_of(
                    one.since for one in self.every(Champion) if one.employer_id == own
                ),
            }
            found.append((employer, days))
        return found


@dataclass
class Reference:
    """One report's worth of plain answers, for whole months from ``first`` to ``last``."""

    records: Records
    first: date
    last: date
    sector: str = ""
    size: str = ""
    district: str = ""
    provider: int | None = None

    def within(self, day: date | None) -> bool:
        return day is not None and month_of(self.first) <= month_of(day) <= month_of(self.last)

    def fits(self, sector: str | None, size: str | None, district: str | None) -> bool:
        return all(
            not wanted or (value or "unknown") == wanted
            for wanted, value in (
                (self.sector, sector),
                (self.size, size),
                (self.district, district),
            )
        )

    def of(self, employer: Employer) -> bool:
        return self.fits(employer.sector, employer.size_tier, employer.district)

    def mine(self, organisation: int | None) -> bool:
        return self.provider is None or organisation == self.provider

    # --- what is counted ----------------------------------------------------------------------

    def referrals(self) -> list[Referral]:
        employers = self.records.by_id(Employer)
        found = []
        for one in self.records.every(Referral):
            employer = employers.get(one.employer_id)
            place = (
                (employer.sector, employer.size_tier, employer.district)
                if employer
                else (one.sector, None, None)
            )
            fits = self.fits(*place) and self.mine(one.organisation_id)
            if fits and self.within(day_of(one.received_at)):
                found.append(one)
        return found

    def _of_case(self, model: Any, day: Callable[[Any], date]) -> list[tuple[Any, Way]]:
        ways = {way.case.id: way for way in self.ways}
        return [
            (one, ways[one.case_id])
            for one in self.records.every(model)
            if self.within(day(one))
            and self.of(ways[one.case_id].employer)
            and self.mine(ways[one.case_id].case.organisation_id)
        ]

    def __post_init__(self) -> None:
        self.ways = self.records.ways()
        self.mine_ways = [
            way
            for way in self.ways
            if self.of(way.employer) and self.mine(way.case.organisation_id)
        ]
        self.firsts = [pair for pair in self.records.firsts() if self.of(pair[0])]
        self.contacts = [
            pair
            for pair in self._of_case(Interaction, lambda one: day_of(one.at))
            if pair[0].reached
        ]
        self.consultations = [
            pair
            for pair in self._of_case(Consultation, lambda one: day_of(one.held_at))
            if pair[0].corrects_id is None
        ]
        self.sessions = [
            pair
            for pair in self._of_case(DiagnosticSession, lambda one: one.held_on)
            if pair[0].withdrawn_at is None
        ]
        self.deliveries = [
            one
            for one in self.records.every(Delivery)
            if one.withdrawn_at is None
            and self.within(one.delivered_on)
            and self.mine(one.organisation_id)
        ]
        deliveries, employers = self.records.by_id(Delivery), self.records.by_id(Employer)
        self.support = [
            (one, deliveries[one.delivery_id], employers[one.employer_id])
            for one in self.records.every(Attendance)
            if deliveries[one.delivery_id].withdrawn_at is None
            and self.within(deliveries[one.delivery_id].delivered_on)
            and self.fits(one.sector, one.size_tier, employers[one.employer_id].district)
            and self.mine(deliveries[one.delivery_id].organisation_id)
        ]
        self.outputs = [
            one
            for one in self.records.every(Output)
            if one.withdrawn_at is None
            and self.within(one.occurred_on)
            and self.fits(one.sector, one.size_tier, one.district)
            and self.mine(one.organisation_id)
        ]
        self.engagements = [one for one in self.outputs if one.output_type == "engagement"]

    def arrived(self, step: str) -> list[Way]:
        return [way for way in self.mine_ways if self.within(way.days[step])]

    def cohort(self, step: str) -> list[Way]:
        return [
            way for way in self.mine_ways if self.within(way.days["accepted"]) and way.reached(step)
        ]

    def new(self, kind: str) -> list[Employer]:
        return [employer for employer, days in self.firsts if self.within(days[kind])]

    def outputs_with_cases(self) -> list[tuple[Output, str]]:
        cases, sources = self.records.by_id(Case), self.records.sources()
        return [(one, sources.get(cases[one.case_id].source_id, "unknown")) for one in self.outputs]

    def entries(self) -> list[tuple[LedgerEntry, Output]]:
        """Entries for outputs by the day they were written."""
        outputs = self.records.by_id(Output)
        return [
            (entry, outputs[entry.output_id])
            for entry in self.records.every(LedgerEntry)
            if entry.output_id
            and self.within(day_of(entry.at))
            and self.mine(outputs[entry.output_id].organisation_id)
            and self.fits(
                outputs[entry.output_id].sector,
                outputs[entry.output_id].size_tier,
                outputs[entry.output_id].district,
            )
        ]

    def contracts(self) -> list[Contract]:
        return [
            one
            for one in self.records.every(Contract)
            if one.state != "draft"
            and one.starts_on <= self.last
            and one.ends_on >= self.first
            and self.mine(one.organisation_id)
        ]
