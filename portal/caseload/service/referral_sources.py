"""Named sources of referrals, and the link of each."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from portal.caseload.models import ReferralSource
from portal.caseload.queries import referral_sources as queries
from portal.caseload.rules.referrals import (
    EMAIL_HELP,
    NAME_MAX,
    SELF_SOURCE_NAME,
    looks_like_email,
)
from portal.caseload.rules.words import SOURCE_KINDS
from portal.db import audit, current_session
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH, Author
from portal.kernel.result import Err, Ok, Problem

NO_SOURCE = Problem("no_source", "There is no such source")
_TAKEN = Problem("name_taken", "There is a source of this name already", "name")
_SHORTEST = 2


def add_source(
    *, kind: str, name: str, contact_name: str, contact_email: str, by: Author
) -> Ok[ReferralSource] | Err:
    """Keep a new source; its name is its own."""
    values = _checked(kind, name, contact_name, contact_email)
    if isinstance(values, Problem):
        return Err(values)
    source = ReferralSource(**values)
    session = current_session()
    try:
        with session.begin_nested():
            session.add(source)
            session.flush()
    except IntegrityError:
        return Err(_TAKEN)
    _note("added", source, by)
    return Ok(source)


def change_source(
    *, reference: str, kind: str, name: str, contact_name: str, contact_email: str, by: Author
) -> Ok[ReferralSource] | Err:
    """Put a source's name, kind or contact right."""
    source = queries.source_to_change(reference)
    if source is None:
        return Err(NO_SOURCE)
    values = _checked(kind, name, contact_name, contact_email)
    if isinstance(values, Problem):
        return Err(values)
    session = current_session()
    try:
        with session.begin_nested():
            for field, value in values.items():
                setattr(source, field, value)
            session.flush()
    except IntegrityError:
        return Err(_TAKEN)
    _note("changed", source, by)
    return Ok(source)


def close_source(*, reference: str, by: Author) -> Ok[ReferralSource] | Err:
    """Take no more referrals from a source; its link ends with it, what it sent stays."""
    source = queries.source_to_change(reference)
    if source is None:
        return Err(NO_SOURCE)
    if source.closed_at is None:
        source.closed_at, source.link_code = utc_now(), None
        _note("closed", source, by)
    return Ok(source)


def reopen_source(*, reference: str, by: Author) -> Ok[ReferralSource] | Err:
    """Take referrals from a closed source again."""
    source = queries.source_to_change(reference)
    if source is None:
        return Err(NO_SOURCE)
    if source.closed_at is not None:
        source.closed_at = None
        _note("reopened", source, by)
    return Ok(source)


def give_link(*, reference: str, by: Author) -> Ok[ReferralSource] | Err:
    """Give a source a link of its own, in place of the one it had."""
    source = queries.source_to_change(reference)
    if source is None:
        return Err(NO_SOURCE)
    if source.closed_at is not None:
        return Err(Problem("source_closed", "This source is closed. Reopen it first"))
    source.link_code = new_reference()
    _note("link_given", source, by)
    return Ok(source)


def withdraw_link(*, reference: str, by: Author) -> Ok[ReferralSource] | Err:
    """End a source's link."""
    source = queries.source_to_change(reference)
    if source is None:
        return Err(NO_SOURCE)
    if source.link_code is not None:
        source.link_code = None
        _note("link_withdrawn", source, by)
    return Ok(source)


def self_referral_source() -> ReferralSource:
    """The source of employers that refer themselves, made when the first one does."""
    known = queries.self_source()
    if known is not None:
        return known
    source = ReferralSource(kind=queries.SELF_KIND, name=SELF_SOURCE_NAME)
    session = current_session()
    try:
        with session.begin_nested():
            session.add(source)
            session.flush()
    except IntegrityError:
        # Two employers at the same moment: the other one made it.
        made = queries.self_source()
        assert made is not None  # noqa: S101 - the refusal says that it exists
        return made
    return source


def _checked(
    kind: str, name: str, contact_name: str, contact_email: str
) -> dict[str, str] | Problem:
    title, person = " ".join(name.split()), " ".join(contact_name.split())
    email = "".join(contact_email.split())
    checks = (
        (kind not in SOURCE_KINDS, "kind", "Choose what kind of source it is"),
        (len(title) < _SHORTEST, "name", "Enter the name of the source"),
        (len(title) > NAME_MAX, "name", f"Use {NAME_MAX} characters or fewer"),
        (len(person) > NAME_LENGTH, "contact_name", f"Use {NAME_LENGTH} characters or fewer"),
        (bool(email) and not looks_like_email(email), "contact_email", EMAIL_HELP),
    )
    for wrong, field, message in checks:
        if wrong:
            return Problem(f"bad_{field}", message, field)
    return {"kind": kind, "name": title, "contact_name": person, "contact_email": email}


def _note(what: str, source: ReferralSource, by: Author) -> None:
    current_session().flush()
    audit.record(
        action=f"referral_source.{what}",
        subject=f"source:{source.reference}",
        actor_id=by.user_id,
    )
