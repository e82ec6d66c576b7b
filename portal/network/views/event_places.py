"""A person and an event: registering, the link to their place, checking in, and feedback."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Response, abort, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.kernel.clock import utc_now
from portal.kernel.ids import token_hash
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.network.forms.events import CheckInForm, FeedbackForm, RegisterForm, register_form
from portal.network.queries import event_people as queries
from portal.network.queries import event_results, events
from portal.network.queries.event_people import Place
from portal.network.queries.events import EventFacts
from portal.network.rules.events import cannot_cancel, doors_closed, until_words, when_words
from portal.network.rules.words import EVENT_MODES
from portal.network.service import event_attendance as attendance
from portal.network.service import event_calendar as calendars
from portal.network.service import event_certificates as certificates
from portal.network.service import event_codes as codes
from portal.network.service import event_places as service
from portal.network.service.event_places import Attendee
from portal.network.views import blueprint
from portal.network.views.events import closed_for, ics_response, load_event, qr_response
from portal.web.access import current_actor, current_author
from portal.web.security import limiter


@blueprint.route("/events/<reference>/register", methods=["GET", "POST"])
@limiter.limit("20/hour;60/day", methods=["POST"])
def register(reference: str) -> ResponseReturnValue:
    """Register for an event; no account is needed."""
    found = load_event(reference)
    actor = current_actor()
    form = register_form(found.questions)(
        data={"name": actor.name, "email": actor.email, "employer": _only(actor.employers)}
    )
    form.offer("employer", _own_employers())
    if form.validate_on_submit():
        done = _registered(found, form)
        if isinstance(done, Ok):
            if not done.value.mailed:
                words = "This address gets no mail about events: keep the address of this page."
                flash(words, "info")
            return redirect(url_for("network.registration", token=done.value.token))
        for problem in done:
            form.refuse(problem)
        found = load_event(reference)
    return render_template(
        "network/events/register.html",
        event=found,
        form=form,
        closed=closed_for(found),
        queue=found.is_full,
        when=when_words(found.starts_at, found.ends_at),
        has_employers=bool(actor.employers),
    )


def _registered(found: EventFacts, form: RegisterForm) -> Any:
    actor = current_actor()
    profile = employers.employer_profile(form.employer.data) if form.employer.data else None
    who = Attendee(
        name=form.name.data or "",
        email=form.email.data or "",
        business=form.business.data or ("" if profile is None else profile.name),
        needs=form.needs.data or "",
        user_id=actor.user_id,
        employer_id=None if profile is None else profile.id,
    )
    with unit_of_work():
        return service.register(
            event_reference=found.reference,
            who=who,
            given=form.given(),
            accepts_queue=form.queue.data == "1",
            by=_author(who.name),
        )


@blueprint.get("/events/r/<token>")
def registration(token: str) -> str:
    """A person's place by its link; looking changes nothing."""
    place, found = _load(token)
    return render_template(
        "network/events/registration.html",
        event=found,
        place=place,
        token=token,
        when=when_words(found.starts_at, found.ends_at),
        until=until_words(place.offered_until) if place.offered_until else "",
        offer_over=place.offered_until is not None and utc_now() >= place.offered_until,
        ahead=queries.ahead_of(place) if place.state == "waiting" else 0,
        modes=EVENT_MODES,
        may_not_cancel=cannot_cancel(
            state=found.state,
            starts_at=found.starts_at,
            ends_at=found.ends_at,
            now=utc_now(),
        ),
        said=place.attended_at is not None and event_results.feedback_of(place.id) is not None,
    )


@blueprint.post("/events/r/<token>/cancel")
@limiter.limit("60/hour")
def registration_cancel(token: str) -> ResponseReturnValue:
    """Give a place back."""
    place, _event = _load(token)
    with unit_of_work():
        done = service.give_back(token=token, by=_author(place.name))
    return _back(token, done, "You are not registered any more. Thank you for telling us.")


@blueprint.post("/events/r/<token>/accept")
@limiter.limit("60/hour")
def registration_accept(token: str) -> ResponseReturnValue:
    """Take the place that was offered."""
    place, _event = _load(token)
    with unit_of_work():
        done = service.accept(token=token, by=_author(place.name))
    return _back(token, done, "The place is yours.")


