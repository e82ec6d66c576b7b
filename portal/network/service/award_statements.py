"""Staff who support an application in their own words, by a link of their own.

Who asked them does not learn that somebody refused: it looks as if they had not answered.
"""

from __future__ import annotations

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from portal.caseload.queries import confirmations
from portal.db import audit, current_session
from portal.integrations.mail import public_link
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_token, token_hash
from portal.kernel.people import NAME_LENGTH, PORTAL, Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import AwardApplication, AwardStatement
from portal.network.queries import award_applications as found
from portal.network.queries import award_rounds as rounds
from portal.network.rules.awards import MOST_STATEMENTS, STATEMENT_LENGTH
from portal.network.service import award_parts as parts
from portal.network.service.award_parts import NO_APPLICATION

NO_LINK = Problem("no_link", "This link is not known. Copy it whole from the mail")
CLOSED = Problem("closed", "This application takes no more statements. Thank you all the same")
NOT_NOW = Problem("not_draft", "Staff are asked before the application is sent")
_OPEN = frozenset({"draft"})
_MAY_TAKE_BACK = frozenset({"draft", "submitted", "assessing", "moderation", "ready"})


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of their work there."""

    job: str
    part_time: bool
    words: str


def ask(*, reference: str, to_name: str, to_email: str, by: Author) -> Ok[None] | Err:
    """Send somebody who works there a link. Asked twice, they get one mail; it is not said why."""
    application = found.to_change(reference)
    if application is None:
        return Err(NO_APPLICATION)
    name, address = " ".join(to_name.split()), _address(to_email)
    known = found.statements(application.id)
    problem = _cannot_ask(application, name, address, by)
    if problem is None and len(known) >= MOST_STATEMENTS:
        problem = Problem("most", f"You can ask {MOST_STATEMENTS} people", "to_email")
    if problem is not None or address is None:
        return parts.deny(f"award_application:{reference}", problem or NO_APPLICATION, by)
    if any(one.to_email == address for one in known):
        # Whether they answered, refused or wait: the same words, and no second mail.
        return Ok(None)
    token = new_token()
    statement = AwardStatement(
        application_id=application.id,
        to_name=name[:NAME_LENGTH],
        to_email=address,
        token_hash=token_hash(token),
    )
    current_session().add(statement)
    current_session().flush()
    line = found.statements(application.id)[-1]
    parts.tell_one(
        address,
        subject=f"{line.employer_name} asks what you think of working there",
        lines=_words(name, by.shown, line.employer_name),
        link=public_link("network.statement", token=token),
        link_text="Read what it is for, and decide",
    )
    parts.note(application, "statement_asked", by)
    return Ok(None)


def give(*, statement_id: int, said: Said) -> Ok[None] | Err:
    """Say it, or say it anew while the application is not sent."""
    opened = _opened(statement_id, _OPEN)
    if isinstance(opened, Err):
        return opened
    words = said.words.strip()
    if not words:
        return Err(Problem("no_words", "Write a few words of your own", "words"))
    if len(words) > STATEMENT_LENGTH * 4:
        return Err(Problem("too_long", f"Write at most {STATEMENT_LENGTH:,} characters", "words"))
    opened.state, opened.words = "given", words
    opened.job, opened.part_time = " ".join(said.job.split())[:NAME_LENGTH], said.part_time
    opened.given_at = utc_now()
    _record("given", opened)
    return Ok(None)


def refuse(*, statement_id: int) -> Ok[None] | Err:
    """They would rather not; nobody at work learns of it."""
    opened = _opened(statement_id, _OPEN)
    if isinstance(opened, Err):
        return opened
    _empty(opened, "refused")
    return Ok(None)


def take_back(*, statement_id: int) -> Ok[None] | Err:
    """Take back what they said, until the award is decided."""
    opened = _opened(statement_id, _MAY_TAKE_BACK)
    if isinstance(opened, Err):
        return opened
    if opened.state != "given":
        return Err(Problem("not_given", "There is nothing to take back"))
    _empty(opened, "withdrawn")
    return Ok(None)


def _words(name: str, asking: str, employer: str) -> list[str]:
    about = f"{asking} asks you to say in your own words how {employer} treats part-time staff."
    return [
        f"Hello {name},",
        about,
        "It goes with an application for an award. The assessors read it without your name.",
        "You decide. If you would rather not, say so on the same page or do nothing.",
        "Nobody at work is told that you did not want to.",
    ]


def _empty(statement: AwardStatement, state: str) -> None:
    statement.state, statement.words, statement.job = state, "", ""
    statement.part_time, statement.given_at = None, None
    _record(state, statement)


def _opened(statement_id: int, states: frozenset[str]) -> AwardStatement | Err:
    statement = found.statement_to_change(statement_id)
    if statement is None:
        return Err(NO_LINK)
    application = found.by_id_to_change(statement.application_id)
    if application is None or application.state not in states:
        return Err(CLOSED)
    if "submitted" not in states and not rounds.round_by_id(application.round_id).is_open(today()):
        return Err(CLOSED)
    return statement


def _cannot_ask(
    application: AwardApplication, name: str, address: str | None, by: Author
) -> Problem | None:
    if application.state != "draft":
        return NOT_NOW
    if not name:
        return Problem("no_name", "Enter the person's name", "to_name")
    if address is None:
        return Problem("bad_email", "Enter an email address, like name@example.org", "to_email")
    if by.email is not None and address == by.email.lower():
        return Problem("yourself", "Ask somebody else: nobody speaks for themselves", "to_email")
    if confirmations.is_staff(email=address):
        return Problem(
            "staff",
            "That is the address of somebody who works for a provider or the LEP. Ask somebody who "
            "works for you",
            "to_email",
        )
    return None


def _address(text: str) -> str | None:
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def _record(what: str, statement: AwardStatement) -> None:
    current_session().flush()
    audit.record(
        action=f"award_statement.{what}",
        subject=f"award_statement:{statement.id}",
        actor_id=PORTAL.user_id,
    )
