"""Pairs of records that may be one employer, who works with them, and merges that were made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

from sqlalchemy import Select, func, literal, or_, select, union
from sqlalchemy.orm import aliased

from portal.caseload.models import Case, EmployerMerge, Referral
from portal.caseload.rules.referral_likeness import Identity, likeness
from portal.db import current_session
from portal.employers.models import Employer, RegisterEntry
from portal.employers.rules.names import match_name, telling_words
from portal.integrations.search import AllOf, AnyOf, Expression, SearchIndex, Word

_SEARCH = SearchIndex("employer_search", content="employers")
_CANDIDATES = 200
_POSTCODES = 300
_ROWS = 3000
_NEIGHBOURS = 6
PAIRS = 25


@dataclass(frozen=True, slots=True)
class Record:
    """An employer as it stands in a list of likely doubles."""

    id: int
    reference: str
    name: str
    trading_name: str | None
    company_number: str | None
    charity_number: str | None
    postcode: str
    district: str
    register_number: str | None

    @property
    def identity(self) -> Identity:
        """What it is compared by."""
        others = {self.register_number, self.charity_number}
        return Identity(
            tuple(match_name(name) for name in (self.name, self.trading_name) if name),
            self.company_number,
            self.postcode,
            frozenset(number for number in others if number),
        )

    @property
    def shown(self) -> str:
        """Both names."""
        return f"{self.name} (trading as {self.trading_name})" if self.trading_name else self.name


@dataclass(frozen=True, slots=True)
class Alike:
    """Two records that may be one employer."""

    one: Record
    other: Record
    score: int
    why: str


@dataclass(frozen=True, slots=True)
class MergeLine:
    """A merge as a list shows it."""

    reference: str
    kept_id: int
    kept: str
    kept_reference: str
    merged_id: int
    merged: str
    merged_reference: str
    reason: str
    at: datetime
    by_name: str
    undone_at: datetime | None
    undone_by_name: str | None


def _records() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Employer.id,
            Employer.reference,
            Employer.name,
            Employer.trading_name,
            Employer.company_number,
            Employer.charity_number,
            Employer.postcode,
            Employer.district,
            RegisterEntry.company_number.label("register_number"),
        )
        .outerjoin(RegisterEntry, RegisterEntry.id == Employer.register_entry_id)
        .where(Employer.merged_into_id.is_(None))
    )


def _found(query: Select[*tuple[Any, ...]]) -> list[Record]:
    return [Record(*row) for row in current_session().execute(query)]


def record(reference: str) -> Record | None:
    """The employer of this reference, unless it was merged into another."""
    return next(iter(_found(_records().where(Employer.reference == reference))), None)


def alike(one: Record, *, within: Collection[int] | None = None, limit: int = 8) -> list[Alike]:
    """Records that may be the same employer, the likeliest first; ``within`` limits them."""
    words = telling_words(" ".join(name for name in (one.name, one.trading_name) if name))[:6]
    ids: set[int] = set()
    session = current_session()
    if words:
        longest = sorted(set(words), key=len)[-3:]
        some: Expression = AnyOf(tuple(Word(word) for word in longest))
        every: Expression = AllOf(tuple(Word(word) for word in words))
        ids |= set(_SEARCH.matching(session, every, limit=_CANDIDATES))
        ids |= set(_SEARCH.matching(session, some, limit=_CANDIDATES))
    near = [Employer.id.in_(ids), Employer.postcode == one.postcode]
    numbers = one.identity.every_number
    if numbers:
        near += [Employer.company_number.in_(numbers), RegisterEntry.company_number.in_(numbers)]
    query = _records().where(Employer.id != one.id, or_(*near)).limit(_ROWS)
    if within is not None:
        query = query.where(Employer.id.in_(within))
    return _ranked((one, other) for other in _found(query))[:limit]


def likely_pairs(*, within: Collection[int] | None = None, limit: int = PAIRS) -> list[Alike]:
    """Pairs of records at one postcode, or under one number, that look like one employer.

    Only neighbours in the order of their names are compared where many share a postcode.
    """
    shared = (
        select(Employer.postcode)
        .group_by(Employer.postcode)
        .having(func.count() > 1)
        .order_by(Employer.postcode)
        .limit(_POSTCODES)
    )
    if within is not None:
        shared = shared.where(Employer.id.in_(within))
    query = _records().where(Employer.postcode.in_(shared)).order_by(Employer.postcode).limit(_ROWS)
    if within is not None:
        query = query.where(Employer.id.in_(within))
    groups: dict[str, list[Record]] = defaultdict(list)
    for row in _found(query):
        groups[row.postcode].append(row)
    pairs = {
        tuple(sorted((one.id, other.id))): (one, other)
        for group in groups.values()
        for one, other in _neighbours(group)
    }
    for one, other in _same_number(within):
        pairs[tuple(sorted((one.id, other.id)))] = (one, other)
    return _ranked(pairs.values())[:limit]


def _neighbours(group: list[Record]) -> Iterable[tuple[Record, Record]]:
    if len(group) <= 2 * _NEIGHBOURS:
        return combinations(group, 2)
    ordered = sorted(group, key=lambda row: match_name(row.name))
    return (
        (one, other)
        for place, one in enumerate(ordered)
        for other in ordered[place + 1 : place + 1 + _NEIGHBOURS]
    )


def _same_number(within: Collection[int] | None) -> list[tuple[Record, Record]]:
    """Employers whose number is the one of another's place in the register."""
    other = aliased(Employer)
    query = (
        select(Employer.reference, other.reference)
        .join(RegisterEntry, RegisterEntry.company_number == Employer.company_number)
        .join(other, other.register_entry_id == RegisterEntry.id)
        .where(
            other.id != Employer.id,
            Employer.merged_into_id.is_(None),
            other.merged_into_id.is_(None),
        )
        .limit(PAIRS)
    )
    if within is not None:
        query = query.where(Employer.id.in_(within), other.id.in_(within))
    references = current_session().execute(query).all()
    wanted = {reference for pair in references for reference in pair}
    known = {row.reference: row for row in _found(_records().where(Employer.reference.in_(wanted)))}
    return [(known[one], known[two]) for one, two in references]


