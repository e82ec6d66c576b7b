"""Asking an employer whether something took place as recorded, and what it says.

Every function but ``remind_due`` is called inside a unit of work. The delivery is locked before the
case and the case before the question, here and everywhere, so that two people never wait for each
other.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select

from portal.caseload import queries
from portal.caseload.models import Case, Confirmation, DiagnosticSession
from portal.caseload.panels import tell_confirmed
from portal.caseload.queries import confirmations as found
from portal.caseload.rules.confirmations import Subject, SubjectKind, lines, long_day, what
from portal.db import audit, current_session, unit_of_work
from portal.employers.rules.timeline import line
from portal.employers.service import timeline
from portal.integrations.mail import public_link, send_later
from portal.kernel.clock import london, today, utc_now
from portal.kernel.ids import new_token, token_hash
from portal.kernel.people import NAME_LENGTH, PORTAL, Author
from portal.kernel.result import Err, Ok, Problem
from portal.programme import queries as programme

WORDS_LENGTH = 2000
NO_RECORD = Problem("no_record", "There is nothing of that kind to confirm")
WITHDRAWN = Problem("withdrawn", "That record was withdrawn, so there is nothing to confirm")
CONFIRMED = Problem("already_confirmed", "The employer has confirmed this already")
ANSWERED = Problem("answered", "This was answered already")
REPLACED = Problem("replaced", "A newer link was sent. Please use that one")
EXPIRED = Problem("expired", "The time to answer by this link is over")
NOT_STAFF = Problem(
    "staff", "Somebody who works for a provider or the LEP cannot answer for the employer"
)


def ask(
    *,
    case: Case,
    subject: SubjectKind,
    record_id: int,
    reference: str,
    what: str,
    to_name: str,
    to_email: str,
    by: Author,
) -> Ok[Confirmation] | Err:
    """Send somebody at the employer a link with which to confirm a session or an attendance.

    ``case`` is locked by the caller. ``what`` names it in the mail, such as "the in-depth session
    on 3 March 2026". An earlier question that was not answered with yes is replaced, and its link
    says so. Refused for a record that is withdrawn or confirmed, and for the address of staff.
    """
    about = found.subjects(subject, [record_id]).get(record_id)
    if about is None or about.case_id != case.id or about.reference != reference:
        return Err(NO_RECORD)
    problem = WITHDRAWN if about.withdrawn else None
    name, address = " ".join(to_name.split())[:NAME_LENGTH], _address(to_email)
    if problem is None:
        problem = _check_person(name, address)
    earlier = found.current_to_change(subject, [record_id])
    if problem is None and any(one.state == "confirmed" for one in earlier):
        problem = CONFIRMED
    if problem is not None or address is None:
        return Err(problem or NO_RECORD)
    for one in earlier:
        one.state = "replaced"
    token = new_token()
    question = _new_question(about, name, address, token, by)
    _follow(case, subject)
    _mail_link(question, about, what, token, by_name=by.shown)
    again = " again" if earlier else ""
    _tell(question, about, by, f"{name} was asked{again} to confirm {what}")
    _audit("confirmation.asked", question, by)
    return Ok(question)


def _new_question(about: Subject, name: str, address: str, token: str, by: Author) -> Confirmation:
    session = current_session()
    # The earlier one first: only one question about a record counts at a time.
    session.flush()
    question = Confirmation(
        session_id=about.record_id if about.kind == "session" else None,
        attendance_id=about.record_id if about.kind == "attendance" else None,
        employer_id=about.employer_id,
        case_id=about.case_id,
        to_name=name,
        to_email=address,
        token_hash=token_hash(token),
        asked_at=utc_now(),
        asked_by=by.user_id,
        due_on=today() + timedelta(days=programme.settings().confirmation_days),
    )
    session.add(question)
    session.flush()
    return question


def _address(text: str) -> str | None:
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def _check_person(name: str, address: str | None) -> Problem | None:
    if not name:
        return Problem("no_name", "Enter the person's name", "to_name")
    if address is None:
        return Problem("bad_email", "Enter an email address, like name@example.org", "to_email")
    if found.is_staff(email=address):
        return Problem(
            "staff",
            "That is the address of somebody who works for a provider or the LEP. The employer "
            "has to confirm it",
            "to_email",
        )
    return None


def answer(
    *, reference: str, agrees: bool, words: str, by: Author, by_link: bool
) -> Ok[Confirmation] | Err:
    """Take the employer's answer, once: it is right, or what is wrong with it.

    ``by_link``: given by the link in the mail, which expires; somebody signed in for the employer
    may answer later as well. Of two people who answer at the same moment one counts.
    """
    opened = _open_question(reference)
    if isinstance(opened, Err):
        return opened
    case, question, about = opened
    said = words.strip()
    problem: Problem | None = None
    if by_link and today() > question.due_on:
        problem = EXPIRED
    elif _is_staff(question, by):
        problem = NOT_STAFF
    elif not agrees and not said:
        problem = Problem("no_words", "Say what is wrong", "words")
    if problem is not None:
        return Err(problem)
    question.state = "confirmed" if agrees else "disputed"
    question.answered_at = utc_now()
    question.answered_name, question.answered_by = by.shown, by.user_id
    question.words = "" if agrees else said
    current_session().flush()
    _follow(case, about.kind)
    done = "confirmed" if agrees else "said that something is wrong with"
    _tell(question, about, by, f"{by.shown} {done} {what(about)}", text=question.words)
    _audit(f"confirmation.{question.state}", question, by)
    _mail_adviser(
        question,
        about,
        f"{'Confirmed' if agrees else 'Not right'}: {what(about)}, {about.employer_name}",
        template="caseload_confirm_answer",
        said=question.words,
        answered_name=by.shown,
    )
    if agrees:
        tell_confirmed(about.kind, about.record_id, by)
    return Ok(question)


def _is_staff(question: Confirmation, by: Author) -> bool:
    """Whether who answers is staff: whoever is signed in, and whoever's mailbox the link went to.

    They may have become so after they were asked.
    """
    return any(
        found.is_staff(user_id=key, email=address)
        for key, address in ((by.user_id, by.email or ""), (None, question.to_email))
    )


def ask_for_link(*, reference: str) -> Ok[Confirmation] | Err:
    """Note that the employer wants a new link, the old one having expired; once a question."""
    opened = _open_question(reference)
    if isinstance(opened, Err):
        return opened
    _case, question, about = opened
    if today() <= question.due_on:
        return Err(Problem("still_works", "Your link still works: you can answer now"))
    if question.link_asked_at is None:
        question.link_asked_at = utc_now()
        by = Author(None, question.to_name, question.to_email)
        _tell(question, about, by, f"{question.to_name} wants a new link to confirm {what(about)}")
        _mail_adviser(
            question,
            about,
            f"New link wanted: {what(about)}, {about.employer_name}",
            template="caseload_confirm_link",
        )
        current_session().flush()
    return Ok(question)


def drop(*, case: Case, subject: SubjectKind, record_ids: Collection[int]) -> int:
    """End the questions about records that are withdrawn, unless confirmed; how many ended.

    ``case`` is locked by the caller.
    """
    ended = [q for q in found.current_to_change(subject, record_ids) if q.state != "confirmed"]
    for question in ended:
        question.state = "replaced"
    current_session().flush()
    _follow(case, subject)
    return len(ended)


def follow_session(case: Case) -> None:
    """Set where the case's latest in-depth session stands, and what its employer said of it."""
    latest = current_session().scalar(
        select(DiagnosticSession.id)
        .where(DiagnosticSession.case_id == case.id, DiagnosticSession.withdrawn_at.is_(None))
        .order_by(DiagnosticSession.held_on.desc(), DiagnosticSession.id.desc())
        .limit(1)
    )
    if latest is None:
        case.session_state = "none"
    else:
        question = found.of_subjects("session", [latest]).get(latest)
        states = {None: "held", "awaiting": "asked"}
        state = question.state if question else None
        case.session_state = states.get(state, state or "held")
    current_session().flush()


