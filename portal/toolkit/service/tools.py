"""Tools: how one is made, and what people do with its result.

A tool is four small things, and gets the rest from here:

1. **Rules**, ``portal/toolkit/rules/NAME.py``: a pure function from frozen inputs to an
   ``Outcome`` (``portal.toolkit.rules.tools``): a headline, figures that can be compared, parts
   with lines that say how they came about, what was given, and suggestions with goal and first
   step. No other document is needed: one template shows, prints and keeps all of them.
   ``outcome.faults`` must be empty; test that.
2. **A form**, ``portal/toolkit/forms/NAME.py``, whose ``inputs()`` returns a JSON-able dictionary
   with the form's own field names (pence and minutes as whole numbers), so that
   ``NAMEForm(data=inputs)`` fills the form again from a kept result.
3. **A view**, ``portal/toolkit/views/tool_NAME.py``, on ``/tools/NAME`` with GET and POST::

       @blueprint.route("/tools/cost", methods=["GET", "POST"])
       @limiter.limit("60/minute", methods=["POST"])
       def tool_cost() -> str:
           form = CostForm(data=refilled("cost"))
           if not form.validate_on_submit():
               return tool_page("cost", form)
           inputs = form.inputs()
           return tool_page("cost", form, inputs=inputs, outcome=work_out(inputs))

   What a rule refuses goes to ``form.refuse(problem)``, then ``tool_page`` without an outcome.
   Add the module to ``_JOURNEYS`` in ``wiring.py`` and ``"toolkit.tool_NAME": public`` to
   ``ROUTES`` in ``access.py``; the list of tools shows it as soon as the endpoint exists.
4. **A template**, ``templates/toolkit/tools/NAME.html``: extends ``toolkit/tools/_tool.html`` and
   fills the blocks ``intro`` and ``fields`` (inside the form; set ``multipart`` to true below
   ``extends`` when it takes a file). ``templates/toolkit/tools/cost.html`` is the shortest.

The result page carries what was worked out in a signed hidden field, so a visitor stores nothing
here, and a member or adviser can keep it (``keep``) or put a suggestion into the action plan
(``add_to_plan``) afterwards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from portal.action_plans import queries as plans
from portal.action_plans.models import Plan
from portal.action_plans.rules.plan import ActionStatus
from portal.action_plans.service.actions import ActionInput, add_action, is_web_address
from portal.action_plans.service.common import NO_PLAN
from portal.action_plans.service.goals import add_goal
from portal.db import audit, current_session
from portal.db.programmes import settings_here
from portal.employers import queries as employers
from portal.employers.service import timeline
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.toolkit.models import ToolResult
from portal.toolkit.queries import tools as queries
from portal.toolkit.rules.tools import GOALS, Outcome, Suggestion
from portal.toolkit.rules.words import NOTE_LENGTH, TITLE_LENGTH, TOOLS

_SALT: Final = "toolkit.result"
# A page left open overnight still works; a result a month old is worked out again.
_LONGEST: Final = 30 * 24 * 3600
MOST_KEPT: Final = 500
SHORTEST_REASON: Final = 3

NO_EMPLOYER: Final = Problem("no_employer", "Choose one of your organisations", "employer")
NO_RESULT: Final = Problem("no_result", "That result is not on this record")
GONE: Final = Problem(
    "withdrawn", "This result was withdrawn. Work it out again to put its suggestions in the plan"
)
NO_SUGGESTION: Final = Problem("no_suggestion", "The result does not suggest that")


@dataclass(frozen=True, slots=True)
class Pressed:
    """What one press of a tool's button worked out, as it came back from the page.

    ``on`` is the London day as text: the same figures on another day are another result.
    """

    inputs: Mapping[str, Any]
    outcome: Outcome
    on: str

    @property
    def digest(self) -> str:
        """The same for the same inputs and result on the same day."""
        whole = [self.outcome.tool, self.on, self.inputs, self.outcome.to_data()]
        text = json.dumps(whole, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """A result on an employer's record; ``was_there`` when the same press had kept it before."""

    reference: str
    was_there: bool


def _signer() -> URLSafeTimedSerializer:
    keys = [*(current_app.config["SECRET_KEY_FALLBACKS"] or ()), current_app.secret_key]
    return URLSafeTimedSerializer(keys, salt=_SALT)


def sign(inputs: Mapping[str, Any], outcome: Outcome) -> str:
    """A result as text for a hidden field, that nobody can change."""
    data = [dict(inputs), outcome.to_data(), today().isoformat()]
    return str(_signer().dumps(data))


def read_signed(text: str) -> Pressed | None:
    """What ``sign`` wrote; None when it is older than a month or not ours."""
    try:
        inputs, outcome, on = _signer().loads(text, max_age=_LONGEST)
        return Pressed(inputs, Outcome.from_data(outcome), on)
    except (BadData, KeyError, TypeError, ValueError):
        return None


