"""Which person a cookie stands for: the session row behind it, and what follows from signing in.

The cookie holds a random token; the database holds its hash, so a session can be listed and ended
from elsewhere, and a stolen copy of the database signs nobody in. A page costs one statement.
``last_seen_at`` moves on form posts only: no GET writes, and five minutes is close enough. When a
page was last asked for stands in the cookie, which is signed; an old copy of it grows idle too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, current_app, g, has_request_context, request, session
from sqlalchemy import update

from portal.accounts import queries, rules
from portal.accounts.models import User, UserSession
from portal.db import current_session, linked, unit_of_work
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_token, token_hash
from portal.web.access import Actor, current_actor, forget_actor

_log = logging.getLogger(__name__)
TOKEN_KEY = "account_session"  # noqa: S105 - the cookie's key, not a secret
ASKED_KEY = "account_asked"
HOOKS_EXTENSION = "portal_signed_in_hooks"
_LOADED = "account_sign_in"
_JUST_SIGNED_IN = "account_just_signed_in"
_SECOND_STEP = "account_second_step_done"
_ARRIVAL = "account_arrival"
_CSRF_KEY = "csrf_token"
SignedInHook = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who came over from a linked account: what the session here hangs on, and until when.

    It never lasts longer than the one it came from, and is as strong as both say.
    """

    crossing: str
    ends_at: datetime
    strong: bool


def on_signed_in(app: Flask, hook: SignedInHook) -> None:
    """Call ``hook(user_id)`` in the request in which somebody signs in, after it is committed.

    The hook opens its own ``unit_of_work``. What else the browser's session held is still there.
    A hook that fails is logged and never stops anybody signing in.
    """
    hooks: list[SignedInHook] = app.extensions.setdefault(HOOKS_EXTENSION, [])
    hooks.append(hook)


def just_signed_in() -> int | None:
    """Who has signed in during this request, if anybody has."""
    user_id: int | None = g.get(_JUST_SIGNED_IN)
    return user_id


def run_signed_in_hooks() -> None:
    """Tell the other features who has just signed in, if anybody has."""
    user_id = g.pop(_JUST_SIGNED_IN, None)
    if user_id is None:
        return
    hooks: list[SignedInHook] = current_app.extensions.get(HOOKS_EXTENSION, [])
    for hook in hooks:
        try:
            hook(user_id)
        except Exception:  # noqa: BLE001
            _log.exception("A hook failed after user %s signed in", user_id)
            database_session = current_session()
            if database_session.in_transaction():
                database_session.rollback()


def current_sign_in() -> queries.SignedIn | None:
    """The person and session of this request's cookie, loaded once a request."""
    if not has_request_context():
        return None
    if _LOADED not in g:
        token, uniquifier = session.get(TOKEN_KEY), session.get("_user_id")
        known = None
        if isinstance(token, str) and isinstance(uniquifier, str):
            known = _with_crossing(
                queries.signed_in(uniquifier=uniquifier, token_hash=token_hash(token))
            )
            known = None if known is not None and _is_idle(known) else known
        setattr(g, _LOADED, known)
    loaded: queries.SignedIn | None = getattr(g, _LOADED)
    return loaded


def _with_crossing(known: queries.SignedIn | None) -> queries.SignedIn | None:
    """The session of somebody who came over counts while the link and the first one stand."""
    if known is None or known.crossing is None:
        return known
    over = linked.crossing(known.crossing)
    return None if over is None else replace(known, over=over)


def _is_idle(known: queries.SignedIn) -> bool:
    return utc_now() - _last_asked(known) >= idle_length(known)


def idle_length(known: queries.SignedIn) -> timedelta:
    """How long a session lasts while nothing is asked for: no longer than the one it came from."""
    own = rules.idle_length(known.roles)
    return own if known.over is None else min(own, known.over.idle)


def _last_asked(known: queries.SignedIn) -> datetime:
    stamp = session.get(ASKED_KEY)
    if not isinstance(stamp, int):
        return known.last_seen_at
    return max(known.last_seen_at, datetime.fromtimestamp(stamp, UTC))


def note_asked(response: Response) -> Response:
    """Renew the time in the cookie from which being idle is counted, every five minutes.

    Only what a person does counts: a page opened or a form sent, never what a script asks for by
    itself. What others may keep a copy of never carries a cookie.
    """
    known = g.get(_LOADED)
    by_hand = request.method == "POST" or (
        request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
        and "X-Poll" not in request.headers
    )
    if known is None or not by_hand or response.cache_control.public:
        return response
    now = utc_now()
    if TOKEN_KEY in session and now - _last_asked(known) >= rules.SEEN_EVERY:
        session[ASKED_KEY] = int(now.timestamp())
    return response


