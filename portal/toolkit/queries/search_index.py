"""The library's full-text index, on SQLite's FTS5 and on PostgreSQL's tsvector alike.

One statement looks up every word of a question in every place. Each look-up has a bit of its own
and finds a resource at most once, so the sum of the bits says where each resource was hit, and
both databases rank alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

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
from portal.toolkit.rules.search import Branch, How, Place
from portal.toolkit.rules.search_words import is_word, stem

INDEX: Final = SearchIndex("library_search", content="library_entries")
_COLUMNS: Final = {
    Place.TITLE: "title_words",
    Place.SUMMARY: "summary_words",
    Place.HEADINGS: "heading_words",
    Place.BODY: "body_words",
}
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

# A resource's key, where it was hit, its facets, and what it is sorted by.
Hit = tuple[int, int, int, str]


def looked_up(branches: Sequence[Branch]) -> list[Hit]:
    """Every resource that at least one look-up finds."""
    session = current_session()
    sqlite = session.get_bind().dialect.name == "sqlite"
    values = {
        f"q{number}": _sqlite(branch) if sqlite else tsquery(_expression(branch))
        for number, branch in enumerate(branches)
    }
    statement = _statement(tuple(branch.place for branch in branches), sqlite=sqlite)
    if sqlite:
        return _hits(session.execute(statement, values))
    # The planner does not count what it costs to unpack the words of a whole text: where a word
    # is in most of them, it would read every text instead of the index.
    session.execute(_PLANNER, {"state": "off"})
    found = _hits(session.execute(statement, values))
    session.execute(_PLANNER, {"state": "on"})
    return found


def every() -> list[Hit]:
    """Every resource of the library, in its order."""
    return _hits(current_session().execute(_EVERY))


_EVERY: Final = text("SELECT id, 0, facets, sorted_by FROM library_entries ORDER BY sorted_by, id")


def _hits(rows: Iterable[Any]) -> list[Hit]:
    return [(row[0], row[1], row[2], row[3]) for row in rows]


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
    sought = branch.sought
    if branch.how is How.BEGINNING:
        return _joint([*map(Word, sought.phrase[:-1]), Word(sought.beginning, prefix=True)])
    ways = [_joint([Word(word) for word in phrase]) for phrase in sought.phrases(branch.how)]
    return ways[0] if len(ways) == 1 else AnyOf(tuple(ways))


def _joint(parts: Sequence[Expression]) -> Expression:
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _sqlite(branch: Branch) -> str:
    return f"{{{_COLUMNS[branch.place]}}} : ({fts5(_expression(branch))})"


@cache
def _statement(places: tuple[Place, ...], *, sqlite: bool) -> TextClause:
    """For look-ups in these places."""
    parts = [
        f"SELECT rowid AS id, {1 << number} AS bit FROM library_search "  # noqa: S608 - no request's words
        f"WHERE library_search MATCH :q{number}"
        if sqlite
        else f"SELECT entry_id AS id, CAST({1 << number} AS bigint) AS bit FROM library_search "  # noqa: S608
        f"WHERE {_COLUMNS[place]} @@ CAST(:q{number} AS tsquery)"
        for number, place in enumerate(places)
    ]
    return text(
        "SELECT e.id, hits.mask, e.facets, e.sorted_by FROM "  # noqa: S608
        "(SELECT id, CAST(sum(bit) AS bigint) AS mask "
        f"FROM ({' UNION ALL '.join(parts)}) AS each_hit GROUP BY id) AS hits "
        "JOIN library_entries e ON e.id = hits.id"
    )
