"""What the database refused, in words for the person whose form it was.

Constraints have names; each feature says which name belongs to which field. Anything it does not
name is a bug and stays an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sqlalchemy.exc import IntegrityError

from portal.db.session import PortalSession
from portal.kernel.result import Problem

_SQLITE_CHECK = re.compile(r"CHECK constraint failed: (\w+)")
_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)$")


def constraint_name(error: IntegrityError) -> str | None:
    """The name of the constraint that refused a write, on SQLite and PostgreSQL alike."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        name: str | None = diagnosis.constraint_name
        return name
    message = str(error.orig)
    check = _SQLITE_CHECK.search(message)
    if check:
        return check[1]
    unique = _SQLITE_UNIQUE.search(message)
    if unique:
        # SQLite names the columns only; our naming convention gives the name back.
        pairs = [column.strip().split(".") for column in unique[1].split(",")]
        return f"uq_{pairs[0][0]}_{'_'.join(column for _table, column in pairs)}"
    return None


def write(
    session: PortalSession, change: Callable[[], object], problems: Mapping[str, Problem]
) -> Problem | None:
    """Make a change and send it to the database; the problem when a named constraint refused it.

    The change is undone then, and the unit of work can go on.

    Raises:
        IntegrityError: when the constraint stands not in ``problems``.
    """
    try:
        with session.begin_nested():
            change()
            session.flush()
    except IntegrityError as error:
        problem = problems.get(constraint_name(error) or "")
        if problem is None:
            raise
        return problem
    return None
