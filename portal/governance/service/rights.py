"""Requests of people about their data, from the day they come to the answer."""

from __future__ import annotations

from datetime import date
from typing import Final

from portal.db import audit, current_session, unit_of_work
from portal.governance.models.privacy import RightsRequest, RightsStep
from portal.governance.queries import people
from portal.governance.queries import rights as found
from portal.governance.rules import rights as rules
from portal.governance.rules.rights import Clock
from portal.integrations.mail import public_link, send_later
from portal.kernel.clock import today, utc_now
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok, Problem

GONE: Final = Problem("gone", "There is no such request")
CLOSED: Final = Problem("closed", "This request has been answered already")
NOT_NOW: Final = Problem("not_now", "This cannot be done to the request any more")
WORDS: Final = Problem("words", "Say what you decided or did, and why", "words")
FUTURE: Final = Problem("future", "It cannot have come in the future", "received_on")


def clock_of(request: RightsRequest) -> Clock:
    """The days that decide when a request must be answered."""
    return Clock(
        request.received_on, request.identity_asked_on, request.identity_on, request.extended_on
    )


def receive(
    *,
    kind: str,
    channel: str,
    name: str,
    email: str,
    words: str,
    by: Author,
    user_id: int | None = None,
    received_on: date | None = None,
) -> Ok[RightsRequest] | Err:
    """Note a request and tell the managers and the person. Asking twice for one thing is once."""
    day = received_on or today()
    if day > today():
        return Err(FUTURE)
    if user_id is not None:
        earlier = found.open_of_kind(user_id, kind)
        if earlier is not None:
            _step(earlier, "note", words, by)
            return Ok(earlier)
    request = RightsRequest(
        kind=kind,
        channel=channel,
        user_id=user_id,
        name=name,
        email=email.strip().lower(),
        words=words,
        received_on=day,
        due_on=rules.due_on(Clock(day)),
    )
    current_session().add(request)
    current_session().flush()
    _step(request, "received", "", by)
    _record(request, "rights.received", by, {"kind": kind, "channel": channel})
    _tell_managers(request, "A person asks about their data", "received")
    if request.email:
        _tell_person(
            request,
            "We have your request about your data",
            [
                f"We received it: {rules.KINDS[kind]}.",
                f"You get an answer by {_day(request.due_on)} at the latest, at no charge.",
            ],
            "received",
        )
    return Ok(request)


def step(*, reference: str, what: str, words: str, by: Author) -> Ok[None] | Err:
    """Ask for proof, note it, take more time, write a note, or answer the request."""
    request = found.request_of(reference, lock=True)
    if request is None:
        return Err(GONE)
    if request.state != "open" and what != "note":
        return Err(CLOSED)
    if not words and what in {"extended", "note", *rules.ENDS}:
        return Err(WORDS)
    refused = _move(request, what, words, by)
    if refused is not None:
        return Err(refused)
    request.due_on = rules.due_on(clock_of(request))
    _step(request, what, words, by)
    _record(request, f"rights.{what}", by, {"due_on": str(request.due_on)})
    return Ok(None)


def _move(request: RightsRequest, what: str, words: str, by: Author) -> Problem | None:
    clock, day = clock_of(request), today()
    if what == "identity_asked":
        if not rules.may_ask_identity(clock, day):
            return NOT_NOW
        request.identity_asked_on = day
    elif what == "identity_shown":
        if clock.identity_on is not None:
            return NOT_NOW
        request.identity_on = day
    elif what == "extended":
        if not rules.may_extend(clock, day):
            return NOT_NOW
        request.extended_on = day
        lines = ["We need more time to answer your request, up to two months.", f"Why: {words}"]
        _tell_person(request, "Your request about your data needs more time", lines, what)
    elif what in rules.ENDS:
        request.state, request.answer, request.decided_at = what, words, utc_now()
        request.decided_by, request.decided_name = by.user_id, by.shown
        if what != "withdrawn":
            lines = [line for line in words.split("\n") if line.strip()]
            lines += complain() if what == "refused" else []
            _tell_person(request, "The answer to your request about your data", lines, what)
    elif what != "note":
        return NOT_NOW
    return None


def withdraw(*, reference: str, user_id: int, by: Author) -> Ok[None] | Err:
    """The person takes their own request back."""
    request = found.request_of(reference)
    if request is None or request.user_id != user_id:
        return Err(GONE)
    return step(reference=reference, what="withdrawn", words="Taken back by the person", by=by)


def note_copy(request: RightsRequest, what: str, by: Author) -> None:
    """Put the making or taking of a copy into the log of its request."""
    _step(request, what, "", by)


def note_erasure(request: RightsRequest, what: str, words: str, by: Author) -> None:
    """Put an erasure that was begun, done or refused into the log of its request."""
    _step(request, what, words, by)


def remind() -> None:
    """Write to the managers about what is due soon, and every day about what is late."""
    owed = [
        (request.reference, key)
        for request in found.open_requests()
        if (key := rules.reminder(today(), request.due_on)) is not None
    ]
    for reference, key in owed:
        with unit_of_work():
            request = found.request_of(reference)
            if request is not None and request.state == "open":
                words, _colour = rules.left_in_words(today(), request.due_on)
                _tell_managers(request, f"A request about data: {words.lower()}", key)


def _step(request: RightsRequest, what: str, words: str, by: Author) -> None:
    current_session().add(
        RightsStep(request_id=request.id, by=by.user_id, by_name=by.shown, what=what, words=words)
    )
    current_session().flush()


def _record(request: RightsRequest, action: str, by: Author, detail: dict[str, str]) -> None:
    audit.record(
        action=action,
        subject=f"rights:{request.reference}",
        detail=detail,
        actor_id=by.user_id if by is not PORTAL else None,
    )


def _tell_managers(request: RightsRequest, subject: str, key: str) -> None:
    link = public_link("governance.rights_request", reference=request.reference)
    lines = [
        f"{rules.KINDS[request.kind]}, received on {_day(request.received_on)}.",
        f"To be answered by {_day(request.due_on)}.",
    ]
    for reader in people.managers():
        send_later(
            to=reader.email,
            subject=subject,
            template="governance_notice",
            context={"name": reader.name, "lines": lines, "button": "See it", "link": link},
            unique_key=f"rights:{request.reference}:{key}:{reader.user_id}",
        )


def _tell_person(request: RightsRequest, subject: str, lines: list[str], key: str) -> None:
    if not request.email:
        return
    send_later(
        to=request.email,
        subject=subject,
        template="governance_notice",
        context={
            "name": request.name,
            "lines": lines,
            "button": "How we look after your data",
            "link": public_link("governance.privacy"),
        },
        unique_key=f"rights:{request.reference}:{key}:person",
    )


def complain() -> list[str]:
    """What somebody can do who is refused."""
    return [
        "If you do not agree you can complain to the Information Commissioner's Office or a court.",
        "The office: ico.org.uk, telephone 0303 123 1113.",
    ]


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day is not None else "a day that is not set yet"