def remind_due() -> int:
    """Remind everybody whose last day is near, once each; how many were reminded. Done daily."""
    return sum(_remind(reference) for reference in found.to_remind())


def _remind(reference: str) -> bool:
    with unit_of_work():
        opened = _open_question(reference)
        if isinstance(opened, Err) or opened[1].reminded_at is not None:
            return False
        _case, question, about = opened
        # The first link was never kept, so the reminder brings one of its own; both work.
        token = new_token()
        question.reminder_hash, question.reminded_at = token_hash(token), utc_now()
        _mail_link(question, about, what(about), token, by_name=about.provider_name, reminder=True)
        _tell(question, about, PORTAL, f"{question.to_name} was reminded of {what(about)}")
        return True


def _open_question(reference: str) -> tuple[Case, Confirmation, Subject] | Err:
    facts = found.by_reference(reference)
    if facts is None:
        return Err(NO_RECORD)
    if facts.subject == "attendance":
        # The delivery first, as whoever withdraws it does: its employers answer one by one.
        found.hold_delivery(facts.record_id)
    about = found.subjects(facts.subject, [facts.record_id])[facts.record_id]
    case = queries.case_to_change(about.case_reference)
    question = found.confirmation_to_change(reference)
    if case is None or question is None:
        return Err(NO_RECORD)
    # Read again under the locks: it may have been withdrawn or answered meanwhile.
    about = found.subjects(facts.subject, [facts.record_id])[facts.record_id]
    if question.state in {"confirmed", "disputed"}:
        return Err(ANSWERED)
    if about.withdrawn:
        return Err(WITHDRAWN)
    if question.state == "replaced":
        return Err(REPLACED)
    return case, question, about


