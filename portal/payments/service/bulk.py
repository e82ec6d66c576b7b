"""Changing many rows in one statement, as strictly as one by one."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult, Update

from portal.db import current_session


def change_exactly(statement: Update, count: int) -> None:
    """Change so many rows that are held and that the statement names.

    Whoever holds one of them as an object sees the change, unless the statement says otherwise.

    Raises:
        RuntimeError: when it found fewer or more: the transaction must not go on.
    """
    session = current_session()
    session.flush()
    result = session.execute(statement)
    changed = cast("CursorResult[Any]", result).rowcount
    if changed != count:
        raise RuntimeError(f"{count} rows were to be changed, {changed} could be")
