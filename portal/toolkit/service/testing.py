"""Asking employers to try a resource before it is published, and what they say of it.

Every function but ``remind_due`` is called inside a unit of work. The resource is held before the
test, here and everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from email_validator import EmailNotValidError, validate_email

from portal.caseload.queries import confirmations
from portal.db import audit, current_session, unit_of_work
from portal.employers import queries as employers
from portal.employers.rules.timeline import line
from portal.employers.service import timeline
from portal.integrations.mail import public_link, send_later
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_token, token_hash
from portal.kernel.people import NAME_LENGTH, Author
from portal.kernel.result import Err, Ok, Problem
from portal.toolkit.models import Resource, ResourceTest
from portal.toolkit.queries import resources as found
from portal.toolkit.queries import testing as queries
from portal.toolkit.rules.readers import (
    LONGEST_DAYS,
    MOST_MINUTES,
    MOST_STARS,
    REMIND_DAYS_BEFORE,
    WORDS_LENGTH,
    WOULD_USE,
)
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.service.resources import NO_RESOURCE

_TESTED_IN = frozenset({ResourceState.TESTING, ResourceState.PUBLISHED})
NO_TEST = Problem("no_test", "There is no such link")
ANSWERED = Problem("answered", "This was answered already")
CLOSED = Problem("closed", "Your feedback on this is no longer needed. Thank you all the same")
EXPIRED = Problem("expired", "The time to answer by this link is over")
NOT_STAFF = Problem(
    "staff", "Somebody who works for a provider or the LEP cannot answer for the employer"
)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What an employer says of a version: marks from 1 to 5, ``minutes`` where they know them."""

    tried: bool
    clear: int
    useful: int
    doable: int
    would_use: str
    minutes: int | None
    best: str
    change: str


def ask(
    *,
    reference: str,
    employer_reference: str,
    to_name: str,
    to_email: str,
    due_on: date,
    by: Author,
) -> Ok[ResourceTest] | Err:
    """Send somebody at an employer a link to try the latest version and say what they think.

    Asked again before it has answered, the earlier link stops working. Refused for the address of
    staff, for an employer that has answered about this version, and for a day that is past.
    """
    resource = found.to_change(reference)
    if resource is None:
        return Err(NO_RESOURCE)
    employer = employers.employer_profile(employer_reference)
    address = _address(to_email)
    problem = _cannot_ask(resource, " ".join(to_name.split()), address, due_on)
    if problem is None and employer is None:
        problem = Problem("no_employer", "Choose an employer that is in the portal", "employer")
    if problem is not None or employer is None or address is None:
        return Err(problem or NO_RESOURCE)
    test = queries.of_employer_to_change(resource.id, resource.latest_number, employer.id)
    if test is not None and test.state == "answered":
        return Err(
            Problem("answered", "This employer has said what it thinks of this version", "employer")
        )
    if test is None:
        test = ResourceTest(
            resource_id=resource.id, number=resource.latest_number, employer_id=employer.id
        )
    token = new_token()
    test.to_name = " ".join(to_name.split())[:NAME_LENGTH]
    test.to_email, test.token_hash = address, token_hash(token)
    test.due_on, test.state, test.reminded_at = due_on, "asked", None
    test.asked_by, test.asked_name = by.user_id, by.shown
    current_session().add(test)
    current_session().flush()
    title = _mail(test, token, reminder=False)
    _tell(test, by, f"{test.to_name} was asked to try “{title}”")
    _audit("asked", test, by, {"resource": resource.reference, "employer": employer.reference})
    return Ok(test)


def _cannot_ask(resource: Resource, name: str, address: str | None, due_on: date) -> Problem | None:
    if ResourceState(resource.state) not in _TESTED_IN:
        return Problem("resource_state", "Begin testing first: employers try what is ready for it")
    if not name:
        return Problem("no_name", "Enter the person's name", "to_name")
    if address is None:
        return Problem("bad_email", "Enter an email address, like name@example.org", "to_email")
    if confirmations.is_staff(email=address):
        return Problem(
            "staff",
            "That is the address of somebody who works for a provider or the LEP. An employer "
            "has to try it",
            "to_email",
        )
    if not today() < due_on <= today() + timedelta(days=LONGEST_DAYS):
        return Problem(
            "due_on", f"The last day is tomorrow or later, within {LONGEST_DAYS} days", "due_on"
        )
    return None


