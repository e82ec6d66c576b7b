"""Who sits at a page of the forum, loaded once for each request."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from portal.kernel.result import Err, Ok, Problem
from portal.network.access import moderators, staff
from portal.network.queries.forum_standing import Standing, standing
from portal.network.rules.forum_words import Rank
from portal.web.access import current_actor
from portal.web.asked import asked_number

_SIZE_PAGE = 10_000


def rank() -> Rank:
    """As what the person is signed in."""
    actor = current_actor()
    if moderators(actor, {}):
        return "moderator"
    return "staff" if staff(actor, {}) else "member"


def seat() -> Standing:
    """The person looking, who may read the forum; anybody else is told how to get in."""
    if "forum_seat" not in g:
        actor = current_actor()
        found = None if actor.user_id is None else standing(actor.user_id, rank())
        if found is None:
            abort(403)
        g.forum_seat = found
    who: Standing = g.forum_seat
    if not who.may_read:
        page = render_template(
            "network/forum/closed.html", employers=list(current_actor().employers)
        )
        raise _Closed(response=current_app.make_response((page, 403)))
    return who


class _Closed(HTTPException):
    """The forum is not open to this person."""

    code = 403


def page_number() -> int:
    """The page asked for, from 1."""
    return min(max(1, asked_number("page", 1)), _SIZE_PAGE)


def around(endpoint: str, *, page: int, more: bool, **values: Any) -> dict[str, str | None]:
    """Addresses of the page before and after."""
    return {
        "earlier": url_for(endpoint, page=page - 1, **values) if page > 1 else None,
        "later": url_for(endpoint, page=page + 1, **values) if more else None,
    }


def back(done: Ok[Any] | Err, said: str, endpoint: str, **values: Any) -> ResponseReturnValue:
    """Say what became of a press of a button, and lead on."""
    if isinstance(done, Err):
        _say(done.problem)
    else:
        flash(said, "success")
    return redirect(url_for(endpoint, **values))


def _say(problem: Problem) -> None:
    if problem.code in {"no_post", "no_thread", "not_a_member"}:
        abort(404)
    if problem.code == "not_asker":
        # No page offers it to anybody else.
        abort(403)
    flash(problem.message, "error")
