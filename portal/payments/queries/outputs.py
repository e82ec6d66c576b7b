"""Where outputs come from, and the outputs there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, exists, or_, select

from portal.caseload.models import (
    Attendance,
    Case,
    Confirmation,
    Delivery,
    DiagnosticSession,
)
from portal.db import current_session
from portal.payments.models import (
    ClaimLine,
    Contract,
    Output,
    Rate,
    RateCardVersion,
    Subcontractor,
)
from portal.payments.rules.rates import RateCard
from portal.payments.rules.words import BONUS, OUTPUT_TYPES

_HELD = ("rejected", "removed")


@dataclass(frozen=True, slots=True)
class Origin:
    """A session or a delivery as an output sees it; ``confirmed`` says what its employer said.

    For a delivery ``employers`` lists its confirmed attending employers as (employer, case), the
    one with the most people attending first.
    """

    id: int
    output_type: str
    occurred_on: date
    organisation_id: int
    programme: str
    adviser_id: int | None
    withdrawn: bool
    confirmed: bool
    employers: tuple[tuple[int, int], ...]
    recorded_by: int | None


def session_origin(session_id: int) -> Origin | None:
    """An in-depth session with its employer's word on it."""
    row = (
        current_session()
        .execute(
            select(
                DiagnosticSession.id,
                DiagnosticSession.held_on,
                DiagnosticSession.by,
                DiagnosticSession.withdrawn_at,
                Case.id.label("case_id"),
                Case.employer_id,
                Case.organisation_id,
                Case.programme,
                Case.adviser_id,
                Confirmation.state,
            )
            .join(Case, Case.id == DiagnosticSession.case_id)
            .outerjoin(
                Confirmation,
                and_(
                    Confirmation.session_id == DiagnosticSession.id,
                    Confirmation.state == "confirmed",
                ),
            )
            .where(DiagnosticSession.id == session_id)
        )
        .one_or_none()
    )
    if row is None:
        return None
    return Origin(
        id=row.id,
        output_type="engagement",
        occurred_on=row.held_on,
        organisation_id=row.organisation_id,
        programme=row.programme,
        adviser_id=row.by or row.adviser_id,
        withdrawn=row.withdrawn_at is not None,
        confirmed=row.state is not None,
        employers=((row.employer_id, row.case_id),),
        recorded_by=row.by,
    )


def delivery_origin(delivery_id: int) -> Origin | None:
    """A delivery with the employers that confirmed it."""
    session = current_session()
    delivery = session.execute(
        select(
            Delivery.id,
            Delivery.kind,
            Delivery.delivered_on,
            Delivery.organisation_id,
            Delivery.by,
            Delivery.withdrawn_at,
        ).where(Delivery.id == delivery_id)
    ).one_or_none()
    if delivery is None:
        return None
    attending = session.execute(
        select(Attendance.employer_id, Attendance.case_id, Case.programme)
        .join(Case, Case.id == Attendance.case_id)
        .join(
            Confirmation,
            and_(Confirmation.attendance_id == Attendance.id, Confirmation.state == "confirmed"),
        )
        .where(Attendance.delivery_id == delivery_id)
        .order_by(Attendance.attended.desc(), Attendance.id)
    ).all()
    return Origin(
        id=delivery.id,
        output_type=delivery.kind,
        occurred_on=delivery.delivered_on,
        organisation_id=delivery.organisation_id,
        programme=attending[0].programme if attending else "",
        adviser_id=delivery.by,
        withdrawn=delivery.withdrawn_at is not None,
        confirmed=bool(attending),
        employers=tuple((row.employer_id, row.case_id) for row in attending),
        recorded_by=delivery.by,
    )


