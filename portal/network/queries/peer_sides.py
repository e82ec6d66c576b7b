"""What matching compares: requests that wait, offers, and what is known of both employers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import func, select

from portal.db import current_session
from portal.diagnostics.models import DimensionScore, Response
from portal.employers.models import Employer
from portal.network.models import Champion, NetworkMember, PeerMatch, PeerOffer, PeerRequest
from portal.network.queries.peer_asking import fills_a_place
from portal.network.rules.matching import Ask, Helper, Side

# A champion that said no, did not answer, or was met already is not proposed again for it.
_TRIED = ("declined", "lapsed", "introduced", "ended")


def asks(
    *, request_id: int | None = None, limit: int = 50, offset: int = 0
) -> list[tuple[Ask, str]]:
    """Requests that wait, the oldest first, each with its reference; or the one that is named.

    A request of an employer that has left the network waits until it is back.
    """
    query = (
        select(PeerRequest, Employer)
        .join(Employer, Employer.id == PeerRequest.employer_id)
        .join(NetworkMember, NetworkMember.employer_id == Employer.id)
        .where(NetworkMember.left_at.is_(None), Employer.merged_into_id.is_(None))
        .order_by(PeerRequest.created_at, PeerRequest.id)
        .limit(limit)
        .offset(offset)
    )
    if request_id is None:
        query = query.where(PeerRequest.state == "open")
    else:
        query = query.where(PeerRequest.id == request_id)
    rows = current_session().execute(query).all()
    scores = scores_of({row[1].id for row in rows})
    tried = _tried([row[0].id for row in rows])
    return [
        (
            Ask(
                request.id,
                request.topic,
                _side(employer, scores, request.says),
                frozenset(tried.get(request.id, ())),
            ),
            request.reference,
        )
        for request, employer in rows
    ]


def how_many_wait() -> int:
    """How many requests wait for a match."""
    return (
        current_session().scalar(
            select(func.count(PeerRequest.id))
            .join(NetworkMember, NetworkMember.employer_id == PeerRequest.employer_id)
            .join(Employer, Employer.id == PeerRequest.employer_id)
            .where(
                PeerRequest.state == "open",
                NetworkMember.left_at.is_(None),
                Employer.merged_into_id.is_(None),
            )
        )
        or 0
    )


def helpers(*, employer_id: int | None = None) -> list[Helper]:
    """Offers of employers in the network, with how many matches stand with each."""
    standing = (
        select(PeerMatch.champion_id, func.count(PeerMatch.id).label("many"))
        .where(fills_a_place())
        .group_by(PeerMatch.champion_id)
        .subquery()
    )
    query = (
        select(PeerOffer, Employer, Champion.id, func.coalesce(standing.c.many, 0))
        .join(Employer, Employer.id == PeerOffer.employer_id)
        .join(NetworkMember, NetworkMember.employer_id == Employer.id)
        .outerjoin(Champion, Champion.employer_id == Employer.id)
        .outerjoin(standing, standing.c.champion_id == Employer.id)
        .where(NetworkMember.left_at.is_(None), Employer.merged_into_id.is_(None))
        .order_by(PeerOffer.id)
    )
    if employer_id is None:
        query = query.where(PeerOffer.paused_at.is_(None))
    else:
        query = query.where(PeerOffer.employer_id == employer_id)
    rows = current_session().execute(query).all()
    scores = scores_of({row[1].id for row in rows})
    return [
        Helper(
            by=_side(employer, scores, offer.says),
            topics=frozenset(offer.topics),
            capacity=offer.capacity,
            standing=many,
            is_paused=offer.paused_at is not None,
            is_champion=champion is not None,
        )
        for offer, employer, champion, many in rows
    ]


def scores_of(employer_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """The scores by subject of the diagnostic that now stands for each employer."""
    rows = current_session().execute(
        select(Response.employer_id, DimensionScore.dimension, DimensionScore.score)
        .join(DimensionScore, DimensionScore.response_id == Response.id)
        .where(Response.employer_id.in_(employer_ids), Response.is_current)
    )
    found: dict[int, dict[str, int]] = {}
    for employer, dimension, score in rows:
        if employer is not None:
            found.setdefault(employer, {})[dimension] = score
    return found


def names_of(employer_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Reference and name of employers, for staff."""
    rows = current_session().execute(
        select(
            Employer.id, Employer.reference, func.coalesce(Employer.trading_name, Employer.name)
        ).where(Employer.id.in_(list(employer_ids)))
    )
    return {key: (reference, name) for key, reference, name in rows}


def questions_of(request_ids: Iterable[int]) -> dict[int, PeerRequest]:
    """Requests by their keys."""
    rows = current_session().scalars(
        select(PeerRequest).where(PeerRequest.id.in_(list(request_ids)))
    )
    return {row.id: row for row in rows}


def _tried(request_ids: Collection[int]) -> dict[int, set[int]]:
    rows = current_session().execute(
        select(PeerMatch.request_id, PeerMatch.champion_id).where(
            PeerMatch.request_id.in_(request_ids), PeerMatch.state.in_(_TRIED)
        )
    )
    found: dict[int, set[int]] = {}
    for request, champion in rows:
        found.setdefault(request, set()).add(champion)
    return found


def _side(employer: Employer, scores: Mapping[int, Mapping[str, int]], says: Iterable[str]) -> Side:
    return Side(
        employer_id=employer.id,
        sector=employer.sector,
        size=employer.size_tier,
        district=employer.district,
        scores=scores.get(employer.id, {}),
        says=frozenset(says),
    )
