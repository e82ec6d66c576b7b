"""Emptying rows by the data map: names, addresses and words go, counts and states stay."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Select,
    String,
    Table,
    case,
    cast,
    delete,
    func,
    literal,
    null,
    select,
    update,
)

from portal.db import current_session, outbox
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.governance.queries.anchors import table_of
from portal.governance.rules.answers import without_texts
from portal.governance.rules.holdings import PersonalColumn, TableHolding
from portal.governance.rules.retention import REMOVED_DOMAIN, REMOVED_NAME, REMOVED_TEXT
from portal.integrations.storage import storage
from portal.kernel.files import REMOVED_KEY

FILE_KIND: Final = "retention.file"
# What leads somewhere, or opens something, is best not there at all.
_NOTHING: Final = frozenset({"account", "link", "secret", "email"})
_LISTS: Final = frozenset(
    {"diagnostic_sessions.present", "referral_batches.rows", "action_notes.changes"}
)


def empty(
    holding: TableHolding,
    keys: Select[tuple[int]] | Collection[int],
    *,
    only: Collection[str] | None = None,
) -> int:
    """Empty or delete these rows as the data map says and return how many there were.

    ``only`` names the columns that go. Files are removed after the commit, by the worker.
    """
    session = current_session()
    table = table_of(holding.name)
    ids: list[int] = list(session.scalars(keys) if isinstance(keys, Select) else keys)
    if not ids:
        return 0
    # Posts stay for those who rely on them; whoever lets a thread go takes the names out of them.
    columns = [
        one for one in holding.emptied if one.kind != "post" and (only is None or one.name in only)
    ]
    if holding.ends == "delete":
        session.execute(delete(table).where(table.c.id.in_(ids)))
        return len(ids)
    for column in columns:
        if column.kind == "file":
            _promise_files(table, column.name, ids)
    if holding.name == "diagnostic_responses":
        _strip_answers(table, ids)
        columns = [one for one in columns if one.kind != "answers"]
    values = {one.name: emptied(table, one) for one in columns}
    if values:
        session.execute(update(table).where(table.c.id.in_(ids)).values(**values))
    return len(ids)


def emptied(table: Table, one: PersonalColumn) -> Any:
    """What a column becomes: nothing where it may be empty, else words that say that it went."""
    column = table.c[one.name]
    if column.nullable and one.kind in _NOTHING | {"answers"}:
        return null()
    if isinstance(column.type, JSON):
        return [] if f"{table.name}.{one.name}" in _LISTS else {}
    key = cast(table.c.id, String(20))
    if one.kind == "secret":
        return literal("removed-").concat(key)
    return _unless_empty(column, _words(column, one.kind, key))


def _words(column: ColumnElement[Any], kind: str, key: ColumnElement[str]) -> ColumnElement[Any]:
    if kind == "file":
        return literal(REMOVED_KEY).concat(key)
    if kind == "email":
        return literal("removed-").concat(key).concat(f"@{REMOVED_DOMAIN}")
    words = REMOVED_NAME if kind == "name" else REMOVED_TEXT
    most = getattr(column.type, "length", None)
    return literal(words[:most] if most else words)


def _unless_empty(column: ColumnElement[Any], words: ColumnElement[Any]) -> ColumnElement[Any]:
    """What was empty stays so: a constraint may tie it to a state, and nothing was said."""
    return case((func.coalesce(column, "") == "", column), else_=words)


# Files -------------------------------------------------------------------------------------------


def _promise_files(table: Table, column: str, ids: list[int]) -> None:
    found = current_session().scalars(
        select(table.c[column]).where(
            table.c.id.in_(ids), table.c[column].is_not(None), table.c[column] != ""
        )
    )
    keys = [key for key in found if not key.startswith(REMOVED_KEY)]
    outbox.add_all(kind=FILE_KIND, work={f"{FILE_KIND}:{key}"[:200]: {"key": key} for key in keys})


def remove_file(payload: Mapping[str, Any]) -> None:
    """Remove a file whose row has said that it went; removing it twice does no harm.

    Raises:
        RuntimeError: when the storage still holds it; the outbox tries again.
    """
    key = payload["key"]
    storage().delete(key)
    if storage().exists(key):
        raise RuntimeError("The storage still holds a file that was to be removed")


# Answers in words --------------------------------------------------------------------------------


def _strip_answers(table: Table, ids: list[int]) -> None:
    """Answers in words go from a diagnostic; what was chosen stays and is nobody's."""
    session = current_session()
    catalogue = load_catalogue()
    for row in session.execute(
        select(
            table.c.id,
            table.c.questionnaire_key,
            table.c.questionnaire_version,
            table.c.answers,
            table.c.result,
        ).where(table.c.id.in_(ids))
    ).all():
        known = catalogue.get(row.questionnaire_key, row.questionnaire_version)
        texts = (
            None
            if known is None
            else frozenset(one.key for one in known.questions if one.type == "text")
        )
        answers, result = without_texts(row.answers, row.result, texts)
        session.execute(
            update(table).where(table.c.id == row.id).values(answers=answers, result=result)
        )