def actor_part(actor: Actor) -> Actor:
    """What accounts know about whoever makes this request."""
    known = current_sign_in()
    if known is None:
        return actor
    return replace(
        actor,
        user_id=known.user_id,
        email=known.email,
        name=known.name,
        roles=known.roles,
        strong=known.strong,
    )


def forget() -> None:
    """Load the person afresh, after signing in or out within a request."""
    g.pop(_LOADED, None)
    forget_actor()


def note_second_step() -> None:
    """Say that a second step has just been proved in this request."""
    setattr(g, _SECOND_STEP, True)


def note_arrival(arrival: Arrival) -> None:
    """Say that whoever signs in during this request came over from another programme."""
    setattr(g, _ARRIVAL, arrival)


def start(user: User, *, strong: bool, arrival: Arrival | None = None) -> UserSession:
    """Begin a session for the person in this browser, inside the unit of work.

    The token and the form token are new, so nothing an attacker planted before signing in is worth
    anything after it. Other keys of the browser's session stay.
    """
    end_current()
    token = new_token()
    now = utc_now()
    roles = user.role_names
    ends_at = now + rules.session_length(roles)
    if arrival is not None:
        ends_at = rules.crossing_end(now, roles, arrival.ends_at)
    row = UserSession(
        user_id=user.id,
        token_hash=token_hash(token),
        created_at=now,
        last_seen_at=now,
        expires_at=ends_at,
        address=(request.remote_addr or "")[:45],
        browser=rules.browser_words(request.user_agent.string)[:80],
        strong=strong,
        crossing=None if arrival is None else arrival.crossing,
    )
    current_session().add(row)
    session[TOKEN_KEY] = token
    session[ASKED_KEY] = int(now.timestamp())
    session.pop(_CSRF_KEY, None)
    g.pop(_CSRF_KEY, None)
    forget()
    return row


def end_current() -> None:
    """End the session of this browser, if it has one."""
    token = session.pop(TOKEN_KEY, None)
    if isinstance(token, str):
        _end(UserSession.token_hash == token_hash(token))
    forget()


def end_one(*, user_id: int, session_id: int) -> bool:
    """End one of the person's sessions; False when there is no such open session."""
    return _end(UserSession.user_id == user_id, UserSession.id == session_id) > 0


def end_all(*, user_id: int) -> int:
    """End every session of the person; returns how many were open."""
    return _end(UserSession.user_id == user_id)


def _end(*conditions: Any) -> int:
    ended = list(
        current_session().scalars(
            update(UserSession)
            .where(UserSession.ended_at.is_(None), *conditions)
            .values(ended_at=utc_now())
            .returning(UserSession.token_hash)
            .execution_options(synchronize_session=False)
        )
    )
    linked.end_sessions(ended)
    return len(ended)


def make_strong(user_id: int) -> None:
    """Mark this browser's session as backed by a second step just proved."""
    known = current_sign_in()
    if known is not None and known.user_id == user_id:
        current_session().execute(
            update(UserSession)
            .where(UserSession.id == known.session_id)
            .values(strong=True)
            .execution_options(synchronize_session=False)
        )
        forget()


def on_authenticated(
    _app: Flask, *, user: User, authn_via: list[str] | None = None, **_extra: object
) -> None:
    """Begin our session when the sign-in library has signed somebody in."""
    before = current_actor()
    if authn_via == ["change"]:
        # A changed password ended every session, this one too; it goes on as strong as it was.
        start(user, strong=before.strong and before.user_id == user.id)
        return
    arrival: Arrival | None = g.pop(_ARRIVAL, None)
    strong = bool(g.get(_SECOND_STEP)) if arrival is None else arrival.strong
    start(user, strong=strong, arrival=arrival)
    setattr(g, _JUST_SIGNED_IN, user.id)


def note_seen() -> None:
    """Move ``last_seen_at`` on a form post, at most every five minutes."""
    if request.method != "POST":
        return
    known = current_sign_in()
    now = utc_now()
    if known is None or now - known.last_seen_at < rules.SEEN_EVERY:
        return
    with unit_of_work() as writing:
        writing.execute(
            update(UserSession)
            .where(UserSession.id == known.session_id)
            .values(last_seen_at=now)
            .execution_options(synchronize_session=False)
        )
