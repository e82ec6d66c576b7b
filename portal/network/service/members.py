"""Joining the network, opening fields to others and closing them again, and leaving."""

from __future__ import annotations

from portal.db import audit, current_session
from portal.employers.queries import EmployerProfile, employer_for_update
from portal.employers.service import timeline
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import NetworkConsent, NetworkMember
from portal.network.queries import members as found
from portal.network.rules.members import TEXTS, Profile, faults
from portal.network.rules.words import FIELDS
from portal.network.service import invitations, peer_matches, ties

STALE = Problem(
    "stale",
    "Somebody else has changed what you show meanwhile. Look at it again, then change it",
)
NOT_IN = Problem("not_in", "Your business is not in the network")
NO_EMPLOYER = Problem("no_employer", "There is no such employer")


def save(
    *, employer: EmployerProfile, revision: int, profile: Profile, by: Author, came_by: str = ""
) -> Ok[NetworkMember] | list[Problem]:
    """Keep what an employer says of itself and what of it others see; it joins by doing so.

    ``revision`` is the one that was looked at, 0 for an employer that never was in the network.
    ``came_by`` is the link that led here, if any: who passed it on is counted as having brought
    an employer that joins.
    """
    problems = faults(profile)
    if problems:
        return problems
    # Held, so that pressing twice at once joins once.
    if employer_for_update(employer.reference) is None:
        return [NO_EMPLOYER]
    member = found.to_change(employer.id)
    if (member.revision if member else 0) != revision:
        return [STALE]
    joins = member is None or member.left_at is not None
    if member is None:
        member = NetworkMember(
            employer_id=employer.id, shown=[], link_code=new_reference(), revision=0
        )
        current_session().add(member)
    elif joins:
        member.joined_at, member.left_at = utc_now(), None
    for name in TEXTS:
        setattr(member, name, profile.text(name))
    _open(member, profile.shown, by)
    member.revision += 1
    current_session().flush()
    _record("joined" if joins else "changed", member, by)
    if joins:
        _note(employer.id, "Joined the network", by)
        invitations.count_joined(employer_id=employer.id, came_by=came_by, by=by)
        ties.renew_soon()
    current_session().flush()
    return Ok(member)


def leave(*, employer: EmployerProfile, by: Author) -> Ok[NetworkMember] | Err:
    """Take an employer out of the network. Nothing of it is shown from then on.

    What was proposed to it is withdrawn at once, and the other side is told.
    """
    # Held in the order in which proposals are made: none comes in between.
    peer_matches.hold([employer.id])
    member = found.to_change(employer.id)
    if member is None or member.left_at is not None:
        return Err(NOT_IN)
    _open(member, frozenset(), by)
    member.left_at = utc_now()
    member.revision += 1
    _record("left", member, by)
    _note(employer.id, "Left the network", by)
    peer_matches.withdraw_of(employer.id, by=by)
    ties.renew_soon()
    current_session().flush()
    return Ok(member)


def _open(member: NetworkMember, shown: frozenset[str], by: Author) -> None:
    """Show these fields and no others; each change is kept with who made it."""
    before = frozenset(member.shown)
    for field in FIELDS:
        if (field in shown) != (field in before):
            current_session().add(
                NetworkConsent(
                    employer_id=member.employer_id,
                    field=field,
                    shown=field in shown,
                    by=by.user_id,
                    by_name=by.shown,
                )
            )
    member.shown = [field for field in FIELDS if field in shown]


def _note(employer_id: int, title: str, by: Author) -> None:
    timeline.note(employer_id=employer_id, kind="network", title=title, by=by)


def _record(what: str, member: NetworkMember, by: Author) -> None:
    audit.record(
        action=f"network.{what}",
        subject=f"member:{member.reference}",
        detail={"shown": list(member.shown)},
        actor_id=by.user_id,
    )
