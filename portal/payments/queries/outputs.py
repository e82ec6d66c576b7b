"""The outputs there are, the contracts and rates they arise under, and the claims holding them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from portal.caseload.models import Delivery, DiagnosticSession
from portal.db import current_session
from portal.payments.models import (
    Claim,
    ClaimLine,
    Contract,
    LedgerEntry,
    Output,
    Rate,
    RateCardVersion,
    Subcontractor,
)
from portal.payments.rules.ledger import Entry
from portal.payments.rules.rates import RateCard
from portal.payments.rules.readiness import Agreement
from portal.payments.rules.words import BONUS

_GONE = ("rejected", "removed")


def agreements(organisation_ids: Collection[int], programmes: Collection[str]) -> list[Agreement]:
    """Contracts in force at any time under which these organisations may have worked."""
    own = Contract.organisation_id.in_(organisation_ids)
    delivers_for = Contract.id.in_(
        select(Subcontractor.contract_id).where(Subcontractor.organisation_id.in_(organisation_ids))
    )
    rows = current_session().execute(
        select(
            Contract.id,
            Contract.organisation_id,
            Contract.starts_on,
            Contract.ends_on,
            Subcontractor.organisation_id,
            Subcontractor.from_on,
            Subcontractor.until_on,
        )
        .outerjoin(Subcontractor, Subcontractor.contract_id == Contract.id)
        .where(
            Contract.programme.in_(programmes),
            Contract.state.in_(("active", "ended")),
            or_(own, delivers_for),
        )
        .order_by(Contract.id)
    )
    found: dict[int, tuple[int, date, date]] = {}
    deliverers: dict[int, list[tuple[int, date, date | None]]] = {}
    for key, owner, starts_on, ends_on, who, begun, ended in rows:
        found[key] = (owner, starts_on, ends_on)
        if who is not None:
            deliverers.setdefault(key, []).append((who, begun, ended))
    return [Agreement(key, *known, tuple(deliverers.get(key, ()))) for key, known in found.items()]


def published_cards(programme: str) -> dict[int, RateCard]:
    """Every published rate card of a programme by key."""
    rows = current_session().execute(
        select(
            RateCardVersion.id,
            RateCardVersion.version,
            RateCardVersion.effective_from,
            Rate.output_type,
            Rate.size_tier,
            Rate.pence,
        )
        .outerjoin(Rate, Rate.card_id == RateCardVersion.id)
        .where(RateCardVersion.programme == programme, RateCardVersion.state == "published")
        .order_by(RateCardVersion.effective_from, RateCardVersion.id)
    )
    found: dict[int, tuple[int, date, dict[tuple[str, str], int], dict[str, int]]] = {}
    for key, version, begins, output_type, tier, pence in rows:
        _version, _begins, prices, bonuses = found.setdefault(key, (version, begins, {}, {}))
        if output_type == BONUS:
            bonuses[tier] = pence
        elif output_type is not None:
            prices[(output_type, tier)] = pence
    return {key: RateCard(*parts) for key, parts in found.items()}


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


def output_to_change(output_id: int) -> Output:
    """An output, held until the unit of work ends."""
    return (
        current_session()
        .scalars(
            select(Output)
            .where(Output.id == output_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one()
    )


@dataclass(frozen=True, slots=True)
class Holder:
    """The claim whose line holds an output; ``net`` is what it was paid and did not give back."""

    claim_reference: str
    period: date
    line_state: str
    was_paid: bool
    net: int

    @property
    def is_over(self) -> bool:
        """Whether all that was paid came back: nothing rests on the output any more."""
        return self.was_paid and self.net == 0


def holder(output_id: int) -> Holder | None:
    """The claim that holds an output, if one does."""
    session = current_session()
    row = session.execute(
        select(Claim.reference, Claim.period, ClaimLine.id, ClaimLine.state)
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .where(ClaimLine.output_id == output_id, ClaimLine.state.not_in(_GONE))
    ).one_or_none()
    if row is None:
        return None
    entries = session.execute(
        select(LedgerEntry.kind, LedgerEntry.pence).where(LedgerEntry.line_id == row.id)
    ).all()
    signs: Mapping[str, int] = {Entry.PAY: 1, Entry.ADJUST: 1, Entry.RECOVER: -1}
    return Holder(
        row.reference,
        row.period,
        row.state,
        any(kind == Entry.PAY for kind, _pence in entries),
        sum(signs.get(kind, 0) * pence for kind, pence in entries),
    )


def output_behind(kind: str, reference: str) -> Output | None:
    """The output that arose from the session or the delivery of this reference."""
    query = select(Output)
    if kind == "session":
        query = query.join(DiagnosticSession, DiagnosticSession.id == Output.session_id)
        query = query.where(DiagnosticSession.reference == reference)
    else:
        query = query.join(Delivery, Delivery.id == Output.delivery_id)
        query = query.where(Delivery.reference == reference)
    return current_session().scalar(query)


def engaged_programmes(employer_ids: Collection[int]) -> list[tuple[str, int]]:
    """Programmes in which employers were engaged, and which of them each time."""
    rows = current_session().execute(
        select(Output.programme, Output.employer_id).where(
            Output.employer_id.in_(employer_ids),
            Output.output_type == "engagement",
            Output.withdrawn_at.is_(None),
        )
    )
    return [(row[0], row[1]) for row in rows]
