"""A claim as its reviewer sees it: every line in short, in one statement."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.caseload.models import Attendance, Delivery, DiagnosticSession, EvidenceFile
from portal.db import current_session
from portal.kernel.clock import today
from portal.payments.models import (
    CheckOverride,
    CheckResult,
    Claim,
    ClaimLine,
    Contract,
    Decision,
    Output,
    Subcontractor,
)
from portal.payments.rules.review import Hand, LineSummary
from portal.payments.rules.states import LineState
from portal.programme.models import StaffPost

NOBODY: Final = 0


def is_let_through() -> ColumnElement[bool]:
    """Whether a failed check of ``Output`` was let through and still is."""
    return exists().where(
        CheckOverride.output_id == Output.id,
        CheckOverride.kind == CheckResult.kind,
        CheckOverride.granted_at.is_not(None),
        CheckOverride.until_on >= today(),
    )


def flag(condition: ColumnElement[bool]) -> Any:
    """A condition as 1 or 0, which every database can add up."""
    return case((condition, 1), else_=0)


def _works_for_claimant(person: int) -> ColumnElement[bool]:
    """Whether somebody holds a post at the contract's provider, or at one that delivers for it."""
    return exists().where(
        StaffPost.user_id == person,
        or_(
            StaffPost.organisation_id == Contract.organisation_id,
            StaffPost.organisation_id == Output.organisation_id,
            StaffPost.organisation_id.in_(
                select(Subcontractor.organisation_id)
                .where(Subcontractor.contract_id == Contract.id)
                .correlate(Contract)
            ),
        ),
    )


def _evidenced(person: int, claim_id: int) -> ColumnElement[bool]:
    """Whether somebody added evidence with the case, or with one that attended the delivery.

    Their cases and deliveries are found once for the claim and not anew for each of its lines.
    """
    line, output = aliased(ClaimLine), aliased(Output)
    attending, other = aliased(Attendance), aliased(Attendance)
    of_claim = (line.output_id == output.id, line.claim_id == claim_id)
    deliveries = select(output.delivery_id).where(*of_claim, output.delivery_id.is_not(None))

    def theirs(cases: Select[Any]) -> Select[Any]:
        return select(EvidenceFile.case_id).where(
            EvidenceFile.uploaded_by == person, EvidenceFile.case_id.in_(cases)
        )

    cases = theirs(select(output.case_id).where(*of_claim))
    of_deliveries = theirs(select(other.case_id).where(other.delivery_id.in_(deliveries)))
    attended = select(attending.delivery_id).where(
        attending.delivery_id.in_(deliveries), attending.case_id.in_(of_deliveries)
    )
    # A line without a delivery is in no such list; nothing, which compares with nothing, is 0.
    own = Output.case_id.in_(cases)
    return or_(own, and_(Output.delivery_id.is_not(None), Output.delivery_id.in_(attended)))


def _newest(claim_id: int) -> ScalarSelect[Any]:
    """The newest run of a claim's checks."""
    return (
        select(func.max(CheckResult.run)).where(CheckResult.claim_id == claim_id).scalar_subquery()
    )


def _checks(claim_id: int) -> Any:
    """Of each line with findings that did not pass: warnings, failures, those let through.

    Of the newest run. Nearly all findings of a long claim passed: they are left out before
    anything is joined or grouped.
    """
    through = is_let_through()
    return (
        select(
            CheckResult.line_id,
            func.sum(flag(CheckResult.result == "warn")).label("warnings"),
            func.sum(flag(and_(CheckResult.result == "fail", ~through))).label("failures"),
            func.sum(flag(and_(CheckResult.result == "fail", through))).label("through"),
        )
        .join(ClaimLine, ClaimLine.id == CheckResult.line_id)
        .join(Output, Output.id == ClaimLine.output_id)
        .where(
            CheckResult.claim_id == claim_id,
            CheckResult.run == _newest(claim_id),
            CheckResult.result != "pass",
        )
        .group_by(CheckResult.line_id)
        .subquery()
    )


def _hand_columns(me: int, claim_id: int) -> tuple[Any, ...]:
    """What the person has had to do with a line, in the order of ``Hand``."""
    recorded = or_(Output.adviser_id == me, DiagnosticSession.by == me, Delivery.by == me)
    return (
        flag(recorded),
        flag(_evidenced(me, claim_id)),
        flag(Claim.submitted_by == me),
        flag(Claim.drafted_by == me),
        flag(_works_for_claimant(me)),
    )


def summaries(
    claim_id: int, *, person: int | None, line_ids: Collection[int] | None = None
) -> list[LineSummary]:
    """The lines of a claim in short, as the given person sees them, in one statement."""
    checks = _checks(claim_id)
    counts = (checks.c.warnings, checks.c.failures, checks.c.through)
    checked = exists().where(
        CheckResult.line_id == ClaimLine.id, CheckResult.run == _newest(claim_id)
    )
    query = (
        select(
            ClaimLine.id,
            ClaimLine.state,
            ClaimLine.pence,
            Output.output_type,
            Output.reference,
            Output.employer_name,
            Output.occurred_on,
            flag(checked),
            *(func.coalesce(count, 0) for count in counts),
            *_hand_columns(NOBODY if person is None else person, claim_id),
        )
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .join(Contract, Contract.id == Claim.contract_id)
        .join(Output, Output.id == ClaimLine.output_id)
        .outerjoin(DiagnosticSession, DiagnosticSession.id == Output.session_id)
        .outerjoin(Delivery, Delivery.id == Output.delivery_id)
        .outerjoin(checks, checks.c.line_id == ClaimLine.id)
        .where(ClaimLine.claim_id == claim_id)
        .order_by(Output.occurred_on, Output.reference)
    )
    if line_ids is not None:
        query = query.where(ClaimLine.id.in_(line_ids))
    return [_summary(row) for row in current_session().execute(query)]


def _summary(row: Any) -> LineSummary:
    return LineSummary(
        id=row[0],
        state=LineState(row[1]),
        pence=row[2],
        output_type=row[3],
        output_reference=row[4],
        employer_name=row[5],
        occurred_on=row[6],
        checked=bool(row[7]),
        warnings=int(row[8]),
        failures=int(row[9]),
        let_through=int(row[10]),
        hand=Hand(*(bool(value) for value in row[11:16])),
    )


def warned(claim_id: int, line_ids: Collection[int]) -> list[str]:
    """Employers of those lines about which the newest checks warn."""
    return list(
        current_session().scalars(
            select(Output.employer_name)
            .join(ClaimLine, ClaimLine.output_id == Output.id)
            .join(CheckResult, CheckResult.line_id == ClaimLine.id)
            .where(
                ClaimLine.id.in_(line_ids),
                CheckResult.run == _newest(claim_id),
                CheckResult.result != "pass",
            )
            .distinct()
            .order_by(Output.employer_name)
        )
    )


@dataclass(frozen=True, slots=True)
class LastDecision:
    """The newest entry about a record in the chained record of decisions."""

    action: str
    at: datetime
    by_name: str


def last_decision(subject: str) -> LastDecision | None:
    """What happened to a record last."""
    row = current_session().execute(
        select(Decision.action, Decision.at, Decision.by_name)
        .where(Decision.subject == subject)
        .order_by(Decision.sequence.desc())
        .limit(1)
    )
    found = row.one_or_none()
    return None if found is None else LastDecision(*found)
