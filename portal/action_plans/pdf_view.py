# ruff: noqa: RUF001 - dashes and minus signs as people read them
"""A plan document as the HTML its PDF is printed from: no request, no database, no Flask."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.action_plans.document import Limit, PlanDocument
from portal.integrations.pdf import PdfRenderer, cap_text
from portal.kernel.addresses import web_address
from portal.kernel.money import Money

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
DEFAULT_LIMIT = 400
RUNNING_NAME_LIMIT = 60

EFFORT = {1: "Hours", 2: "Days", 3: "Weeks"}
IMPACT = {1: "Some", 2: "Good", 3: "High"}


def render_plan_html(document: PlanDocument) -> str:
    """The whole HTML page of a plan. Texts are capped; equal documents give equal HTML."""
    plan = capped(document)
    template = environment().get_template("action_plans/pdf/plan.html")
    return template.render(
        plan=plan,
        running_name=_running(plan.employer_name),
        due_first=min((action.due for action in plan.actions if action.due), default=None),
        numbered=_numbered(plan),
    )


def render_plan_pdf(document: PlanDocument, renderer: PdfRenderer) -> bytes:
    """The plan's PDF, from any renderer.

    Raises:
        PdfError: when the plan is too large to print.
    """
    return renderer.render(render_plan_html(document))


@cache
def environment() -> Environment:
    """Jinja without Flask, for the worker and the command line."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        pounds=_pounds,
        pounds_exact=_pounds_exact,
        long_date=_long_date,
        short_date=_short_date,
        web_address=web_address,
        sentence=_sentence,
    )
    made.globals.update(effort_words=EFFORT, impact_words=IMPACT)
    return made


def capped(document: PlanDocument) -> PlanDocument:
    """The document with every text cut to what its field prints."""
    shortened: PlanDocument = _capped(PlanDocument, document, DEFAULT_LIMIT)
    return shortened


def _capped(kind: Any, value: Any, limit: int) -> Any:
    """`value` of annotated type `kind`, with its texts cut to the nearest `Limit` around them."""
    if typing.get_origin(kind) is typing.Annotated:
        inner, *notes = typing.get_args(kind)
        found = next((note.characters for note in notes if isinstance(note, Limit)), limit)
        return _capped(inner, value, found)
    if isinstance(value, str):
        return cap_text(value, limit)
    if isinstance(value, tuple):
        item = typing.get_args(kind)[0]
        return tuple(_capped(item, each, limit) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        hints = _hints(type(value))
        return replace(
            value,
            **{
                each.name: _capped(hints[each.name], getattr(value, each.name), DEFAULT_LIMIT)
                for each in fields(value)
            },
        )
    return value


@cache
def _hints(kind: type[Any]) -> Mapping[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)


def _numbered(plan: PlanDocument) -> dict[int, int]:
    """The number of each goal's first action, so that actions count on through the goals."""
    starts: dict[int, int] = {}
    number = 1
    for place, goal in enumerate(plan.goals):
        starts[place] = number
        number += len(goal.actions)
    return starts


def _running(name: str) -> str:
    return (
        name if len(name) <= RUNNING_NAME_LIMIT else f"{name[: RUNNING_NAME_LIMIT - 1].rstrip()}…"
    )


def _pounds(pence: int | None) -> str:
    return "–" if pence is None else Money(pence).format_whole().replace("-", "−")


def _pounds_exact(pence: int | None) -> str:
    return "–" if pence is None else Money(pence).format().replace("-", "−")


def _long_date(day: date | None) -> str:
    return "–" if day is None else f"{day.day} {day:%B %Y}"


def _short_date(day: date | None) -> str:
    return "No date" if day is None else f"{day.day} {day:%b %Y}"


def _sentence(text: str) -> str:
    """The text with a full stop, unless it ends a sentence already."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
