"""What an employer holds of peer support: its card, its downloads, and what a merge looks at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from portal.db import current_session
from portal.employers.models import Employer
from portal.employers.queries.held import TableShown, names, read_table
from portal.employers.queries.held_tables import table_of
from portal.network.models import NetworkMember, PeerMatch, PeerOffer, PeerRequest
from portal.network.queries.members import competitors_of
from portal.network.rules.matching import SAYS
from portal.network.rules.peers import REQUEST_STATES, SHOWN_STATES
from portal.network.rules.words import PEER_OUTCOMES
from portal.toolkit.rules.words import DIMENSIONS


@dataclass(frozen=True, slots=True)
class PeerState:
    """Whether an employer is in the network, and how many matches wait for its answer."""

    is_in: bool
    waiting: int


def state_of(employer_id: int) -> PeerState:
    """What stands on an employer's card."""
    waiting = (
        select(func.count(PeerMatch.id))
        .where(
            PeerMatch.state == "proposed",
            or_(
                and_(PeerMatch.asking_id == employer_id, PeerMatch.asker_agreed_at.is_(None)),
                and_(PeerMatch.champion_id == employer_id, PeerMatch.champion_agreed_at.is_(None)),
            ),
        )
        .scalar_subquery()
    )
    row = (
        current_session()
        .execute(
            select(waiting).where(
                select(NetworkMember.id)
                .where(NetworkMember.employer_id == employer_id, NetworkMember.left_at.is_(None))
                .exists()
            )
        )
        .one_or_none()
    )
    return PeerState(is_in=row is not None, waiting=0 if row is None else row[0] or 0)


# Merging ----------------------------------------------------------------------------------------


def offers_of(employer_ids: Collection[int]) -> dict[int, int]:
    """The offers of employers, by employer."""
    rows = current_session().execute(
        select(PeerOffer.employer_id, PeerOffer.id).where(PeerOffer.employer_id.in_(employer_ids))
    )
    return {row[0]: row[1] for row in rows}


def same_requests(kept_id: int, merged_id: int) -> list[int]:
    """Requests of a merged employer, on now, about what the kept one asks now too."""
    kept = aliased(PeerRequest)
    now = ["open", "matched"]
    return list(
        current_session().scalars(
            select(PeerRequest.id)
            .join(kept, kept.topic == PeerRequest.topic)
            .where(
                PeerRequest.employer_id == merged_id,
                PeerRequest.state.in_(now),
                kept.employer_id == kept_id,
                kept.state.in_(now),
            )
            .order_by(PeerRequest.id)
        )
    )


@dataclass(frozen=True, slots=True)
class Between:
    """A match of two employers with each other."""

    id: int
    reference: str
    request_id: int
    state: str


def matches_between(one_id: int, other_id: int) -> list[Between]:
    """Matches of two employers with each other."""
    both = [one_id, other_id]
    rows = current_session().execute(
        select(PeerMatch.id, PeerMatch.reference, PeerMatch.request_id, PeerMatch.state)
        .where(PeerMatch.asking_id.in_(both), PeerMatch.champion_id.in_(both))
        .order_by(PeerMatch.id)
    )
    return [Between(*row) for row in rows]


def proposals_ended(kept_id: int, merged_id: int) -> list[tuple[int, int]]:
    """Proposals, with their requests, that cannot go on once two employers are one.

    Those of the two with each other, those whose request stays behind, and those of either with a
    competitor of the other.
    """
    both = [kept_id, merged_id]
    rivals = competitors_of(kept_id) | competitors_of(merged_id)
    rows = current_session().execute(
        select(PeerMatch.id, PeerMatch.request_id, PeerMatch.asking_id, PeerMatch.champion_id)
        .where(
            PeerMatch.state == "proposed",
            or_(PeerMatch.asking_id.in_(both), PeerMatch.champion_id.in_(both)),
        )
        .order_by(PeerMatch.id)
    )
    behind = set(same_requests(kept_id, merged_id))
    return [
        (key, request)
        for key, request, asking, champion in rows
        if {asking, champion} <= {kept_id, merged_id}
        or request in behind
        or ({asking, champion} - {kept_id, merged_id}) & rivals
    ]


