"""Statements that take long are logged: as they are written, never with their values."""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from sqlalchemy import Engine, event

_log = logging.getLogger("portal.slow_queries")
_LONGEST: Final = 1500


def watch_statements(engine: Engine, *, milliseconds: int) -> None:
    """Log each statement of this engine that takes longer."""

    @event.listens_for(engine, "before_cursor_execute")
    def before(_connection: Any, _cursor: Any, _statement: str, *rest: Any) -> None:
        rest[1]._portal_began = time.perf_counter()  # noqa: SLF001 - the context of this execution

    @event.listens_for(engine, "after_cursor_execute")
    def after(_connection: Any, _cursor: Any, statement: str, *rest: Any) -> None:
        took = (time.perf_counter() - rest[1]._portal_began) * 1000  # noqa: SLF001
        if took >= milliseconds:
            _log.warning(
                "Slow statement",
                extra={
                    "milliseconds": round(took, 1),
                    "statement": " ".join(statement.split())[:_LONGEST],
                },
            )
