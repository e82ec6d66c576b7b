"""Follow-ups of a case, and those that are due across cases."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, func, select

from portal.caseload.models import Case, FollowUp, FollowUpAnswer
from portal.caseload.rules import follow_up as rules
from portal.db import current_session
from portal.employers.models import Employer, TimelineEntry

NOTE_TITLE = "Note on the "


@dataclass(frozen=True, slots=True)
class FollowUpFacts:
    """One follow-up. ``minutes`` is the adviser's time on it; days are London days."""

    id: int
    reference: str
    case_id: int
    months: int
    due_on: date
    state: str
    done_on: date | None
    skip_reason: str | None
    channel: str | None
    minutes: int | None
    with_name: str
    summary: str
    by_name: str
    reminded_on: date | None

    @property
    def name(self) -> str:
        """What it is called."""
        return rules.name(self.months)

    def late_by(self, day: date) -> int:
        """How many days a planned one is late on a day; 0 when it is not."""
        return rules.days_late(self.due_on, day) if self.state == "planned" else 0

    @property
    def timing(self) -> str:
        """When it was done, against its day; empty before that."""
        return "" if self.done_on is None else rules.timing(self.due_on, self.done_on)


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What was answered about one practice; the title is as it was asked."""

    item: str
    title: str
    answer: str
    note: str

    @property
    def words(self) -> str:
        """The answer on screen."""
        return rules.ANSWER_WORDS[self.answer]


@dataclass(frozen=True, slots=True)
class DueFollowUp:
    """A planned follow-up of an open case, with whose it is."""

    case_reference: str
    employer_name: str
    adviser_id: int | None
    months: int
    due_on: date

    @property
    def name(self) -> str:
        """What it is called."""
        return rules.name(self.months)


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """What was added to a follow-up after it was recorded."""

    at: datetime
    by_name: str
    text: str


_COLUMNS = [getattr(FollowUp, name) for name in FollowUpFacts.__slots__]


def of_case(case_id: int) -> list[FollowUpFacts]:
    """A case's follow-ups, the earliest first."""
    query = select(*_COLUMNS).where(FollowUp.case_id == case_id).order_by(FollowUp.months)
    return [FollowUpFacts(**row) for row in current_session().execute(query).mappings()]


def of_employer(employer_id: int) -> list[FollowUpFacts]:
    """Follow-ups of all the employer's cases: what was done, and what open cases plan."""
    query = (
        select(*_COLUMNS)
        .join(Case, Case.id == FollowUp.case_id)
        .where(
            Case.employer_id == employer_id,
            (FollowUp.state == "done") | (Case.closed_at.is_(None)),
        )
        .order_by(FollowUp.due_on, FollowUp.id)
    )
    return [FollowUpFacts(**row) for row in current_session().execute(query).mappings()]


def one(case_id: int, months: int) -> FollowUpFacts | None:
    """The case's follow-up after so many months."""
    return next((each for each in of_case(case_id) if each.months == months), None)


def to_change(case_id: int, months: int) -> FollowUp | None:
    """The same, locked until the unit of work ends."""
    return current_session().scalar(
        select(FollowUp)
        .where(FollowUp.case_id == case_id, FollowUp.months == months)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def answers_of(follow_up_ids: Collection[int]) -> dict[int, list[AnswerFacts]]:
    """What was answered, by follow-up, in the order in which it was asked."""
    found: dict[int, list[AnswerFacts]] = {}
    if not follow_up_ids:
        return found
    rows = current_session().execute(
        select(
            FollowUpAnswer.follow_up_id,
            FollowUpAnswer.item,
            FollowUpAnswer.title,
            FollowUpAnswer.answer,
            FollowUpAnswer.note,
        )
        .where(FollowUpAnswer.follow_up_id.in_(follow_up_ids))
        .order_by(FollowUpAnswer.id)
    )
    for row in rows:
        found.setdefault(row.follow_up_id, []).append(AnswerFacts(*row[1:]))
    return found


def notes_of(employer_id: int, reference: str) -> list[NoteFacts]:
    """What was added to a follow-up after it was recorded, the oldest first."""
    rows = current_session().execute(
        select(TimelineEntry.at, TimelineEntry.by_name, TimelineEntry.text)
        .where(
            TimelineEntry.employer_id == employer_id,
            TimelineEntry.subject == f"follow_up:{reference}",
            TimelineEntry.title.startswith(NOTE_TITLE),
        )
        .order_by(TimelineEntry.at, TimelineEntry.id)
    )
    return [NoteFacts(*row) for row in rows]


def employer_name() -> Any:
    """The name an employer goes by, as a column."""
    trading = func.coalesce(Employer.trading_name, "")
    return case((trading != "", trading), else_=Employer.name)


def planned(until: date) -> Select[Any]:
    """Planned follow-ups of open cases that are due by a day, the longest due first."""
    return (
        select(
            Case.reference.label("case_reference"),
            employer_name().label("employer_name"),
            Case.adviser_id,
            FollowUp.months,
            FollowUp.due_on,
        )
        .join(Case, Case.id == FollowUp.case_id)
        .join(Employer, Employer.id == Case.employer_id)
        .where(FollowUp.state == "planned", FollowUp.due_on <= until, Case.closed_at.is_(None))
        .order_by(FollowUp.due_on, FollowUp.id)
    )


def due(
    organisation_ids: Collection[int], *, adviser_id: int | None = None, until: date
) -> list[DueFollowUp]:
    """Follow-ups of these providers due by a day, late ones first; of one adviser if named."""
    if not organisation_ids:
        return []
    query = planned(until).where(Case.organisation_id.in_(organisation_ids))
    if adviser_id is not None:
        query = query.where(Case.adviser_id == adviser_id)
    return [DueFollowUp(**row) for row in current_session().execute(query).mappings()]
