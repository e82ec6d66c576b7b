"""A claim as its reviewer sees it: the queue, and every line in short in one statement."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.caseload.models import Attendance, Delivery, DiagnosticSession, EvidenceFile
from portal.db import current_session
from portal.kernel.clock import london, today, utc_now
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
from portal.payments.rules.review import PAGE, Hand, LineSummary
from portal.payments.rules.states import ClaimState, LineState
from portal.programme.models import Organisation, StaffPost

RECENT_DAYS: Final = 60
RECENT: Final = 20
_WAITING: Final = (ClaimState.SUBMITTED.value, ClaimState.QUERIED.value)
_NOBODY: Final = 0


def is_let_through() -> ColumnElement[bool]:
    """Whether a failed check of ``Output`` was let through and still is."""
    return exists().where(
        CheckOverride.output_id == Output.id,
        CheckOverride.kind == CheckResult.kind,
        CheckOverride.granted_at.is_not(None),
        CheckOverride.until_on >= today(),
    )


def _flag(condition: ColumnElement[bool]) -> Any:
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


def _evidenced(person: int) -> ColumnElement[bool]:
    attended = (
        select(Attendance.case_id)
        .where(Attendance.delivery_id == Output.delivery_id)
        .correlate(Output)
    )
    return exists().where(
        EvidenceFile.uploaded_by == person,
        or_(EvidenceFile.case_id == Output.case_id, EvidenceFile.case_id.in_(attended)),
    )


def summaries(
    claim_id: int, *, person: int | None, line_ids: Collection[int] | None = None
) -> list[LineSummary]:
    """The lines of a claim in short, as the given person sees them, in one statement."""
    me = _NOBODY if person is None else person
    newest = (
        select(func.max(CheckResult.run)).where(CheckResult.claim_id == claim_id).scalar_subquery()
    )
    through = is_let_through()
    checks = (
        select(
            CheckResult.line_id,
            func.count().label("checks"),
            func.sum(_flag(CheckResult.result == "warn")).label("warnings"),
            func.sum(_flag(and_(CheckResult.result == "fail", ~through))).label("failures"),
            func.sum(_flag(and_(CheckResult.result == "fail", through))).label("through"),
        )
        .join(ClaimLine, ClaimLine.id == CheckResult.line_id)
        .join(Output, Output.id == ClaimLine.output_id)
        .where(CheckResult.claim_id == claim_id, CheckResult.run == newest)
        .group_by(CheckResult.line_id)
        .subquery()
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
            func.coalesce(checks.c.checks, 0),
            func.coalesce(checks.c.warnings, 0),
            func.coalesce(checks.c.failures, 0),
            func.coalesce(checks.c.through, 0),
            _flag(
                or_(
                    Output.adviser_id == me,
                    DiagnosticSession.by == me,
                    Delivery.by == me,
                )
            ),
            _flag(_evidenced(me)),
            _flag(Claim.submitted_by == me),
            _flag(Claim.drafted_by == me),
            _flag(_works_for_claimant(me)),
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
    return [
        LineSummary(
            id=row[0],
            state=LineState(row[1]),
            pence=row[2],
            output_type=row[3],
            output_reference=row[4],
            employer_name=row[5],
            occurred_on=row[6],
            checks=int(row[7]),
            warnings=int(row[8]),
            failures=int(row[9]),
            let_through=int(row[10]),
            hand=Hand(*(bool(flag) for flag in row[11:16])),
        )
        for row in current_session().execute(query)
    ]


def warned(claim_id: int, line_ids: Collection[int]) -> list[str]:
    """Employers of those lines about which the newest checks warn."""
    newest = (
        select(func.max(CheckResult.run)).where(CheckResult.claim_id == claim_id).scalar_subquery()
    )
    return list(
        current_session().scalars(
            select(Output.employer_name)
            .join(ClaimLine, ClaimLine.output_id == Output.id)
            .join(CheckResult, CheckResult.line_id == ClaimLine.id)
            .where(
                ClaimLine.id.in_(line_ids),
                CheckResult.run == newest,
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


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A claim in the queue: its lines by state with their pence, and lines the checks speak of."""

    id: int
    reference: str
    period: date
    number: int
    state: ClaimState
    organisation_name: str
    contract_title: str
    submitted_at: datetime
    submitted_name: str
    decided_at: datetime | None
    decided_name: str | None
    hand: Hand
    lines: Mapping[LineState, tuple[int, int]]
    warned: int
    failed: int

    @property
    def title(self) -> str:
        """What the claim is called."""
        return f"{self.period:%B %Y}{f', {self.number}' if self.number > 1 else ''}"

    @property
    def count(self) -> int:
        """How many lines stand on it."""
        return sum(count for count, _pence in self.lines.values())

    @property
    def pence(self) -> int:
        """What they come to."""
        return sum(pence for _count, pence in self.lines.values())

    @property
    def days(self) -> int:
        """Since how many days, in London, it waits."""
        return (today() - london(self.submitted_at).date()).days

    def of(self, state: str) -> tuple[int, int]:
        """Lines in a state, and their pence."""
        return self.lines.get(LineState(state), (0, 0))


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of claims that wait, how many there are in all, and those decided lately."""

    waiting: Sequence[QueueRow]
    queried: Sequence[QueueRow]
    decided: Sequence[QueueRow]
    total: int


def queue(programme: str, *, person: int | None, page: int = 1) -> Queue:
    """Claims that wait for the LEP, the longest waiting first; with the provider; decided lately.

    Two statements however many claims there are.
    """
    me = _NOBODY if person is None else person
    decider = aliased(User)
    posts = select(StaffPost.organisation_id).where(StaffPost.user_id == me)
    delivers = exists().where(
        Subcontractor.contract_id == Contract.id, Subcontractor.organisation_id.in_(posts)
    )
    base = (
        select(
            Claim.id,
            Claim.reference,
            Claim.period,
            Claim.number,
            Claim.state,
            Organisation.name,
            Contract.title,
            Claim.submitted_at,
            Claim.submitted_name,
            Claim.decided_at,
            decider.name,
            _flag(Claim.submitted_by == me),
            _flag(Claim.drafted_by == me),
            _flag(or_(Contract.organisation_id.in_(posts), delivers)),
            func.count().over(),
        )
        .join(Contract, Contract.id == Claim.contract_id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .outerjoin(decider, decider.id == Claim.decided_by)
        .where(Contract.programme == programme)
    )
    since = utc_now() - timedelta(days=RECENT_DAYS)
    # With the LEP before with the provider, the longest waiting first; then the newest decisions.
    waiting = (
        base.where(Claim.state.in_(_WAITING))
        .order_by(Claim.state.desc(), Claim.submitted_at, Claim.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
        .subquery()
    )
    done = (
        base.where(Claim.state.not_in((*_WAITING, "draft", "withdrawn")), Claim.decided_at >= since)
        .order_by(Claim.decided_at.desc(), Claim.id.desc())
        .limit(RECENT)
        .subquery()
    )
    found = current_session().execute(union_all(select(waiting), select(done))).all()
    sums = _sums([row[0] for row in found])
    rows = [_queue_row(row, sums) for row in found]
    parts: dict[str, list[QueueRow]] = {"waiting": [], "queried": [], "decided": []}
    for row in rows:
        part = {ClaimState.SUBMITTED: "waiting", ClaimState.QUERIED: "queried"}
        parts[part.get(row.state, "decided")].append(row)
    parts["waiting"].sort(key=lambda row: (row.submitted_at, row.id))
    parts["queried"].sort(key=lambda row: (row.submitted_at, row.id))
    parts["decided"].sort(key=lambda row: (row.decided_at or since, row.id), reverse=True)
    total = next((row[14] for row in found if row[4] in _WAITING), 0)
    return Queue(**parts, total=total)


@dataclass(slots=True)
class _Sums:
    """A claim's lines by state, and how many of them the checks speak of."""

    lines: dict[LineState, tuple[int, int]] = field(default_factory=dict)
    warned: int = 0
    failed: int = 0


