"""One resource as readers see it, and the steps of a toolkit that an employer marks as done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.employers.queries import EmployerProfile
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.toolkit.access import editors
from portal.toolkit.queries import files, library, resources
from portal.toolkit.queries import steps as step_queries
from portal.toolkit.queries.resources import ResourceFacts
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.rules.steps import Progress, StepDone, progress
from portal.toolkit.rules.words import AUDIENCES, DIMENSIONS, FORMATS, SECTORS, SIZES
from portal.toolkit.service import reach
from portal.toolkit.service import steps as service
from portal.toolkit.service.texts import Part, Text, text_of
from portal.toolkit.views import blueprint
from portal.toolkit.views.library import carried
from portal.toolkit.views.rating import rating_context
from portal.web.access import Actor, current_actor, current_author, serves_employer
from portal.web.kept import each_time
from portal.web.security import limiter

# A text with so many headings has a list of them above it.
_LONG: Final = 4


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the employer that is looked at has come; ``may_mark`` says who may go on."""

    employer: str
    name: str
    done: Mapping[str, StepDone]
    progress: Progress
    may_mark: bool


@blueprint.get("/toolkit/<slug>")
def resource(slug: str) -> ResponseReturnValue:
    """A published resource; what became of one that is retired."""
    facts = resources.published(slug)
    if facts is None:
        return _gone(slug)
    text = text_of(facts.content.body, facts.content.sources)
    steps = _steps(facts, text)
    page = render_template(
        "toolkit/resource.html",
        facts=facts,
        content=facts.content,
        kind=FORMATS[facts.format],
        text=text,
        steps=steps,
        contents=text.headed if len(text.headed) >= _LONG else (),
        for_whom=_for_whom(facts),
        related=library.related(facts.id),
        overdue=facts.content.review_by < today(),
        is_editor=editors(current_actor(), {}),
        carried=carried(),
        **(_standing_words(facts, steps) if steps else {}),
        **_journeys(facts),
    )
    each_time(reach.COUNTED, "view", resource_id=facts.id, number=facts.number)
    return page


@blueprint.post("/toolkit/<slug>/steps")
@limiter.limit("120/minute")
def step(slug: str) -> ResponseReturnValue:
    """Mark a step as done for an employer, or take that back."""
    reference = normalise_reference(request.form.get("employer", ""))
    if reference not in current_actor().employers:
        abort(403)
    profile = employers.employer_profile(reference)
    facts = resources.published(slug)
    if profile is None or facts is None:
        abort(404)
    key = request.form.get("step", "")
    with unit_of_work():
        marked = service.mark(
            slug=slug,
            employer_id=profile.id,
            step=key,
            done=request.form.get("done") == "1",
            by=current_author(),
        )
    values = {"employer": reference, **carried()}
    if isinstance(marked, Err):
        flash(marked.problem.message, "error")
        return redirect(url_for("toolkit.resource", slug=slug, **values))
    if marked.value.finished:
        flash(f"Every step is done. That is on the record of {profile.display_name}.", "success")
        reach.count_later("completion", resource_id=facts.id, number=facts.number)
        return redirect(url_for("toolkit.resource", slug=slug, **values))
    return redirect(url_for("toolkit.resource", slug=slug, **values, _anchor=f"step-{key}"))


def _gone(slug: str) -> ResponseReturnValue:
    found = resources.redirect_of(slug)
    if found is None or found[0] is not ResourceState.RETIRED:
        abort(404)
    instead = None if found[1] is None else resources.published(found[1])
    page = render_template("toolkit/gone.html", instead=instead, carried=carried())
    return make_response(page, 410)


def _for_whom(facts: ResourceFacts) -> list[dict[str, Any]]:
    """The facts beside a resource, as a summary list takes them."""
    content = facts.content
    rows: list[tuple[str, list[str]]] = [
        ("For", [AUDIENCES[key] for key in content.audiences]),
        ("Sector", [SECTORS[key] for key in content.sectors] or ["Every sector"]),
        ("Size", [SIZES[key] for key in content.sizes] or ["Any size"]),
        ("About", [_topic(key) for key in content.dimensions]),
    ]
    return [{"key": key, "value": Markup(", ").join(values)} for key, values in rows]


def _topic(key: str) -> Markup:
    return Markup('<a class="govuk-link" href="{}">{}</a>').format(
        url_for("toolkit.library", dimension=key, **carried()), DIMENSIONS[key]
    )


def _steps(facts: ResourceFacts, text: Text) -> tuple[Part, ...]:
    return text.headed if facts.format == "toolkit" else ()


def _standing_words(facts: ResourceFacts, steps: tuple[Part, ...]) -> dict[str, Any]:
    """How far the employer in question is, and which others the person could look at."""
    actor = current_actor()
    offered = _employers_of(actor)
    profile = _asked_for(actor, offered)
    if profile is None:
        return {"standing": None, "choices": offered}
    done = step_queries.steps_done(profile.id, facts.id)
    standing = Standing(
        employer=profile.reference,
        name=profile.display_name,
        done=done,
        progress=progress([part.key for part in steps], done),
        may_mark=profile.reference in actor.employers,
    )
    return {"standing": standing, "choices": offered}


def _employers_of(actor: Actor) -> list[tuple[str, str]]:
    if actor.user_id is None or not actor.employers:
        return []
    rows = employers.employer_rows_of(actor.user_id)
    return [(row.reference, row.trading_name or row.name) for row in rows]


def _asked_for(actor: Actor, offered: list[tuple[str, str]]) -> EmployerProfile | None:
    """The employer in the address, if the person acts for it or serves it; else their only one."""
    asked = normalise_reference(request.args.get("employer", ""))
    if asked and (asked in actor.employers or serves_employer(actor, {"employer": asked})):
        return employers.employer_profile(asked)
    return employers.employer_profile(offered[0][0]) if len(offered) == 1 else None


def _journeys(facts: ResourceFacts) -> dict[str, Any]:
    """What other journeys put on the page: files to take away, and readers' ratings."""
    return {"files": files.ready_files(facts.id, facts.number), **rating_context(facts)}
