"""Deliveries of a claim that stand a second time, read in two statements whatever its length."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, and_, func, select

from portal.caseload.models import Attendance, Delivery
from portal.db import current_session
from portal.employers.models import Employer
from portal.payments.models import ClaimLine, Output
from portal.payments.rules.states import LineState

_GONE: Final = (LineState.REJECTED.value, LineState.REMOVED.value)


class SameDelivery(NamedTuple):
    """Another delivery like that of a line: of one provider, on one day, of one kind.

    ``employer`` was at both; ``here`` and ``there`` are how many of its people attended.
    """

    line: int
    output: int
    reference: str
    employer: str
    here: int
    there: int
    same_title: bool


class _Standing(NamedTuple):
    """An employer at a delivery that made an output; ``root`` stands for records merged."""

    output: int
    reference: str
    organisation: int
    day: date
    kind: str
    title: str
    root: int
    employer: str
    attended: int
    line: int | None
    claim: int | None

    @property
    def like(self) -> tuple[int, date, str, int]:
        """What two records of one delivery share."""
        return self.organisation, self.day, self.kind, self.root


def _standings() -> Select[Any]:
    return (
        select(
            Output.id,
            Output.reference,
            Delivery.organisation_id,
            Delivery.delivered_on,
            Delivery.kind,
            func.lower(Delivery.title),
            func.coalesce(Employer.merged_into_id, Employer.id),
            func.coalesce(Employer.trading_name, Employer.name),
            Attendance.attended,
            ClaimLine.id,
            ClaimLine.claim_id,
        )
        .join(Delivery, Delivery.id == Output.delivery_id)
        .join(Attendance, Attendance.delivery_id == Delivery.id)
        .join(Employer, Employer.id == Attendance.employer_id)
        .order_by(Output.id, Attendance.id)
    )


def same_deliveries(claim_id: int) -> dict[int, list[SameDelivery]]:
    """For each line with a delivery, the earlier or already claimed ones that may be the same.

    Compared here: joined with one another in the database, deliveries and employers are multiplied
    by each other before anything tells them apart.
    """
    session = current_session()
    live = and_(ClaimLine.output_id == Output.id, ClaimLine.state.not_in(_GONE))
    rows = session.execute(
        _standings().join(ClaimLine, live).where(ClaimLine.claim_id == claim_id)
    ).all()
    own = [_standing(row) for row in rows]
    if not own:
        return {}
    others = session.execute(
        _standings()
        .outerjoin(ClaimLine, live)
        .where(
            Output.withdrawn_at.is_(None),
            Delivery.organisation_id.in_({one.organisation for one in own}),
            Delivery.delivered_on.in_({one.day for one in own}),
        )
    ).all()
    by_likeness: dict[tuple[int, date, str, int], list[_Standing]] = {}
    for row in others:
        other = _standing(row)
        by_likeness.setdefault(other.like, []).append(other)
    found: dict[int, list[SameDelivery]] = {}
    for one in own:
        for other in by_likeness.get(one.like, ()):
            if one.line is not None and _before(other, one):
                found.setdefault(one.line, []).append(_same(one.line, one, other))
    return found


def _standing(row: Any) -> _Standing:
    return _Standing(*row)


def _before(other: _Standing, one: _Standing) -> bool:
    """Whether another came first: claimed elsewhere already, or an earlier output."""
    if other.output == one.output:
        return False
    return other.claim not in (None, one.claim) or other.output < one.output


def _same(line: int, one: _Standing, other: _Standing) -> SameDelivery:
    return SameDelivery(
        line,
        other.output,
        other.reference,
        one.employer,
        one.attended,
        other.attended,
        one.title == other.title,
    )
