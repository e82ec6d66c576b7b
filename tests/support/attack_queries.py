"""Which query parameters each route reads, noted while it is asked; and texts that break SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from flask import Flask, request
from sqlalchemy import event
from werkzeug.datastructures import ImmutableMultiDict

# Stands in every attack: it may be given to the database as a value, never stand in a statement.
MARK: Final = "zzqx"
ATTACKS: Final[tuple[str, ...]] = (
    f"{MARK}'",
    f'{MARK}"',
    f"{MARK}' OR '1'='1",
    f'{MARK}" OR "1"="1',
    f"{MARK}') OR ('1'='1' --",
    f"{MARK}'; DROP TABLE users; --",
    f"1; SELECT pg_sleep(3) -- {MARK}",
    f"{MARK}' UNION SELECT NULL,NULL,NULL --",
    f"{MARK}\\' OR 1=1 --",
    f"{MARK}%' OR name LIKE '%",
    f"{MARK}/**/OR/**/1=1",
    f"{MARK}\x00'",
    f"\x00{MARK}",
    f"{MARK}\ud7ff\uffff",
    f"{MARK}%_[]^",
    f'{MARK}* NEAR("a" "b")',
    f'"{MARK}',
    f"{MARK}:* & ! | (",
    f"{MARK} AND OR NOT",
    f"{MARK}{{}}$1 :name ? %s %(x)s",
    MARK * 2500,
    f"name; DELETE FROM employers -- {MARK}",  # noqa: S608
    f"name,(SELECT password FROM users) {MARK}",  # noqa: S608
)
# Wrong types and sizes; what they are in the statement tells nothing.
WRONG: Final[tuple[str, ...]] = (
    "-1",
    "0",
    "9" * 19,
    "9" * 400,
    "1e9",
    "0x1f",
    "1.5",
    "NaN",
    "Infinity",
    "\u0663\u0664",
    "\u00b2",
    "",
    " ",
    "true",
    "null",
    "None",
    "[]",
    "2026-13-45",
    "0000-00-00",
    "9999-12-31",
    "2026-02-30T99:99",
    "99999-01",
    "0000-01",
    "9999-12",
    "\ufffd",
    "\u202e",
    "a" * 5000,
    "/../../etc/passwd",
    "1970-01-01T00:00:00Z~1",
    "x~y~z",
    "eyJhIjoxfQ",
    "AAAA====",
)


_ASKED: defaultdict[str, set[str]] = defaultdict(set)


class _NotingArguments(ImmutableMultiDict):  # type: ignore[type-arg]
    """Query arguments that remember what was asked of them."""

    def _note(self, key: Any) -> None:
        if isinstance(key, str) and request:
            _ASKED[str(request.endpoint)].add(key)

    def get(self, key: Any, *args: Any, **kwargs: Any) -> Any:
        """As before, noted."""
        self._note(key)
        return super().get(key, *args, **kwargs)

    def getlist(self, key: Any, *args: Any, **kwargs: Any) -> Any:
        """As before, noted."""
        self._note(key)
        return super().getlist(key, *args, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        self._note(key)
        return super().__getitem__(key)

    def __contains__(self, key: Any) -> bool:
        self._note(key)
        return super().__contains__(key)


@contextmanager
def noting_arguments(app: Flask) -> Iterator[dict[str, set[str]]]:
    """Note the query parameters that each route reads, by its name."""

    class Noting(app.request_class):  # type: ignore[misc,name-defined]
        parameter_storage_class = _NotingArguments

    was = app.request_class
    _ASKED.clear()
    app.request_class = Noting
    try:
        yield _ASKED
    finally:
        app.request_class = was


@contextmanager
def watching_statements(app: Flask, mark: str = MARK) -> Iterator[list[str]]:
    """Note every statement in which what was asked stands as SQL."""
    found: list[str] = []

    def look(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        if mark in statement:
            found.append(statement[:300])

    engine = app.extensions["portal_db"].engine
    event.listen(engine, "before_cursor_execute", look)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", look)
