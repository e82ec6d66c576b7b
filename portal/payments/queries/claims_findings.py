"""What was found about the lines of a claim, and what was asked and answered about them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select

from portal.db import current_session
from portal.kernel.clock import today
from portal.payments.models import CheckOverride, CheckResult, ClaimLine, LineQuery
from portal.payments.queries.claims_pages import ClaimPage


class FindingRow(NamedTuple):
    """A finding of the newest run; ``until_on`` where it was let through or that was asked for.

    Of several requests about a check the newest that was not declined counts.
    """

    line_id: int | None
    kind: str
    result: str
    words: str
    detail: dict[str, Any]
    until_on: date | None
    granted_at: datetime | None

    @property
    def state(self) -> str:
        """``fail``, ``asked``, ``let_through``, ``expired``, ``lapsed``, ``warn`` or ``pass``.

        ``expired``: it fails again, since the last day of being let through is over; ``lapsed``:
        nobody answered until then.
        """
        if self.result != "fail" or self.until_on is None:
            return self.result
        if self.until_on < today():
            return "lapsed" if self.granted_at is None else "expired"
        return "asked" if self.granted_at is None else "let_through"


def findings(
    claim: ClaimPage, line_ids: Collection[int], *, passes: bool = False
) -> dict[int | None, list[FindingRow]]:
    """What the newest run found about these lines, and about the claim itself under None."""
    newest = (
        select(func.max(CheckOverride.id))
        .where(
            CheckOverride.output_id == ClaimLine.output_id,
            CheckOverride.kind == CheckResult.kind,
            CheckOverride.declined_at.is_(None),
        )
        .correlate(ClaimLine, CheckResult)
        .scalar_subquery()
    )
    query = (
        select(
            CheckResult.line_id,
            CheckResult.kind,
            CheckResult.result,
            CheckResult.words,
            CheckResult.detail,
            CheckOverride.until_on,
            CheckOverride.granted_at,
        )
        .outerjoin(ClaimLine, ClaimLine.id == CheckResult.line_id)
        .outerjoin(CheckOverride, CheckOverride.id == newest)
        .where(
            CheckResult.claim_id == claim.id,
            CheckResult.run == claim.run,
            or_(CheckResult.line_id.is_(None), CheckResult.line_id.in_(set(line_ids))),
        )
        .order_by(CheckResult.result, CheckResult.id)
    )
    if not passes:
        query = query.where(CheckResult.result != "pass")
    found: dict[int | None, list[FindingRow]] = {}
    for row in current_session().execute(query):
        finding = FindingRow(*row)
        found.setdefault(finding.line_id, []).append(finding)
    return found


class Said(NamedTuple):
    """A question about a line or its answer."""

    line_id: int
    side: str
    words: str
    at: datetime
    by_name: str


def said(line_ids: Collection[int]) -> dict[int, list[Said]]:
    """What was asked and answered about lines, oldest first."""
    found: dict[int, list[Said]] = {}
    rows = current_session().execute(
        select(LineQuery.line_id, LineQuery.side, LineQuery.words, LineQuery.at, LineQuery.by_name)
        .where(LineQuery.line_id.in_(set(line_ids)))
        .order_by(LineQuery.at, LineQuery.id)
    )
    for row in rows:
        found.setdefault(row[0], []).append(Said(*row))
    return found
