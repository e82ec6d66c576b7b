"""The officer's queue: claims that wait, those back with their provider, and decided ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.db import current_session
from portal.kernel.clock import london, today, utc_now
from portal.payments.models import (
    CheckResult,
    Claim,
    ClaimLine,
    Contract,
    Output,
    Subcontractor,
)
from portal.payments.queries.review import NOBODY, flag, is_let_through
from portal.payments.rules.review import PAGE, Hand
from portal.payments.rules.states import ClaimState, LineState
from portal.programme.models import Organisation, StaffPost

RECENT_DAYS: Final = 60
RECENT: Final = 20
_WAITING: Final = (ClaimState.SUBMITTED.value, ClaimState.QUERIED.value)


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
    base = _claims(programme, NOBODY if person is None else person)
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
    longest = sorted(rows, key=lambda row: (row.submitted_at, row.id))
    newest = sorted(rows, key=lambda row: (row.decided_at or since, row.id), reverse=True)
    return Queue(
        [row for row in longest if row.state is ClaimState.SUBMITTED],
        [row for row in longest if row.state is ClaimState.QUERIED],
        [row for row in newest if row.state.value not in _WAITING],
        next((row[14] for row in found if row[4] in _WAITING), 0),
    )


def _claims(programme: str, me: int) -> Any:
    """Every claim of a programme with the person's hand in it, and how many there are in all."""
    decider = aliased(User)
    posts = select(StaffPost.organisation_id).where(StaffPost.user_id == me)
    delivers = exists().where(
        Subcontractor.contract_id == Contract.id, Subcontractor.organisation_id.in_(posts)
    )
    return (
        select(
            Claim.id,
            Claim.reference,
            Claim.period,
            Claim.number,
            Claim.state,
            Organisation.name.label("organisation"),
            Contract.title,
            Claim.submitted_at,
            Claim.submitted_name,
            Claim.decided_at,
            decider.name.label("decider"),
            flag(Claim.submitted_by == me).label("submitted"),
            flag(Claim.drafted_by == me).label("drafted"),
            flag(or_(Contract.organisation_id.in_(posts), delivers)).label("works_there"),
            func.count().over().label("total"),
        )
        .join(Contract, Contract.id == Claim.contract_id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .outerjoin(decider, decider.id == Claim.decided_by)
        .where(Contract.programme == programme)
    )


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
            func.max(flag(CheckResult.result == "warn")).label("warned"),
            func.max(flag(failed)).label("failed"),
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
