"""Full-text search, on SQLite's FTS5 and on PostgreSQL's tsvector alike.

A search is built from words, never from what a person typed: each word is quoted for the engine,
so operators, brackets and quotes in a question mean nothing and can break nothing. The tables are
made by migrations: ``<index>`` (the words), ``<index>_terms`` and ``<index>_keys`` (spellings).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    null,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or with ``prefix`` every word that begins with it."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part must be found."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part must be found."""

    parts: tuple[Expression, ...]


Expression = Word | AllOf | AnyOf


# PostgreSQL refuses a question that holds a word of more than 2,046 bytes: letters of four each.
LONGEST_WORD = 500


def fts5(expression: Expression) -> str:
    """The expression as an FTS5 query; quotes inside a word are doubled, long words cut."""
    if isinstance(expression, Word):
        quoted = expression.text[:LONGEST_WORD].replace('"', '""')
        return f'"{quoted}"{"*" if expression.prefix else ""}'
    joint = " AND " if isinstance(expression, AllOf) else " OR "
    return f"({joint.join(fts5(part) for part in expression.parts)})"


def tsquery(expression: Expression) -> str:
    """The expression as the text of a tsquery; quotes and backslashes doubled, long words cut."""
    if isinstance(expression, Word):
        quoted = expression.text[:LONGEST_WORD].replace("\\", "\\\\").replace("'", "''")
        return f"'{quoted}'{':*' if expression.prefix else ''}"
    joint = " & " if isinstance(expression, AllOf) else " | "
    return f"({joint.join(tsquery(part) for part in expression.parts)})"


# A question that fits more rows than this is too short to tell them apart.
MOST_WEIGHED = 2000


class SearchIndex:
    """The index of one table's words. Names come from our code, never from a request.

    ``content`` is the table that is indexed; its ``search_text`` holds the words.
    """

    def __init__(self, name: str, *, content: str) -> None:
        if not (name.isidentifier() and content.isidentifier()):
            raise ValueError(f"Not the name of a table: {name!r}, {content!r}")
        # Shorter entries first: what was typed is then a larger part of them. A relevance score
        # would visit every match to weigh its words, and a few letters match half the table.
        self._fts5 = text(
            f"SELECT id FROM {content} WHERE id IN "  # noqa: S608
            f"(SELECT rowid FROM {name} WHERE {name} MATCH :question LIMIT {MOST_WEIGHED}) "
            f"ORDER BY length(search_text), id LIMIT :limit"
        )
        self._tsvector = text(
            f"SELECT entry_id FROM (SELECT entry_id, length FROM {name} "  # noqa: S608
            f"WHERE words @@ CAST(:question AS tsquery) LIMIT {MOST_WEIGHED}) AS found "
            f"ORDER BY length, entry_id LIMIT :limit"
        )
        self._neighbours = text(
            f"SELECT DISTINCT t.term FROM {name}_keys k JOIN {name}_terms t ON t.stem = k.stem "  # noqa: S608
            f"WHERE k.key IN :keys"
        ).bindparams(bindparam("keys", expanding=True))
        self._known = text(f"SELECT term FROM {name}_terms")  # noqa: S608
        self._settle = (
            # Only the owner may: with several programmes the importing command is, a page is not.
            text(
                f"SELECT gin_clean_pending_list(oid) FROM pg_class "  # noqa: S608
                f"WHERE oid = to_regclass('{name}_words') AND pg_has_role(relowner, 'USAGE')"
            ),
            *(text(f"ANALYZE {table}") for table in (name, f"{name}_terms", f"{name}_keys")),
            text(f"ANALYZE {content}"),
        )
        self._add_terms = text(
            f"INSERT INTO {name}_terms (term, stem) VALUES (:term, :stem) "  # noqa: S608
            f"ON CONFLICT DO NOTHING"
        )
        self._add_keys = text(
            f"INSERT INTO {name}_keys (key, stem) VALUES (:key, :stem) "  # noqa: S608
            f"ON CONFLICT DO NOTHING"
        )

    def matching(self, session: Session, expression: Expression, *, limit: int) -> list[int]:
        """Keys of rows that match, shortest first; of very many, only some are weighed."""
        sqlite = session.get_bind().dialect.name == "sqlite"
        question = fts5(expression) if sqlite else tsquery(expression)
        statement = self._fts5 if sqlite else self._tsvector
        found = session.execute(statement, {"question": question, "limit": limit})
        return list(found.scalars())

    def neighbours(self, session: Session, keys: Iterable[str]) -> list[str]:
        """Known words stored under any of these spellings."""
        wanted = sorted(set(keys))
        if not wanted:
            return []
        return list(session.execute(self._neighbours, {"keys": wanted}).scalars())

    def settle(self, session: Session) -> None:
        """After loading much at once: let PostgreSQL tidy the index and learn what it holds now."""
        if session.get_bind().dialect.name != "sqlite":
            for statement in self._settle:
                session.execute(statement)

    def known_words(self, session: Session) -> set[str]:
        """Every word that can be found by a misspelling."""
        return set(session.execute(self._known).scalars())

    def learn(
        self,
        session: Session,
        terms: Sequence[tuple[str, str]],
        keys: Sequence[tuple[str, str]],
    ) -> None:
        """Add words with their stems, and stems with the spellings they are found under."""
        if terms:
            session.execute(self._add_terms, [{"term": t, "stem": s} for t, s in terms])
        if keys:
            session.execute(self._add_keys, [{"key": k, "stem": s} for k, s in keys])


