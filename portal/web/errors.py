"""Error pages that help: what happened, what is safe, what to do next."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from flask import Flask, current_app, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from portal.db.session import current_session
from portal.web.request_ids import request_id, route_words

_RESEND_LIMIT = 200_000
_NEVER_RESENT = ("password", "csrf_token", "code", "token")


@dataclass(frozen=True, slots=True)
class ErrorText:
    """The words of one error page."""

    title: str
    paragraphs: tuple[str, ...]


TEXTS = {
    400: ErrorText(
        "The request could not be read",
        ("Something in the address or the form was not as expected. Nothing was changed.",),
    ),
    403: ErrorText(
        "You cannot open this page",
        (
            "Your account does not have access to it.",
            "If you followed a link from a colleague, ask them to add you to their employer first.",
            "If you work for a provider or the LEP, check that you signed in with a second step.",
        ),
    ),
    404: ErrorText(
        "Page not found",
        (
            "If you typed the address, check it is right.",
            "If you pasted the address, check you copied all of it.",
            "If a link in the portal brought you here, the page may have moved or gone.",
        ),
    ),
    405: ErrorText(
        "That address takes no such request",
        ("Go back and use the buttons on the page. Nothing was changed.",),
    ),
    413: ErrorText(
        "That file is too large",
        (
            "Choose a smaller file and try again.",
            "Nothing was changed, and what you saved before is safe.",
        ),
    ),
    419: ErrorText(
        "This form has expired",
        (
            "You may have signed out in another tab, or left the page open for a long time.",
            "Nothing was saved from this form yet.",
        ),
    ),
    429: ErrorText(
        "Too many tries",
        (
            "To keep accounts safe we limit how often this can be tried.",
            "Wait 15 minutes and try again. What you saved before is safe.",
        ),
    ),
    500: ErrorText(
        "Sorry, there is a problem with the portal",
        (
            "Your last change may not have been saved; everything before it is safe.",
            "Try again in a few minutes. The people who run the portal can see that it happened.",
        ),
    ),
    503: ErrorText(
        "The portal is busy",
        ("Your last change was not saved. Wait a moment and try again.",),
    ),
}


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(("text/html", "application/json"))
    return best == "application/json" or request.headers.get("X-Autosave") == "1"


def error_page(status: int, **context: object) -> ResponseReturnValue:
    """The page for a status, or JSON for a script."""
    text = TEXTS.get(status, TEXTS[400])
    if _wants_json():
        return jsonify(
            error=text.title, message=" ".join(text.paragraphs), request=request_id()
        ), status
    return make_response(
        render_template(
            "errors/error.html", status=status, text=text, request_id=request_id(), **context
        ),
        status,
    )


def _same_site() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site == "same-origin"
    return (request.headers.get("Origin") or "").rstrip("/") == request.host_url.rstrip("/")


def expired_form() -> ResponseReturnValue:
    """The page for a form whose token or sign-in has ended, with what was typed in it."""
    # What was typed is offered again with a fresh token, so an expired form loses nothing; only
    # for a form from our own pages, never for one another site tried to send.
    typed: list[tuple[str, str]] = []
    if _same_site() and (request.content_length or 0) <= _RESEND_LIMIT and not request.files:
        typed = [
            (name, value)
            for name, value in request.form.items(multi=True)
            if not any(word in name.lower() for word in _NEVER_RESENT)
        ]
    return error_page(419, typed=typed, action=request.full_path.rstrip("?"))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, SecurityError):
        # Asked under a name that is not ours: no link on a page could be made for it.
        plain = make_response("The portal does not answer to that name.\n", error.code)
        plain.mimetype = "text/plain"
        return plain
    if error.code is None or error.response is not None or error.code < 400:  # noqa: PLR2004
        return error.get_response()
    return error_page(error.code)


def _server_error(error: InternalServerError) -> ResponseReturnValue:
    current_app.logger.error(
        "Unhandled error on %s", route_words(), exc_info=error.original_exception or error
    )
    session = current_session()
    if session.in_transaction():
        session.rollback()
    return error_page(500)


def _refused_write(error: Exception) -> ResponseReturnValue:
    # Two people did the same in the same moment, or the database did not answer in time: the
    # transaction left nothing behind, and trying again shows what is true now.
    current_app.logger.warning("The database refused %s", route_words(), exc_info=error)
    session = current_session()
    if session.in_transaction():
        session.rollback()
    return error_page(503)


def _said_once(_exc_info: object) -> None:
    """Flask would log the address; the page for a fault logs the route and the same traceback."""


def init_errors(app: Flask) -> None:
    """Install the error pages."""
    app.log_exception = _said_once  # type: ignore[method-assign, assignment]
    app.register_error_handler(CSRFError, lambda _error: expired_form())
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(IntegrityError, _refused_write)
    app.register_error_handler(OperationalError, _refused_write)
    # BEGIN goes straight to the driver, so a database locked for too long says so in its words.
    app.register_error_handler(sqlite3.OperationalError, _refused_write)
    app.register_error_handler(500, _server_error)
