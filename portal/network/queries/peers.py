"""Requests, offers and matches between peers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, or_, select

from portal.accounts.models import User
from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.clock import london
from portal.network.models import Champion, NetworkMember, PeerMatch, PeerOffer, PeerRequest
from portal.network.rules.peers import STANDING


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


@dataclass(frozen=True, slots=True)
class MatchFacts:
    """A match with its request, for whoever may see it: a view decides what of it to show."""

    id: int
    reference: str
    request_id: int
    request_reference: str
    topic: str
    question: str
    asking_id: int
    asking_reference: str
    asking_name: str
    champion_id: int
    champion_reference: str
    champion_name: str
    is_champion: bool
    reasons: tuple[str, ...]
    score: int
    state: str
    created_at: datetime
    due_at: datetime
    asker_agreed_at: datetime | None
    champion_agreed_at: datetime | None
    introduced_at: datetime | None
    declined_by: str
    asker_outcome: str | None
    champion_outcome: str | None
    outcome: str | None
    outcome_words: str
    ended_at: datetime | None
    asker_says: tuple[str, ...]
    champion_says: tuple[str, ...]
    about: str
    asker_contact: tuple[str, str]
    champion_contact: tuple[str, str]

    def agreed_at(self, side: str) -> datetime | None:
        """When a side agreed."""
        return self.asker_agreed_at if side == "asker" else self.champion_agreed_at

    def said(self, side: str) -> str | None:
        """What a side said came of it."""
        return self.asker_outcome if side == "asker" else self.champion_outcome

    def employer_of(self, side: str) -> int:
        """The key of a side's employer."""
        return self.asking_id if side == "asker" else self.champion_id


# Offers and requests ----------------------------------------------------------------------------


