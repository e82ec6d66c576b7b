"""The list of tools, and what the pages of all tools share: the result, keeping it, the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import abort, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeSerializer
from markupsafe import Markup

from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.kernel.result import Err, Problem
from portal.toolkit.access import may_keep, may_read_kept
from portal.toolkit.queries import tools as queries
from portal.toolkit.rules.tools import BY_KEY, CATALOGUE, STATES, Outcome, ToolFacts
from portal.toolkit.service import tools as service
from portal.toolkit.views import blueprint
from portal.web.access import current_actor, current_author
from portal.web.forms import Form
from portal.web.security import limiter

# What a visitor typed stays in their own browser while they sign in; a cookie holds 4 KB.
_TYPED: Final = "tool_typed"
_MOST_IN_COOKIE: Final = 2500
COLOURS: Final = {"good": "green", "watch": "yellow", "bad": "red", "note": "grey"}


@blueprint.get("/tools")
def tools() -> str:
    """The tools that are there, for anybody."""
    employer = _employer_asked()
    return render_template(
        "toolkit/tools/list.html",
        tools=[(tool, address_of(tool, employer)) for tool in available()],
        employer=employer,
        mine=_employers(),
    )


def available() -> list[ToolFacts]:
    """The tools whose pages exist."""
    pages = current_app.view_functions
    return [tool for tool in CATALOGUE if f"toolkit.{tool.endpoint}" in pages]


def address_of(tool: ToolFacts, employer: str = "") -> str:
    """Where a tool is; an adviser's way to it carries the employer it is for."""
    return url_for(f"toolkit.{tool.endpoint}", employer=employer or None)


# --- Every tool's page ---------------------------------------------------------------------------


def refilled(tool: str) -> dict[str, Any]:
    """What to fill a tool's form with: typed before signing in, or in a kept result."""
    employer, reference = request.args.get("employer", ""), request.args.get("kept", "")
    if reference and may_read_kept(current_actor(), employer):
        found = queries.kept(employer, reference)
        return dict(found.inputs) if found is not None and found.tool == tool else {}
    if request.args.get("again") and _TYPED in session:
        try:
            name, typed = _typed_signer().loads(str(session[_TYPED]))
        except (BadData, ValueError):
            return {}
        return dict(typed) if name == tool else {}
    return {}


def tool_page(
    tool: str,
    form: Form,
    *,
    inputs: Mapping[str, Any] | None = None,
    outcome: Outcome | None = None,
    **more: Any,
) -> str:
    """A tool's page: its form, and above it the result when there is one."""
    facts = BY_KEY[tool]
    if outcome is not None:
        more |= _result(service.sign(inputs or {}, outcome))
    return render_template(
        f"toolkit/tools/{tool.replace('-', '_')}.html",
        tool=facts,
        form=form,
        outcome=outcome,
        filled=bool(request.args.get("again") or request.args.get("kept")),
        **more,
    )


def _result(payload: str) -> dict[str, Any]:
    return {
        "payload": payload,
        "choices": _employers(),
        "chosen": _employer_asked(),
        "colours": COLOURS,
        "states": STATES,
    }


def _employer_asked() -> str:
    """The employer in the address, where the person may keep results for it."""
    employer = request.values.get("employer", "")
    return employer if employer and may_keep(current_actor(), employer) else ""


def _employers() -> list[tuple[str, str]]:
    """Employers for which the person can keep results: reference and name."""
    actor = current_actor()
    if actor.user_id is None:
        return []
    asked = _employer_asked()
    found = [
        (row.reference, row.trading_name or row.name)
        for row in (employers.employer_rows_of(actor.user_id) if actor.employers else ())
    ]
    if asked and asked not in dict(found):
        profile = employers.employer_profile(asked)
        if profile is not None:
            found.append((profile.reference, profile.display_name))
    return found


# --- Keeping -------------------------------------------------------------------------------------


