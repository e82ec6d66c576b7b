"""What is sent to a database while something is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Engine, event


class Sent(NamedTuple):
    """One statement as it went to the driver; many rows sent at once are one."""

    sql: str
    parameters: Any


@contextmanager
def sent_to(engine: Engine | type[Engine]) -> Iterator[list[Sent]]:
    """Everything that is sent inside the block; to every engine where the class is given."""
    noted: list[Sent] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_rest: Any) -> None:
        noted.append(Sent(statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        event.remove(engine, "before_cursor_execute", note)
