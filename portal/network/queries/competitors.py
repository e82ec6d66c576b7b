"""Which businesses an employer has named as competitors, and finding one to name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, or_, select

from portal.db import current_session
from portal.employers.models import Employer
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.network.models import Competitor, NetworkMember
from portal.network.queries.directory import NAME, opens

SHORTEST: Final = 3
MOST_FOUND: Final = 10


@dataclass(frozen=True, slots=True)
class Declared:
    """A business that an employer has named as a competitor."""

    id: int
    name: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Business:
    """A business to choose, by the name people know."""

    reference: str
    name: str


def declared(employer_id: int) -> list[Declared]:
    """The competitors an employer has named itself, by name; who named it stays unsaid."""
    rows = current_session().execute(
        select(Competitor.id, NAME, Competitor.by_name, Competitor.created_at)
        .join(Employer, Employer.id == Competitor.other_id)
        # A record that went into another is no business any more.
        .where(Competitor.employer_id == employer_id, Employer.merged_into_id.is_(None))
        .order_by(NAME, Competitor.id)
    )
    return [Declared(*row) for row in rows]


def find(words: str, *, not_for: int) -> list[Business]:
    """Members that show a name with these words in it; and the business of exactly this name.

    One that shows no name is found only by who knows its whole name or its company number, and
    what is found does not say whether it is in the network: nobody can leaf through employers
    that use the portal.
    """
    asked = " ".join(words.split())
    if len(asked) < SHORTEST:
        return []
    taken = select(Competitor.other_id).where(Competitor.employer_id == not_for)
    open_names = select(NetworkMember.employer_id).where(
        NetworkMember.left_at.is_(None), opens("name")
    )
    rows = current_session().execute(
        select(Employer.reference, NAME)
        .where(
            or_(
                and_(Employer.id.in_(open_names), NAME.icontains(asked, autoescape=True)),
                func.lower(Employer.name) == asked.lower(),
                func.lower(Employer.trading_name) == asked.lower(),
                Employer.company_number == asked.upper(),
            ),
            Employer.id != not_for,
            Employer.id.not_in(taken),
            Employer.merged_into_id.is_(None),
        )
        .order_by(NAME, Employer.id)
        .limit(MOST_FOUND)
    )
    return [Business(*row) for row in rows]


def how_many(employer_id: int) -> int:
    """How many competitors an employer has named."""
    return (
        current_session().scalar(
            select(func.count(Competitor.id))
            .join(Employer, Employer.id == Competitor.other_id)
            .where(Competitor.employer_id == employer_id, Employer.merged_into_id.is_(None))
        )
        or 0
    )


def to_change(employer_id: int, competitor_id: int) -> Competitor | None:
    """A competitor that an employer named, held until the unit of work ends."""
    return current_session().scalar(
        select(Competitor)
        .where(Competitor.employer_id == employer_id, Competitor.id == competitor_id)
        .with_for_update()
    )


def named_already(employer_id: int, other_id: int) -> bool:
    """Whether an employer has named another as a competitor."""
    return (
        current_session().scalar(
            select(Competitor.id).where(
                Competitor.employer_id == employer_id, Competitor.other_id == other_id
            )
        )
        is not None
    )


def pairs_of(employer_ids: Sequence[int]) -> list[tuple[int, int, int]]:
    """Rows that name one of the employers on either side: key, who named, who was named."""
    rows = current_session().execute(
        select(Competitor.id, Competitor.employer_id, Competitor.other_id)
        .where(or_(Competitor.employer_id.in_(employer_ids), Competitor.other_id.in_(employer_ids)))
        .order_by(Competitor.id)
    )
    return [(key, one, other) for key, one, other in rows]


HELD: Final = TableShown(
    table_of(Competitor),
    lambda key: Competitor.employer_id == key,
    {"created_at": "Named", "by": "By", "by_name": "Their name then"},
    names("id employer_id other_id updated_at"),
    more={
        # By the name under which it was found, as on the page: whoever named it knows no other.
        "Competitor": select(NAME).where(Employer.id == Competitor.other_id).scalar_subquery()
    },
)