def keep(*, employer: str, pressed: Pressed, by: Author) -> Ok[Kept] | Err:
    """Put a result on an employer's record, frozen; the same press twice keeps one.

    Call it inside a unit of work. Refuses an employer that is not there, and more than
    ``MOST_KEPT`` results.
    """
    found = employers.employer_for_update(employer)
    if found is None:
        return Err(NO_EMPLOYER)
    there = queries.same_kept(found.id, pressed.digest)
    if there is not None:
        return Ok(Kept(there, was_there=True))
    if queries.kept_count(found.id).number >= MOST_KEPT:
        words = f"The record holds up to {MOST_KEPT} results: withdraw some that you need no more"
        return Err(Problem("too_many", words))
    outcome = pressed.outcome
    row = ToolResult(
        reference=new_reference(),
        employer_id=found.id,
        tool=outcome.tool,
        title=outcome.title[:TITLE_LENGTH],
        inputs=dict(pressed.inputs),
        result=outcome.to_data(),
        digest=pressed.digest,
        at=utc_now(),
        by=by.user_id,
        by_name=by.shown,
    )
    current_session().add(row)
    current_session().flush()
    timeline.note(
        employer_id=found.id,
        kind="toolkit",
        title=f"Result kept: {TOOLS[outcome.tool]}",
        text=outcome.headline,
        by=by,
        subject=f"tool_result:{employer}/{row.reference}",
    )
    _record("kept", row, employer=employer)
    return Ok(Kept(row.reference, was_there=False))


def withdraw(*, employer: str, reference: str, reason: str, by: Author) -> Ok[str] | Err:
    """Take a result back, with a reason. It stays on record, marked."""
    found = employers.employer_for_update(employer)
    row = queries.to_withdraw(found.id, reference) if found else None
    if found is None or row is None:
        return Err(NO_RESULT)
    if row.withdrawn_at is not None:
        return Err(Problem("withdrawn", "This result was withdrawn before"))
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        return Err(Problem("no_reason", "Say why you are withdrawing this result", "reason"))
    row.withdrawn_at, row.withdrawn_reason = utc_now(), reason[:NOTE_LENGTH]
    timeline.note(
        employer_id=found.id,
        kind="toolkit",
        title=f"Result withdrawn: {TOOLS[row.tool]}",
        text=reason,
        by=by,
        subject=f"tool_result:{employer}/{reference}",
    )
    _record("withdrawn", row, employer=employer)
    return Ok(reference)


# --- Into the action plan ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planned:
    """An action made of a suggestion, and the kept result it leads back to."""

    action: str
    result: str


def keep_and_plan(
    *, employer: str, pressed: Pressed, suggestion: str, by: Author
) -> Ok[Planned] | Err:
    """Keep a result and put one of its suggestions into the plan; both or, refused, neither."""
    wrong = _plan_problem(employer, pressed.outcome.suggestion(suggestion))
    if wrong is not None:
        return Err(wrong)
    both = current_session().begin_nested()
    done = keep(employer=employer, pressed=pressed, by=by)
    made = (
        done
        if isinstance(done, Err)
        else add_to_plan(
            employer=employer, reference=done.value.reference, suggestion=suggestion, by=by
        )
    )
    if isinstance(made, Err):
        both.rollback()
    else:
        both.commit()
    return made


def add_to_plan(*, employer: str, reference: str, suggestion: str, by: Author) -> Ok[Planned] | Err:
    """Make an action of a kept result's suggestion, under its goal, with a link back.

    Refuses one that is in the plan already, also under the same title from another result.
    """
    found = queries.kept(employer, reference)
    if found is None:
        return Err(NO_RESULT)
    if found.is_withdrawn:
        return Err(GONE)
    one = found.outcome.suggestion(suggestion)
    wrong = _plan_problem(employer, one)
    plan = plans.plan_to_change(employer)
    if wrong is not None or one is None or plan is None:
        return Err(wrong or NO_SUGGESTION)
    goal = _goal(employer, plan, one, by)
    if isinstance(goal, Err):
        return goal
    done = add_action(employer=employer, values=_action(found, one, goal.value), by=by)
    return Ok(Planned(done.value, reference)) if isinstance(done, Ok) else done


def _plan_problem(employer: str, suggestion: Suggestion | None) -> Problem | None:
    """Why a suggestion cannot go into the plan. The plan is held from here on."""
    if suggestion is None:
        return NO_SUGGESTION
    plan = plans.plan_to_change(employer)
    if plan is None:
        return NO_PLAN
    title = suggestion.title.casefold()
    same = next((a for a in plans.actions_to_change(plan.id) if a.title.casefold() == title), None)
    if same is None:
        return None
    if same.status == ActionStatus.WITHDRAWN:
        words = "This action was withdrawn from your plan: bring it back there"
    else:
        words = "This action is in your plan already"
    return Problem("in_plan", words, same.reference)


def _goal(employer: str, plan: Plan, suggestion: Suggestion, by: Author) -> Ok[int] | Err:
    """The plan's own goal for a suggestion: by key, by name, or a new one."""
    title, benefit = GOALS[suggestion.goal]
    goals = plans.goals_to_change(plan.id)
    for goal in goals:
        if goal.goal_key == suggestion.goal or goal.title.casefold() == title.casefold():
            return Ok(goal.id)
    return add_goal(employer=employer, title=title, benefit=benefit, by=by)


def _action(found: queries.KeptFacts, one: Suggestion, goal: int) -> ActionInput:
    path = f"/employers/{found.employer_reference}/tools/{found.reference}"
    address = settings_here().public_url.rstrip("/") + path
    linked = is_web_address(address)
    return ActionInput(
        title=one.title,
        goal_id=goal,
        why=f"{one.why} ({found.title}, result {found.reference})",
        first_step=one.first_step,
        evidence=one.evidence,
        link_title=f"Result: {TOOLS[found.tool]}" if linked else "",
        link_url=address if linked else "",
        effort=one.effort,
        impact=one.impact,
    )


def _record(what: str, row: ToolResult, **detail: Any) -> None:
    audit.record(
        action=f"tool_result.{what}",
        subject=f"tool_result:{row.reference}",
        detail={"tool": row.tool, **detail},
    )
