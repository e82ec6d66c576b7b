"""Which programme a request is for: the host it names says so, where there are several.

Nothing of a request is looked at before that. A host that is no programme's gets a page that says
so, whatever was asked, so that there is nothing to be found by guessing.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final

from flask import Flask, Response, g, request

from portal.db.programmes import are_several, programme_at, within

# What watches the installation as a whole asks every programme in turn, or none.
_FOR_ALL: Final = frozenset({"watching.healthz", "watching.readyz", "watching.metrics"})
_NOBODY_HERE: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>No programme here</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main>'
    "<h1>No programme has this address</h1><p>Check the address in the message or on the poster "
    "that brought you here, or ask your Local Enterprise Partnership for it.</p></main></body>"
    "</html>\n"
)
_ENTERED: Final = "portal_programme_entered"


def _enter() -> Response | None:
    if request.endpoint in _FOR_ALL:
        return None
    programme = programme_at(request.host)
    if programme is None and request.endpoint == "static":
        return None
    if programme is None:
        return Response(_NOBODY_HERE, status=404, mimetype="text/html")
    entered = within(programme)
    entered.__enter__()
    setattr(g, _ENTERED, entered)
    return None


def _leave(_error: BaseException | None) -> None:
    entered: AbstractContextManager[None] | None = g.pop(_ENTERED, None)
    if entered is not None:
        entered.__exit__(None, None, None)


def init_programmes_by_host(app: Flask) -> None:
    """Before anything else, go where the request's host says."""
    with app.app_context():
        if not are_several():
            return
    app.before_request_funcs.setdefault(None, []).insert(0, _enter)
    app.teardown_request(_leave)
