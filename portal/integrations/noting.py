"""What a reading request must leave in the audit trail: written a moment later, by the worker.

A GET writes nothing itself. Should the queue lose the note (it holds it in memory between two
breaths), the request still stands in the web server's log.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flask import Flask, current_app, g, has_request_context

from portal.db import audit, unit_of_work
from portal.integrations.jobs import HUEY_EXTENSION

_log = logging.getLogger(__name__)
NOTING_EXTENSION = "portal_noting"


def audit_later(*, action: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
    """Have the worker put on record what the person signed in has just read."""
    actor = g.get("actor") if has_request_context() else None
    user_id = None if actor is None else actor.user_id
    try:
        current_app.extensions[NOTING_EXTENSION](action, subject, dict(detail or {}), user_id)
    except Exception:  # noqa: BLE001 - the person still gets what they asked for
        _log.exception("The job queue did not answer; not on record: %s %s", action, subject)


def init_noting(app: Flask) -> None:
    """Give the worker the task that writes the note."""

    def note_in_audit(
        action: str, subject: str, detail: dict[str, Any], actor_id: int | None
    ) -> None:
        with app.app_context(), unit_of_work():
            audit.record(action=action, subject=subject, detail=detail, actor_id=actor_id)

    huey = app.extensions[HUEY_EXTENSION]
    app.extensions[NOTING_EXTENSION] = huey.task(name="note_in_audit")(note_in_audit)