@blueprint.post("/tools/keep")
@limiter.limit("60/minute")
def tool_keep() -> ResponseReturnValue:
    """Keep a result on an employer's record; a visitor is led to signing in first."""
    pressed = service.read_signed(request.form.get("payload", ""))
    if pressed is None:
        return _too_old()
    if not current_actor().is_authenticated:
        return _sign_in_first(pressed)
    employer = _employer_asked()
    if not employer:
        return _pressed_again(pressed, service.NO_EMPLOYER)
    with unit_of_work():
        done = service.keep(employer=employer, pressed=pressed, by=current_author())
    if isinstance(done, Err):
        return _pressed_again(pressed, done.problem)
    words = "The record has this result already" if done.value.was_there else "The result is kept"
    flash(words, "info" if done.value.was_there else "success")
    return redirect(
        url_for("toolkit.kept_result", employer=employer, reference=done.value.reference)
    )


@blueprint.post("/tools/plan")
@limiter.limit("60/minute")
def tool_plan() -> ResponseReturnValue:
    """Put a suggestion into the action plan: of a kept result, or of one that is kept with it."""
    employer, suggestion = _employer_asked(), request.form.get("suggestion", "")
    reference = request.form.get("kept", "")
    if reference:
        if not employer:
            abort(403)
        with unit_of_work():
            done = service.add_to_plan(
                employer=employer, reference=reference, suggestion=suggestion, by=current_author()
            )
        if isinstance(done, Err):
            _flash_problem(employer, done.problem)
        else:
            _flash_planned(employer, done.value.action)
        return redirect(url_for("toolkit.kept_result", employer=employer, reference=reference))
    pressed = service.read_signed(request.form.get("payload", ""))
    if pressed is None:
        return _too_old()
    if not employer:
        return _pressed_again(pressed, service.NO_EMPLOYER)
    with unit_of_work():
        made = service.keep_and_plan(
            employer=employer, pressed=pressed, suggestion=suggestion, by=current_author()
        )
    if isinstance(made, Err):
        return _pressed_again(pressed, made.problem, employer)
    _flash_planned(employer, made.value.action)
    return redirect(url_for("toolkit.kept_result", employer=employer, reference=made.value.result))


def _flash_planned(employer: str, action: str) -> None:
    flash(
        Markup(
            'Added to the action plan. <a class="govuk-notification-banner__link" href="{}">'
            "Say who does it and by when</a>."
        ).format(url_for("action_plans.edit_action", employer=employer, action=action)),
        "success",
    )


def _flash_problem(employer: str, problem: Problem) -> None:
    flash(_with_way_on(employer, problem), "error")


def _with_way_on(employer: str, problem: Problem) -> Markup:
    """What was refused, and where to go with it."""
    if problem.code == "no_plan":
        href = url_for("action_plans.overview", employer=employer)
    elif problem.code == "in_plan" and problem.field:
        href = url_for("action_plans.action", employer=employer, action=problem.field)
    else:
        return Markup("{}.").format(problem.message)
    return Markup('{}. <a class="govuk-link" href="{}">See the action plan</a>.').format(
        problem.message, href
    )


def _pressed_again(pressed: service.Pressed, problem: Problem, employer: str = "") -> str:
    """The result once more, with what is wrong."""
    return render_template(
        "toolkit/tools/pressed.html",
        tool=BY_KEY[pressed.outcome.tool],
        problem=_with_way_on(employer, problem),
        page_has_errors=True,
        outcome=pressed.outcome,
        **_result(request.form.get("payload", "")),
    )


def _too_old() -> ResponseReturnValue:
    flash("That page was too old to keep its result. Work it out again, then keep it.", "error")
    return redirect(url_for("toolkit.tools"))


def _sign_in_first(pressed: service.Pressed) -> ResponseReturnValue:
    """Leave what was typed in the visitor's own browser, and come back to it after signing in."""
    tool = BY_KEY[pressed.outcome.tool]
    typed = _typed_signer().dumps([tool.key, dict(pressed.inputs)])
    fits = len(typed) <= _MOST_IN_COOKIE
    if fits:
        session[_TYPED] = typed
        flash("Sign in or register. What you typed waits in this browser, nowhere else.", "info")
    else:
        flash("Sign in or register, then put your text in again: it is stored nowhere.", "info")
    target = url_for(f"toolkit.{tool.endpoint}", again="1" if fits else None)
    return redirect(url_for("security.login", next=target))


def _typed_signer() -> URLSafeSerializer:
    # The cookie around it is signed; this one only packs it small.
    return URLSafeSerializer(str(current_app.secret_key), salt="toolkit.typed")
