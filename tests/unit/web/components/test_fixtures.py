"""Every macro renders what govuk-frontend renders, for every fixture its package publishes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

from .adapter_tools import UnsupportedError
from .adapters import COMPONENTS
from .dom import normalise

ROOT = Path(__file__).resolve().parents[4]
PUBLISHED = ROOT / "node_modules/govuk-frontend/dist/govuk/components"

# Fixtures that our macros leave out on purpose, each with its reason.
_REASONS = {
    "the limit always comes from the form's own rule, never from the script": (
        ("character-count", "with neither maxlength nor maxwords set"),
    ),
    "a choice's label carries a class at most": (
        ("checkboxes", "label with attributes"),
        ("radios", "label with attributes"),
    ),
    "a date has a day, a month and a year; other parts are other fields": (
        ("date-input", "with values, name prefix and custom names"),
        ("date-input", "with nested name"),
    ),
    "a unit beside a box is plain text": (
        ("input", "with prefix with classes"),
        ("input", "with prefix with attributes"),
        ("input", "with suffix with classes"),
        ("input", "with suffix with attributes"),
    ),
    "the portal never interrupts with a panel; actions follow below it": (
        ("panel", "interruption"),
        ("panel", "interruption-with-content-with-long-line-length"),
        ("panel", "interruption-with-headings-content-and-lists"),
        ("panel", "interruption with custom classes"),
        ("panel", "confirmation, with actions"),
        ("panel", "interruption, with actions classes and attributes"),
        ("panel", "interruption, submit action"),
        ("panel", "interruption, button link"),
        ("panel", "interruption, no actions"),
        ("panel", "interruption, no actions items"),
    ),
    "one language, and account links stand in the header": (
        ("service-navigation", "with language navigation"),
        ("service-navigation", "with right-aligned language navigation"),
        ("service-navigation", "inverse with language navigation"),
        ("service-navigation", "with slotted content"),
        ("service-navigation", "with `inline` end slot"),
    ),
    "a task's tag carries text and a class": (("task-list", "custom attributes"),),
}
LEFT_OUT = {fixture: reason for reason, fixtures in _REASONS.items() for fixture in fixtures}


def _environments() -> list[Environment]:
    # The application trims block lines; the macros must not depend on it.
    loader = FileSystemLoader(ROOT / "templates")
    return [
        Environment(loader=loader, autoescape=True, trim_blocks=trim, lstrip_blocks=trim)
        for trim in (False, True)
    ]


ENVIRONMENTS = _environments()


def _fixtures() -> list[Any]:
    return [
        pytest.param(component, fixture, id=f"{component}: {fixture['name']}")
        for component in COMPONENTS
        for fixture in json.loads((PUBLISHED / component / "fixtures.json").read_text("utf-8"))[
            "fixtures"
        ]
    ]


@pytest.mark.parametrize("trimmed", [0, 1], ids=["plain", "trimmed"])
@pytest.mark.parametrize(("component", "fixture"), _fixtures())
def test_macro_renders_the_published_markup(component, fixture, trimmed):
    reason = LEFT_OUT.get((component, fixture["name"]))
    if reason:
        with pytest.raises(UnsupportedError):
            COMPONENTS[component](fixture["options"])
        return
    file, macro, arguments = COMPONENTS[component](fixture["options"])
    template = ENVIRONMENTS[trimmed].get_template(f"components/{file}.html")
    ours = getattr(template.module, macro)(**arguments)
    assert normalise(ours) == normalise(fixture["html"])


def test_every_left_out_fixture_exists():
    published = {(p.values[0], p.values[1]["name"]) for p in _fixtures()}
    assert set(LEFT_OUT) <= published