def answer(*, reference: str, said: Feedback, by: Author) -> Ok[ResourceTest] | Err:
    """Take an employer's feedback, once."""
    opened = _open(reference, by)
    if isinstance(opened, Err):
        return opened
    marks = (said.clear, said.useful, said.doable)
    if not all(1 <= mark <= MOST_STARS for mark in marks) or said.would_use not in WOULD_USE:
        return Err(Problem("incomplete", "Answer every question that is marked"))
    if said.minutes is not None and not 1 <= said.minutes <= MOST_MINUTES:
        return Err(Problem("minutes", f"Minutes are from 1 to {MOST_MINUTES}", "minutes"))
    test = opened
    test.state, test.answered_at, test.answered_name = "answered", utc_now(), by.shown
    test.tried, test.clear, test.useful, test.doable = said.tried, *marks
    test.would_use, test.minutes = said.would_use, said.minutes
    test.best, test.change = said.best.strip()[:WORDS_LENGTH], said.change.strip()[:WORDS_LENGTH]
    title, _employer = queries.facts_for_mail(test)
    _tell(test, by, f"Feedback on “{title}” before it is published")
    _audit("answered", test, by)
    return Ok(test)


def decline(*, reference: str, why: str, by: Author) -> Ok[ResourceTest] | Err:
    """The employer would rather not; it is not reminded."""
    opened = _open(reference, by)
    if isinstance(opened, Err):
        return opened
    opened.state, opened.change = "declined", why.strip()[:WORDS_LENGTH]
    opened.answered_at, opened.answered_name = utc_now(), by.shown
    _audit("declined", opened, by)
    return Ok(opened)


def take_back(*, reference: str, by: Author) -> Ok[ResourceTest] | Err:
    """Stop waiting for an answer: the link stops working."""
    test = queries.to_change(reference)
    if test is None:
        return Err(NO_TEST)
    if test.state != "asked":
        return Err(Problem("not_asked", "There is no answer to wait for"))
    test.state = "withdrawn"
    _audit("withdrawn", test, by)
    return Ok(test)


def _open(reference: str, by: Author) -> ResourceTest | Err:
    test = queries.to_change(reference)
    if test is None:
        return Err(NO_TEST)
    resource = found.resource_by_id(test.resource_id)
    if test.state in {"answered", "declined"}:
        return Err(ANSWERED)
    if test.state == "withdrawn" or resource is None or resource.state is ResourceState.RETIRED:
        return Err(CLOSED)
    if today() > test.due_on:
        return Err(EXPIRED)
    if by.user_id is not None and confirmations.is_staff(user_id=by.user_id):
        return Err(NOT_STAFF)
    return test


def remind_due() -> int:
    """Remind everybody whose last day is near, once each; how many were reminded. Done daily."""
    day = today()
    waiting = queries.to_remind(day, day + timedelta(days=REMIND_DAYS_BEFORE))
    return sum(_remind(reference) for reference in waiting)


def _remind(reference: str) -> bool:
    # One transaction each: a fault with one leaves the others their mail.
    with unit_of_work():
        test = queries.to_change(reference)
        if test is None or test.state != "asked" or test.reminded_at is not None:
            return False
        # Only the hash of the first link is kept, so the reminder brings a new one.
        token = new_token()
        test.token_hash, test.reminded_at = token_hash(token), utc_now()
        current_session().flush()
        _mail(test, token, reminder=True)
        return True


def _tell(test: ResourceTest, by: Author, title: str, text: str = "") -> None:
    timeline.note(
        employer_id=test.employer_id,
        kind="toolkit",
        title=line(title),
        text=text,
        by=by,
        subject=f"resource_test:{test.reference}",
    )


def _mail(test: ResourceTest, token: str, *, reminder: bool) -> str:
    """Send the link; the title of what is tested."""
    title, employer_name = queries.facts_for_mail(test)
    subject = "Reminder: please try this before we publish it" if reminder else "Please try this"
    send_later(
        to=test.to_email,
        subject=f"{subject}: {title}",
        template="toolkit_test",
        context={
            "to_name": test.to_name,
            "employer_name": employer_name,
            "by_name": test.asked_name,
            "title": title,
            "reminder": reminder,
            "until": f"{test.due_on.day} {test.due_on:%B %Y}",
            "link": public_link("toolkit.test_answer", token=token),
        },
        unique_key=f"resource_test:{test.reference}:{test.token_hash[:16]}",
    )
    return title


def _address(text: str) -> str | None:
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def _audit(
    what: str, test: ResourceTest, by: Author, detail: Mapping[str, Any] | None = None
) -> None:
    current_session().flush()
    audit.record(
        action=f"resource_test.{what}",
        subject=f"resource_test:{test.reference}",
        detail={"number": test.number, **(detail or {})},
        actor_id=by.user_id,
    )