def _queue_row(row: Any, sums: Mapping[int, _Sums]) -> QueueRow:
    held = sums.get(row[0], _Sums())
    return QueueRow(
        row[0],
        row[1],
        row[2],
        row[3],
        ClaimState(row[4]),
        row[5],
        row[6],
        row[7],
        row[8],
        row[9],
        row[10],
        Hand(
            recorded=False,
            evidenced=False,
            submitted=bool(row[11]),
            drafted=bool(row[12]),
            works_there=bool(row[13]),
        ),
        held.lines,
        held.warned,
        held.failed,
    )


def _sums(claim_ids: Collection[int]) -> dict[int, _Sums]:
    """Lines by state with their pence, and those with a warning or a failure that stands."""
    newest = (
        select(CheckResult.claim_id, func.max(CheckResult.run).label("run"))
        .where(CheckResult.claim_id.in_(claim_ids))
        .group_by(CheckResult.claim_id)
        .subquery()
    )
    failed = and_(CheckResult.result == "fail", ~is_let_through())
    spoken = (
        select(
            CheckResult.line_id,
            func.max(_flag(CheckResult.result == "warn")).label("warned"),
            func.max(_flag(failed)).label("failed"),
        )
        .join(
            newest,
            and_(newest.c.claim_id == CheckResult.claim_id, newest.c.run == CheckResult.run),
        )
        .join(ClaimLine, ClaimLine.id == CheckResult.line_id)
        .join(Output, Output.id == ClaimLine.output_id)
        .where(CheckResult.result != literal("pass"))
        .group_by(CheckResult.line_id)
        .subquery()
    )
    rows = current_session().execute(
        select(
            ClaimLine.claim_id,
            ClaimLine.state,
            func.count(),
            func.sum(ClaimLine.pence),
            func.sum(func.coalesce(spoken.c.warned, 0)),
            func.sum(func.coalesce(spoken.c.failed, 0)),
        )
        .outerjoin(spoken, spoken.c.line_id == ClaimLine.id)
        .where(ClaimLine.claim_id.in_(claim_ids), ClaimLine.state != LineState.REMOVED.value)
        .group_by(ClaimLine.claim_id, ClaimLine.state)
    )
    found: dict[int, _Sums] = {}
    for claim, state, count, pence, warned_lines, failed_lines in rows:
        held = found.setdefault(claim, _Sums())
        held.lines[LineState(state)] = (count, int(pence))
        if state != LineState.REJECTED:
            held.warned += int(warned_lines)
            held.failed += int(failed_lines)
    return found
