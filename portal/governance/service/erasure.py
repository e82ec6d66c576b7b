"""Erasure on request: of a person with an account, of somebody's address, of a business.

What proves that public money was due stays until its own time is over; the preview says so in
words before anything is done, and the request keeps the counts afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import delete, update

from portal.db import audit, current_session
from portal.employers import queries as employers
from portal.employers.models import Employer
from portal.governance.models.retention import ErasureRequest
from portal.governance.queries import erasure as found
from portal.governance.queries import people
from portal.governance.queries import rights as rights_found
from portal.governance.queries.anchors import table_of
from portal.governance.queries.retention_due import Due, roots_of
from portal.governance.rules.erasure import KIND_WORDS, due_on, in_words
from portal.governance.rules.holdings import holdings
from portal.governance.rules.retention import REMOVED_NAME, REMOVED_TEXT
from portal.governance.service import erasure_telling as telling
from portal.governance.service import rights
from portal.governance.service.emptying import empty
from portal.governance.service.erasure_preview import OWN, employer_roots, preview, stays
from portal.governance.service.retention import let_go
from portal.kernel.clock import today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

NO_REQUEST: Final = Problem("no_request", "There is no such request")
ENDED: Final = Problem("ended", "This request has been answered already")
PROPOSED: Final = Problem("proposed", "This has been proposed already")
NOT_PROPOSED: Final = Problem("not_proposed", "Somebody proposes an erasure before another does it")
NOT_ALONE: Final = Problem(
    "not_alone", "A second person does this: another manager, or an administrator if there is none"
)
NOT_PROVED: Final = Problem("not_proved", "Note first that the person showed who they are")
_ERASABLE: Final = ("erasure", "open")
# No such place: Royal Mail gives no postcodes that begin with ZZ.
_NO_POSTCODE: Final = "ZZ99 9ZZ"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came in; ``request`` is the reference of what the person asked, if known."""

    kind: str
    who: str
    asked_on: date
    request: str = ""


def ask(asked: Asked, *, by: Author) -> Ok[ErasureRequest] | Err:
    """Write a request down. ``who`` is an address, or an employer's reference."""
    if asked.asked_on > today():
        return Err(Problem("future", "The day cannot be in the future", "asked_on"))
    request = rights_found.request_of(asked.request, lock=True) if asked.request else None
    if asked.request and (request is None or (request.kind, request.state) != _ERASABLE):
        return Err(NO_REQUEST)
    whom = _whom(asked)
    if isinstance(whom, Err):
        return whom
    subject, email = whom
    if request is not None:
        for known in found.of_rights_request(request.id):
            if known.state == "asked" and (known.subject, known.email) == (subject, email):
                return Ok(known)
    row = ErasureRequest(
        kind=asked.kind,
        subject=subject,
        email=email,
        asked_on=asked.asked_on,
        due_on=(request and request.due_on) or due_on(asked.asked_on),
        rights_request_id=request and request.id,
        entered_by=by.user_id,
        entered_name=by.shown,
    )
    current_session().add(row)
    current_session().flush()
    if request is not None:
        rights.note_erasure(request, "erasing", KIND_WORDS[row.kind], by)
    audit.record(action="erasure.asked", subject=f"erasure:{row.reference}", actor_id=by.user_id)
    return Ok(row)


def _whom(asked: Asked) -> tuple[str, str] | Err:
    """Subject and address of whom it is about."""
    if asked.kind == "employer":
        employer = found.employer_of(f"employer:{asked.who.strip().upper()}")
        if employer is None:
            return Err(Problem("unknown", "There is no employer with that reference", "who"))
        return f"employer:{employer.reference}", ""
    user = found.user_by_email(asked.who)
    if asked.kind == "person" and user is None:
        return Err(Problem("unknown", "There is no account with that address", "who"))
    email = asked.who.strip().lower()
    if "@" not in email:
        return Err(Problem("no_address", "Enter an email address", "who"))
    if asked.kind == "person" and user is not None:
        return f"user:{user.id}", ""
    return "", email


# Doing it ----------------------------------------------------------------------------------------


def propose(*, reference: str, by: Author) -> Ok[ErasureRequest] | Err:
    """A manager has looked at what goes and what stays, and asks a second person to do it."""
    row = _open(reference)
    if isinstance(row, Err):
        return row
    if row.proposed_at is not None:
        return Err(PROPOSED)
    if by.user_id is None:
        return Err(NOT_ALONE)
    request = telling.asked_by(row)
    if request is not None and request.channel != "account" and request.identity_on is None:
        return Err(NOT_PROVED)
    seen = preview(row)
    if seen.blocked:
        return Err(Problem("blocked", " ".join(seen.blocked)))
    row.proposed_at, row.proposed_by, row.proposed_name = utc_now(), by.user_id, by.shown
    audit.record(action="erasure.proposed", subject=f"erasure:{reference}", actor_id=by.user_id)
    current_session().flush()
    telling.tell_seconds(row)
    return Ok(row)


