"""Employers, cases and referrals that may be the one a person is about to write down."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import or_, select

from portal.caseload.models import Case, Referral
from portal.caseload.queries.referrals import Scope
from portal.caseload.rules.referral_likeness import (
    STRONG,
    Identity,
    Likeness,
    identity,
    ranked,
    search_beginnings,
)
from portal.db import current_session
from portal.employers.models import Employer
from portal.employers.rules.names import WHOLE, whole_name
from portal.integrations.search import AllOf, AnyOf, Expression, SearchIndex, Word
from portal.programme import queries as programme

INDEX = SearchIndex("employer_search", content="employers")
_MOST = 8
_CANDIDATES = 150
_ENOUGH = 20
_WAITING_READ = 3000
_OWN_READ = 10_000
_MAX_WORDS = 6
_BEGINNING = 4


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that may be the same employer. ``kind``: referral, case or employer."""

    kind: str
    reference: str
    name: str
    hint: str
    why: str = ""
    score: int = 0


@dataclass(frozen=True, slots=True)
class EmployerMatch:
    """An employer's record that may be the one; ``open_with`` is the provider of its open case."""

    id: int
    reference: str
    name: str
    trading_name: str | None
    company_number: str | None
    postcode: str
    district: str
    why: str
    score: int
    open_with: int | None = None
    open_case: str | None = None

    @property
    def shown(self) -> str:
        """Both names where there are two."""
        return f"{self.trading_name} ({self.name})" if self.trading_name else self.name


_EMPLOYER_COLUMNS = (
    Employer.id,
    Employer.reference,
    Employer.name,
    Employer.trading_name,
    Employer.company_number,
    Employer.postcode,
    Employer.district,
)


def _identity(row: Any) -> Identity:
    return Identity(identity(row.name, row.trading_name).names, row.company_number, row.postcode)


class Known:
    """What a person may know of, read once and compared as often as needed.

    A provider learns of its own only; LEP staff of all.
    """

    def __init__(self, scope: Scope) -> None:
        self._everything = scope.everything
        self._hits: dict[int, tuple[Hit, Identity]] = {}
        found = [*_waiting(scope), *([] if scope.everything else _own(scope))]
        self._hits = dict(enumerate(found))

    def hits(self, wanted: Identity, *, limit: int = _MOST) -> list[Hit]:
        """Waiting referrals, cases and employers like the one described, most alike first."""
        if not wanted.names and not wanted.company_number:
            return []
        alike = ranked(wanted, ((key, known) for key, (_hit, known) in self._hits.items()))
        found = [
            replace(self._hits[key][0], why=like.why, score=like.score)
            for key, like in alike[: limit * 2]
        ]
        if self._everything:
            found += _employer_hits(wanted)
        order = {"case": 0, "referral": 1, "employer": 2}
        found.sort(key=lambda hit: (-hit.score, order[hit.kind], hit.name))
        return found[:limit]


def hits(wanted: Identity, scope: Scope, *, limit: int = _MOST) -> list[Hit]:
    """What is known that may be the same employer, most alike first."""
    if not wanted.names and not wanted.company_number:
        return []
    return Known(scope).hits(wanted, limit=limit)


def _waiting(scope: Scope) -> list[tuple[Hit, Identity]]:
    rows = current_session().execute(
        select(
            Referral.reference,
            Referral.employer_name,
            Referral.trading_name,
            Referral.match_name,
            Referral.company_number,
            Referral.postcode,
        )
        .where(Referral.status == "waiting", scope.test(Referral.organisation_id))
        .order_by(Referral.id.desc())
        .limit(_WAITING_READ)
    )
    return [
        (
            Hit("referral", row.reference, row.employer_name, "A referral that waits"),
            Identity(
                (row.match_name, *identity(row.trading_name).names),
                row.company_number,
                row.postcode,
            ),
        )
        for row in rows
    ]


def _own(scope: Scope) -> list[tuple[Hit, Identity]]:
    """A provider's own cases: few enough to compare every one, so that none is missed."""
    rows = current_session().execute(
        select(*_EMPLOYER_COLUMNS[2:], Case.reference, Case.closed_at)
        .join(Case, Case.employer_id == Employer.id)
        .where(scope.test(Case.organisation_id))
        .order_by(Case.id.desc())
        .limit(_OWN_READ)
    )
    return [
        (
            Hit(
                "case",
                row.reference,
                row.trading_name or row.name,
                "A closed case of yours" if row.closed_at else "An open case of yours",
            ),
            _identity(row),
        )
        for row in rows
    ]


