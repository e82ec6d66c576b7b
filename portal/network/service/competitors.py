"""Naming businesses as competitors: no peer match, and a warning where both write."""

from __future__ import annotations

from typing import Final

from portal.db import audit, current_session
from portal.employers.queries import EmployerProfile, employer_for_update, employer_profile
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import Competitor
from portal.network.queries import competitors as found
from portal.network.service import peer_matches

MOST: Final = 50
NO_BUSINESS = Problem("no_business", "Choose a business from those that were found")
ITSELF = Problem("itself", "A business is no competitor of its own")
NAMED = Problem("named", "You have named this business already")
FULL = Problem(
    "full", f"You have named {MOST} competitors, which is the most. Take one off the list first"
)
NO_COMPETITOR = Problem("no_competitor", "That competitor is not on your list any more")


def declare(*, employer: EmployerProfile, other: str, by: Author) -> Ok[Competitor] | Err:
    """Name the business with a reference as a competitor. It is not told."""
    # Held, so that two at once stay within the limit.
    if employer_for_update(employer.reference) is None:
        return Err(NO_BUSINESS)
    business = employer_profile(other)
    if business is None:
        return Err(NO_BUSINESS)
    problem = _against(employer.id, business.id)
    if problem is not None:
        audit.record(
            action="network.refused.competitor",
            subject=f"employer:{employer.reference}",
            detail={"why": problem.code},
            actor_id=by.user_id,
        )
        return Err(problem)
    row = Competitor(employer_id=employer.id, other_id=business.id, by=by.user_id, by_name=by.shown)
    current_session().add(row)
    _record("named", employer, by)
    current_session().flush()
    # What was proposed between the two before goes no further.
    peer_matches.withdraw_between(employer.id, business.id, by=by)
    return Ok(row)


def remove(*, employer: EmployerProfile, competitor_id: int, by: Author) -> Ok[None] | Err:
    """Take a business off the list of competitors."""
    row = found.to_change(employer.id, competitor_id)
    if row is None:
        return Err(NO_COMPETITOR)
    current_session().delete(row)
    _record("removed", employer, by)
    current_session().flush()
    return Ok(None)


def _against(employer_id: int, other_id: int) -> Problem | None:
    if other_id == employer_id:
        return ITSELF
    if found.named_already(employer_id, other_id):
        return NAMED
    return FULL if found.how_many(employer_id) >= MOST else None


def _record(what: str, employer: EmployerProfile, by: Author) -> None:
    # Who competes with whom is nobody else's business, so the other is not named here.
    audit.record(
        action=f"competitor.{what}",
        subject=f"employer:{employer.reference}",
        actor_id=by.user_id,
    )
