"""What the pages of those who manage resources share."""

from __future__ import annotations

from typing import Any

from flask import abort

from portal.kernel.ids import normalise_reference
from portal.kernel.result import Problem
from portal.toolkit.queries import resources
from portal.toolkit.queries.resources import ResourceFacts
from portal.toolkit.rules.states import ResourceState
from portal.web.forms import Form

STATE_COLOURS = {
    ResourceState.DRAFT: "grey",
    ResourceState.TESTING: "yellow",
    ResourceState.PUBLISHED: "green",
    ResourceState.RETIRED: "",
}


def load_resource(reference: str, *, number: int | None = None) -> ResourceFacts:
    """The resource in the address with its latest version, or the one asked for; else 404."""
    facts = resources.resource(normalise_reference(reference), number=number)
    if facts is None:
        abort(404)
    return facts


def revision_in(form: Any) -> int:
    """The revision that the page was made from; one that is stale where it is missing."""
    said = str(form.revision.data or "")
    return int(said) if said.isdecimal() and len(said) < 10 else -1  # noqa: PLR2004 - an integer


def refuse_all(form: Form, problems: list[Problem], *, names: dict[str, str]) -> None:
    """Show what stands in the way; ``names`` maps fields of the rules to those of the form."""
    for problem in problems:
        field = names.get(problem.field or "", problem.field)
        form.refuse(Problem(problem.code, problem.message, field))
