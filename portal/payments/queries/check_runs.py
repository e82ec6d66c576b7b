"""The runs of a claim's checks: when, by whom, what they counted, and what two of them said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.accounts.models import User
from portal.db import current_session
from portal.db.audit import AuditEntry
from portal.payments.models import CheckResult, ClaimLine, Output
from portal.payments.rules.check_runs import Found

PAGE = 50


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run; ``by_name`` is empty for one that the portal made, or whose maker has left."""

    run: int
    at: datetime
    lines: int
    failed: int
    warnings: int
    by_name: str


def run_rows(claim_id: int, reference: str, *, page: int) -> list[RunRow]:
    """A page of runs, newest first, and one more where there is another page."""
    session = current_session()
    rows = session.execute(
        select(
            CheckResult.run,
            func.min(CheckResult.at),
            func.count(CheckResult.line_id.distinct()),
            func.count().filter(CheckResult.result == "fail"),
            func.count().filter(CheckResult.result == "warn"),
        )
        .where(CheckResult.claim_id == claim_id)
        .group_by(CheckResult.run)
        .order_by(CheckResult.run.desc())
        .limit(PAGE + 1)
        .offset((page - 1) * PAGE)
    ).all()
    names = _names(reference) if rows else {}
    return [RunRow(row[0], row[1], row[2], row[3], row[4], names.get(row[0], "")) for row in rows]


def _names(reference: str) -> dict[int, str]:
    """Who made each run, by the audit trail."""
    rows = current_session().execute(
        select(AuditEntry.detail, User.name)
        .join(User, User.id == AuditEntry.actor_id)
        .where(AuditEntry.subject == f"claim:{reference}", AuditEntry.action == "claim.checked")
    )
    return {row[0]["run"]: row[1] for row in rows}


def found_in(claim_id: int, run: int) -> tuple[list[Found], list[Found]]:
    """What the run before a run said of every line, and what the run itself did."""
    rows = current_session().execute(
        select(
            CheckResult.run,
            CheckResult.line_id,
            CheckResult.kind,
            CheckResult.result,
            CheckResult.words,
            Output.employer_name,
        )
        .outerjoin(ClaimLine, ClaimLine.id == CheckResult.line_id)
        .outerjoin(Output, Output.id == ClaimLine.output_id)
        .where(CheckResult.claim_id == claim_id, CheckResult.run.in_((run - 1, run)))
        .order_by(CheckResult.id)
    )
    earlier: list[Found] = []
    later: list[Found] = []
    for number, line, kind, result, words, employer in rows.all():
        side = later if number == run else earlier
        side.append(Found(line, kind, result, words, employer or "The whole claim"))
    return earlier, later