def _follow(case: Case, subject: SubjectKind) -> None:
    if subject == "session":
        follow_session(case)


def _tell(question: Confirmation, about: Subject, by: Author, title: str, text: str = "") -> None:
    timeline.note(
        employer_id=about.employer_id,
        kind="confirmation",
        title=title,
        text=text,
        by=by,
        subject=f"confirmation:{question.reference}",
    )


def _audit(action: str, question: Confirmation, by: Author) -> None:
    audit.record(
        action=action,
        subject=f"confirmation:{question.reference}",
        detail={"case": question.case_id},
        actor_id=by.user_id,
    )


def _mail_link(
    question: Confirmation,
    about: Subject,
    words: str,
    token: str,
    *,
    by_name: str,
    reminder: bool = False,
) -> None:
    send_later(
        to=question.to_email,
        subject=line(f"{'Reminder: p' if reminder else 'P'}lease confirm {words}"),
        template="caseload_confirm",
        context={
            "to_name": question.to_name,
            "by_name": by_name,
            "provider_name": about.provider_name,
            "what": words,
            "lines": lines(about),
            "until": long_day(question.due_on),
            "link": public_link("caseload.confirm", token=token),
            "reminder": reminder,
        },
    )


def _mail_adviser(
    question: Confirmation, about: Subject, subject: str, *, template: str, **context: Any
) -> None:
    person = found.who_to_tell(question.case_id, question.asked_by)
    if person is None:
        return
    name, address = person
    send_later(
        to=address,
        subject=line(subject),
        template=template,
        context={
            "adviser_name": name,
            "employer_name": about.employer_name,
            "what": what(about),
            "asked_on": long_day(london(question.asked_at).date()),
            "to_name": question.to_name,
            "link": public_link(
                "caseload.ask_confirmation",
                case=about.case_reference,
                what=about.kind,
                record=about.reference,
            ),
            **context,
        },
    )


__all__ = [
    "answer",
    "ask",
    "ask_for_link",
    "drop",
    "follow_session",
    "remind_due",
]
