"""Error pages that help: what happened, what is safe, what to do next."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from flask import Flask, current_app, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from portal.db.session import current_session
from portal.db.trouble import holds_nul, passes
from portal.integrations.storage import StorageAway
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
_SAFE = "What you saved before is safe."
_AWAY = "The portal cannot reach its records just now"
# What did not answer, as it looks to who asked for a page, sent a form, or sent one whose fate
# nobody knows: the line broke off after the database was asked to keep it.
NO_ANSWER = {
    "read": ErrorText(_AWAY, (f"{_SAFE} Wait a moment and load the page again.",)),
    "write": ErrorText(
        _AWAY, (f"Your last change was not saved. {_SAFE}", "Wait a moment and try again.")
    ),
    "unknown": ErrorText(
        _AWAY,
        (
            f"Your last change may not have been saved. {_SAFE}",
            "Wait a moment, then look whether it is there before you send it again.",
        ),
    ),
    "files": ErrorText(
        "Stored files cannot be reached just now",
        (
            "Nothing is known to be wrong with the file, and nothing was changed.",
            "Everything that needs no file works as before. Try again in a few minutes.",
        ),
    ),
}
# While MAINTENANCE is set.
READ_ONLY_TEXT = ErrorText(
    "The portal is read-only for a while",
    (
        (
            "It is being looked after: you can read what is there, but nothing can be saved or "
            "sent, and nobody can sign in or out."
        ),
        f"Your last change was not saved. {_SAFE} Try again later.",
    ),
)
_RETRY_AFTER = "30"


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(("text/html", "application/json"))
    return best == "application/json" or request.headers.get("X-Autosave") == "1"


def error_page(
    status: int, *, text: ErrorText | None = None, **context: object
) -> ResponseReturnValue:
    """The page for a status, in its usual words or in those given, or JSON for a script."""
    text = text or TEXTS.get(status, TEXTS[400])
    if _wants_json():
        answer = jsonify(error=text.title, message=" ".join(text.paragraphs), request=request_id())
        answer.status_code = status
    else:
        known = {"status": status, "text": text, "request_id": request_id(), **context}
        answer = make_response(_rendered(known), status)
    if status == 503:  # noqa: PLR2004
        answer.headers["Retry-After"] = _RETRY_AFTER
    return answer


def _rendered(known: dict[str, object]) -> str:
    try:
        return render_template("errors/error.html", **known)
    except (OperationalError, InterfaceError, sqlite3.OperationalError):
        # Who is signed in cannot be asked either, and counts as a visitor from the first try on.
        _roll_back()
        return render_template("errors/error.html", **known)


def _roll_back() -> None:
    session = current_session()
    if session.in_transaction():
        session.rollback()


def _same_site() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site == "same-origin"
    return (request.headers.get("Origin") or "").rstrip("/") == request.host_url.rstrip("/")


def expired_form() -> ResponseReturnValue:
    """The page for a form whose token or sign-in has ended, with what was typed in it."""
    return error_page(419, typed=_typed(), action=request.full_path.rstrip("?"))


def read_only_page() -> ResponseReturnValue:
    """The page for what would write while the portal is read-only, with what was typed in it."""
    _roll_back()
    typed = _typed() if request.method == "POST" else []
    return error_page(503, text=READ_ONLY_TEXT, typed=typed, action=request.full_path.rstrip("?"))


def _typed() -> list[tuple[str, str]]:
    """What was typed, to be offered again with a fresh token, so that a failure loses nothing.

    Only for a form from our own pages, never for one another site tried to send; secrets never.
    """
    if not _same_site() or (request.content_length or 0) > _RESEND_LIMIT or request.files:
        return []
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if not any(word in name.lower() for word in _NEVER_RESENT)
    ]


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
    _roll_back()
    return error_page(500)


def _refused_write(error: Exception) -> ResponseReturnValue:
    # Two people did the same in the same moment: the transaction left nothing behind, and trying
    # again shows what is true now.
    current_app.logger.warning("The database refused %s", route_words(), exc_info=error)
    _roll_back()
    return error_page(503)


def _no_answer(error: Exception) -> ResponseReturnValue:
    """The database is gone, full, or held by somebody else for too long."""
    current_app.logger.warning("The database did not answer %s", route_words(), exc_info=error)
    _roll_back()
    if request.method in {"GET", "HEAD"}:
        return error_page(503, text=NO_ANSWER["read"])
    if getattr(error, "connection_invalidated", False):
        return error_page(503, text=NO_ANSWER["unknown"])
    return error_page(
        503, text=NO_ANSWER["write"], typed=_typed(), action=request.full_path.rstrip("?")
    )


def _database_fault(error: Exception) -> ResponseReturnValue:
    """What passes is said; a mistake of ours, such as a table that is not there, is a fault."""
    if passes(error):
        return _no_answer(error)
    raise error


def _unkept_text(error: DataError) -> ResponseReturnValue:
    """What was sent holds a character that no text of a person holds."""
    if not holds_nul(error):
        raise error
    _roll_back()
    return error_page(400)


def _no_files(error: StorageAway) -> ResponseReturnValue:
    current_app.logger.warning("Storage did not answer %s", route_words(), exc_info=error)
    _roll_back()
    return error_page(503, text=NO_ANSWER["files"])


def _said_once(_exc_info: object) -> None:
    """Flask would log the address; the page for a fault logs the route and the same traceback."""


def init_errors(app: Flask) -> None:
    """Install the error pages."""
    app.log_exception = _said_once  # type: ignore[method-assign, assignment]
    app.register_error_handler(CSRFError, lambda _error: expired_form())
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(IntegrityError, _refused_write)
    # Every connection of the process is in use.
    app.register_error_handler(NoConnection, _no_answer)
    for kind in (OperationalError, InterfaceError, InternalError):
        app.register_error_handler(kind, _database_fault)
    # BEGIN goes straight to the driver, so a database locked for too long says so in its words.
    app.register_error_handler(sqlite3.OperationalError, _database_fault)
    app.register_error_handler(DataError, _unkept_text)
    app.register_error_handler(StorageAway, _no_files)
    app.register_error_handler(500, _server_error)
