"""Whose a diagnostic is: a visitor's, kept by email, a person's, an employer's."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from portal.db import audit, current_session
from portal.diagnostics import queries
from portal.diagnostics.service.completing import stand_for_employer
from portal.diagnostics.service.telling import tell
from portal.employers.queries import EmployerProfile
from portal.integrations.mail import public_link, send_later
from portal.kernel.clock import london, utc_now
from portal.kernel.ids import new_token, token_hash
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem


def keep_by_email(*, response_id: int, email: str) -> Ok[None]:
    """Send a link with which the diagnostic can be gone on with on any device.

    A new link replaces the one before. The address is used for this alone, until somebody
    registers with it.
    """
    token = new_token()
    response = queries.response_to_change(response_id)
    response.resume_token_hash = token_hash(token)
    response.resume_email = email
    current_session().flush()
    started: date = london(response.started_at).date()
    send_later(
        to=email,
        subject="Your diagnostic: the link to go on",
        template="diagnostics_resume",
        context={
            "link": public_link("diagnostics.resume", token=token),
            "started": f"{started.day} {started:%B %Y}",
            "completed": response.status == "completed",
        },
    )
    audit.record(action="diagnostic.link_sent", subject=f"response:{response.reference}")
    return Ok(None)


def claim_for_person(*, user_id: int, references: Collection[str]) -> Ok[int]:
    """Give a person the diagnostics begun in this browser or kept under their own address.

    Somebody who signs in has confirmed the address, so what was kept under it is theirs.

    Returns how many there were.
    """
    claimed = queries.claimable(references, queries.email_of(user_id))
    for response_id in claimed:
        response = queries.response_to_change(response_id)
        if response.owner_id is None and response.employer_id is None:
            response.owner_id = user_id
            audit.record(
                action="diagnostic.claimed",
                subject=f"response:{response.reference}",
                actor_id=user_id,
            )
    return Ok(len(claimed))


def attach_to_employer(
    *, response_id: int, employer: EmployerProfile, by: Author
) -> Ok[None] | Err:
    """Say which employer a diagnostic is about; a completed one then counts for it."""
    response = queries.response_to_change(response_id)
    if response.employer_id is not None:
        if response.employer_id == employer.id:
            return Ok(None)
        return Err(
            Problem("already_attached", "This diagnostic already belongs to another employer.")
        )
    response.employer_id = employer.id
    response.district = employer.district
    response.updated_at = utc_now()
    current_session().flush()
    if response.status == "completed":
        stand_for_employer(response, by)
    else:
        tell(response, by, title="Diagnostic started earlier is about this employer")
    audit.record(
        action="diagnostic.attached",
        subject=f"response:{response.reference}",
        detail={"employer": employer.reference},
    )
    return Ok(None)
