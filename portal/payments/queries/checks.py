"""What the checks of a claim said, and which failures were let through."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.db import current_session
from portal.kernel.clock import london, today
from portal.payments.models import (
    CheckOverride,
    CheckResult,
    Claim,
    ClaimLine,
    Contract,
    Output,
)
from portal.payments.queries.claims_people import Reader
from portal.payments.rules.overrides import state_of
from portal.programme.models import Organisation


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check that fails and that nobody has let through."""

    line_id: int
    kind: str
    employer_name: str
    words: str


def last_run(claim_id: int) -> int:
    """The newest run of a claim's checks; 0 before the first."""
    return (
        current_session().scalar(
            select(func.max(CheckResult.run)).where(CheckResult.claim_id == claim_id)
        )
        or 0
    )


def last_run_at(claim_id: int) -> datetime | None:
    """When the checks of a claim were last run."""
    return current_session().scalar(
        select(func.max(CheckResult.at)).where(CheckResult.claim_id == claim_id)
    )


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One run of a claim's checks: how many lines failed, and how many only want a look."""

    run: int
    at: datetime
    failed: int
    warnings: int


def runs(claim_id: int) -> list[RunFacts]:
    """Every run of a claim's checks, newest first."""
    rows = current_session().execute(
        select(
            CheckResult.run,
            func.min(CheckResult.at),
            func.count().filter(CheckResult.result == "fail"),
            func.count().filter(CheckResult.result == "warn"),
        )
        .where(CheckResult.claim_id == claim_id)
        .group_by(CheckResult.run)
        .order_by(CheckResult.run.desc())
    )
    return [RunFacts(*row) for row in rows]


def unresolved(line_ids: Collection[int]) -> list[FailedCheck]:
    """Failed checks of the newest run on these lines without an override that still holds."""
    newest = (
        select(func.max(CheckResult.run))
        .where(CheckResult.claim_id == ClaimLine.claim_id)
        .correlate(ClaimLine)
        .scalar_subquery()
    )
    let_through = exists().where(
        CheckOverride.output_id == Output.id,
        CheckOverride.kind == CheckResult.kind,
        CheckOverride.granted_at.is_not(None),
        CheckOverride.until_on >= today(),
    )
    rows = current_session().execute(
        select(CheckResult.line_id, CheckResult.kind, Output.employer_name, CheckResult.words)
        .join(ClaimLine, ClaimLine.id == CheckResult.line_id)
        .join(Output, Output.id == ClaimLine.output_id)
        .where(
            CheckResult.line_id.in_(line_ids),
            CheckResult.run == newest,
            CheckResult.result == "fail",
            ~let_through,
        )
        .order_by(CheckResult.line_id, CheckResult.id)
    )
    return [FailedCheck(row[0] or 0, row[1], row[2], row[3]) for row in rows]


def line_of(claim_id: int, line_id: int) -> ClaimLine | None:
    """A line, if it stands on this claim."""
    return current_session().scalar(
        select(ClaimLine).where(ClaimLine.id == line_id, ClaimLine.claim_id == claim_id)
    )


def live_override(output_id: int, kind: str) -> CheckOverride | None:
    """What was asked for or granted about a check of an output, and still counts."""
    return current_session().scalar(
        select(CheckOverride).where(
            CheckOverride.output_id == output_id,
            CheckOverride.kind == kind,
            CheckOverride.declined_at.is_(None),
            CheckOverride.until_on >= today(),
        )
    )


def override_to_change(override_id: int) -> CheckOverride | None:
    """A request, held until the unit of work ends."""
    return current_session().scalar(
        select(CheckOverride)
        .where(CheckOverride.id == override_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def asker_of(override: CheckOverride) -> list[Reader]:
    """Who asked, while they have an account that works."""
    rows = current_session().execute(
        select(User.id, User.name, User.email).where(
            User.id == override.asked_by, User.active.is_(True)
        )
    )
    return [Reader(*row) for row in rows]


def claim_of_output(output_id: int) -> Claim | None:
    """The claim an output stands on, or stood on last."""
    return current_session().scalar(
        select(Claim)
        .join(ClaimLine, ClaimLine.claim_id == Claim.id)
        .where(ClaimLine.output_id == output_id)
        .order_by(ClaimLine.id.desc())
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class OverrideFacts:
    """A request to let a check through, and what became of it."""

    id: int
    kind: str
    reason: str
    until_on: date
    asked_at: datetime
    asked_name: str
    granted_at: datetime | None
    granted_name: str | None
    declined_at: datetime | None
    declined_name: str | None
    answer: str
    employer_name: str
    output_reference: str
    claim_reference: str
    line_id: int
    period: date
    organisation_id: int
    organisation_name: str

    @property
    def state(self) -> str:
        """How it stands, as a key of the states that the page names."""
        return state_of(
            asked_on=london(self.asked_at).date(),
            until_on=self.until_on,
            granted=self.granted_at is not None,
            declined=self.declined_at is not None,
            today=today(),
        )


def _overrides() -> Any:
    asker, granter, decliner = aliased(User), aliased(User), aliased(User)
    newest = (
        select(func.max(ClaimLine.id))
        .where(ClaimLine.output_id == CheckOverride.output_id)
        .correlate(CheckOverride)
        .scalar_subquery()
    )
    return (
        select(
            CheckOverride.id,
            CheckOverride.kind,
            CheckOverride.reason,
            CheckOverride.until_on,
            CheckOverride.asked_at,
            asker.name,
            CheckOverride.granted_at,
            granter.name,
            CheckOverride.declined_at,
            decliner.name,
            CheckOverride.answer,
            Output.employer_name,
            Output.reference,
            Claim.reference,
            ClaimLine.id,
            Claim.period,
            Contract.organisation_id,
            Organisation.name,
        )
        .join(Output, Output.id == CheckOverride.output_id)
        .join(ClaimLine, ClaimLine.id == newest)
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .join(Contract, Contract.id == Claim.contract_id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .join(asker, asker.id == CheckOverride.asked_by)
        .outerjoin(granter, granter.id == CheckOverride.granted_by)
        .outerjoin(decliner, decliner.id == CheckOverride.declined_by)
    )


def overrides(
    organisation_ids: Collection[int] | None, *, waiting: bool, limit: int = 50, offset: int = 0
) -> list[OverrideFacts]:
    """Requests that wait for an answer, oldest first, or all the others, newest first."""
    is_waiting = (
        CheckOverride.granted_at.is_(None),
        CheckOverride.declined_at.is_(None),
        CheckOverride.until_on >= today(),
    )
    query = _overrides()
    if organisation_ids is not None:
        query = query.where(Contract.organisation_id.in_(organisation_ids))
    if waiting:
        query = query.where(*is_waiting).order_by(CheckOverride.asked_at, CheckOverride.id)
    else:
        settled = or_(*(~condition for condition in is_waiting))
        query = query.where(settled).order_by(CheckOverride.id.desc())
    rows = current_session().execute(query.limit(limit).offset(offset))
    return [OverrideFacts(*row) for row in rows]


def override(override_id: int) -> OverrideFacts | None:
    """One request."""
    row = current_session().execute(_overrides().where(CheckOverride.id == override_id)).first()
    return None if row is None else OverrideFacts(*row)
