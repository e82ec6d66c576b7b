"""What a reading request must leave in the audit trail: written a moment later, by the worker.

A GET writes nothing itself, unless the queue does not answer: then the note is made at once, since
nothing sensitive is handed out off the record. Should a queue that took the note lose it (a worker
killed over it), the request still stands in the web server's log.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Flask, current_app, g, has_request_context

from portal.db import audit, current_session, unit_of_work
from portal.integrations.jobs import HUEY_EXTENSION

_log = logging.getLogger(__name__)
NOTING_EXTENSION = "portal_noting"


def audit_later(*, action: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
    """Have the worker put on record what the person signed in has just read."""
    actor = g.get("actor") if has_request_context() else None
    user_id = None if actor is None else actor.user_id
    try:
        current_app.extensions[NOTING_EXTENSION](action, subject, dict(detail or {}), user_id)
    except Exception:  # noqa: BLE001 - whatever the queue says, the record is made
        _log.exception("The job queue did not answer; put on record at once: %s", action)
        with _writing():
            audit.record(
                action=action, subject=subject, detail=dict(detail or {}), actor_id=user_id
            )


@contextmanager
def _writing() -> Iterator[None]:
    if current_session().writing:
        yield
        return
    with unit_of_work():
        yield


def init_noting(app: Flask) -> None:
    """Give the worker the task that writes the note."""

    def note_in_audit(
        action: str, subject: str, detail: dict[str, Any], actor_id: int | None
    ) -> None:
        with app.app_context(), unit_of_work():
            audit.record(action=action, subject=subject, detail=detail, actor_id=actor_id)

    huey = app.extensions[HUEY_EXTENSION]
    app.extensions[NOTING_EXTENSION] = huey.task(name="note_in_audit")(note_in_audit)
