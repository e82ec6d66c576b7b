"""For whoever watches the portal: whether it lives, whether it can serve, and what it counts.

``/healthz`` asks nothing of anybody: the process answers. ``/readyz`` tries all that a page may
need. It says which part fails and never why: that stands in the log.
"""

from __future__ import annotations

import hmac
import logging
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from config import ROOT
from portal.db import outbox
from portal.db.programmes import for_each_programme
from portal.db.session import current_database, current_session
from portal.integrations.jobs import HUEY_EXTENSION
from portal.integrations.storage import LocalStorage, whole_storage
from portal.web.access import public, register_routes
from portal.web.metrics import exposition

READINESS_EXTENSION: Final = "portal_readiness"
_PROBE: Final = "readiness/probe"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
_FORWARDED: Final = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")
_log = logging.getLogger(__name__)
blueprint = Blueprint("watching", __name__)

ROUTES = {"watching.healthz": public, "watching.readyz": public, "watching.metrics": public}


class NotReady(RuntimeError):
    """Something that pages need is not as it should be."""


def register_readiness(app: Flask, name: str, check: Callable[[], None]) -> None:
    """Have ``/readyz`` try something more; ``check`` raises when it is not as it should be."""
    checks: dict[str, Callable[[], None]] = app.extensions.setdefault(READINESS_EXTENSION, {})
    if name in checks:
        raise RuntimeError(f"Two readiness checks called {name}")
    checks[name] = check


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return Response("alive\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Whether pages can be served: 503 and the names of what fails otherwise."""
    checks: dict[str, Callable[[], None]] = current_app.extensions[READINESS_EXTENSION]
    states = {}
    for name, check in checks.items():
        try:
            for_each_programme(check)
        except Exception:  # noqa: BLE001 - whatever fails, it is not ready
            _log.exception("Not ready: %s", name)
            states[name] = "failed"
        else:
            states[name] = "ok"
    ready = "failed" not in states.values()
    return jsonify(ready=ready, checks=states, given_up=_given_up()), 200 if ready else 503


def _given_up() -> int | None:
    """How many jobs were given up: somebody must look, but pages are served; None: unknown."""
    try:
        return outbox.backlog().given_up
    except Exception:  # noqa: BLE001 - the database was tried above, and its fault is in the log
        return None


@blueprint.get("/metrics")
def metrics() -> Response:
    """Counts for Prometheus, to who has the token; without one, to this machine alone."""
    if not _may_measure():
        abort(404)
    body, media_type = exposition()
    return Response(body, content_type=media_type)


def _may_measure() -> bool:
    settings = current_app.config["SETTINGS"]
    if settings.metrics_token is not None:
        wanted = settings.metrics_token.get_secret_value()
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())
    # Behind a proxy on this machine everybody comes from here, so production wants the token.
    if settings.is_production or any(name in request.headers for name in _FORWARDED):
        return False
    return request.remote_addr in _LOOPBACK


def _database() -> None:
    current_session().execute(text("SELECT 1"))


@cache
def _earlier_migrations() -> frozenset[str | None]:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    known = {one.revision for one in scripts.walk_revisions()}
    return frozenset({None, *known} - {scripts.get_current_head()})


def _migrations() -> None:
    found = current_session().scalar(text("SELECT version_num FROM alembic_version"))
    # A later one than we know: the next version is being put in place, and we serve until it is.
    if found in _earlier_migrations():
        raise NotReady(f"The database is at {found}: run flask db upgrade")


def _storage() -> None:
    kept = whole_storage()
    if isinstance(kept, LocalStorage):
        kept.check()
    else:
        kept.exists(_PROBE)


def _queue() -> None:
    current_app.extensions[HUEY_EXTENSION].pending_count()


def _disk() -> None:
    reserve = current_app.config["SETTINGS"].disk_reserve_bytes
    folders = []
    database = current_database()
    if database.is_sqlite and database.engine.url.database:
        folders.append(Path(database.engine.url.database).parent)
    kept = whole_storage()
    if isinstance(kept, LocalStorage):
        folders.append(kept.folder)
    for folder in folders:
        free = shutil.disk_usage(folder).free
        if free < reserve:
            raise NotReady(f"{free} bytes are free where files are kept, {reserve} are wanted")


def init_health(app: Flask) -> None:
    """Install the addresses and what the portal itself needs."""
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    for name, check in (
        *(("database", _database), ("migrations", _migrations), ("storage", _storage)),
        *(("queue", _queue), ("disk", _disk)),
    ):
        register_readiness(app, name, check)
