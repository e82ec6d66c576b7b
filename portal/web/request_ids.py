"""One name for each request: in its answer, in every log line about it, on its error page.

A proxy in front may give the name (``X-Request-ID``); what does not look like one is replaced. One
line is logged for each request: which route, what came of it, how long it took. It holds no
address, no query string and nobody's name.
"""

from __future__ import annotations

import logging
import re
import time
from typing import Final

import structlog
from flask import Flask, Response, g, has_request_context, request

from portal.kernel.ids import new_reference

HEADER: Final = "X-Request-ID"
_GIVEN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_QUIET: Final = frozenset({"static", "watching.healthz", "watching.readyz", "watching.metrics"})
_log = logging.getLogger("portal.requests")


def request_id() -> str:
    """The name of this request; empty outside of one."""
    return str(g.get("request_id", "")) if has_request_context() else ""


def route_words() -> str:
    """Which route was asked, as the table of routes has it: no reference, no token."""
    return request.url_rule.rule if request.url_rule is not None else "an unknown address"


def _begin() -> None:
    given = request.headers.get(HEADER, "")
    g.request_id = given if _GIVEN.fullmatch(given) else f"{new_reference()}{new_reference()}"
    g.request_began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    if "request_id" not in g:
        return response
    response.headers[HEADER] = g.request_id
    if request.endpoint not in _QUIET:
        took = (time.perf_counter() - g.request_began) * 1000
        _log.info(
            "%s %s",
            request.method if request.method.isalpha() else "?",
            route_words(),
            extra={"status": response.status_code, "milliseconds": round(took, 1)},
        )
    return response


def _forget(_error: BaseException | None) -> None:
    structlog.contextvars.clear_contextvars()


def init_request_ids(app: Flask) -> None:
    """Name requests before anything else looks at them."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_forget)
