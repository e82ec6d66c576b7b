"""The directory: what employers in the network have opened to others, and nothing else.

No filter, order or count here looks at a field that is not shown: what is closed can be found
neither by reading nor by asking.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, case, cast, func, or_, select

from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.clock import today
from portal.network.models import Award, NetworkMember
from portal.network.queries.members import UNNAMED
from portal.network.rules.members import TEXTS, Seen, visible
from portal.network.rules.words import FIELDS, TIERS
from portal.programme import queries as programme

# A website and a person are not what somebody looks for a subject in.
SEARCHED: Final = tuple(name for name in TEXTS if name not in {"contact", "website"})
MOST_WORDS: Final = 6
# The name people know.
NAME: Final = func.coalesce(Employer.trading_name, Employer.name)


@dataclass(frozen=True, slots=True)
class DirectoryFilter:
    """What somebody looks for. ``topic`` is words that must stand in what is shown."""

    sector: str = ""
    district: str = ""
    champions: bool = False
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An employer as others see it: only the fields that it has opened to them."""

    reference: str
    fields: tuple[Seen, ...]

    def value(self, key: str) -> str:
        """A field's words; "" where it is not shown."""
        return next((one.value for one in self.fields if one.key == key), "")

    @property
    def name(self) -> str:
        """Its name, where it is shown."""
        return self.value("name") or UNNAMED

    @property
    def facts(self) -> list[str]:
        """Sector, size and district, as far as they are shown."""
        return [words for key in ("sector", "size", "district") if (words := self.value(key))]


def search(
    asked: DirectoryFilter, *, to_peers: bool, limit: int, offset: int = 0
) -> tuple[int, list[Entry]]:
    """How many fit, and one page of them: by name, those that show none at the end."""
    conditions = [*_listed(), *_asked(asked)]
    session = current_session()
    total = (
        session.scalar(
            select(func.count(NetworkMember.id))
            .join(Employer, Employer.id == NetworkMember.employer_id)
            .where(*conditions)
        )
        or 0
    )
    named = case((opens("name"), func.lower(NAME)))
    rows = session.execute(
        select(NetworkMember, Employer)
        .join(Employer, Employer.id == NetworkMember.employer_id)
        .where(*conditions)
        # A reference is random: the order says nothing of those that show no name.
        .order_by(named.is_(None), named, NetworkMember.reference)
        .limit(limit)
        .offset(offset)
    ).all()
    return total, _entries([(row[0], row[1]) for row in rows], to_peers=to_peers)


def entry(reference: str, *, to_peers: bool) -> Entry | None:
    """One employer as others see it; none of one that shows nothing."""
    row = (
        current_session()
        .execute(
            select(NetworkMember, Employer)
            .join(Employer, Employer.id == NetworkMember.employer_id)
            .where(*_listed(), NetworkMember.reference == reference)
        )
        .one_or_none()
    )
    return None if row is None else _entries([(row[0], row[1])], to_peers=to_peers)[0]


def new_champions(*, limit: int) -> list[Entry]:
    """The employers awarded last, of those that show both their name and their award."""
    latest = (
        select(func.max(Award.awarded_on))
        .where(Award.employer_id == NetworkMember.employer_id, *_valid())
        .correlate(NetworkMember)
        .scalar_subquery()
    )
    rows = current_session().execute(
        select(NetworkMember, Employer)
        .join(Employer, Employer.id == NetworkMember.employer_id)
        .where(*_listed(), opens("name"), opens("award"), latest.is_not(None))
        .order_by(latest.desc(), NetworkMember.reference)
        .limit(limit)
    )
    return _entries([(row[0], row[1]) for row in rows], to_peers=False)


def facts_in_words(employer: Employer | Any, award: str = "") -> dict[str, str]:
    """The fields that come from an employer's record, in words; for its preview as well."""
    settings = programme.settings()
    return {
        "name": employer.trading_name or employer.name,
        "sector": settings.sector_title(employer.sector),
        "size": settings.tier_title(employer.size_tier) if employer.size_tier else "",
        "district": settings.district_title(employer.district),
        "award": award,
    }


def award_words(employer_ids: Collection[int]) -> dict[int, str]:
    """The award that each employer holds today, in words: the latest where there are several."""
    rows = current_session().execute(
        select(Award.employer_id, Award.tier, Award.valid_until)
        .where(Award.employer_id.in_(employer_ids), *_valid())
        .order_by(Award.awarded_on, Award.id)
    )
    return {key: f"{TIERS[tier]} champion until {until:%B %Y}" for key, tier, until in rows}


def opens(field: str) -> ColumnElement[bool]:
    """The members that show a field; its key stands in the list in quotation marks."""
    assert field in FIELDS  # noqa: S101 - nothing typed by anybody comes here
    return cast(NetworkMember.shown, String).like(f'%"{field}"%')


def _listed() -> list[ColumnElement[bool]]:
    return [
        NetworkMember.left_at.is_(None),
        Employer.merged_into_id.is_(None),
        or_(*(opens(field) for field in FIELDS if field != "contact")),
    ]


def _valid() -> list[ColumnElement[bool]]:
    return [Award.revoked_at.is_(None), Award.valid_until >= today()]


def _asked(asked: DirectoryFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.sector:
        found.append(and_(opens("sector"), Employer.sector == asked.sector))
    if asked.district:
        found.append(and_(opens("district"), Employer.district == asked.district))
    if asked.champions:
        holds = select(Award.id).where(Award.employer_id == NetworkMember.employer_id, *_valid())
        found.append(and_(opens("award"), holds.exists()))
    for word in asked.topic.split()[:MOST_WORDS]:
        in_texts = [
            and_(opens(name), getattr(NetworkMember, name).icontains(word, autoescape=True))
            for name in SEARCHED
        ]
        in_name = and_(opens("name"), NAME.icontains(word, autoescape=True))
        found.append(or_(in_name, *in_texts))
    return found


def _entries(rows: Sequence[tuple[NetworkMember, Employer]], *, to_peers: bool) -> list[Entry]:
    awards = award_words([member.employer_id for member, _employer in rows]) if rows else {}
    found = []
    for member, employer in rows:
        values = facts_in_words(employer, awards.get(member.employer_id, ""))
        values |= {name: getattr(member, name) for name in TEXTS}
        fields = visible(member.shown, values, to_peers=to_peers)
        found.append(Entry(member.reference, tuple(fields)))
    return found
