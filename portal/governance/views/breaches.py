"""The log of breaches, for the managers who answer for people's data."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.governance.forms.privacy import BreachForm, EmptyForm, NoteForm
from portal.governance.queries import breaches
from portal.governance.queries.breaches import Found
from portal.governance.rules import breaches as rules
from portal.governance.service import breaches as service
from portal.governance.service.breaches import Facts
from portal.governance.views import blueprint
from portal.kernel.clock import london, utc_now
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.web.access import current_author

_INSTANTS = ("found", "ico_told", "people_told")
_PLAIN = (
    *("title", "what", "kinds", "people", "risk", "why", "done"),
    *("ico_reference", "ico_reason", "people_reason", "lessons"),
)


def _breach(reference: str) -> Found:
    found = breaches.breach_of(normalise_reference(reference))
    if found is None:
        abort(404)
    return found


def _facts(form: BreachForm) -> Facts:
    found_at = form.instant("found")
    assert found_at is not None  # noqa: S101 - the field is required
    values = {name: form[name].data for name in _PLAIN}
    values["risk"] = values["risk"] or "unknown"
    return Facts(
        found_at=found_at,
        ico_told_at=form.instant("ico_told"),
        people_told_at=form.instant("people_told"),
        **values,
    )


@blueprint.get("/governance/breaches")
def breach_log() -> ResponseReturnValue:
    """Every breach with its clock."""
    before = request.args.get("before", "")
    at = int(before) if before.isdecimal() and len(before) <= 9 else None  # noqa: PLR2004 - an id
    found = breaches.breaches(before=at, limit=breaches.PAGE + 1)
    return render_template(
        "governance/privacy/breaches.html",
        lines=[
            (one, *rules.clock_in_words(breaches.judged(one), utc_now()))
            for one in found[: breaches.PAGE]
        ],
        older=found[breaches.PAGE - 1].id if len(found) > breaches.PAGE else None,
        risks=rules.RISKS,
    )


@blueprint.route("/governance/breaches/new", methods=["GET", "POST"])
def breach_new() -> ResponseReturnValue:
    """Write a breach down: at once, with what is known."""
    form = BreachForm()
    if request.method == "GET":
        form.put_instant("found", utc_now())
    if form.validate_on_submit():
        with unit_of_work():
            done = service.record(facts=_facts(form), by=current_author())
            reference = "" if isinstance(done, list) else done.value.reference
        if not isinstance(done, list):
            flash("The breach is recorded, and every manager is told.", "success")
            return redirect(url_for("governance.breach", reference=reference))
        for problem in done:
            form.refuse(problem)
    return render_template("governance/privacy/breach_edit.html", form=form, breach=None)


@blueprint.get("/governance/breaches/<reference>")
def breach(reference: str) -> ResponseReturnValue:
    """A breach: the clock, what was decided, what is missing, and its log."""
    return _page(_breach(reference), NoteForm())


def _page(found: Found, form: NoteForm) -> str:
    judged = breaches.judged(found)
    words, colour = rules.clock_in_words(judged, utc_now())
    return render_template(
        "governance/privacy/breach.html",
        breach=found,
        clock=words,
        colour=colour,
        due=london(rules.ico_due_at(found.found_at)),
        missing=[] if found.closed_at else rules.open_points(judged, utc_now()),
        steps=breaches.steps(found.id),
        rules=rules,
        form=form,
        token=EmptyForm(),
    )


@blueprint.route("/governance/breaches/<reference>/edit", methods=["GET", "POST"])
def breach_edit(reference: str) -> ResponseReturnValue:
    """Judge a breach, and write down who was told."""
    found = _breach(reference)
    if found.closed_at is not None:
        flash(service.CLOSED.message, "error")
        return redirect(url_for("governance.breach", reference=found.reference))
    form = BreachForm(
        data={**{name: getattr(found, name) for name in _PLAIN}, "revision": str(found.revision)}
    )
    if request.method == "GET":
        for name in _INSTANTS:
            form.put_instant(name, getattr(found, f"{name}_at"))
    if form.validate_on_submit():
        with unit_of_work():
            done = service.judge(
                reference=found.reference,
                revision=form.at_revision(),
                facts=_facts(form),
                by=current_author(),
            )
        if not isinstance(done, list):
            flash("Saved.", "success")
            return redirect(url_for("governance.breach", reference=found.reference))
        for problem in done:
            form.refuse(problem)
    return render_template("governance/privacy/breach_edit.html", form=form, breach=found)


@blueprint.post("/governance/breaches/<reference>/note")
def breach_note(reference: str) -> ResponseReturnValue:
    """Write into the log."""
    found, form = _breach(reference), NoteForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.note(
                reference=found.reference, words=form.words.data, by=current_author()
            )
        if not isinstance(done, Err):
            flash("Noted.", "success")
            return redirect(url_for("governance.breach", reference=found.reference))
        form.refuse(done.problem)
    return _page(_breach(reference), form)


@blueprint.post("/governance/breaches/<reference>/close")
def breach_close(reference: str) -> ResponseReturnValue:
    """Close it, once nothing is missing."""
    found = _breach(reference)
    with unit_of_work():
        done = service.close(reference=found.reference, by=current_author())
    if isinstance(done, list):
        flash("; ".join(problem.message for problem in done), "error")
    else:
        flash("The breach is closed.", "success")
    return redirect(url_for("governance.breach", reference=reference))
