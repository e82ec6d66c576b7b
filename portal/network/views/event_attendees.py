"""The list of an event for those who run it: on a phone at the door, on paper, as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.network.forms.events import LinkForm
from portal.network.queries import event_people as queries
from portal.network.queries import event_results
from portal.network.queries.event_people import PAGE, Place
from portal.network.queries.events import EventFacts
from portal.network.rules.events import when_words
from portal.network.service import event_attendance as service
from portal.network.service import event_codes as codes
from portal.network.views import blueprint
from portal.network.views.events import qr_response
from portal.network.views.events_staff import load_run
from portal.web.access import current_author
from portal.web.asked import asked_number
from portal.web.downloads import csv_response

_LISTS = {"": "With a place", "came": "Came", "queue": "Waiting list", "gone": "Cancelled"}
_STATES = {
    "registered": "Has a place",
    "waiting": "Waits for a place",
    "offered": "Is offered a place",
    "lapsed": "Did not take the place offered",
    "cancelled": "Cancelled",
}


@blueprint.get("/events/<reference>/attendees")
def attendees(reference: str) -> str:
    """Who is coming, and who has come: each with a button to check in."""
    found = load_run(reference)
    wanted = request.args.get("list", "")
    wanted = wanted if wanted in _LISTS else ""
    page = max(1, min(asked_number("page", 1), 10_000))
    rows, total = queries.people(found.id, page=page, wanted=wanted)
    return render_template(
        "network/events/attendees.html",
        event=found,
        rows=rows,
        total=total,
        wanted=wanted,
        lists=_LISTS,
        states=_STATES,
        counts=event_results.counts(found.id),
        when=when_words(found.starts_at, found.ends_at),
        page=page,
        earlier=_page(found, wanted, page - 1) if page > 1 else None,
        later=_page(found, wanted, page + 1) if page * PAGE < total else None,
    )


@blueprint.get("/events/<reference>/attendees.csv")
def attendees_csv(reference: str) -> Response:
    """Everybody who registered, with what they answered."""
    found = load_run(reference)
    asked = {question.key: question.text for question in found.questions}
    header = ("Name", "Email", "Business", "Employer", "State", "Registered", "Came", "Needs")
    return csv_response(
        f"attendees-{found.reference}",
        [*header, *asked.values()],
        _lines(queries.everybody(found.id), asked),
    )


@blueprint.get("/events/<reference>/attendees/<person>")
def attendee(reference: str, person: str) -> str:
    """One person: where a scanned ticket leads staff."""
    found, place = _load(reference, person)
    return render_template(
        "network/events/attendee.html",
        event=found,
        place=place,
        states=_STATES,
        form=LinkForm(data={"employer": place.employer_reference}),
        when=when_words(found.starts_at, found.ends_at),
    )


@blueprint.post("/events/<reference>/attendees/<person>/came")
def attendee_came(reference: str, person: str) -> ResponseReturnValue:
    """Check a person in."""
    found, place = _load(reference, person)
    with unit_of_work():
        done = service.check_in(
            event_reference=found.reference, reference=place.reference, by=current_author()
        )
    return _back(found, place, done, f"{place.name} is checked in.")


@blueprint.post("/events/<reference>/attendees/<person>/undo")
def attendee_undo(reference: str, person: str) -> ResponseReturnValue:
    """Take a check-in back."""
    found, place = _load(reference, person)
    with unit_of_work():
        done = service.undo(
            event_reference=found.reference, reference=place.reference, by=current_author()
        )
    return _back(found, place, done, f"{place.name} is not checked in any more.")


@blueprint.post("/events/<reference>/attendees/<person>/employer")
def attendee_employer(reference: str, person: str) -> ResponseReturnValue:
    """Say from which employer of the portal a person came."""
    found, place = _load(reference, person)
    form = LinkForm()
    if not form.validate_on_submit():
        abort(400)
    with unit_of_work():
        done = service.link_employer(
            event_reference=found.reference,
            reference=place.reference,
            employer=form.employer.data or "",
            by=current_author(),
        )
    if isinstance(done, Err):
        flash(f"{done.problem.message}.", "error")
    else:
        flash("Saved.", "success")
    return redirect(url_for("network.attendee", reference=found.reference, person=place.reference))


@blueprint.get("/events/<reference>/door")
def door(reference: str) -> str:
    """The code to show at the door or in the meeting, by which people check themselves in."""
    found = load_run(reference)
    return render_template(
        "network/events/door.html",
        event=found,
        link=codes.door_address(found.checkin_code),
        when=when_words(found.starts_at, found.ends_at),
    )


@blueprint.get("/events/<reference>/door.svg")
def door_qr(reference: str) -> Response:
    """That code as a drawing."""
    return qr_response(codes.door_address(load_run(reference).checkin_code))


def _lines(people: Iterator[Place], asked: dict[str, str]) -> Iterator[list[Any]]:
    for one in people:
        answers = [one.answers.get(key, {}).get("answer", "") for key in asked]
        yield [
            *(one.name, one.email, one.business, one.employer or "", _STATES[one.state]),
            *(one.created_at, one.attended_at, one.needs, *answers),
        ]


def _load(reference: str, person: str) -> tuple[EventFacts, Place]:
    found = load_run(reference)
    place = queries.place(normalise_reference(person)[:10])
    if place is None or place.event_id != found.id:
        abort(404)
    return found, place


def _back(found: EventFacts, place: Place, done: Any, words: str) -> ResponseReturnValue:
    if isinstance(done, Err):
        flash(f"{done.problem.message}.", "error")
    else:
        flash(words, "success")
    if request.form.get("from") == "list":
        page = request.form.get("page", "1")
        return redirect(
            url_for(
                "network.attendees",
                reference=found.reference,
                page=page if page.isdecimal() and page != "1" else None,
                _anchor=f"p-{place.reference}",
            )
        )
    return redirect(url_for("network.attendee", reference=found.reference, person=place.reference))


def _page(found: EventFacts, wanted: str, number: int) -> str:
    return url_for("network.attendees", reference=found.reference, list=wanted or None, page=number)
