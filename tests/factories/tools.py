"""Results of tools for tests."""

from __future__ import annotations

import re
from typing import Any

from portal.db import unit_of_work
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.toolkit.rules.tools import Figure, Line, Outcome, Part, Suggestion
from portal.toolkit.service import tools as service

COST = {
    "headcount": "20",
    "leavers": "8",
    "hourly_pay": "12.21",
    "weekly_hours": "18",
}


def make_outcome(**changes: Any) -> Outcome:
    """A small result of the cost calculator."""
    values: dict[str, Any] = {
        "tool": "cost",
        "title": "Turnover cost: 8 leavers a year",
        "headline": "Turnover costs you about £10,000 a year",
        "figures": (Figure("year", "A year of leavers", 10_000_00, "pence", "lower"),),
        "parts": (Part("What one leaver costs", lines=(Line("Cover", "£250.00", "4 weeks"),)),),
        "given": (Line("Leavers", "8"),),
        "suggestions": (
            Suggestion(
                "ask-leavers",
                "Ask everybody who leaves why",
                "It says what would keep them.",
                "Ring the last three.",
                "hear_and_learn",
                "measurement",
            ),
        ),
    }
    return Outcome(**{**values, **changes})


def make_pressed(**changes: Any) -> service.Pressed:
    """What a press of the button brings back from the page."""
    day = changes.pop("on", "2026-11-22")
    return service.Pressed({"leavers": "8"}, make_outcome(**changes), day)


def make_kept(employer: str, by: Author, **changes: Any) -> str:
    """A kept result; returns its reference."""
    with unit_of_work():
        done = service.keep(employer=employer, pressed=make_pressed(**changes), by=by)
    assert isinstance(done, Ok), done
    return done.value.reference


def payload_on(page: str) -> str:
    """The signed result on a tool's page."""
    found = re.search(r'name="payload" value="([^"]+)"', page)
    assert found, "No result on the page"
    return found[1]