@blueprint.post("/events/r/<token>/queue")
@limiter.limit("60/hour")
def registration_queue(token: str) -> ResponseReturnValue:
    """Join the queue again."""
    place, _event = _load(token)
    with unit_of_work():
        done = service.queue_again(token=token, by=_author(place.name))
    return _back(token, done, "You are in the queue again.")


@blueprint.get("/events/r/<token>/event.ics")
def registration_ics(token: str) -> Response:
    """The event as a calendar file; with a place, its online address too."""
    place, found = _load(token)
    mine = token if place.state == "registered" else ""
    data = calendars.calendar_file([calendars.entry_of(found, token=mine)])
    return ics_response(data, f"event-{found.reference}")


@blueprint.get("/events/r/<token>/ticket.svg")
def registration_qr(token: str) -> Response:
    """What staff scan at the door: it leads them to this person on their list."""
    place, found = _load(token)
    return qr_response(codes.ticket_address(found.reference, place.reference))


@blueprint.get("/events/r/<token>/certificate.pdf")
def registration_certificate(token: str) -> ResponseReturnValue:
    """The certificate of somebody who came."""
    place, found = _load(token)
    done = certificates.file_of(place.reference)
    if isinstance(done, Err):
        kind = "info" if done.problem.code == "not_ready" else "error"
        flash(f"{done.problem.message}.", kind)
        return redirect(url_for("network.registration", token=token))
    return send_file(
        BytesIO(done.value),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=f"certificate-{found.reference}.pdf",
        etag=False,
    )


@blueprint.route("/events/check-in/<code>", methods=["GET", "POST"])
@limiter.limit("30/hour", methods=["POST"])
def checkin(code: str) -> ResponseReturnValue:
    """Check in at the door, or online, by the code that is shown there."""
    found = events.event_by_code(code[:16].replace("\0", ""))
    if found is None or found.state not in {"published", "held"}:
        abort(404)
    form = CheckInForm()
    closed = doors_closed(starts_at=found.starts_at, ends_at=found.ends_at, now=utc_now())
    if form.validate_on_submit():
        with unit_of_work():
            done = attendance.check_in_myself(
                code=found.checkin_code, email=form.email.data or "", by=_author("")
            )
        if isinstance(done, Ok):
            flash("You are checked in. Welcome! Your certificate comes by mail.", "success")
            return redirect(url_for("network.checkin", code=found.checkin_code))
        form.refuse(done.problem)
    return render_template(
        "network/events/checkin.html",
        event=found,
        form=form,
        closed=closed,
        when=when_words(found.starts_at, found.ends_at),
    )


@blueprint.route("/events/feedback/<token>", methods=["GET", "POST"])
@limiter.limit("60/hour", methods=["POST"])
def event_feedback(token: str) -> ResponseReturnValue:
    """What somebody who came thought."""
    place, found = _load(token)
    form = FeedbackForm()
    if form.validate_on_submit():
        said = attendance.FeedbackWords(
            int(form.useful.data), int(form.again.data), form.will_do.data, form.better.data
        )
        with unit_of_work():
            done = attendance.say(token=token, said=said, by=_author(place.name))
        if isinstance(done, Ok):
            flash("Thank you. What you said helps the next event.", "success")
            return redirect(url_for("network.registration", token=token))
        form.refuse(done.problem)
    return render_template(
        "network/events/feedback.html",
        event=found,
        place=place,
        form=form,
        token=token,
        said=event_results.feedback_of(place.id) is not None,
        not_came=attendance.NOT_CAME.message,
    )


def _load(token: str) -> tuple[Place, EventFacts]:
    place = queries.by_token(token_hash(token))
    found = None if place is None else events.event_by_id(place.event_id)
    if place is None or found is None:
        abort(404)
    return place, found


def _back(token: str, done: Any, words: str) -> ResponseReturnValue:
    if isinstance(done, Err):
        flash(f"{done.problem.message}.", "error")
    else:
        flash(words, "success")
    return redirect(url_for("network.registration", token=token))


def _author(name: str) -> Author:
    actor = current_actor()
    return current_author() if actor.is_authenticated else Author(None, name)


def _own_employers() -> list[tuple[str, str]]:
    actor = current_actor()
    if actor.user_id is None or not actor.employers:
        return []
    return [(row.reference, row.name) for row in employers.employer_rows_of(actor.user_id)]


def _only(owned: Any) -> str | None:
    return next(iter(owned)) if len(owned) == 1 else None
