"""Text planted in every column that holds what somebody typed, whatever the forms would take.

Columns are found by their type and length, so a new one is planted in unless it is named here; text
inside JSON documents is found by its blanks, which keys have none of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Column,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    select,
    update,
)

from portal.db import Base
from portal.web.text import clean_line, clean_text
from tests.support.full_world import World, unguarded
from tests.support.script_payloads import PAYLOADS

# Text of our own making: keys, hashes, addresses of records; nobody types it.
OURS: Final = re.compile(
    r"(?:_|^)(?:key|hash|token|sha256|secret|password|handle|uniquifier|seed|mark|salt|code|kind|"
    r"state|slug|reference|media_type|method|axis|series|search_text|sorted_by|message_id|source|"
    r"source_id|support|document_hash|exact|fingerprint|extensions|whose|period|stratum)$"
)
OUR_TABLES: Final = frozenset(
    [
        "outbox",
        "roles",
        "report_cells",
        "report_deltas",
        "report_journeys",
        "report_movements",
        "reach_marks",
        "reach_salts",
        "shown_stamps",
        "sign_in_counters",
        "linked_accounts",
        "chain_heads",
        "ledger_proofs",
        "programme_settings",
        "report_definitions",
        "questionnaires",
        "score_histograms",
    ]
)
# What is read by a machine before a person sees it, and could not be stored by any form.
OUR_COLUMNS: Final = frozenset(
    {
        "audit_entries.subject",
        "audit_entries.detail",
        "employer_timeline.subject",
        "evidence_files.subject",
        "case_milestones.subject",
        "payment_decisions.subject",
        "cases.close_reason",
        "referrals.decline_reason",
        "pulse_sums.question",
        "pulse_tallies.question",
        # Kept with a fingerprint: one changed behind the portal's back is refused.
        "report_copies.text",
        "outputs.facts",
        "statistics_releases.proof",
    }
)
_SHORT: Final = re.compile(
    r"(?:^|_)(?:name|title|words|phone|job|browser|address|place|postcode|number|contact|note|"
    r"website|email|says|reason|question|words)$"
)
_LONG: Final = 100
TAIL: Final = re.compile(r"zq(\d+)qz")


def is_json(column: Column[Any]) -> bool:
    """Whether the column holds a document."""
    return isinstance(column.type, JSON)


def planted_columns() -> list[Column[Any]]:
    """Every column in which somebody's words may be kept."""
    found: list[Column[Any]] = []
    for table in Base.metadata.sorted_tables:
        if table.name in OUR_TABLES or "id" not in table.c:
            continue
        found.extend(column for column in table.c if _is_typed(table, column))
    return found


def _is_typed(table: Table, column: Column[Any]) -> bool:
    if f"{table.name}.{column.name}" in OUR_COLUMNS or OURS.search(column.name):
        return False
    if column.foreign_keys:
        return False
    if is_json(column):
        return True
    if not isinstance(column.type, String):
        return False
    length = column.type.length or _LONG
    return isinstance(column.type, Text) or length >= _LONG or bool(_SHORT.search(column.name))


SCRIPTS: Final = tuple(payload.text for payload in PAYLOADS)


def as_kept(column: Column[Any], words: str) -> str:
    """What the forms keep of what is typed: no control marks, and one line in a field of a line."""
    return clean_text(words) if isinstance(column.type, Text) else clean_line(words)


def is_document(value: str) -> bool:
    """Whether a text is a document kept as its letters, and no words that only begin like one."""
    try:
        return isinstance(json.loads(value), dict)
    except ValueError:
        return False


def _leaves(value: Any, make: Callable[[], str]) -> Any:
    if isinstance(value, dict):
        return {key: _leaves(part, make) for key, part in value.items()}
    if isinstance(value, list):
        return [_leaves(part, make) for part in value]
    if isinstance(value, str) and " " in value.strip():
        return clean_text(make())
    return value


class _Rotation:
    """One text after the other, each with a tail that names the field it stands in."""

    def __init__(self, texts: Sequence[str], number: int, row: int, offset: int) -> None:
        self.texts, self.number, self.row = texts, number, row + offset
        # What is planted anew row by row may not meet what another row still holds.
        self.own = f"{row} {offset}"

    def __call__(self) -> str:
        self.row += 1
        return f"{self.texts[(self.number + self.row) % len(self.texts)]} zq{self.number}qz"


def plant(world: World, offset: int = 0, texts: Sequence[str] = SCRIPTS) -> dict[int, str]:
    """Plant one of the texts in every record's every text; returns the fields by their numbers."""
    fields = {}
    with unguarded(world) as connection:
        for number, column in enumerate(planted_columns()):
            table = column.table
            rows = connection.execute(
                select(table.c.id, column).where(column.is_not(None)).order_by(table.c.id)
            ).all()
            changed = []
            for row, value in rows:
                new = _replaced(column, value, _Rotation(texts, number, row, offset))
                if new != value:
                    changed.append({"key": row, "new": new})
            if changed:
                fields[number] = f"{table.name}.{column.name}"
                _write(connection, column, changed)
    return fields


def _replaced(column: Column[Any], value: Any, make: _Rotation) -> Any:
    if is_json(column):
        return _leaves(value, make)
    if not value:
        return value
    if is_document(value):
        # A document kept as its letters.
        return json.dumps(_leaves(json.loads(value), make))
    words = as_kept(column, make())
    keys = [key for key in column.table.constraints if isinstance(key, UniqueConstraint)]
    keys += [index for index in column.table.indexes if index.unique]  # type: ignore[misc]
    unique = any(column.name in {one.name for one in key.columns} for key in keys)
    return f"{words} {make.own}" if unique else words


def _write(connection: Any, column: Column[Any], changed: list[dict[str, Any]]) -> None:
    table = column.table
    statement = update(table).where(table.c.id == bindparam("key"))
    connection.execute(
        statement.values({column.name: bindparam("new", type_=column.type)}), changed
    )