def _open(reference: str) -> ErasureRequest | Err:
    row = found.request_of(reference, lock=True)
    if row is None:
        return Err(NO_REQUEST)
    return row if row.state == "asked" else Err(ENDED)


def may_do(row: ErasureRequest, by: Author) -> bool:
    """Whether somebody is the second person for what was proposed."""
    return row.proposed_at is not None and by.user_id in {
        one.user_id for one in people.seconds(row.proposed_by)
    }


def carry_out(*, reference: str, words: str, by: Author) -> Ok[ErasureRequest] | Err:
    """Erase, as the preview says, in one transaction; done twice, it is done once.

    Only a second person does what one has proposed. Whoever asked is told what went, what stays
    and why.
    """
    row = _open(reference)
    if isinstance(row, Err):
        return row
    if row.proposed_at is None:
        return Err(NOT_PROPOSED)
    if not may_do(row, by):
        return Err(NOT_ALONE)
    seen = preview(row)
    if seen.blocked:
        return Err(Problem("blocked", " ".join(seen.blocked)))
    addresses = _addresses(row)
    if row.kind == "employer":
        employer = found.employer_of(row.subject)
        assert employer is not None  # noqa: S101 - the preview would say so
        _erase_employer(employer, row)
    else:
        user = found.user_of(row.subject) if row.kind == "person" else None
        _erase_address(user.email if user else row.email)
        if user is not None:
            root = roots_of("accounts")[0]
            let_go(root, [Due(user.id, utc_now(), None, user.id)], why="erasure", erasure_id=row.id)
    _end(row, "done", words, by)
    row.email, row.went, row.stayed = "", seen.went, seen.stayed
    current_session().flush()
    said = in_words(seen)
    telling.tell_people(row, addresses, "What we have erased", said.split("\n"))
    telling.answer(row, said, by)
    return Ok(row)


def _addresses(row: ErasureRequest) -> list[str]:
    """Whom to write to: those it is about, but for whoever gets the answer to a request."""
    if row.kind == "employer":
        employer = found.employer_of(row.subject)
        known = [] if employer is None else employers.owner_emails(employer.id)
    else:
        user = found.user_of(row.subject) if row.kind == "person" else None
        known = [user.email if user else row.email]
    request = telling.asked_by(row)
    return [one for one in known if request is None or one != request.email]


def refuse(*, reference: str, words: str, by: Author) -> Ok[ErasureRequest] | Err:
    """Say no, and why; the person may complain to the Information Commissioner."""
    row = _open(reference)
    if isinstance(row, Err):
        return row
    if not words.strip():
        return Err(Problem("no_words", "Say why it is refused", "words"))
    _end(row, "refused", words, by)
    current_session().flush()
    lines = ["We cannot erase what we hold about you.", row.words, *rights.complain()]
    telling.tell_people(row, _addresses(row), "Your request to be forgotten", lines)
    telling.answer(row, row.words, by)
    return Ok(row)


def _end(row: ErasureRequest, state: str, words: str, by: Author) -> None:
    row.state, row.words = state, words.strip()
    row.ended_at, row.ended_by, row.ended_name = utc_now(), by.user_id, by.shown
    audit.record(action=f"erasure.{state}", subject=f"erasure:{row.reference}", actor_id=by.user_id)


def _erase_address(email: str) -> None:
    for holding in holdings().tables.values():
        if holding.name in OWN or holding.lasts:
            continue
        for column in holding.of_kind("email"):
            if stays(holding, column):
                continue
            ids = found.rows_with_email(holding, column, email)
            # What is said of the same person goes, and of nobody else in the row.
            same = {one.name for one in holding.emptied if one.whose == column.whose}
            empty(holding, ids, only=same)


def _erase_employer(employer: Employer, row: ErasureRequest) -> None:
    now, session = utc_now(), current_session()
    for root, ids in employer_roots(employer.id):
        due = [Due(key, now, employer.id, None) for key in ids]
        let_go(root, due, why="erasure", erasure_id=row.id)
    sites, history = table_of("employer_sites"), table_of("employer_history")
    members, lines = table_of("memberships"), table_of("employer_timeline")
    session.execute(
        update(sites)
        .where(sites.c.employer_id == employer.id)
        .values(name=REMOVED_TEXT, address="", postcode=_NO_POSTCODE)
    )
    session.execute(update(history).where(history.c.employer_id == employer.id).values(changes={}))
    session.execute(
        update(lines)
        .where(lines.c.employer_id == employer.id)
        .values(title=REMOVED_TEXT, text="", by_name=REMOVED_NAME)
    )
    session.execute(delete(members).where(members.c.employer_id == employer.id))
    employer.name = f"Erased employer {employer.reference}"
    employer.trading_name = employer.company_number = employer.charity_number = None
    employer.postcode, employer.register_entry_id = _NO_POSTCODE, None
    employer.iip_evidence = employer.training_note = employer.search_text = ""
