"""The records of an evaluator's pack, under the numbers of the study."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from portal.action_plans.models import Plan, PlanAction
from portal.caseload.models import (
    Attendance,
    Delivery,
    DiagnosticSession,
    FollowUp,
    FollowUpAnswer,
    OutcomeRecord,
)
from portal.db import current_session
from portal.diagnostics.models import DimensionScore, Response
from portal.kernel.clock import london
from portal.reports.models import EvaluationPack, ReportEmployer, ReportJourney, ReportOutcome
from portal.reports.rules.anonymity import Known
from portal.reports.rules.pack import month, people_band, quarter_hours
from portal.reports.rules.statistics.counts import UNKNOWN

Rows = list[tuple[Any, ...]]
Ids = Mapping[int, str]


def employers(last: date) -> dict[int, Known]:
    """Every employer that had registered by a day, with what is known of it elsewhere."""
    rows = current_session().execute(
        select(
            ReportEmployer.employer_id,
            ReportEmployer.sector,
            ReportEmployer.size_tier,
            ReportEmployer.district,
        ).where(ReportEmployer.registered_on <= last)
    )
    return {
        employer: (sector or UNKNOWN, size or UNKNOWN, district or UNKNOWN)
        for employer, sector, size, district in rows
    }


def cases(last: date, known: Ids) -> dict[int, int]:
    """The cases of these employers opened by a day, with their providers."""
    rows = current_session().execute(
        select(ReportJourney.case_id, ReportJourney.employer_id, ReportJourney.organisation_id)
        .where(ReportJourney.opened_on <= last)
        .order_by(ReportJourney.case_id)
    )
    return {case: provider for case, employer, provider in rows if employer in known}


def case_rows(last: date, known: Ids, case_ids: Ids, providers: Ids) -> Rows:
    """The cases."""
    rows = current_session().execute(
        select(
            ReportJourney.case_id,
            ReportJourney.employer_id,
            ReportJourney.organisation_id,
            ReportJourney.source_kind,
            ReportJourney.opened_on,
            ReportJourney.closed_on,
            ReportJourney.support,
        )
    )
    return _shuffled(
        (
            case_ids[case],
            known[employer],
            providers[provider],
            source or UNKNOWN,
            month(opened),
            month(closed) if closed and closed <= last else "",
            support,
        )
        for case, employer, provider, source, opened, closed, support in rows
        if case in case_ids
    )


def session_rows(last: date, case_ids: Ids) -> Rows:
    """In-depth sessions."""
    rows = current_session().execute(
        select(
            DiagnosticSession.case_id,
            DiagnosticSession.held_on,
            DiagnosticSession.mode,
            DiagnosticSession.minutes,
        ).where(DiagnosticSession.withdrawn_at.is_(None), DiagnosticSession.held_on <= last)
    )
    return _shuffled(
        (case_ids[case], month(day), mode, quarter_hours(minutes))
        for case, day, mode, minutes in rows
        if case in case_ids
    )


def support_rows(last: date, case_ids: Ids) -> Rows:
    """Employers at deliveries."""
    rows = current_session().execute(
        select(
            Attendance.case_id,
            Delivery.delivered_on,
            Delivery.kind,
            Delivery.design,
            Delivery.mode,
            Delivery.funding,
            Attendance.attended,
        )
        .join(Delivery, Delivery.id == Attendance.delivery_id)
        .where(Delivery.withdrawn_at.is_(None), Delivery.delivered_on <= last)
    )
    return _shuffled(
        (case_ids[case], month(day), kind, design, mode, funding, people_band(attended))
        for case, day, kind, design, mode, funding, attended in rows
        if case in case_ids
    )


def diagnostic_rows(last: date, known: Ids) -> Rows:
    """Scores of completed diagnostics, numbered within each employer."""
    responses = current_session().execute(
        select(
            Response.id,
            Response.employer_id,
            Response.completed_at,
            Response.kind,
            Response.questionnaire_key,
            Response.questionnaire_version,
        )
        .where(Response.status == "completed", Response.employer_id.is_not(None))
        .order_by(Response.employer_id, Response.completed_at, Response.id)
    )
    shown: dict[int, tuple[Any, ...]] = {}
    met: dict[int, int] = {}
    for response, employer, at, kind, key, version in responses:
        day = _day(at)
        if employer is not None and employer in known and day is not None and day <= last:
            met[employer] = met.get(employer, 0) + 1
            which = f"{key}-{version}"
            shown[response] = (known[employer], met[employer], month(day), kind, which)
    scores = current_session().execute(
        select(DimensionScore.response_id, DimensionScore.dimension, DimensionScore.score)
    )
    return _shuffled(
        (*shown[response], dimension, score)
        for response, dimension, score in scores
        if response in shown
    )


def action_rows(last: date, known: Ids) -> Rows:
    """Actions in plans."""
    rows = current_session().execute(
        select(
            Plan.employer_id,
            PlanAction.created_at,
            PlanAction.dimension,
            PlanAction.recommendation_key,
            PlanAction.status,
        ).join(Plan, Plan.id == PlanAction.plan_id)
    )
    return _shuffled(
        (known[employer], month(london(at).date()), dimension or "", key or "", status)
        for employer, at, dimension, key, status in rows
        if employer in known and london(at).date() <= last
    )


def follow_up_rows(last: date, case_ids: Ids) -> Rows:
    """Answers at follow-ups."""
    rows = current_session().execute(
        select(
            FollowUp.case_id,
            FollowUp.months,
            FollowUp.done_on,
            PlanAction.recommendation_key,
            PlanAction.dimension,
            FollowUpAnswer.answer,
        )
        .join(FollowUp, FollowUp.id == FollowUpAnswer.follow_up_id)
        .outerjoin(PlanAction, PlanAction.reference == FollowUpAnswer.item)
        .where(FollowUp.state == "done", FollowUp.done_on <= last)
    )
    return _shuffled(
        (case_ids[case], after, month(day), key or "", dimension or "", answer)
        for case, after, day, key, dimension, answer in rows
        if case in case_ids and day is not None
    )


def outcome_rows(last: date, case_ids: Ids, told: Callable[[str, Any], bool]) -> Rows:
    """Answers on outcomes that were not replaced, of cases whose employer shares them.

    ``told`` says whether an answer is a number or a choice, not a text.
    """
    rows = current_session().execute(
        select(
            OutcomeRecord.case_id,
            OutcomeRecord.phase,
            OutcomeRecord.true_on,
            OutcomeRecord.answers,
            OutcomeRecord.quality_roles,
        )
        .join(ReportOutcome, ReportOutcome.case_id == OutcomeRecord.case_id)
        .where(
            ReportOutcome.shares == 1,
            OutcomeRecord.replaced_at.is_(None),
            OutcomeRecord.true_on <= last,
        )
    )
    return _shuffled(
        (case_ids[case], phase, month(day), question, answer)
        for case, phase, day, answers, roles in rows
        if case in case_ids
        for question, answer in sorted({**answers, "quality_roles": roles}.items())
        if told(question, answer)
    )


def _day(at: datetime | None) -> date | None:
    return None if at is None else london(at).date()


def _shuffled(rows: Iterable[tuple[Any, ...]]) -> Rows:
    """In the order of the numbers drawn by lot, so that no row's place says anything."""
    return sorted(rows, key=lambda row: tuple(map(str, row)))


def pack_to_change(release_id: int) -> EvaluationPack | None:
    """The pack of a release, to be changed."""
    return current_session().scalar(
        select(EvaluationPack).where(EvaluationPack.release_id == release_id).with_for_update()
    )


def pack_of(release_id: int) -> EvaluationPack | None:
    """The pack of a release."""
    return current_session().scalar(
        select(EvaluationPack).where(EvaluationPack.release_id == release_id)
    )
