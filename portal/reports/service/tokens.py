"""Tokens by which other programs read reports: made, shown once, used, revoked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from portal.db import audit, current_session
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_reference, new_token, token_hash
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.reports.models import ReportToken
from portal.reports.queries import tokens as found
from portal.reports.queries.tokens import Token
from portal.reports.rules.scope import View
from portal.reports.rules.tokens import LONGEST, PREFIX

SCOPES: Final[Mapping[str, View]] = {"full": View.FULL, "statistics": View.STATISTICS}
_NOTED: Final = timedelta(hours=1)
NO_TOKEN = Problem("no_token", "There is no such token")
BAD_DAY = Problem("bad_day", "The last day is today at the earliest and in a year at the latest")


def make(*, name: str, scope: str, expires_on: date, by: Author) -> Ok[tuple[str, str]] | Err:
    """A new token's reference and the token itself, which is not to be had again.

    Raises:
        KeyError: for a scope that there is not.
    """
    view = SCOPES[scope]
    if not today() <= expires_on <= today() + LONGEST:
        return Err(BAD_DAY)
    secret = PREFIX + new_token()
    row = ReportToken(
        reference=new_reference(),
        name=name,
        scope=scope,
        token_hash=token_hash(secret),
        ends=secret[-4:],
        made_at=utc_now(),
        made_by=by.user_id,
        made_name=by.shown,
        expires_on=expires_on,
    )
    current_session().add(row)
    current_session().flush()
    detail = {"scope": view.value, "expires": expires_on.isoformat()}
    audit.record(action="report.token_made", subject=f"report_token:{row.reference}", detail=detail)
    return Ok((row.reference, secret))


def revoke(reference: str, *, by: Author) -> Ok[None] | Err:
    """Let a token open nothing more, from now on; doing it twice is the same."""
    row = found.to_change(reference)
    if row is None:
        return Err(NO_TOKEN)
    if row.revoked_at is None:
        row.revoked_at, row.revoked_name = utc_now(), by.shown
        audit.record(action="report.token_revoked", subject=f"report_token:{reference}")
    return Ok(None)


def holder(secret: str) -> Token | None:
    """The token that a program shows, if it opens anything today."""
    if not secret.startswith(PREFIX):
        return None
    token = found.by_hash(token_hash(secret))
    return token if token is not None and token.state(today()) == "active" else None


def is_to_be_noted(token: Token) -> bool:
    """Whether the use of a token is to be noted: once an hour is enough where nothing is read."""
    return token.used_at is None or utc_now() - token.used_at >= _NOTED


def note_use(token: Token, *, given: tuple[str, Mapping[str, Any]] | None) -> None:
    """Note that a token was used, and which report it was given, if any. Inside a unit of work."""
    row = found.to_change(token.reference)
    if row is not None:
        row.used_at = utc_now()
    if given is not None:
        report, detail = given
        audit.record(
            action="report.read_by_program",
            subject=f"report:{report}",
            detail={**detail, "token": token.reference},
        )
