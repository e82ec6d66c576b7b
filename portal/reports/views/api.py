"""Reports for other programs: JSON, read only, by token.

Nothing here knows cookies: a browser that is signed in gets no more than a stranger. Every report
that is given out stands in the audit trail with the token it was given to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any, Final

from flask import Blueprint, Response, abort, g, request, url_for
from werkzeug.exceptions import HTTPException

from portal.db import unit_of_work
from portal.db.programmes import settings_here
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import token_hash
from portal.programme import queries as programme
from portal.reports.offers import is_backed
from portal.reports.queries.copies import Copy
from portal.reports.queries.tokens import Token
from portal.reports.rules.asking import (
    Choices,
    arguments,
    last_day,
    month_key,
    month_of,
    scope_of,
)
from portal.reports.rules.document import Report, fingerprint, to_text
from portal.reports.rules.openapi import MEDIA, PARAMETERS, PROBLEM, description
from portal.reports.rules.reading import period_words
from portal.reports.rules.scope import Scope, View
from portal.reports.service import tokens as service
from portal.reports.service.building import builder_of, builders
from portal.reports.service.reading import built, release_of, released, releases
from portal.web.access import Predicate, public
from portal.web.security import csrf, limiter

blueprint = Blueprint("reports_api", __name__, url_prefix="/api/v1")
# Who asks is judged by the token, before every view but the description's.
ROUTES: dict[str, Predicate] = {
    "reports_api.listing": public,
    "reports_api.report": public,
    "reports_api.openapi": public,
    "reports_api.nowhere": public,
}
_OPEN: Final = "reports_api.openapi"
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
csrf.exempt(blueprint)


def _secret() -> str:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _who() -> str:
    """Whose requests are counted together: a token's, or an address's."""
    return token_hash(_secret()) if _secret() else f"address:{request.remote_addr}"


_by_token = limiter.shared_limit("120/minute", scope="reports_api", key_func=_who)
# A program that guesses tokens changes them, but not where it asks from.
_by_address = limiter.shared_limit("600/minute", scope="reports_api_address")


@blueprint.before_request
def _open() -> None:
    if request.endpoint == _OPEN:
        return
    token = service.holder(_secret())
    if token is None:
        abort(401, "Send a token that is in force, as: Authorization: Bearer pttp_…")
    if not is_backed(token.scope, token.made_by):
        abort(401, "Who made this token may not read everything any more. Ask for a new token")
    g.report_token = token


def _token() -> Token:
    token: Token = g.report_token
    return token


def _view() -> View:
    return service.SCOPES[_token().scope]


@blueprint.get("/reports")
@_by_token
@_by_address
def listing() -> Response:
    """The reports that the token opens."""
    token, view = _token(), _view()
    if view is View.STATISTICS:
        found = [_release_line(one) for one in releases()]
    else:
        found = [_line(one.key, one.title, one.about) for one in builders() if view in one.views]
    return _json({"scope": token.scope, "reports": found})


def _line(key: str, title: str, about: str, **asked: Any) -> dict[str, str]:
    href = url_for("reports_api.report", key=key, **asked)
    return {"key": key, "title": title, "about": about, "href": href}


def _release_line(copy: Copy) -> dict[str, str]:
    asked = {"from": month_key(copy.first_on), "to": month_key(copy.last_on)}
    return _line(copy.report_key, copy.title, period_words(copy.first_on, copy.last_on), **asked)


@blueprint.get("/reports/<key>")
@_by_token
@_by_address
def report(key: str) -> Response:
    """One report, as it is now; of statistics, as they were released."""
    view = _view()
    asked = _asked()
    found, held = _release(key, asked) if view is View.STATISTICS else _live(key, asked)
    response = _json(json.loads(to_text(_without_ways(found))))
    response.set_etag(_tag(found), weak=True)
    response.make_conditional(request)
    g.report_given = (key, {**held, "view": view.value, "status": response.status_code})
    return response


@blueprint.after_request
def _note(response: Response) -> Response:
    """Note that the token was used, and in the audit trail which report it was given.

    A program only ever reads, so this is all that a GET leaves behind: what was given to whom.
    """
    token: Token | None = g.get("report_token")
    given: tuple[str, dict[str, Any]] | None = g.get("report_given")
    if token is not None and (given is not None or service.is_to_be_noted(token)):
        with unit_of_work():
            service.note_use(token, given=given)
    return response


def _asked() -> dict[str, str]:
    """What is asked, each thing once and by a name there is; 400 for anything else."""
    asked = {name: value for name, value in request.args.items() if value}
    unknown = sorted(asked.keys() - PARAMETERS.keys())
    if unknown or any(len(request.args.getlist(name)) > 1 for name in asked):
        abort(400, f"Each of these can be asked once: {', '.join(PARAMETERS)}")
    return asked


def _release(key: str, asked: Mapping[str, str]) -> tuple[Report, dict[str, str]]:
    if asked.keys() - {"from", "to"}:
        abort(400, "Statistics are not filtered")
    first, last = (_month(asked, name) for name in ("from", "to"))
    known = [one for one in releases() if one.report_key == key]
    copy = release_of(known, first, None if last is None else last_day(last))
    if copy is None:
        abort(404, "There are no statistics of this time, or not yet")
    held = {"from": month_key(copy.first_on), "to": month_key(copy.last_on)}
    return released(copy), {**held, "copy": copy.reference}


def _month(asked: Mapping[str, str], name: str) -> date | None:
    text = asked.get(name)
    found = None if text is None else month_of(text, today=today())
    if text is not None and (found is None or month_key(found) != text):
        abort(400, f"Not a month, or not here yet: {name}")
    return found


def _live(key: str, asked: Mapping[str, str]) -> tuple[Report, dict[str, str]]:
    builder = builder_of(key)
    if builder is None or View.FULL not in builder.views:
        abort(404, "There is no such report for this token")
    scope = _scope(asked)
    return built(builder, scope), arguments(scope)


def _without_ways(found: Report) -> Report:
    """A report without the ways to records, which lead to pages for people."""
    sections = tuple(
        replace(
            section,
            figures=tuple(replace(one, drill=None) for one in section.figures),
            tables=tuple(replace(one, drills=()) for one in section.tables),
        )
        for section in found.sections
    )
    return replace(found, sections=sections)


def _scope(asked: Mapping[str, str]) -> Scope:
    """What is asked; 400 for anything that cannot be, instead of an answer to something else."""
    settings = programme.settings()
    choices = Choices(
        sectors=dict(settings.sector_choices),
        sizes=dict(settings.tier_choices),
        districts=dict(settings.district_choices),
        providers={one.id for one in programme.organisations(kind="provider")},
    )
    scope = scope_of(asked, today=today(), view=View.FULL, choices=choices)
    held = arguments(scope)
    wrong = sorted(name for name, value in asked.items() if held.get(name) != value)
    if wrong:
        abort(400, f"Not known, or not here yet: {', '.join(wrong)}")
    return scope


def _tag(found: Report) -> str:
    """What tells one answer from another: not the moment at which it was worked out."""
    still = replace(found, as_at=utc_now().min.replace(tzinfo=found.as_at.tzinfo))
    return sha256(f"{fingerprint(still)} {_token().scope}".encode()).hexdigest()[:32]


@blueprint.get("/openapi.json")
@_by_address
def openapi() -> Response:
    """What can be asked here, and what comes back, for programs."""
    return _json(description(settings_here().public_url.rstrip("/")))


@blueprint.route("/<path:rest>", methods=_METHODS)
@blueprint.route("/reports", methods=_METHODS[1:])
@_by_address
def nowhere(rest: str = "reports") -> Response:
    """Anything else: an answer for a program, not a page."""
    if request.method != "GET":
        abort(405, "Reports are only read")
    return abort(404, f"There is nothing at {rest}")


@blueprint.errorhandler(HTTPException)
def _refused(error: HTTPException) -> Response:
    """Every refusal in one form (RFC 9457)."""
    code = error.code or 500
    body = {
        "type": "about:blank",
        "title": error.name,
        "status": code,
        "detail": str(error.description),
    }
    response = _json(body, PROBLEM)
    response.status_code = code
    if code == 401:  # noqa: PLR2004 - RFC 9110
        response.headers["WWW-Authenticate"] = 'Bearer realm="reports"'
    if code == 405:  # noqa: PLR2004
        response.headers["Allow"] = "GET, HEAD, OPTIONS"
    if code == 429:  # noqa: PLR2004
        response.headers["Retry-After"] = "60"
    return response


def _json(body: Any, kind: str = MEDIA) -> Response:
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    response = Response(f"{text}\n", content_type=f"{kind}; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-cache"
    return response