# Parts of words ----------------------------------------------------------------------------------

_PIECE = 3
# A word of more letters is narrowed down by its first pieces as well as by all of them.
_PIECES = 8
# Of rows that so many others match too, the first fifty are sooner met in the order of the list.
MOST_HOLDING = 1000


def pieces(word: str) -> list[str]:
    """Every three letters in a row of a word, without repetition; none of a shorter one."""
    return list(dict.fromkeys(word[n : n + _PIECE] for n in range(len(word) - _PIECE + 1)))


class LetterIndex:
    """The index of three letters in a row: which rows may hold a part of a word anywhere.

    It names every row that holds the words, and a few that hold their pieces elsewhere: whoever
    asks compares the text itself as well. Made by a migration; the name comes from our code.
    """

    def __init__(self, name: str) -> None:
        if not name.isidentifier():
            raise ValueError(f"Not the name of a table: {name!r}")
        self._fts5 = table(name, column("rowid", Integer()), column(name, String()))
        self._tsvector = table(name, column("entry_id", Integer()), column("letters", TSVECTOR()))
        self._name = name

    def narrowing(self, session: Session, words: Sequence[str]) -> Select[int] | None:
        """Keys of rows that may hold every word, as a question to be asked within another.

        None where the words are too short or too common: then it is quicker to read rows in the
        order that is wanted, and to stop when there are enough.
        """
        asked = [Word(piece) for word in words for piece in pieces(word)[:_PIECES]]
        # The word that tells most is likely to be a number or a long one.
        likely = sorted(words, key=lambda word: (word.isalpha(), -len(word)))
        questions = [
            AllOf(tuple(Word(piece) for piece in found[:_PIECES]))
            for word in likely
            if (found := pieces(word))
        ]
        if not questions:
            return None
        if len(questions) > 1:
            questions.append(AllOf(tuple(dict.fromkeys(asked))))
        chosen = session.execute(self._first_rare(session, questions)).scalar_one()
        return None if chosen is None else self._holding(session, questions[chosen])

    def _first_rare(self, session: Session, questions: list[AllOf]) -> Select[int | None]:
        """The first question that few rows answer; the later ones are not asked then."""
        few: list[tuple[ColumnElement[bool], ColumnElement[int]]] = []
        for number, question in enumerate(questions):
            some = self._holding(session, question).limit(MOST_HOLDING + 1).subquery()
            count = select(func.count()).select_from(some).scalar_subquery()
            few.append((count <= MOST_HOLDING, literal_column(str(number), Integer())))
        return select(case(*few, else_=null()))

    def _holding(self, session: Session, question: AllOf) -> Select[int]:
        if session.get_bind().dialect.name == "sqlite":
            held = self._fts5.c
            return select(held.rowid).where(held[self._name].op("MATCH")(fts5(question)))
        asked = cast(literal(tsquery(question), String()), TSQUERY)
        return select(self._tsvector.c.entry_id).where(self._tsvector.c.letters.op("@@")(asked))