def _standing() -> Select[int]:
    return (
        select(func.count(PeerMatch.id))
        .where(PeerMatch.champion_id == PeerOffer.employer_id, PeerMatch.state.in_(STANDING))
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
                PeerMatch.champion_id == employer_id, PeerMatch.state.in_(STANDING)
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


# Matches ----------------------------------------------------------------------------------------


def match(reference: str) -> MatchFacts | None:
    """A match by its reference."""
    return next(iter(_matches(PeerMatch.reference == reference, limit=1)), None)


def match_by_token(token_hash: str) -> tuple[MatchFacts, str] | None:
    """The match that a personal link leads to, and whose link it is."""
    found = _matches(
        or_(PeerMatch.asker_token_hash == token_hash, PeerMatch.champion_token_hash == token_hash),
        limit=1,
    )
    if not found:
        return None
    asker = current_session().scalar(
        select(PeerMatch.id).where(
            PeerMatch.id == found[0].id, PeerMatch.asker_token_hash == token_hash
        )
    )
    return found[0], "asker" if asker is not None else "champion"


def matches_of(employer_id: int, *, limit: int = 50) -> list[MatchFacts]:
    """The matches of an employer on either side, the latest first."""
    return _matches(
        or_(PeerMatch.asking_id == employer_id, PeerMatch.champion_id == employer_id), limit=limit
    )


def matches(states: Collection[str], *, limit: int, offset: int = 0) -> list[MatchFacts]:
    """Matches in these states, the latest first."""
    return _matches(PeerMatch.state.in_(states), limit=limit, offset=offset)


def counts() -> dict[str, int]:
    """How many matches there are in each state."""
    rows = current_session().execute(
        select(PeerMatch.state, func.count(PeerMatch.id)).group_by(PeerMatch.state)
    )
    return {row[0]: row[1] for row in rows}


def outcomes() -> dict[str, int]:
    """How many matches ended with each outcome."""
    rows = current_session().execute(
        select(PeerMatch.outcome, func.count(PeerMatch.id))
        .where(PeerMatch.outcome.is_not(None))
        .group_by(PeerMatch.outcome)
    )
    return {outcome: count for outcome, count in rows if outcome is not None}


def _matches(condition: object, *, limit: int, offset: int = 0) -> list[MatchFacts]:
    asking, champion = Employer.__table__.alias("asking"), Employer.__table__.alias("helping")
    rows = current_session().execute(
        select(
            PeerMatch,
            PeerRequest,
            PeerOffer,
            asking.c.reference,
            func.coalesce(asking.c.trading_name, asking.c.name),
            champion.c.reference,
            func.coalesce(champion.c.trading_name, champion.c.name),
            Champion.id,
        )
        .join(PeerRequest, PeerRequest.id == PeerMatch.request_id)
        .join(asking, asking.c.id == PeerMatch.asking_id)
        .join(champion, champion.c.id == PeerMatch.champion_id)
        .outerjoin(PeerOffer, PeerOffer.employer_id == PeerMatch.champion_id)
        .outerjoin(Champion, Champion.employer_id == PeerMatch.champion_id)
        .where(condition)  # type: ignore[arg-type]
        .order_by(PeerMatch.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [_match(*row) for row in rows]


def _match(
    row: PeerMatch,
    request: PeerRequest,
    offer: PeerOffer | None,
    asking_reference: str,
    asking_name: str,
    champion_reference: str,
    champion_name: str,
    champion: int | None,
) -> MatchFacts:
    return MatchFacts(
        id=row.id,
        reference=row.reference,
        request_id=request.id,
        request_reference=request.reference,
        topic=request.topic,
        question=request.question,
        asking_id=row.asking_id,
        asking_reference=asking_reference,
        asking_name=asking_name,
        champion_id=row.champion_id,
        champion_reference=champion_reference,
        champion_name=champion_name,
        is_champion=champion is not None,
        reasons=tuple(row.reasons),
        score=row.score,
        state=row.state,
        created_at=row.created_at,
        due_at=row.due_at,
        asker_agreed_at=row.asker_agreed_at,
        champion_agreed_at=row.champion_agreed_at,
        introduced_at=row.introduced_at,
        declined_by=row.declined_by,
        asker_outcome=row.asker_outcome,
        champion_outcome=row.champion_outcome,
        outcome=row.outcome,
        outcome_words=row.outcome_words,
        ended_at=row.ended_at,
        asker_says=tuple(request.says),
        champion_says=tuple(offer.says) if offer else (),
        about=offer.about if offer else "",
        asker_contact=(request.contact_name, request.contact_email),
        champion_contact=(offer.contact_name, offer.contact_email) if offer else ("", ""),
    )


def match_to_change(match_id: int) -> PeerMatch | None:
    """A match, held until the unit of work ends. Hold its request before: always in this order."""
    return current_session().scalar(
        select(PeerMatch)
        .where(PeerMatch.id == match_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def standing_match(request_id: int) -> int | None:
    """The match that waits or is introduced for a request."""
    return current_session().scalar(
        select(PeerMatch.id).where(
            PeerMatch.request_id == request_id, PeerMatch.state.in_(STANDING)
        )
    )


def proposed_between(employer_ids: Collection[int]) -> list[tuple[int, int]]:
    """Matches that wait between two employers: each with its request."""
    rows = current_session().execute(
        select(PeerMatch.id, PeerMatch.request_id)
        .where(
            PeerMatch.state == "proposed",
            PeerMatch.asking_id.in_(employer_ids),
            PeerMatch.champion_id.in_(employer_ids),
        )
        .order_by(PeerMatch.id)
    )
    return [(key, request) for key, request in rows]


@dataclass(frozen=True, slots=True)
class Due:
    """A match that the day's work may have to look at."""

    id: int
    request_id: int
    asking_id: int
    champion_id: int
    state: str
    are_in: bool


def due_matches() -> list[Due]:
    """Every match that stands, and whether both are in the network still."""
    inside = select(NetworkMember.employer_id).where(NetworkMember.left_at.is_(None))
    rows = current_session().execute(
        select(
            PeerMatch.id,
            PeerMatch.request_id,
            PeerMatch.asking_id,
            PeerMatch.champion_id,
            PeerMatch.state,
            PeerMatch.asking_id.in_(inside) & PeerMatch.champion_id.in_(inside),
        )
        .where(
            or_(
                PeerMatch.state == "proposed",
                (PeerMatch.state == "introduced") & PeerMatch.outcome_asked_at.is_(None),
            )
        )
        .order_by(PeerMatch.id)
    )
    return [
        Due(key, ask, one, other, state, bool(there)) for key, ask, one, other, state, there in rows
    ]


def introduced_pairs() -> list[tuple[int, int, date]]:
    """Who was introduced to whom as peers: asker, champion, and the day in London."""
    rows = current_session().execute(
        select(PeerMatch.asking_id, PeerMatch.champion_id, PeerMatch.introduced_at)
        .where(PeerMatch.introduced_at.is_not(None))
        .order_by(PeerMatch.id)
    )
    return [(one, other, london(at).date()) for one, other, at in rows if at is not None]


def own_contact(user_id: int | None) -> tuple[str, str]:
    """A person's own name and address, to begin a form with."""
    row = (
        current_session()
        .execute(select(User.name, User.email).where(User.id == user_id))
        .one_or_none()
    )
    return ("", "") if row is None else (row[0], row[1])
