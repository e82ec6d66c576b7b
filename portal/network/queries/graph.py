"""What the report of the network reads: its measures by day, its members, and one's own ties."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import case, delete, func, insert, or_, select

from portal.db import current_session
from portal.employers.models import Employer
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.network.models import NetworkMember, NetworkSnapshot, NetworkTie
from portal.network.rules.graph_picture import Cell
from portal.network.rules.words import TIE_KINDS

_TABLE: Any = NetworkSnapshot.__table__
# Stands in no name of a sector or district.
_BETWEEN: Final = "\n"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The measures of the network, or of a sector or district of it, at the end of a day."""

    day: date
    made_at: datetime
    measures: Mapping[str, Any]


def latest(sector: str, district: str) -> Snapshot | None:
    """The measures as they were worked out last; empty names stand for the whole."""
    row = (
        current_session()
        .execute(
            select(NetworkSnapshot.day, NetworkSnapshot.made_at, NetworkSnapshot.measures)
            .where(NetworkSnapshot.sector == sector, NetworkSnapshot.district == district)
            .order_by(NetworkSnapshot.day.desc())
            .limit(1)
        )
        .one_or_none()
    )
    return None if row is None else Snapshot(*row)


def earlier(sector: str, district: str, before: date) -> list[Snapshot]:
    """The measures of quarters that are over, the latest first."""
    rows = current_session().execute(
        select(NetworkSnapshot.day, NetworkSnapshot.made_at, NetworkSnapshot.measures)
        .where(
            NetworkSnapshot.sector == sector,
            NetworkSnapshot.district == district,
            NetworkSnapshot.day < before,
        )
        .order_by(NetworkSnapshot.day.desc())
    )
    return [Snapshot(*row) for row in rows]


def days() -> dict[date, datetime]:
    """The days for which there are measures, and when the first of each was made."""
    rows = current_session().execute(
        select(NetworkSnapshot.day, func.min(NetworkSnapshot.made_at)).group_by(NetworkSnapshot.day)
    )
    return {day: made for day, made in rows}  # noqa: C416 - rows, not pairs, to the checker


def forget_days(gone: Iterable[date]) -> None:
    """Remove the measures of these days."""
    current_session().execute(delete(NetworkSnapshot).where(NetworkSnapshot.day.in_(list(gone))))


def keep(rows: list[dict[str, Any]]) -> None:
    """Keep measures."""
    if rows:
        current_session().execute(insert(_TABLE), rows)


# Members -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """A member as the report needs it; its name only where the directory shows it."""

    employer_id: int
    reference: str
    employer_reference: str
    name: str | None
    sector: str
    district: str
    shows: frozenset[str]


def people(
    keys: Collection[int] | None = None, *, sector: str = "", district: str = ""
) -> dict[int, Person]:
    """Members of the network now, by the key of their employer."""
    query = (
        select(
            NetworkMember.employer_id,
            NetworkMember.reference,
            Employer.reference,
            Employer.name,
            Employer.sector,
            Employer.district,
            NetworkMember.shown,
        )
        .join(Employer, Employer.id == NetworkMember.employer_id)
        .where(NetworkMember.left_at.is_(None), Employer.merged_into_id.is_(None))
    )
    for column, value in ((Employer.sector, sector), (Employer.district, district)):
        if value:
            query = query.where(column == value)
    if keys is not None:
        query = query.where(NetworkMember.employer_id.in_(list(keys)))
    return {
        key: Person(
            key,
            reference,
            employer,
            name if "name" in shown else None,
            in_sector,
            in_district,
            frozenset(shown),
        )
        for key, reference, employer, name, in_sector, in_district, shown in (
            current_session().execute(query)
        )
    }


def cells() -> dict[Cell, int]:
    """How many members there are now in each sector and district."""
    # Each member's employer is looked up by its key: joined, PostgreSQL reads four tenths of all
    # employers in the order of their keys to find two thousand members among them.
    place = (
        select(Employer.sector + _BETWEEN + Employer.district)
        .where(Employer.id == NetworkMember.employer_id, Employer.merged_into_id.is_(None))
        .scalar_subquery()
        .label("place")
    )
    rows = current_session().execute(
        select(place, func.count()).where(NetworkMember.left_at.is_(None)).group_by("place")
    )
    return {_cell(place): number for place, number in rows if place is not None}


def _cell(place: str) -> Cell:
    sector, district = place.split(_BETWEEN)
    return sector, district


@dataclass(frozen=True, slots=True)
class TieLine:
    """A tie between two members."""

    low_id: int
    high_id: int
    kind: str
    since: date
    until: date
    times: int


def tie_lines() -> list[TieLine]:
    """Every tie."""
    rows = current_session().execute(
        select(
            NetworkTie.low_id,
            NetworkTie.high_id,
            NetworkTie.kind,
            NetworkTie.since,
            NetworkTie.until,
            NetworkTie.times,
        ).order_by(NetworkTie.low_id, NetworkTie.high_id, NetworkTie.kind)
    )
    return [TieLine(*row) for row in rows]


def ties_with(employer_id: int) -> list[tuple[int, str, date, date, int]]:
    """One employer's ties: the other's key, the kind, since when, until when, how often."""
    other = case((NetworkTie.low_id == employer_id, NetworkTie.high_id), else_=NetworkTie.low_id)
    rows = current_session().execute(
        select(other, NetworkTie.kind, NetworkTie.since, NetworkTie.until, NetworkTie.times).where(
            or_(NetworkTie.low_id == employer_id, NetworkTie.high_id == employer_id)
        )
    )
    return [(key, kind, since, until, times) for key, kind, since, until, times in rows]


HELD: Final = TableShown(
    table_of(NetworkTie),
    lambda key: or_(NetworkTie.low_id == key, NetworkTie.high_id == key),
    {
        "kind": "How you are connected",
        "since": "Since",
        "until": "Last",
        "times": "How often",
    },
    names("id low_id high_id"),
    words={"kind": TIE_KINDS},
)
