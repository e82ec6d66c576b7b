"""Requests, offers and matches between peers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select

from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.clock import london
from portal.network.models import Champion, NetworkMember, PeerMatch, PeerOffer, PeerRequest
from portal.network.queries.peer_asking import (
    OfferFacts,
    RequestFacts,
    asks_already,
    hold_employers,
    is_champion,
    member_references,
    offer_of,
    offer_to_change,
    own_contact,
    request_of,
    request_to_change,
    requests_of,
    standing_of,
)
from portal.network.rules.peers import STANDING

__all__ = [
    "Due",
    "MatchFacts",
    "OfferFacts",
    "RequestFacts",
    "asks_already",
    "counts",
    "due_matches",
    "hold_employers",
    "introduced_pairs",
    "is_champion",
    "match",
    "match_by_token",
    "match_to_change",
    "matches",
    "matches_of",
    "member_references",
    "offer_of",
    "offer_to_change",
    "outcomes",
    "own_contact",
    "proposed_between",
    "proposed_of",
    "request_of",
    "request_to_change",
    "requests_of",
    "standing_match",
    "standing_of",
]


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
    said_at: datetime | None
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
        said_at=row.said_at,
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
class Waiting:
    """A proposal to an employer: its request, and the side on which the other stands."""

    id: int
    request_id: int
    other: str


def proposed_of(employer_id: int) -> list[Waiting]:
    """Matches of an employer that wait for an answer."""
    rows = current_session().execute(
        select(PeerMatch.id, PeerMatch.request_id, PeerMatch.asking_id)
        .where(
            PeerMatch.state == "proposed",
            or_(PeerMatch.asking_id == employer_id, PeerMatch.champion_id == employer_id),
        )
        .order_by(PeerMatch.id)
    )
    return [
        Waiting(key, request, "champion" if asking == employer_id else "asker")
        for key, request, asking in rows
    ]


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
                and_(
                    PeerMatch.state == "introduced",
                    or_(PeerMatch.outcome_asked_at.is_(None), PeerMatch.said_at.is_not(None)),
                ),
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
