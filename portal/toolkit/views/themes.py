"""Themes of what businesses say, and the resources that answer them."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.toolkit.access import insight_organisations
from portal.toolkit.forms.insights import AnswerForm, ThemeForm
from portal.toolkit.queries import insights as queries
from portal.toolkit.queries.insights import InsightFilter, ThemeFacts
from portal.toolkit.rules.insights import PARTS, spread
from portal.toolkit.rules.words import DIMENSIONS, SECTORS, SIZES
from portal.toolkit.service import insights as service
from portal.toolkit.views import blueprint
from portal.web.access import current_actor, current_author

_SHOWN = 200


@blueprint.get("/insights/themes")
def themes() -> str:
    """Every theme, how often it came up and what answers it."""
    return render_template(
        "toolkit/insights/themes.html",
        rows=sorted(queries.themes(with_retired=True), key=lambda one: -one.insights),
        dimensions=DIMENSIONS,
    )


@blueprint.route("/insights/themes/new", methods=["GET", "POST"])
def theme_new() -> ResponseReturnValue:
    """Begin a theme."""
    form = ThemeForm()
    del form.retired
    if form.validate_on_submit():
        with unit_of_work():
            done = service.add_theme(**_values(form), by=current_author())
            made = None if isinstance(done, list) else done.value.reference
        if made is not None:
            flash("The theme can be chosen from now on.", "success")
            return redirect(url_for("toolkit.theme", reference=made))
        _refuse(form, done)
    return render_template("toolkit/insights/theme_edit.html", form=form, theme=None)


@blueprint.get("/insights/themes/<reference>")
def theme(reference: str) -> str:
    """One theme: who raised it, in their own words where they agreed, and what answers it."""
    found = _load(reference)
    said = queries.insights(
        InsightFilter(insight_organisations(current_actor()), theme=found.reference),
        limit=_SHOWN,
    )
    form = AnswerForm()
    form.offer("resource", queries.resource_choices())
    return render_template(
        "toolkit/insights/theme.html",
        theme=found,
        rows=said,
        resources=queries.resources_of(found.id),
        by_sector=spread((one.sector for one in said), {**SECTORS, "other": "Another sector"}),
        by_size=spread((one.size_tier for one in said), SIZES),
        quotes=[
            (one, part, getattr(one, part))
            for one in said
            if one.may_quote
            for part in PARTS
            if getattr(one, part)
        ][:20],
        parts=PARTS,
        sectors=SECTORS,
        dimensions=DIMENSIONS,
        form=form,
    )


@blueprint.route("/insights/themes/<reference>/edit", methods=["GET", "POST"])
def theme_edit(reference: str) -> ResponseReturnValue:
    """Put a theme right or take it out of use."""
    found = _load(reference)
    form = ThemeForm(obj=found, data={"retired": found.retired_at is not None})
    if form.validate_on_submit():
        with unit_of_work():
            done = service.change_theme(
                reference=found.reference,
                retired=bool(form.retired.data),
                **_values(form),
                by=current_author(),
            )
        if not isinstance(done, list):
            flash("Saved.", "success")
            return redirect(url_for("toolkit.theme", reference=found.reference))
        _refuse(form, done)
    return render_template("toolkit/insights/theme_edit.html", form=form, theme=found)


@blueprint.post("/insights/themes/<reference>/<any(answer,unanswer):act>")
def theme_answer(reference: str, act: str) -> ResponseReturnValue:
    """Say that a resource answers a theme, or no longer does."""
    found = _load(reference)
    form = AnswerForm()
    form.offer("resource", queries.resource_choices())
    chosen = normalise_reference(request.form.get("resource", "")[:40])
    if form.validate_on_submit() or (act == "unanswer" and chosen):
        with unit_of_work():
            done = service.answer_theme(
                theme=found.reference,
                resource=chosen,
                answers=act == "answer",
                by=current_author(),
            )
        if isinstance(done, Err):
            flash(done.problem.message, "error")
    else:
        flash("Choose a resource", "error")
    return redirect(url_for("toolkit.theme", reference=found.reference))


def _load(reference: str) -> ThemeFacts:
    return queries.theme(normalise_reference(reference)) or abort(404)


def _values(form: ThemeForm) -> dict[str, str]:
    return {name: form[name].data or "" for name in ("title", "about", "dimension")}


def _refuse(form: ThemeForm, problems: Any) -> None:
    for problem in problems:
        form.refuse(problem)
