"""Writing down what happened with an employer, in the transaction in which it happens."""

from __future__ import annotations

from datetime import datetime

from portal.accounts import queries as accounts
from portal.db import current_session
from portal.employers.models import TimelineEntry
from portal.employers.rules.timeline import KINDS, TEXT_LENGTH, line
from portal.kernel.clock import utc_now
from portal.kernel.people import PORTAL, Author


def note(
    *,
    employer_id: int,
    kind: str,
    title: str,
    by: Author,
    text: str = "",
    at: datetime | None = None,
    subject: str = "",
) -> None:
    """Add a line to an employer's timeline; call it inside the unit of work of what it says.

    ``kind`` is one of ``portal.employers.rules.timeline.KINDS``; ``at`` is when it happened (UTC),
    now unless given; ``subject`` is ``kind of record:reference``.

    Raises:
        KeyError: for a kind that the timeline does not know.
    """
    KINDS[kind]
    current_session().add(
        TimelineEntry(
            employer_id=employer_id,
            kind=kind,
            title=line(title),
            text=text[:TEXT_LENGTH],
            at=at or utc_now(),
            recorded_at=utc_now(),
            by_id=by.user_id,
            by_name=by.shown,
            subject=subject,
        )
    )


def author(user_id: int | None) -> Author:
    """Somebody by key, as what they change remembers them; the portal itself for None."""
    if user_id is None:
        return PORTAL
    return Author(user_id, accounts.user_names([user_id]).get(user_id, ""))
