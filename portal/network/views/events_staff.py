"""What staff do with events: make, change, publish and cancel them, and their series."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err, Ok
from portal.network.access import may_run
from portal.network.forms.events import CancelEventForm, EventForm, PublishForm, SeriesForm, begun
from portal.network.queries import event_audience, event_results
from portal.network.queries import events as queries
from portal.network.queries.events import EventFacts
from portal.network.rules.events import when_words
from portal.network.rules.words import AUDIENCES, NOBODY
from portal.network.service import events as service
from portal.network.views import blueprint
from portal.network.views.events import load_event, suits_words
from portal.programme import queries as programme
from portal.web.access import current_actor, current_author

_HOURS = 24


@blueprint.route("/events/new", methods=["GET", "POST"])
def event_new() -> ResponseReturnValue:
    """Make an event: a draft first."""
    form = EventForm(data={"offer_hours": _HOURS, "series": request.args.get("series", "")[:10]})
    _offer(form)
    if form.validate_on_submit():
        organisation = min(current_actor().organisations, default=None)
        with unit_of_work():
            done = service.add(
                details=form.details(), organisation_id=organisation, by=current_author()
            )
            made = done.value.reference if isinstance(done, Ok) else None
        if made is not None:
            flash("The draft is saved. Look at it, then publish it.", "success")
            return redirect(url_for("network.event", reference=made))
        _refuse(form, done)
    return render_template("network/events/edit.html", form=form, event=None)


@blueprint.route("/events/<reference>/edit", methods=["GET", "POST"])
def event_edit(reference: str) -> ResponseReturnValue:
    """Change an event that is still to come."""
    found = load_run(reference)
    form = EventForm(data=begun(found))
    _offer(form)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.change(
                reference=found.reference,
                revision=form.seen(),
                details=form.details(),
                by=current_author(),
            )
        if isinstance(done, Ok):
            told = found.state == "published" and found.taken + found.waiting
            more = " Everybody registered is told of another time or place." if told else ""
            flash(f"Saved.{more}", "success")
            return redirect(url_for("network.event", reference=found.reference))
        _refuse(form, done)
    return render_template("network/events/edit.html", form=form, event=found)


@blueprint.route("/events/<reference>/publish", methods=["GET", "POST"])
def event_publish(reference: str) -> ResponseReturnValue:
    """Show a draft to everybody and open its registration; and invite members, or not."""
    found = load_run(reference)
    numbers = {} if found.state != "draft" else event_audience.numbers(found)
    form = PublishForm()
    choices = [
        (key, words if key == NOBODY else f"{words}: {_people(numbers.get(key, 0))}")
        for key, words in AUDIENCES.items()
        # Without a theme the last two are the same people.
        if key != "theme" or found.theme
    ]
    form.offer("invite", choices)
    if form.validate_on_submit():
        chosen = form.invite.data or NOBODY
        with unit_of_work():
            done = service.publish(reference=found.reference, invite=chosen, by=current_author())
        if isinstance(done, Err):
            flash(f"{done.problem.message}.", "error")
        else:
            invited = "" if chosen == NOBODY else " Invitations are on their way."
            flash(f"The event is published and open for registration.{invited}", "success")
        return redirect(url_for("network.event", reference=found.reference))
    if found.state != "draft":
        return redirect(url_for("network.event", reference=found.reference))
    return render_template(
        "network/events/publish.html",
        form=form,
        event=found,
        when=when_words(found.starts_at, found.ends_at),
        suits=suits_words(found),
    )


@blueprint.route("/events/<reference>/cancel", methods=["GET", "POST"])
def event_cancel(reference: str) -> ResponseReturnValue:
    """Cancel an event; everybody registered is told why."""
    found = load_run(reference)
    form = CancelEventForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.cancel(
                reference=found.reference, reason=form.reason.data or "", by=current_author()
            )
        if isinstance(done, Ok):
            flash("The event is cancelled. Everybody registered is being told.", "success")
            return redirect(url_for("network.event", reference=found.reference))
        form.refuse(done.problem)
    return render_template(
        "network/events/cancel.html",
        form=form,
        event=found,
        when=when_words(found.starts_at, found.ends_at),
    )


@blueprint.get("/events/<reference>/results")
def event_results_page(reference: str) -> str:
    """What came of an event: who came, what they said, what it counts for."""
    found = load_run(reference)
    return render_template(
        "network/events/results.html",
        event=found,
        counts=event_results.counts(found.id),
        output=event_results.output(event_id=found.id),
        said=event_results.said_of(found.id),
        when=when_words(found.starts_at, found.ends_at),
    )


@blueprint.route("/events/series/new", methods=["GET", "POST"])
def series_new() -> ResponseReturnValue:
    """Begin a series."""
    form = SeriesForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.add_series(**_words(form), by=current_author())
            made = done.value.reference if isinstance(done, Ok) else None
        if made is not None:
            flash("The series is there. Make its first event.", "success")
            return redirect(url_for("network.event_new", series=made))
        assert isinstance(done, Err)  # noqa: S101 - it was not made
        form.refuse(done.problem)
    return render_template("network/events/series.html", form=form, series=None)


@blueprint.route("/events/series/<reference>/edit", methods=["GET", "POST"])
def series_edit(reference: str) -> ResponseReturnValue:
    """Put the words of a series right."""
    found = queries.series(normalise_reference(reference)[:10])
    if found is None:
        abort(404)
    form = SeriesForm(obj=found)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.change_series(
                reference=found.reference, **_words(form), by=current_author()
            )
        if isinstance(done, Ok):
            flash("Saved.", "success")
            return redirect(url_for("network.events", series=found.reference))
        form.refuse(done.problem)
    return render_template("network/events/series.html", form=form, series=found)


def load_run(reference: str) -> EventFacts:
    """The event in the address, for those who run it."""
    found = load_event(reference)
    if not may_run(current_actor(), found):
        abort(403)
    return found


def _words(form: SeriesForm) -> dict[str, Any]:
    return {
        "title": form.title.data or "",
        "about": form.about.data or "",
        "dimension": form.dimension.data or "",
    }


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"


def _offer(form: EventForm) -> None:
    form.offer("districts", programme.settings().district_choices)
    form.offer("series", [(one.reference, one.title) for one in queries.all_series()])


def _refuse(form: EventForm, problems: Any) -> None:
    for problem in problems:
        form.refuse(problem)
