"""What the checks of a claim said, and which failures were let through."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import exists, func, select

from portal.db import current_session
from portal.kernel.clock import today
from portal.payments.models import CheckOverride, CheckResult, ClaimLine, Output


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
