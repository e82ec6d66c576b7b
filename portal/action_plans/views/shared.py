"""What the journeys share: the plan in the address, who is acting, and what is said afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import abort, flash, request, url_for
from markupsafe import Markup

from portal.action_plans import queries
from portal.action_plans.access import may_change, may_close, signs_for
from portal.action_plans.queries import (
    ActionFacts,
    EmployerHead,
    NoteFacts,
    PlanFacts,
    VersionFacts,
)
from portal.action_plans.rules.plan import ActionStatus
from portal.action_plans.views import blueprint
from portal.kernel.clock import london
from portal.kernel.result import Problem
from portal.web.access import current_actor

NONE = "nothing"
LABELS = {
    "title": "Action",
    "goal_id": "Goal",
    "owner_name": "Who is responsible",
    "due_on": "Due date",
    "why": "Why it matters",
    "first_step": "First step",
    "evidence": "Evidence",
    "link_title": "Resource",
    "link_url": "Web address",
    "effort": "Effort",
    "impact": "Impact",
}
TAG_COLOURS = {
    ActionStatus.NOT_STARTED: "grey",
    ActionStatus.IN_PROGRESS: "blue",
    ActionStatus.DONE: "green",
    ActionStatus.EMBEDDED: "green",
    ActionStatus.WITHDRAWN: "grey",
}
EFFORT = {1: "Hours", 2: "Days", 3: "Weeks"}
IMPACT = {1: "Some", 2: "Good", 3: "High"}
_SHOWN_LENGTH = 200


@blueprint.context_processor
def _what_is_allowed() -> dict[str, Any]:
    """What the person may do here, for every page of a plan."""
    actor = current_actor()
    employer = str((request.view_args or {}).get("employer", ""))
    return {
        "may_change": may_change(actor, employer),
        "may_close": may_close(actor, employer),
        "signs_for": signs_for(actor, employer),
        "is_own": employer in actor.employers,
    }


def employer_or_404(employer: str) -> EmployerHead:
    """The employer in the address."""
    found = queries.employer_head(employer)
    return abort(404) if found is None else found


def plan_or_404(employer: str) -> PlanFacts:
    """The active plan of the employer in the address."""
    found = queries.active_plan(employer)
    return abort(404) if found is None else found


def version_or_404(employer: str, number: int) -> tuple[PlanFacts, VersionFacts]:
    """The version in the address with its plan, which may be closed."""
    found = queries.version_of_employer(employer, number)
    return abort(404) if found is None else (queries.plan_facts(found.plan_id), found)


def closed_plans(employer: str) -> list[dict[str, Any]]:
    """The employer's closed plans with their versions, as the list of them takes them."""
    plans = queries.closed_plans(employer)
    versions = queries.versions_of_plans([plan.id for plan in plans])
    return [
        {
            "title": plan.title,
            "created_at": plan.created_at,
            "closed_at": plan.closed_at,
            "closed_by_name": plan.closed_by_name,
            "closed_reason": plan.closed_reason,
            "versions": versions.get(plan.id, []),
        }
        for plan in plans
    ]


def action_or_404(plan: PlanFacts, reference: str) -> ActionFacts:
    """The action in the address, if it is this plan's."""
    found = queries.action_facts(plan.id, reference)
    return abort(404) if found is None else found


def say(problem: Problem) -> None:
    """Show a refusal that belongs to no form."""
    flash(problem.message, "error")


def revision_in(form: Any) -> int:
    """The revision a form was opened at; -1, which fits none, when somebody changed the page."""
    text = str(form.revision.data or "")
    return int(text) if text.isdecimal() and len(text) < len("1000000000") else -1


def long_day(day: date | None) -> str:
    """A day in words."""
    return "no date" if day is None else f"{day.day} {day:%B %Y}"


def moment(at: datetime) -> str:
    """An instant in words, by the London clock."""
    here = london(at)
    return f"{here.day} {here:%B %Y at %H:%M}"


def tabs(employer: str, active: str) -> list[dict[str, Any]]:
    """The pages of a plan."""
    pages = (
        ("overview", "Plan"),
        ("business_case", "Business case"),
        ("versions", "PDF versions"),
    )
    return [
        {
            "text": text,
            "href": url_for(f"action_plans.{page}", employer=employer),
            "active": page == active,
        }
        for page, text in pages
        if page != "business_case" or may_change(current_actor(), employer)
    ]


def in_words(field: str, value: str, goals: Mapping[int, str]) -> str:
    """A field's text as kept in the history, for reading."""
    if not value:
        return NONE
    if field == "due_on":
        return long_day(date.fromisoformat(value))
    if field == "goal_id":
        return goals.get(int(value), "another goal")
    if field in {"effort", "impact"}:
        return (EFFORT if field == "effort" else IMPACT)[int(value)]
    return value if len(value) <= _SHOWN_LENGTH else f"{value[:_SHOWN_LENGTH]}…"


def change_lines(note: NoteFacts, goals: Mapping[int, str]) -> list[str]:
    """What an edit changed, a line a field."""
    return [
        f"{LABELS.get(field, field)}: from {in_words(field, before, goals)} "
        f"to {in_words(field, after, goals)}"
        for field, (before, after) in sorted(note.changes.items())
    ]


def note_title(note: NoteFacts) -> str:
    """What a line of the history is about."""
    if note.old_status and note.new_status:
        old, new = ActionStatus(note.old_status), ActionStatus(note.new_status)
        return f"{old.label} → {new.label}"
    return "Edited" if note.changes else "Note"


def history_items(notes: list[NoteFacts], goals: Mapping[int, str]) -> list[dict[str, Any]]:
    """An action's history as the timeline takes it."""
    items = []
    for note in notes:
        lines = [*([note.note] if note.note else []), *change_lines(note, goals)]
        text = Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)
        items.append(
            {
                "title": note_title(note),
                "when": moment(note.at),
                "iso": note.at.isoformat(),
                "by": note.by_name,
                "text": text,
            }
        )
    return items
