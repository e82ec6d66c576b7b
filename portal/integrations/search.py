"""Full-text search, on SQLite's FTS5 and on PostgreSQL's tsvector alike.

A search is built from words, never from what a person typed: each word is quoted for the engine,
so operators, brackets and quotes in a question mean nothing and can break nothing. The tables are
made by migrations: ``<index>`` (the words), ``<index>_terms`` and ``<index>_keys`` (spellings).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, text
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
