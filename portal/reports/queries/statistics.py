"""What a release of statistics counts, record by record, and the releases there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, tuple_

from portal.action_plans.models import Plan, PlanAction
from portal.caseload.models import (
    Attendance,
    Case,
    Delivery,
    FollowUp,
    FollowUpAnswer,
    Referral,
    ReferralSource,
)
from portal.db import current_session
from portal.diagnostics.models import OVERALL, DimensionScore, Response
from portal.employers.models import Employer
from portal.kernel.clock import london
from portal.payments.models import Output
from portal.reports.models import (
    EvaluationPack,
    ReportActivity,
    ReportCopy,
    ReportEmployer,
    StatisticsRelease,
)
from portal.reports.rules.disclosure.shape import Record
from portal.reports.rules.statistics.counts import (
    AFTER,
    DISTRICT,
    HARD,
    LASTING,
    MONTH,
    SECTOR,
    SEVERAL,
    SIZE,
    SOURCE,
    STATUS,
    SUPPORT,
    UNKNOWN,
    Quarter,
)
from portal.reports.rules.statistics.scores import Score

Records = dict[str, list[Record]]
_FIRSTS: Final = {
    "registered": ReportEmployer.registered_on,
    "strand_1": ReportEmployer.strand_1_on,
    "diagnosed": ReportEmployer.diagnosed_on,
    "advised": ReportEmployer.advised_on,
    "champion": ReportEmployer.champion_on,
}


def records(quarter: Quarter) -> Records:
    """The records of every count of a quarter."""
    return {
        **_firsts(quarter),
        "engaged": _engaged(quarter),
        "supported": _supported(quarter),
        "referred": _referred(quarter),
        "followed": _followed(quarter),
    }


def _groups(sector: str | None, size: str | None, district: str | None) -> dict[str, str]:
    return {SECTOR: sector or UNKNOWN, SIZE: size or UNKNOWN, DISTRICT: district or UNKNOWN}


def _month(day: date | None) -> str:
    return f"{day:%Y-%m}" if day else UNKNOWN


def _instants(quarter: Quarter) -> tuple[datetime, datetime]:
    """Instants around a quarter; what was on which London day is looked at afterwards."""
    day = timedelta(days=1)
    first = datetime.combine(quarter.first - day, datetime.min.time(), UTC)
    return first, datetime.combine(quarter.last + 2 * day, datetime.min.time(), UTC)


def _within(quarter: Quarter, day: date | None) -> bool:
    return day is not None and quarter.first <= day <= quarter.last


def _firsts(quarter: Quarter) -> Records:
    found: Records = {}
    for key, column in _FIRSTS.items():
        rows = current_session().execute(
            select(
                ReportEmployer.employer_id,
                column,
                ReportEmployer.sector,
                ReportEmployer.size_tier,
                ReportEmployer.district,
            ).where(column.between(quarter.first, quarter.last))
        )
        found[key] = [
            Record(employer, {**_groups(*groups), MONTH: _month(day)})
            for employer, day, *groups in rows
        ]
    return found


def _engaged(quarter: Quarter) -> list[Record]:
    rows = current_session().execute(
        select(
            Output.employer_id,
            Output.occurred_on,
            Output.hard_to_reach,
            ReferralSource.kind,
            Output.sector,
            Output.size_tier,
            Output.district,
        )
        .join(Case, Case.id == Output.case_id)
        .outerjoin(ReferralSource, ReferralSource.id == Case.source_id)
        .where(
            Output.output_type == "engagement",
            Output.withdrawn_at.is_(None),
            Output.occurred_on.between(quarter.first, quarter.last),
        )
    )
    return [
        Record(
            employer,
            {
                **_groups(*groups),
                MONTH: _month(day),
                HARD: "yes" if hard else "no",
                SOURCE: source or UNKNOWN,
            },
        )
        for employer, day, hard, source, *groups in rows
    ]


def _supported(quarter: Quarter) -> list[Record]:
    rows = current_session().execute(
        select(
            Attendance.employer_id,
            Delivery.kind,
            Employer.sector,
            Employer.size_tier,
            Employer.district,
        )
        .join(Delivery, Delivery.id == Attendance.delivery_id)
        .join(Employer, Employer.id == Attendance.employer_id)
        .where(
            Delivery.withdrawn_at.is_(None),
            Delivery.delivered_on.between(quarter.first, quarter.last),
        )
    )
    kinds: dict[int, set[str]] = defaultdict(set)
    groups: dict[int, dict[str, str]] = {}
    for employer, kind, *own in rows:
        kinds[employer].add(kind)
        groups[employer] = _groups(*own)
    return [
        Record(
            employer,
            {**groups[employer], SUPPORT: SEVERAL if len(met) > 1 else next(iter(met))},
        )
        for employer, met in kinds.items()
    ]


def _referred(quarter: Quarter) -> list[Record]:
    first, last = _instants(quarter)
    rows = current_session().execute(
        select(
            Referral.id,
            Referral.employer_id,
            Referral.received_at,
            ReferralSource.kind,
            Referral.status,
        )
        .join(ReferralSource, ReferralSource.id == Referral.source_id)
        .where(Referral.received_at.between(first, last))
    )
    return [
        # One that is no known employer's is somebody of its own.
        Record(employer or -referral, {SOURCE: source, STATUS: status})
        for referral, employer, at, source, status in rows
        if _within(quarter, london(at).date())
    ]


def _followed(quarter: Quarter) -> list[Record]:
    embedded = (
        select(FollowUpAnswer.id)
        .where(FollowUpAnswer.follow_up_id == FollowUp.id, FollowUpAnswer.answer == "embedded")
        .exists()
    )
    rows = current_session().execute(
        select(Case.employer_id, FollowUp.months, embedded, Employer.sector)
        .join(Case, Case.id == FollowUp.case_id)
        .join(Employer, Employer.id == Case.employer_id)
        .where(FollowUp.state == "done", FollowUp.done_on.between(quarter.first, quarter.last))
    )
    return [
        Record(
            employer,
            {AFTER: f"{months:02d}", LASTING: "yes" if lasted else "no", SECTOR: sector or UNKNOWN},
        )
        for employer, months, lasted, sector in rows
    ]


def actions(quarter: Quarter) -> dict[str, list[Record]]:
    """The employers that took up an action in the quarter, by the dimension it is about."""
    first, last = _instants(quarter)
    rows = current_session().execute(
        select(Plan.employer_id, PlanAction.dimension, PlanAction.created_at)
        .join(Plan, Plan.id == PlanAction.plan_id)
        .where(
            PlanAction.status != "withdrawn",
            PlanAction.dimension.is_not(None),
            PlanAction.created_at.between(first, last),
        )
    )
    found: dict[str, set[int]] = defaultdict(set)
    for employer, dimension, at in rows:
        if dimension is not None and _within(quarter, london(at).date()):
            found[dimension].add(employer)
    return {
        dimension: [Record(employer, {}) for employer in sorted(employers)]
        for dimension, employers in found.items()
    }


def first_scores(quarter: Quarter) -> list[Score]:
    """The scores of employers that completed their first diagnostic in the quarter."""
    latest = _instants(quarter)[1]
    first = (
        select(Response.employer_id, func.min(Response.completed_at).label("at"))
        .join(ReportEmployer, ReportEmployer.employer_id == Response.employer_id)
        .where(
            ReportEmployer.diagnosed_on.between(quarter.first, quarter.last),
            Response.status == "completed",
            Response.completed_at < latest,
        )
        .group_by(Response.employer_id)
        .subquery()
    )
    chosen = (
        select(func.min(Response.id))
        .join(
            first,
            tuple_(Response.employer_id, Response.completed_at)
            == tuple_(first.c.employer_id, first.c.at),
        )
        .where(Response.status == "completed")
        .group_by(Response.employer_id)
    )
    rows = current_session().execute(
        select(DimensionScore.dimension, ReportEmployer.sector, DimensionScore.score)
        .join(Response, Response.id == DimensionScore.response_id)
        .join(ReportEmployer, ReportEmployer.employer_id == Response.employer_id)
        .where(Response.id.in_(chosen), DimensionScore.dimension != OVERALL)
    )
    return [(dimension, sector or UNKNOWN, score) for dimension, sector, score in rows]


def activities(quarter: Quarter) -> dict[str, int]:
    """Network events held, by how."""
    rows = current_session().execute(
        select(ReportActivity.mode, func.count(ReportActivity.id))
        .where(ReportActivity.held_on.between(quarter.first, quarter.last))
        .group_by(ReportActivity.mode)
        .order_by(ReportActivity.mode)
    )
    return {mode: n for mode, n in rows}  # noqa: C416 - rows, not pairs, to the checker


def begun_on() -> date | None:
    """The first day on which an employer registered."""
    return current_session().scalar(select(func.min(ReportEmployer.registered_on)))


def released_quarters() -> set[date]:
    """The first days of the quarters that were released."""
    return set(current_session().scalars(select(StatisticsRelease.first_on)))


@dataclass(frozen=True, slots=True)
class Release:
    """A release, with its frozen report's reference and the pack's state."""

    id: int
    reference: str
    first_on: date
    last_on: date
    threshold: int
    rounding: int
    proof: Mapping[str, Any]
    released_at: datetime
    copy: str
    pack_asked_at: datetime | None
    pack_ready_at: datetime | None

    @property
    def title(self) -> str:
        """The quarter as people say it."""
        return Quarter(self.first_on).title


_COLUMNS: Final = (
    StatisticsRelease.id,
    StatisticsRelease.reference,
    StatisticsRelease.first_on,
    StatisticsRelease.last_on,
    StatisticsRelease.threshold,
    StatisticsRelease.rounding,
    StatisticsRelease.proof,
    StatisticsRelease.released_at,
    ReportCopy.reference,
    EvaluationPack.asked_at,
    EvaluationPack.ready_at,
)


def releases() -> Sequence[Release]:
    """Every release, the latest quarter first."""
    rows = current_session().execute(
        select(*_COLUMNS)
        .join(ReportCopy, ReportCopy.id == StatisticsRelease.copy_id)
        .outerjoin(EvaluationPack, EvaluationPack.release_id == StatisticsRelease.id)
        .order_by(StatisticsRelease.first_on.desc())
    )
    return [Release(*row) for row in rows]


def release_of(reference: str) -> Release | None:
    """The release of a reference."""
    row = (
        current_session()
        .execute(
            select(*_COLUMNS)
            .join(ReportCopy, ReportCopy.id == StatisticsRelease.copy_id)
            .outerjoin(EvaluationPack, EvaluationPack.release_id == StatisticsRelease.id)
            .where(StatisticsRelease.reference == reference)
        )
        .one_or_none()
    )
    return None if row is None else Release(*row)