def matches_of_requests(request_ids: Collection[int], asking_id: int) -> list[int]:
    """Matches of an asker's requests."""
    return list(
        current_session().scalars(
            select(PeerMatch.id)
            .where(PeerMatch.request_id.in_(request_ids), PeerMatch.asking_id == asking_id)
            .order_by(PeerMatch.id)
        )
    )


# What is held -----------------------------------------------------------------------------------

OFFERS: Final = TableShown(
    table_of(PeerOffer),
    lambda key: PeerOffer.employer_id == key,
    {
        "topics": "Subjects",
        "about": "What you have done",
        "capacity": "With how many at a time",
        "contact_name": "Who is contacted",
        "contact_email": "Their email address",
        "says": "What we may say of you",
        "paused_at": "Paused",
        "created_at": "Offered",
        "updated_at": "Last changed",
    },
    names("id employer_id revision"),
    words={"topics": DIMENSIONS, "says": SAYS},
)
REQUESTS: Final = TableShown(
    table_of(PeerRequest),
    lambda key: PeerRequest.employer_id == key,
    {
        "reference": "Reference",
        "topic": "Subject",
        "question": "Question",
        "contact_name": "Who is contacted",
        "contact_email": "Their email address",
        "says": "What we may say of you",
        "state": "State",
        "closed_reason": "Why it was closed",
        "by": "Asked by",
        "created_at": "Asked",
        "updated_at": "Last changed",
    },
    names("id employer_id revision"),
    words={"topic": DIMENSIONS, "says": SAYS, "state": REQUEST_STATES},
)
# What the other side said, who said no and why the two fit is not the employer's own.
MATCHES: Final = TableShown(
    table_of(PeerMatch),
    lambda key: or_(PeerMatch.asking_id == key, PeerMatch.champion_id == key),
    {
        "reference": "Reference",
        "state": "State",
        "created_at": "Proposed",
        "due_at": "To be agreed by",
        "introduced_at": "Introduced",
        "ended_at": "Ended",
    },
    names(
        "id request_id asking_id champion_id reasons score asker_token_hash champion_token_hash "
        "asker_agreed_at champion_agreed_at declined_by reminded_at outcome_asked_at "
        "asker_outcome champion_outcome said_at outcome outcome_words proposed_by updated_at"
    ),
    words={"state": SHOWN_STATES},
)


def held_matches(employer_id: int) -> tuple[list[str], list[list[Any]]]:
    """Matches as one side sees them: with its own part, and the other's name once introduced."""
    header, rows = read_table(MATCHES, employer_id)
    is_asker = PeerMatch.asking_id == employer_id
    other = case((is_asker, PeerMatch.champion_id), else_=PeerMatch.asking_id)
    own = current_session().execute(
        select(
            PeerMatch.reference,
            is_asker,
            case((is_asker, PeerMatch.asker_agreed_at), else_=PeerMatch.champion_agreed_at),
            case((is_asker, PeerMatch.asker_outcome), else_=PeerMatch.champion_outcome),
            case((PeerMatch.introduced_at.is_not(None), Employer.name), else_=""),
        )
        .join(Employer, Employer.id == other)
        .where(MATCHES.about(employer_id))
    )
    parts = {
        row[0]: [
            "You asked" if row[1] else "You helped",
            row[2],
            PEER_OUTCOMES.get(row[3], ""),
            row[4],
        ]
        for row in own
    }
    header = [*header, "Your part", "You agreed", "What you said came of it", "The other business"]
    return header, [[*row, *parts.get(row[0], ["", None, "", ""])] for row in rows]
