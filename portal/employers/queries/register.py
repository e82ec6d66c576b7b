"""Finding an employer in the public register: by name, by number, misspelt, half typed."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from rapidfuzz import fuzz
from sqlalchemy import select

from portal.db import current_session
from portal.employers.models import Employer, RegisterEntry
from portal.employers.rules.identifiers import normalise_company_number
from portal.employers.rules.names import match_name, telling_words, whole_name
from portal.employers.rules.spelling import SHORTEST, deletions, nearest, worth_indexing
from portal.integrations.search import AllOf, AnyOf, Expression, SearchIndex, Word

INDEX = SearchIndex("register_search", content="register_entries")
MAX_QUESTION = 200
_MAX_WORDS = 8
_MAX_WORD = 40
_CANDIDATES = 120
_ENOUGH = 5
_WORDS_TO_DROP_ONE = 3


@dataclass(frozen=True, slots=True)
class RegisterMatch:
    """An entry found; ``score`` runs from 0 to 100, and beyond for an exact number."""

    id: int
    name: str
    current_name: str
    address: str
    postcode: str | None
    company_number: str | None
    size_band: str | None
    score: float


_COLUMNS = (
    RegisterEntry.id,
    RegisterEntry.name,
    RegisterEntry.current_name,
    RegisterEntry.address,
    RegisterEntry.postcode,
    RegisterEntry.company_number,
    RegisterEntry.size_band,
)


def register_entry(entry_id: int) -> RegisterEntry | None:
    """One entry of the register."""
    return current_session().get(RegisterEntry, entry_id)


def free_entry_with_number(number: str) -> int | None:
    """The register entry of a company number, unless an employer has it already."""
    return current_session().scalar(
        select(RegisterEntry.id)
        .outerjoin(Employer, Employer.register_entry_id == RegisterEntry.id)
        .where(RegisterEntry.company_number == number, Employer.id.is_(None))
        .order_by(RegisterEntry.id)
        .limit(1)
    )


def search_register(question: str, *, limit: int = 10) -> list[RegisterMatch]:
    """Entries that fit what was typed, best first; none for a question without a letter or digit.

    At most 200 characters and eight words of the question are read.
    """
    question = question[:MAX_QUESTION]
    number = normalise_company_number(question)
    words = [word[:_MAX_WORD] for word in telling_words(question)][:_MAX_WORDS]
    if not words:
        return []
    session = current_session()
    ids = INDEX.matching(session, Word(whole_name(words), prefix=True), limit=_CANDIDATES)
    ids += INDEX.matching(session, _as_typed(words), limit=_CANDIDATES)
    if number is not None:
        exact = select(RegisterEntry.id).where(RegisterEntry.company_number == number).limit(5)
        ids += session.scalars(exact)
    if len(ids) < _ENOUGH:
        spellings = _spellings(words)
        if spellings:
            ids += INDEX.matching(session, _as_meant(words, spellings), limit=_CANDIDATES)
        if not ids and len(words) >= _WORDS_TO_DROP_ONE:
            ids += INDEX.matching(session, _all_but_one(words, spellings), limit=_CANDIDATES)
    return _ranked(question, number, ids, limit)


def _as_typed(words: list[str]) -> Expression:
    # A word is the beginning of the word meant, except a lone letter before others ("m" in "m s").
    alone = len(words) == 1
    return AllOf(tuple(Word(word, prefix=alone or len(word) > 1) for word in words))


def _closed_up(words: list[str]) -> str | None:
    return "".join(words)[:_MAX_WORD] if len(words) > 1 else None


def _spellings(words: list[str]) -> dict[str, list[str]]:
    """Known words near each word typed, and near all of them closed up ("travel lodge")."""
    whole = _closed_up(words)
    tried = [word for word in (*words, *([whole] if whole else [])) if worth_indexing(word)]
    if not tried:
        return {}
    keys = [key for word in tried for key in deletions(word) if len(key) >= SHORTEST - 1]
    known = INDEX.neighbours(current_session(), keys)
    found = {word: nearest(word, known) for word in tried}
    return {word: near for word, near in found.items() if near}


def _meant(word: str, spellings: dict[str, list[str]]) -> Expression:
    near = [other for other in spellings.get(word, []) if other != word]
    typed = Word(word, prefix=len(word) > 1)
    return AnyOf((typed, *(Word(other) for other in near))) if near else typed


def _as_meant(words: list[str], spellings: dict[str, list[str]]) -> Expression:
    every = AllOf(tuple(_meant(word, spellings) for word in words))
    near = spellings.get(_closed_up(words) or "", [])
    return AnyOf((every, *(Word(other) for other in near))) if near else every


def _all_but_one(words: list[str], spellings: dict[str, list[str]]) -> Expression:
    """Any one word may be wrong altogether: a town, a trading name, a word too many."""
    kept = itertools.combinations(words, len(words) - 1)
    return AnyOf(tuple(AllOf(tuple(_meant(word, spellings) for word in some)) for some in kept))


def _ranked(question: str, number: str | None, ids: list[int], limit: int) -> list[RegisterMatch]:
    if not ids:
        return []
    wanted = match_name(question)
    rows = current_session().execute(
        select(*_COLUMNS).where(RegisterEntry.id.in_(list(dict.fromkeys(ids))))
    )
    found = []
    for row in rows:
        exact = number is not None and row.company_number == number
        score = 200.0 if exact else _likeness(wanted, row.name)
        if not exact and row.current_name != row.name:
            score = max(score, _likeness(wanted, row.current_name))
        found.append(RegisterMatch(*row, score=round(score, 1)))
    found.sort(key=lambda match: (-match.score, len(match.name), match.name, match.id))
    return found[:limit]


def _likeness(wanted: str, name: str) -> float:
    """How like a name is to what was typed: equal, then begun, then by shared words."""
    have = match_name(name)
    if have == wanted:
        return 100.0
    whole = fuzz.ratio(wanted, have)
    words = fuzz.token_set_ratio(wanted, have)
    begun = 12.0 if have.startswith(wanted) else 0.0
    return min(99.0, 0.45 * whole + 0.4 * words + begun)
