"""The library's full-text index, on SQLite's FTS5 and on PostgreSQL's tsvector alike.

One statement looks up every word of a question in every place. Words stand in the index behind
the letter of their place, so that a look-up reads no more than what it finds. The order of the
library and its facets are remembered by each process until something is published.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from sqlalchemy import TextClause, bindparam, text

from portal.db import current_session
from portal.employers.rules.spelling import SHORTEST, deletions, nearest, worth_indexing
from portal.employers.rules.spelling import stem as spelling_stem
from portal.integrations.search import (
    AllOf,
    AnyOf,
    Expression,
    SearchIndex,
    Word,
    fts5,
    tsquery,
)
from portal.kernel.ids import new_token
from portal.toolkit.rules.search import Branch, How
from portal.toolkit.rules.search_facets import Shelf
from portal.toolkit.rules.search_words import is_word, stem

INDEX: Final = SearchIndex("library_search", content="library_entries")
_KNOWN: Final = text("SELECT term FROM library_search_terms WHERE term IN :words").bindparams(
    bindparam("words", expanding=True)
)
# A lone beginning of a word is looked for with it: the first word in order that begins so.
_KNOWN_OR_BEGUN: Final = text(
    "SELECT term FROM library_search_terms WHERE term IN :words UNION ALL "
    "SELECT min(term) FROM library_search_terms WHERE term >= :from AND term < :to "
    "AND :from <> ''"
).bindparams(bindparam("words", expanding=True))
_LAST_LETTER: Final = "\U0010ffff"
_PLANNER: Final = text("SELECT set_config('enable_seqscan', :state, true)")

_TOKEN: Final = text("SELECT token FROM library_search_state")
_NEW_TOKEN: Final = text("UPDATE library_search_state SET token = :token")
_SHELF: Final = text("SELECT id, facets FROM library_entries ORDER BY sorted_by, id")
# Sets of look-ups that a process keeps: of 5,000 resources each takes under a kilobyte.
MOST_REMEMBERED: Final = 2_000
# The last shelf that this process has read, with the token under which it was read.
_remembered: list[tuple[str, Shelf]] = []


def shelf() -> Shelf:
    """The library in its order with its facets, as this transaction sees it."""
    session = current_session()
    token = session.execute(_TOKEN).scalar_one()
    known = _remembered[-1:]
    if token and known and known[0][0] == token:
        return known[0][1]
    made = Shelf((row[0], row[1]) for row in session.execute(_SHELF))
    if token:
        _remembered[:] = [(token, made)]
    return made


def touch() -> None:
    """Let every process read the library afresh, once what was written is committed."""
    current_session().execute(_NEW_TOKEN, {"token": new_token()})


def looked_up(branches: Sequence[Branch], library: Shelf) -> list[int]:
    """For each look-up the set of what it finds; what was looked up before is remembered."""
    sqlite = current_session().get_bind().dialect.name == "sqlite"
    write = fts5 if sqlite else tsquery
    written = [write(_expression(branch)) for branch in branches]
    new = [one for one in dict.fromkeys(written) if one not in library.remembered]
    found = dict(zip(new, _look_up(new, library, sqlite=sqlite), strict=True)) if new else {}
    sets = [found[one] if one in found else library.remembered[one] for one in written]
    if len(library.remembered) + len(found) > MOST_REMEMBERED:
        library.remembered = found
    else:
        library.remembered.update(found)
    return sets


def _look_up(written: Sequence[str], library: Shelf, *, sqlite: bool) -> list[int]:
    session = current_session()
    values = {f"q{number}": one for number, one in enumerate(written)}
    statement = _statement(len(written), sqlite=sqlite)
    if sqlite:
        rows = session.execute(statement, values).all()
        return [library.set_of(map(int, row[1].split(","))) if row[1] else 0 for row in rows]
    # The planner does not count what it costs to unpack the words of a whole text: where a word
    # is in most of them, it would read every text instead of the index.
    session.execute(_PLANNER, {"state": "off"})
    rows = session.execute(statement, values).all()
    session.execute(_PLANNER, {"state": "on"})
    return [library.set_of(row[1] or ()) for row in rows]


def unknown(words: Iterable[str], *, beginning: str = "") -> set[str]:
    """Those of the words that the library does not hold; of ``beginning`` it may hold more."""
    wanted = {word for word in words if not is_word(word)}
    if not wanted:
        return wanted
    values = {"words": sorted(wanted), "from": beginning, "to": beginning + _LAST_LETTER}
    rows = current_session().execute(_KNOWN_OR_BEGUN, values).scalars()
    known = {word for word in rows if word is not None}
    if beginning and any(word.startswith(beginning) for word in known):
        known.add(beginning)
    return wanted - known


def near(word: str) -> list[str]:
    """Words of the library that may have been meant by one that it does not hold, nearest first.

    Also two of its words written as one: "jobshare".
    """
    if not worth_indexing(word):
        return []
    keys = [key for key in deletions(word) if len(key) >= SHORTEST - 1]
    found = nearest(word, INDEX.neighbours(current_session(), keys))
    # Another form of the same word is found by its stem.
    return [other for other in found if stem(other) != stem(word)] or _two_words(word)


def _two_words(word: str) -> list[str]:
    places = range(SHORTEST, len(word) - SHORTEST + 1)
    tried = [(word[:place], word[place:]) for place in places]
    parts = {part for pair in tried for part in pair}
    if not parts:
        return []
    known = set(current_session().execute(_KNOWN, {"words": sorted(parts)}).scalars())
    return [
        " ".join(pair) for pair in tried if all(part in known or is_word(part) for part in pair)
    ]


def learn(words: Iterable[str]) -> None:
    """Let words be found by misspellings of them, and those in the plural by their singular."""
    every = set(words)
    every |= {stem(word) for word in every if f"{stem(word)}s" == word}
    known = [word for word in every if worth_indexing(word) and not word[0].isdigit()]
    stems = {word: spelling_stem(word) for word in known}
    keys = {(key, start) for start in set(stems.values()) for key in deletions(start)}
    INDEX.learn(current_session(), sorted(stems.items()), sorted(keys))


def _expression(branch: Branch) -> Expression:
    sought, letter = branch.sought, branch.place.letter
    if branch.how is How.BEGINNING:
        before = [Word(letter + word) for word in sought.phrase[:-1]]
        return _joint([*before, Word(letter + sought.beginning, prefix=True)])
    ways = [
        _joint([Word(letter + word) for word in phrase]) for phrase in sought.phrases(branch.how)
    ]
    return ways[0] if len(ways) == 1 else AnyOf(tuple(ways))


def _joint(parts: Sequence[Expression]) -> Expression:
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


@cache
def _statement(count: int, *, sqlite: bool) -> TextClause:
    """For so many look-ups: the number of each, and the keys of what it finds."""
    parts = [
        f"SELECT {number} AS number, group_concat(rowid) FROM library_search "  # noqa: S608 - no request's words
        f"WHERE library_search MATCH :q{number}"
        if sqlite
        else f"SELECT {number} AS number, array_agg(entry_id) FROM library_search "  # noqa: S608
        f"WHERE words @@ CAST(:q{number} AS tsquery)"
        for number in range(count)
    ]
    return text(f"{' UNION ALL '.join(parts)} ORDER BY number")
