"""Loading a published register: in batches, again without harm, with an account of every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from portal.db import audit, unit_of_work
from portal.db.session import PortalSession
from portal.employers.models import RegisterEntry
from portal.employers.queries.register import INDEX
from portal.employers.rules.names import telling_words
from portal.employers.rules.register_file import MOST_ROWS, RegisterFile, read_register
from portal.employers.rules.register_row import (
    Refusal,
    RowReader,
    content_hash,
    submitted_day,
)
from portal.employers.rules.spelling import deletions, stem, worth_indexing

BATCH = 1000
GENDER_PAY_GAP = "gender-pay-gap"
_KEPT_ON_CONFLICT = {"id", "source", "source_id"}


@dataclass(slots=True)
class ImportSummary:
    """What became of every row. ``older``: rows that say less than what is already held."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    older: int = 0
    refused: list[Refusal] = field(default_factory=list)
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """Every row of the file that was not blank."""
        return self.created + self.updated + self.unchanged + self.older + len(self.refused)


Row = tuple[tuple[str, ...], str]


def import_register(
    content: bytes,
    *,
    source: str = GENDER_PAY_GAP,
    advance: Callable[[int], None] | None = None,
    started: Callable[[int], None] | None = None,
    most_rows: int = MOST_ROWS,
) -> ImportSummary:
    """Load a register file. Opens its own units of work: one for each thousand rows.

    The whole file is read first, so that a file that cannot be read changes nothing. ``started``
    is told the number of rows, ``advance`` how many more are done.

    Raises:
        RegisterFileError: when the file as a whole cannot be read.
    """
    file = read_register(content, most_rows=most_rows)
    if started:
        started(len(file.rows))
    reader = RowReader(columns=file.columns, width=file.width)
    summary = ImportSummary(notes=reader.notes)
    words = _Spellings()
    for batch in _batches(file, reader, summary):
        with unit_of_work() as session:
            _store(session, batch, reader=reader, source=source, summary=summary, words=words)
        if advance:
            advance(len(batch))
    with unit_of_work() as session:
        if summary.created or summary.updated:
            INDEX.settle(session)
        audit.record(
            action="register.imported",
            subject=f"register:{source}",
            detail={
                "created": summary.created,
                "updated": summary.updated,
                "unchanged": summary.unchanged,
                "older": summary.older,
                "refused": len(summary.refused),
            },
        )
    return summary


def _batches(file: RegisterFile, reader: RowReader, summary: ImportSummary) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for number, raw in file.numbered():
        found = reader.cells(number, raw)
        if isinstance(found, Refusal):
            summary.refused.append(found)
            continue
        batch.append((found, content_hash(found)))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _store(
    session: PortalSession,
    batch: list[Row],
    *,
    reader: RowReader,
    source: str,
    summary: ImportSummary,
    words: _Spellings,
) -> None:
    held: dict[str, tuple[str, date | None]] = {
        source_id: (hashed, day)
        for source_id, hashed, day in session.execute(
            select(
                RegisterEntry.source_id, RegisterEntry.content_hash, RegisterEntry.submitted_on
            ).where(
                RegisterEntry.source == source,
                RegisterEntry.source_id.in_([found[1] for found, _hash in batch]),
            )
        )
    }
    entries: list[dict[str, Any]] = []
    for found, hashed in batch:
        known = held.get(found[1])
        if known is None:
            summary.created += 1
        elif known[0] == hashed:
            summary.unchanged += 1
            continue
        elif _is_older(submitted_day(found), known[1]):
            summary.older += 1
            continue
        else:
            summary.updated += 1
        entries.append(reader.entry(found, source, hashed))
    if entries:
        _upsert(session, entries)
        words.learn(session, entries)


def _is_older(day: date | None, held: date | None) -> bool:
    return held is not None and (day is None or day < held)


def _upsert(session: PortalSession, entries: list[dict[str, Any]]) -> None:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    build = sqlite.insert if is_sqlite else postgresql.insert
    statement = build(RegisterEntry)
    changed = {
        column.name: statement.excluded[column.name]
        for column in RegisterEntry.__table__.columns
        if column.name not in _KEPT_ON_CONFLICT
    }
    session.connection().execute(
        statement.on_conflict_do_update(index_elements=["source", "source_id"], set_=changed),
        entries,
    )


class _Spellings:
    """The words of the register, so that a misspelt one is found; known ones are not sent again."""

    def __init__(self) -> None:
        self._known: set[str] | None = None
        self._stems: set[str] = set()

    def learn(self, session: PortalSession, entries: list[dict[str, Any]]) -> None:
        """Add the words of these entries that are new."""
        if self._known is None:
            self._known = INDEX.known_words(session)
            self._stems = {stem(word) for word in self._known}
        every = {
            word
            for entry in entries
            for name in {entry["name"], entry["current_name"]}
            for word in telling_words(name)
        }
        new = sorted(word for word in every - self._known if worth_indexing(word))
        stems = sorted({stem(word) for word in new} - self._stems)
        INDEX.learn(
            session,
            [(word, stem(word)) for word in new],
            [(key, start) for start in stems for key in deletions(start)],
        )
        self._known.update(new)
        self._stems.update(stems)


__all__ = ["BATCH", "GENDER_PAY_GAP", "ImportSummary", "import_register"]
