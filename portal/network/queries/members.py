"""Who is in the network, under which name peers know them, and who competes with whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select

from portal.db import current_session
from portal.employers.models import Employer
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.network.models import Competitor, NetworkConsent, NetworkMember
from portal.network.rules.members import TEXTS
from portal.network.rules.words import FIELDS

# What peers read where an employer does not show its name.
UNNAMED: Final = "A member of the network"


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """An employer in the network (or one that has left it), with all it has written.

    It holds what is not shown too: hand it to the employer's own people and to staff only.
    """

    id: int
    reference: str
    employer_id: int
    employer_reference: str
    joined_at: datetime
    left_at: datetime | None
    shown: frozenset[str]
    texts: Mapping[str, str]
    link_code: str
    revision: int

    @property
    def is_in(self) -> bool:
        """Whether it is in the network now."""
        return self.left_at is None


def member_of(employer_id: int) -> MemberFacts | None:
    """The membership of an employer that is in the network now."""
    return _one(NetworkMember.employer_id == employer_id, NetworkMember.left_at.is_(None))


def record_of(employer_id: int) -> MemberFacts | None:
    """The membership of an employer, also of one that has left."""
    return _one(NetworkMember.employer_id == employer_id)


def is_member(employer_id: int) -> bool:
    """Whether an employer is in the network now."""
    return bool(members_among([employer_id]))


def members_among(employer_ids: Iterable[int]) -> frozenset[int]:
    """Those of the employers that are in the network now."""
    return frozenset(
        current_session().scalars(
            select(NetworkMember.employer_id)
            .join(Employer, Employer.id == NetworkMember.employer_id)
            .where(
                NetworkMember.employer_id.in_(list(employer_ids)),
                NetworkMember.left_at.is_(None),
                Employer.merged_into_id.is_(None),
            )
        )
    )


def member_ids() -> list[int]:
    """The keys of all employers in the network now."""
    return list(
        current_session().scalars(
            select(NetworkMember.employer_id)
            .join(Employer, Employer.id == NetworkMember.employer_id)
            .where(NetworkMember.left_at.is_(None), Employer.merged_into_id.is_(None))
            .order_by(NetworkMember.employer_id)
        )
    )


def members_by_reference(references: Iterable[str]) -> dict[str, int]:
    """Of the employers with these references, those in the network now: reference to key."""
    rows = current_session().execute(
        select(Employer.reference, Employer.id)
        .join(NetworkMember, NetworkMember.employer_id == Employer.id)
        .where(Employer.reference.in_(list(references)), NetworkMember.left_at.is_(None))
    )
    return {row[0]: row[1] for row in rows}


def public_names(employer_ids: Iterable[int]) -> dict[int, str]:
    """Under which name peers know each employer: its own only where it shows it.

    Every key asked for is in the answer; an employer that shows no name is ``UNNAMED``.
    """
    wanted = set(employer_ids)
    known = dict.fromkeys(wanted, UNNAMED)
    if wanted:
        rows = current_session().execute(
            select(
                Employer.id,
                func.coalesce(Employer.trading_name, Employer.name),
                NetworkMember.shown,
            )
            .join(NetworkMember, NetworkMember.employer_id == Employer.id)
            .where(Employer.id.in_(wanted), NetworkMember.left_at.is_(None))
        )
        known.update({key: name for key, name, shown in rows if "name" in shown})
    return known


def competitors_of(employer_id: int) -> frozenset[int]:
    """The employers that it sees as competitors, and those that see it as one."""
    session = current_session()
    declared = session.scalars(
        select(Competitor.other_id)
        .where(Competitor.employer_id == employer_id)
        .union(select(Competitor.employer_id).where(Competitor.other_id == employer_id))
    )
    return frozenset(declared)


def competing_pairs() -> frozenset[frozenset[int]]:
    """Every pair of employers of which one sees the other as a competitor."""
    rows = current_session().execute(select(Competitor.employer_id, Competitor.other_id))
    return frozenset(frozenset({one, other}) for one, other in rows)


def to_change(employer_id: int) -> NetworkMember | None:
    """The membership of an employer, held until the unit of work ends."""
    return current_session().scalar(
        select(NetworkMember).where(NetworkMember.employer_id == employer_id).with_for_update()
    )


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """That a field was opened to others, or closed again."""

    field: str
    shown: bool
    at: datetime
    by_name: str


def consents(employer_id: int, *, limit: int = 200) -> list[ConsentLine]:
    """What an employer opened and closed, the latest first."""
    rows = current_session().execute(
        select(
            NetworkConsent.field, NetworkConsent.shown, NetworkConsent.at, NetworkConsent.by_name
        )
        .where(NetworkConsent.employer_id == employer_id)
        .order_by(NetworkConsent.at.desc(), NetworkConsent.id.desc())
        .limit(limit)
    )
    return [ConsentLine(*row) for row in rows]


def _one(*conditions: Any) -> MemberFacts | None:
    query = (
        select(NetworkMember, Employer.reference)
        .join(Employer, Employer.id == NetworkMember.employer_id)
        .where(*conditions)
    )
    row = current_session().execute(query).one_or_none()
    return None if row is None else _facts(row[0], row[1])


def _facts(member: NetworkMember, employer_reference: str) -> MemberFacts:
    return MemberFacts(
        id=member.id,
        reference=member.reference,
        employer_id=member.employer_id,
        employer_reference=employer_reference,
        joined_at=member.joined_at,
        left_at=member.left_at,
        shown=frozenset(member.shown),
        texts={name: getattr(member, name) for name in TEXTS},
        link_code=member.link_code,
        revision=member.revision,
    )


def consent_keys(employer_id: int) -> list[int]:
    """The rows of what an employer opened and closed."""
    return list(
        current_session().scalars(
            select(NetworkConsent.id)
            .where(NetworkConsent.employer_id == employer_id)
            .order_by(NetworkConsent.id)
        )
    )


MEMBERS: Final = TableShown(
    table_of(NetworkMember),
    lambda key: NetworkMember.employer_id == key,
    {
        "reference": "Reference",
        "joined_at": "Joined",
        "left_at": "Left",
        "shown": "Shown to others",
        **{name: FIELDS[name] for name in TEXTS},
        "link_code": "Code of your own link",
        "updated_at": "Last changed",
    },
    names("id employer_id revision created_at"),
    words={"shown": FIELDS},
)
CONSENTS: Final = TableShown(
    table_of(NetworkConsent),
    lambda key: NetworkConsent.employer_id == key,
    {
        "at": "When",
        "field": "Field",
        "shown": "Shown to others",
        "by": "By",
        "by_name": "Their name then",
    },
    names("id employer_id"),
    words={"field": FIELDS, "shown": lambda value: "Yes" if value else "No"},
)