def contract_for(*, organisation_id: int, programme: str, day: date) -> Contract | None:
    """The contract under which a provider worked on a day: its own, or its prime's."""
    in_force = (
        Contract.programme == programme,
        Contract.state.in_(("active", "ended")),
        Contract.starts_on <= day,
        Contract.ends_on >= day,
    )
    delivers_for = exists().where(
        Subcontractor.contract_id == Contract.id,
        Subcontractor.organisation_id == organisation_id,
        Subcontractor.from_on <= day,
        or_(Subcontractor.until_on.is_(None), Subcontractor.until_on >= day),
    )
    return current_session().scalar(
        select(Contract)
        .where(*in_force, or_(Contract.organisation_id == organisation_id, delivers_for))
        # Its own contract goes before another's; of two, the newer.
        .order_by((Contract.organisation_id == organisation_id).desc(), Contract.id.desc())
        .limit(1)
    )


def published_cards(programme: str) -> dict[int, RateCard]:
    """Every published rate card of a programme by key."""
    session = current_session()
    cards = session.execute(
        select(RateCardVersion.id, RateCardVersion.version, RateCardVersion.effective_from)
        .where(RateCardVersion.programme == programme, RateCardVersion.state == "published")
        .order_by(RateCardVersion.effective_from)
    ).all()
    rates = rates_of([card.id for card in cards])
    return {card.id: RateCard(card.version, card.effective_from, *rates[card.id]) for card in cards}


def rates_of(
    card_ids: Sequence[int],
) -> dict[int, tuple[dict[tuple[str, str], int], dict[str, int]]]:
    """Prices and bonuses of cards, in pence."""
    found: dict[int, tuple[dict[tuple[str, str], int], dict[str, int]]] = {
        card: ({}, {}) for card in card_ids
    }
    rows = current_session().execute(
        select(Rate.card_id, Rate.output_type, Rate.size_tier, Rate.pence).where(
            Rate.card_id.in_(card_ids)
        )
    )
    for card, output_type, tier, pence in rows:
        prices, bonuses = found[card]
        if output_type == BONUS:
            bonuses[tier] = pence
        else:
            prices[(output_type, tier)] = pence
    return found


def output_of(*, session_id: int | None = None, delivery_id: int | None = None) -> Output | None:
    """The output that arose from a session or a delivery, if one did."""
    query = select(Output)
    if session_id is not None:
        query = query.where(Output.session_id == session_id)
    else:
        query = query.where(Output.delivery_id == delivery_id)
    return current_session().scalar(query)


def engagement_of(employer_id: int, programme: str) -> Output | None:
    """The business's one engagement in a programme."""
    return current_session().scalar(
        select(Output).where(
            Output.employer_id == employer_id,
            Output.programme == programme,
            Output.output_type == "engagement",
            Output.withdrawn_at.is_(None),
        )
    )


def holding_line(output_id: int) -> ClaimLine | None:
    """The claim line that holds an output, if one does."""
    return current_session().scalar(
        select(ClaimLine).where(ClaimLine.output_id == output_id, ClaimLine.state.not_in(_HELD))
    )


def sessions_without_output() -> list[int]:
    """Confirmed sessions from which nothing arose yet."""
    return list(
        current_session().scalars(
            select(DiagnosticSession.id)
            .join(
                Confirmation,
                and_(
                    Confirmation.session_id == DiagnosticSession.id,
                    Confirmation.state == "confirmed",
                ),
            )
            .where(
                DiagnosticSession.withdrawn_at.is_(None),
                ~exists().where(Output.session_id == DiagnosticSession.id),
            )
            .order_by(DiagnosticSession.held_on, DiagnosticSession.id)
        )
    )


def deliveries_without_output() -> list[int]:
    """Deliveries that an employer confirmed and from which nothing arose yet."""
    confirmed = exists().where(
        Attendance.delivery_id == Delivery.id,
        Confirmation.attendance_id == Attendance.id,
        Confirmation.state == "confirmed",
    )
    return list(
        current_session().scalars(
            select(Delivery.id)
            .where(
                Delivery.withdrawn_at.is_(None),
                Delivery.kind.in_(OUTPUT_TYPES),
                confirmed,
                ~exists().where(Output.delivery_id == Delivery.id),
            )
            .order_by(Delivery.delivered_on, Delivery.id)
        )
    )
