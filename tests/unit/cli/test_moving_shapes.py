"""What values mean on either database: carried exactly, or refused by name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from portal.cli.moving.shapes import MoveError, Shape, document, for_sqlite, meaning

ALL = Shape(
    "things",
    ("id", "at", "day", "on_", "body", "raw", "words", "counts"),
    ("number", "instant", "day", "boolean", "document", "bytes", "text", "counts"),
    ("id",),
)
KEPT = (
    7, "2026-03-29 00:59:59.000001", "2024-02-29", 1, '{"b": 1.0, "a": [null, "é"]}', b"\x00\xff",
    "tab\tand\\N and \u2028", "[1, 0, 3]",
)  # fmt: skip
MEANT = (
    7, datetime(2026, 3, 29, 0, 59, 59, 1, tzinfo=UTC), date(2024, 2, 29), True, KEPT[4],
    b"\x00\xff", KEPT[6], [1, 0, 3],
)  # fmt: skip


def test_what_sqlite_keeps_is_what_it_means_and_back() -> None:
    meant = meaning(ALL, sqlite=True)(KEPT)
    assert meant == MEANT
    assert [type(value) for value in meant] == [type(value) for value in MEANT]
    assert for_sqlite(ALL)(meant) == KEPT


def test_nothing_stays_nothing() -> None:
    nothing = (7, *([None] * 7))
    assert meaning(ALL, sqlite=True)(nothing) == nothing
    assert for_sqlite(ALL)(nothing) == nothing


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("at", "soon", "at is no instant"),
        ("at", 5, "at is not an instant"),
        ("day", "2026-02-30", "day"),
        ("on_", 2, "on_ is neither true nor false"),
        ("words", "a\0b", "words holds a NUL character"),
        ("words", 5, "words is not text"),
        ("id", "7", "id is not of the type int"),
        ("raw", "text", "raw is not of the type bytes"),
        ("counts", '["a"]', "counts is not a row of whole numbers"),
    ],
)
def test_what_does_not_fit_is_named_and_never_shown(column: str, value: Any, words: str) -> None:
    row = tuple(
        value if name == column else kept for name, kept in zip(ALL.columns, KEPT, strict=True)
    )
    with pytest.raises(MoveError, match=words) as refused:
        meaning(ALL, sqlite=True)(row)
    if isinstance(value, str) and column != "id":
        assert value not in str(refused.value)


def test_documents_are_equal_by_what_they_say() -> None:
    assert document('{"a": 1, "b": [1.0, 1e16]}') == document('{"b":[1.0,10000000000000000],"a":1}')
    for one, other in (
        ('{"a": 1}', '{"a": 1.0}'),
        ('{"a": 1}', '{"a": "1"}'),
        ('{"a": 1}', '{"a": true}'),
        ("[1, 2]", "[2, 1]"),
        ('{"a": 1, "a": 2}', '{"a": 2}'),
        ("0.1", "0.10"),
        ("-0.0", "0.0"),
        ("null", '"null"'),
        ("[]", "{}"),
        ('["n", "1"]', "1"),
    ):
        assert document(one) != document(other), (one, other)
