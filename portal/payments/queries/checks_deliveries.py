"""Deliveries of a claim that stand a second time, read in one statement whatever its length."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

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


def same_deliveries(claim_id: int) -> dict[int, list[SameDelivery]]:
    """For each line with a delivery, the earlier or already claimed ones that may be the same.

    Records that were merged count as the one that stands for them.
    """
    own, other = aliased(Delivery), aliased(Delivery)
    beside, second = aliased(Output), aliased(ClaimLine)
    here, there = aliased(Attendance), aliased(Attendance)
    business, namesake = aliased(Employer), aliased(Employer)
    same = func.coalesce(business.merged_into_id, business.id) == func.coalesce(
        namesake.merged_into_id, namesake.id
    )
    # A row without a claim compares as unknown, so it counts by its own age only.
    before = or_(second.claim_id != claim_id, beside.id < Output.id)
    rows = current_session().execute(
        select(
            ClaimLine.id,
            beside.id,
            beside.reference,
            func.coalesce(business.trading_name, business.name),
            here.attended,
            there.attended,
            func.lower(own.title) == func.lower(other.title),
        )
        .join(Output, Output.id == ClaimLine.output_id)
        .join(own, own.id == Output.delivery_id)
        .join(
            other,
            and_(
                other.organisation_id == own.organisation_id,
                other.delivered_on == own.delivered_on,
                other.kind == own.kind,
                other.id != own.id,
            ),
        )
        .join(beside, and_(beside.delivery_id == other.id, beside.withdrawn_at.is_(None)))
        .outerjoin(second, and_(second.output_id == beside.id, second.state.not_in(_GONE)))
        .join(here, here.delivery_id == own.id)
        .join(there, there.delivery_id == other.id)
        .join(business, business.id == here.employer_id)
        .join(namesake, and_(namesake.id == there.employer_id, same))
        .where(ClaimLine.claim_id == claim_id, ClaimLine.state.not_in(_GONE), before)
        .order_by(ClaimLine.id, beside.id, business.id)
    )
    found: dict[int, list[SameDelivery]] = {}
    for row in rows.all():
        found.setdefault(row[0], []).append(SameDelivery(*row[:6], bool(row[6])))
    return found
