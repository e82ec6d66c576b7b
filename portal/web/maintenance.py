"""MAINTENANCE=read-only: pages show, and whatever would write is answered in words.

For while a database is moved or looked after. Sessions refuse to write as well, so that nothing
depends on the method of a request; the worker rests (portal.integrations.jobs).
"""

from __future__ import annotations

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue

from portal.db.session import READ_ONLY, Database, WriteOutsideUnitOfWork
from portal.web.errors import read_only_page

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def is_read_only() -> bool:
    """Whether the portal only shows what it holds for now."""
    return bool(current_app.config["SETTINGS"].maintenance == "read-only")


def _refuse() -> ResponseReturnValue | None:
    if request.method in _READING or not is_read_only():
        return None
    return read_only_page()


def _refused_below(error: WriteOutsideUnitOfWork) -> ResponseReturnValue:
    """A page that must leave a record to be shown, such as an export, while none can be made."""
    if not is_read_only():
        raise error
    return read_only_page()


def init_maintenance(app: Flask) -> None:
    """Before anything else looks at a request."""
    app.before_request(_refuse)
    app.register_error_handler(WriteOutsideUnitOfWork, _refused_below)
    # A bare application of a test or a measurement has no settings.
    settings = app.config.get("SETTINGS")
    if settings is not None and settings.maintenance == "read-only":
        database: Database = app.extensions["portal_db"]
        database.sessions.configure(info={READ_ONLY: True})