def _ranked(pairs: Iterable[tuple[Record, Record]]) -> list[Alike]:
    found = []
    for one, other in pairs:
        like = likeness(one.identity, other.identity)
        if like is not None and like.is_strong:
            found.append(Alike(one, other, like.score, like.why))
    found.sort(key=lambda pair: (-pair.score, pair.one.name, pair.other.name, pair.other.id))
    return found


def providers_of(employer_ids: Collection[int]) -> dict[int, set[int]]:
    """Which providers have or had a case or a referral of each employer."""
    by_case = select(Case.employer_id, Case.organisation_id).where(
        Case.employer_id.in_(employer_ids)
    )
    by_referral = select(Referral.employer_id, Referral.organisation_id).where(
        Referral.employer_id.in_(employer_ids), Referral.organisation_id.is_not(None)
    )
    found: dict[int, set[int]] = {employer: set() for employer in employer_ids}
    rows: Iterable[Any] = current_session().execute(union(by_case, by_referral))
    for employer, organisation in rows:
        found[employer].add(organisation)
    return found


def served_only_by(organisation_ids: Collection[int]) -> list[int]:
    """Employers with whom these providers work, and nobody else does or did."""
    own = union(
        select(Case.employer_id).where(Case.organisation_id.in_(organisation_ids)),
        select(Referral.employer_id).where(
            Referral.organisation_id.in_(organisation_ids), Referral.employer_id.is_not(None)
        ),
    ).subquery()
    foreign: Any = union(
        select(Case.employer_id).where(Case.organisation_id.not_in(organisation_ids)),
        select(Referral.employer_id).where(
            Referral.organisation_id.not_in(organisation_ids), Referral.employer_id.is_not(None)
        ),
    )
    rows = current_session().scalars(
        select(own.c[0]).where(own.c[0].not_in(foreign)).order_by(own.c[0])
    )
    return list(rows)


def search_records(
    text: str, *, within: Collection[int] | None = None, limit: int = 20
) -> list[Record]:
    """Employers by words of their names, by number, reference or postcode."""
    typed = " ".join(text.split())[:200]
    compact = typed.replace(" ", "").upper()
    words = telling_words(typed)[:6]
    if not words:
        return []
    every = AllOf(tuple(Word(word, prefix=len(words) == 1 or len(word) > 1) for word in words))
    ids = _SEARCH.matching(current_session(), every, limit=_CANDIDATES)
    query = _records().where(
        or_(
            Employer.id.in_(ids),
            Employer.reference == compact,
            Employer.company_number == compact.zfill(8),
            Employer.charity_number == compact,
            Employer.postcode == typed.upper(),
        )
    )
    if within is not None:
        query = query.where(Employer.id.in_(within))
    return _found(query.order_by(Employer.name, Employer.id).limit(limit))


def _lines() -> Select[*tuple[Any, ...]]:
    kept, merged = aliased(Employer), aliased(Employer)
    return (
        select(
            EmployerMerge.reference,
            EmployerMerge.kept_id,
            kept.name,
            kept.reference,
            EmployerMerge.merged_id,
            merged.name,
            merged.reference,
            EmployerMerge.reason,
            EmployerMerge.at,
            EmployerMerge.by_name,
            EmployerMerge.undone_at,
            EmployerMerge.undone_by_name,
        )
        .join(kept, kept.id == EmployerMerge.kept_id)
        .join(merged, merged.id == EmployerMerge.merged_id)
    )


def merges(
    *, within: Collection[int] | None = None, limit: int = 51, offset: int = 0
) -> list[MergeLine]:
    """Merges, the newest first; of those employers alone where ``within`` names them."""
    query = _lines().order_by(EmployerMerge.at.desc(), EmployerMerge.id.desc())
    if within is not None:
        query = query.where(EmployerMerge.kept_id.in_(within))
    rows = current_session().execute(query.limit(limit).offset(offset))
    return [MergeLine(*row) for row in rows]


def merge_line(reference: str) -> MergeLine | None:
    """One merge."""
    row = current_session().execute(_lines().where(EmployerMerge.reference == reference)).first()
    return None if row is None else MergeLine(*row)


def merge_record(reference: str, *, lock: bool = False) -> EmployerMerge | None:
    """The merge itself, locked when it is to be changed."""
    query = select(EmployerMerge).where(EmployerMerge.reference == reference)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return current_session().scalar(query)


def pair_to_change(employer_ids: Sequence[int]) -> dict[int, Employer]:
    """Employers by key, locked in one order, so that two merges never wait for each other."""
    rows = current_session().scalars(
        select(Employer)
        .where(Employer.id.in_(employer_ids))
        .order_by(Employer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


def employers_by_id(employer_ids: Sequence[int]) -> dict[int, Employer]:
    """Employers by key, to read."""
    rows = current_session().scalars(select(Employer).where(Employer.id.in_(employer_ids)))
    return {row.id: row for row in rows}


def confirmed_sessions(employer_id: int) -> int:
    """How many of an employer's cases rest on an in-depth session that it has confirmed."""
    count = current_session().scalar(
        select(func.count())
        .select_from(Case)
        .where(Case.employer_id == employer_id, Case.session_state == literal("confirmed"))
    )
    return int(count or 0)