def _employer_hits(wanted: Identity) -> list[Hit]:
    found = employers_like(wanted, least=0, limit=_MOST)
    providers = programme.organisation_names({m.open_with for m in found if m.open_with})
    return [
        Hit(
            "employer",
            match.reference,
            match.shown,
            f"Has an open case with {providers[match.open_with]}"
            if match.open_with
            else "An employer on the portal",
            match.why,
            match.score,
        )
        for match in found
    ]


def employers_like(
    wanted: Identity, *, least: int = STRONG, limit: int = _MOST
) -> list[EmployerMatch]:
    """Employers on the portal like the one described, most alike first, with their open cases."""
    rows = {row.id: row for row in _candidates(wanted)}
    alike = ranked(wanted, ((key, _identity(row)) for key, row in rows.items()))
    chosen = [(key, like) for key, like in alike if like.score >= least][:limit]
    open_cases = _open_cases([key for key, _like in chosen])
    return [_match(rows[key], like, open_cases.get(key)) for key, like in chosen]


def _match(row: Any, like: Likeness, opened: tuple[int, str] | None) -> EmployerMatch:
    with_, reference = opened or (None, None)
    return EmployerMatch(
        **{name: getattr(row, name) for name in EmployerMatch.__slots__[:7]},
        why=like.why,
        score=like.score,
        open_with=with_,
        open_case=reference,
    )


def _open_cases(employer_ids: Collection[int]) -> dict[int, tuple[int, str]]:
    if not employer_ids:
        return {}
    key = programme.settings().programme_key
    rows = current_session().execute(
        select(Case.employer_id, Case.organisation_id, Case.reference).where(
            Case.employer_id.in_(employer_ids), Case.closed_at.is_(None), Case.programme == key
        )
    )
    return {row.employer_id: (row.organisation_id, row.reference) for row in rows}


def _candidates(wanted: Identity) -> Iterable[Any]:
    """Employers worth comparing, found through indexes: by words, by number, by postcode."""
    session = current_session()
    ids: list[int] = []
    for name in wanted.names:
        found: list[int] = []
        for question in _as_typed(name):
            found += INDEX.matching(session, question, limit=_CANDIDATES)
        if len(found) < _ENOUGH:
            for question in _as_meant(name):
                found += INDEX.matching(session, question, limit=_CANDIDATES)
        ids += found
    tests = []
    if wanted.company_number:
        tests.append(Employer.company_number == wanted.company_number)
    if wanted.postcode:
        tests.append(Employer.postcode == wanted.postcode)
    exact = []
    if tests:
        exact = list(session.scalars(select(Employer.id).where(or_(*tests)).limit(_CANDIDATES)))
    keys = list(dict.fromkeys([*exact, *ids]))
    if not keys:
        return []
    return session.execute(
        select(*_EMPLOYER_COLUMNS).where(Employer.id.in_(keys), Employer.merged_into_id.is_(None))
    )


def _as_typed(name: str) -> list[Expression]:
    """The name closed up, as the beginning of one; and its words, each as the beginning of one."""
    words, _beginnings = search_beginnings(name)
    return [
        Word(whole_name(name.split()), prefix=True),
        AllOf(tuple(Word(word, prefix=len(word) > 1) for word in words[:_MAX_WORDS])),
    ]


def _as_meant(name: str) -> list[Expression]:
    """With the slips people make: a letter wrong, a word more or less, or written apart."""
    words, beginnings = search_beginnings(name)
    words, beginnings = words[:_MAX_WORDS], beginnings[:_MAX_WORDS]
    start = whole_name(name.split())[: len(WHOLE) + _BEGINNING]
    found: list[Expression] = [Word(start, prefix=True)]
    if len(beginnings) > 1:
        found.append(AllOf(tuple(Word(start, prefix=True) for start in beginnings)))
        if len(words) > 1:
            kept = ([*words[:place], *words[place + 1 :]] for place in range(len(words)))
            found.append(
                AnyOf(tuple(AllOf(tuple(Word(w, prefix=True) for w in some)) for some in kept))
            )
    elif beginnings:
        found.append(Word(beginnings[0], prefix=True))
    return found


def matches_of(referral: Any) -> list[EmployerMatch]:
    """Employers that a referral may mean, strong likenesses only."""
    wanted = identity(
        referral.employer_name,
        referral.trading_name,
        company_number=referral.company_number or "",
        postcode=referral.postcode or "",
    )
    return employers_like(wanted)
