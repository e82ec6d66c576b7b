"""What employers ask and offer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from portal.accounts.models import User
from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.clock import utc_now
from portal.network.models import Champion, NetworkMember, PeerMatch, PeerOffer, PeerRequest
from portal.network.rules.peers import PLACE_DAYS


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What an employer offers others, and how many matches stand with it now."""

    id: int
    employer_id: int
    topics: tuple[str, ...]
    about: str
    capacity: int
    contact_name: str
    contact_email: str
    says: tuple[str, ...]
    paused_at: datetime | None
    revision: int
    standing: int


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What an employer asks."""

    id: int
    reference: str
    employer_id: int
    topic: str
    question: str
    contact_name: str
    contact_email: str
    says: tuple[str, ...]
    state: str
    closed_reason: str
    revision: int
    created_at: datetime


def fills_a_place() -> ColumnElement[bool]:
    """Matches that fill a place of whoever helps.

    One that waits does. A talk does until either side has said what came of it, and for
    ``PLACE_DAYS`` at most: nobody's place is held by a form that is not filled in.
    """
    since = utc_now() - timedelta(days=PLACE_DAYS)
    return or_(
        PeerMatch.state == "proposed",
        and_(
            PeerMatch.state == "introduced",
            PeerMatch.asker_outcome.is_(None),
            PeerMatch.champion_outcome.is_(None),
            PeerMatch.introduced_at > since,
        ),
    )


def _standing() -> Select[int]:
    return (
        select(func.count(PeerMatch.id))
        .where(PeerMatch.champion_id == PeerOffer.employer_id, fills_a_place())
        .correlate(PeerOffer)
    )


def offer_of(employer_id: int) -> OfferFacts | None:
    """What an employer offers."""
    row = (
        current_session()
        .execute(
            select(PeerOffer, _standing().scalar_subquery()).where(
                PeerOffer.employer_id == employer_id
            )
        )
        .one_or_none()
    )
    return None if row is None else _offer(row[0], row[1] or 0)


def _offer(row: PeerOffer, standing: int) -> OfferFacts:
    return OfferFacts(
        id=row.id,
        employer_id=row.employer_id,
        topics=tuple(row.topics),
        about=row.about,
        capacity=row.capacity,
        contact_name=row.contact_name,
        contact_email=row.contact_email,
        says=tuple(row.says),
        paused_at=row.paused_at,
        revision=row.revision,
        standing=standing,
    )


def offer_to_change(employer_id: int) -> PeerOffer | None:
    """What an employer offers, held until the unit of work ends."""
    return current_session().scalar(
        select(PeerOffer)
        .where(PeerOffer.employer_id == employer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def standing_of(employer_id: int) -> int:
    """How many matches fill an employer's capacity now."""
    return (
        current_session().scalar(
            select(func.count(PeerMatch.id)).where(
                PeerMatch.champion_id == employer_id, fills_a_place()
            )
        )
        or 0
    )


def is_champion(employer_id: int) -> bool:
    """Whether an employer is an employer champion."""
    return (
        current_session().scalar(select(Champion.id).where(Champion.employer_id == employer_id))
        is not None
    )


def requests_of(employer_id: int, *, limit: int = 50) -> list[RequestFacts]:
    """What an employer asked, the latest first."""
    rows = current_session().scalars(
        select(PeerRequest)
        .where(PeerRequest.employer_id == employer_id)
        .order_by(PeerRequest.id.desc())
        .limit(limit)
    )
    return [_request(row) for row in rows]


def request_of(reference: str, *, employer_id: int | None = None) -> RequestFacts | None:
    """A request by its reference, if it is the employer's where one is named."""
    query = select(PeerRequest).where(PeerRequest.reference == reference)
    if employer_id is not None:
        query = query.where(PeerRequest.employer_id == employer_id)
    row = current_session().scalar(query)
    return None if row is None else _request(row)


def _request(row: PeerRequest) -> RequestFacts:
    return RequestFacts(
        id=row.id,
        reference=row.reference,
        employer_id=row.employer_id,
        topic=row.topic,
        question=row.question,
        contact_name=row.contact_name,
        contact_email=row.contact_email,
        says=tuple(row.says),
        state=row.state,
        closed_reason=row.closed_reason,
        revision=row.revision,
        created_at=row.created_at,
    )


def request_to_change(request_id: int) -> PeerRequest | None:
    """A request, held until the unit of work ends."""
    return current_session().scalar(
        select(PeerRequest)
        .where(PeerRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def asks_already(employer_id: int, topic: str) -> bool:
    """Whether a request of an employer about a subject is open or matched."""
    return (
        current_session().scalar(
            select(PeerRequest.id).where(
                PeerRequest.employer_id == employer_id,
                PeerRequest.topic == topic,
                PeerRequest.state.in_(["open", "matched"]),
            )
        )
        is not None
    )


def hold_employers(employer_ids: Iterable[int]) -> None:
    """Let nobody else match these employers or name one as a competitor meanwhile.

    Rows that refer to them may still be written, so that the two do not wait for each other.
    """
    current_session().execute(
        select(Employer.id)
        .where(Employer.id.in_(sorted(employer_ids)))
        .order_by(Employer.id)
        .with_for_update(key_share=True)
    ).all()


def member_references() -> list[str]:
    """The references of employers in the network, in the order in which they joined."""
    return list(
        current_session().scalars(
            select(Employer.reference)
            .join(NetworkMember, NetworkMember.employer_id == Employer.id)
            .where(NetworkMember.left_at.is_(None))
            .order_by(NetworkMember.id)
        )
    )


def own_contact(user_id: int | None) -> tuple[str, str]:
    """A person's own name and address, to begin a form with."""
    row = (
        current_session()
        .execute(select(User.name, User.email).where(User.id == user_id))
        .one_or_none()
    )
    return ("", "") if row is None else (row[0], row[1])
