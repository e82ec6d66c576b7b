"""Asking for a peer, and offering to be one."""

from __future__ import annotations

from typing import Final

from portal.db import audit, current_session
from portal.employers.queries import EmployerProfile
from portal.kernel.clock import utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import PeerOffer, PeerRequest
from portal.network.queries import members
from portal.network.queries import peers as found
from portal.network.queries.peers import RequestFacts
from portal.network.rules.peers import Asked, Offered, ask_faults, offer_faults
from portal.network.rules.states import REQUEST_MOVES, refused
from portal.network.service import peer_mails, peer_matches

NOT_IN: Final = Problem("not_in", "Join the network first, so that others know with whom they talk")
TWICE: Final = Problem("twice", "You ask about this already. Change or withdraw that one", "topic")
NO_REQUEST: Final = Problem("no_request", "There is no such request")
STALE: Final = Problem(
    "stale", "Somebody else has changed this meanwhile. Look at it again, then change it"
)
MET: Final = Problem("met", "You have been introduced. Say what came of it instead")
NO_REASON: Final = Problem("no_reason", "Say why, as the business is told", "reason")


def ask(*, employer: EmployerProfile, asked: Asked, by: Author) -> Ok[PeerRequest] | list[Problem]:
    """Ask for somebody who has done it; about a subject once at a time."""
    problems = ask_faults(asked)
    if problems:
        return problems
    # Held, so that one who asks twice at once asks once.
    found.hold_employers([employer.id])
    problem = None
    if not members.is_member(employer.id):
        problem = NOT_IN
    elif found.asks_already(employer.id, asked.topic):
        problem = TWICE
    if problem is not None:
        return [_refusal(problem, f"employer:{employer.reference}", by)]
    request = PeerRequest(employer_id=employer.id, topic=asked.topic, by=by.user_id, **_said(asked))
    current_session().add(request)
    current_session().flush()
    _record("asked", request, by)
    return Ok(request)


def change(
    *, employer: EmployerProfile, reference: str, revision: int, asked: Asked, by: Author
) -> Ok[PeerRequest] | list[Problem]:
    """Put a request right while nobody is proposed; what it is about stays."""
    request = _own(employer, reference)
    if request is None:
        return [NO_REQUEST]
    if request.revision != revision or request.state != "open":
        return [STALE]
    problems = ask_faults(asked)
    if problems:
        return problems
    for name, value in _said(asked).items():
        setattr(request, name, value)
    request.revision += 1
    _record("changed", request, by)
    current_session().flush()
    return Ok(request)


def withdraw(*, employer: EmployerProfile, reference: str, by: Author) -> Ok[PeerRequest] | Err:
    """Take a request back; a proposal that waits for it goes with it."""
    request = _own(employer, reference)
    if request is None:
        return Err(NO_REQUEST)
    return _end(request, "withdrawn", by)


def close(*, reference: str, reason: str, by: Author) -> Ok[PeerRequest] | Err:
    """Staff close a request that cannot be met; the business is told why."""
    if not reason.strip():
        return Err(NO_REASON)
    facts = found.request_of(reference)
    request = None if facts is None else found.request_to_change(facts.id)
    if request is None:
        return Err(NO_REQUEST)
    done = _end(request, "closed", by, reason=reason.strip())
    if isinstance(done, Ok):
        told = found.request_of(reference)
        assert told is not None  # noqa: S101 - held above
        peer_mails.closed(told)
    return done


def reopen(*, employer: EmployerProfile, reference: str, by: Author) -> Ok[PeerRequest] | Err:
    """Ask again what was closed."""
    found.hold_employers([employer.id])
    request = _own(employer, reference)
    if request is None:
        return Err(NO_REQUEST)
    problem = refused(REQUEST_MOVES, request.state, "open", what="A request")
    if problem is None and request.state != "closed":
        problem = STALE
    if problem is None and not members.is_member(employer.id):
        problem = NOT_IN
    if problem is None and found.asks_already(employer.id, request.topic):
        problem = TWICE
    if problem is not None:
        return Err(_refusal(problem, f"peer_request:{request.reference}", by))
    request.state = "open"
    request.closed_reason = ""
    request.revision += 1
    _record("reopened", request, by)
    current_session().flush()
    return Ok(request)


def offer(
    *, employer: EmployerProfile, revision: int, offered: Offered, by: Author
) -> Ok[PeerOffer] | list[Problem]:
    """Offer to talk with others, change that, or pause it; matches that stand stay."""
    found.hold_employers([employer.id])
    row = found.offer_to_change(employer.id)
    problems = offer_faults(offered, standing=found.standing_of(employer.id))
    if not problems and row is None and not members.is_member(employer.id):
        problems = [NOT_IN]
    if not problems and (0 if row is None else row.revision) != revision:
        problems = [STALE]
    if problems:
        _refusal(problems[0], f"employer:{employer.reference}", by)
        return problems
    if row is None:
        row = PeerOffer(employer_id=employer.id)
        current_session().add(row)
    row.topics = sorted(offered.topics)
    row.about = offered.about.strip()
    row.capacity = offered.capacity
    row.contact_name = offered.contact_name.strip()
    row.contact_email = offered.contact_email.strip()
    row.says = sorted(offered.says)
    row.paused_at = (row.paused_at or utc_now()) if offered.is_paused else None
    row.revision = revision + 1
    audit.record(
        action="peer_offer.changed",
        subject=f"employer:{employer.reference}",
        detail={"topics": row.topics, "capacity": row.capacity, "paused": offered.is_paused},
        actor_id=by.user_id,
    )
    current_session().flush()
    return Ok(row)


def _own(employer: EmployerProfile, reference: str) -> PeerRequest | None:
    facts: RequestFacts | None = found.request_of(reference, employer_id=employer.id)
    return None if facts is None else found.request_to_change(facts.id)


def _end(
    request: PeerRequest, state: str, by: Author, *, reason: str = ""
) -> Ok[PeerRequest] | Err:
    problem = refused(REQUEST_MOVES, request.state, state, what="A request")
    standing = None if problem else found.standing_match(request.id)
    match = None if standing is None else found.match_to_change(standing)
    if match is not None and match.state == "introduced":
        problem = MET
    if problem is not None:
        return Err(_refusal(problem, f"peer_request:{request.reference}", by))
    request.state = state
    request.closed_reason = reason
    request.revision += 1
    if match is not None:
        peer_matches.take_back(match, by, why="request", tell=["champion"])
    _record(state, request, by)
    current_session().flush()
    return Ok(request)


def _said(asked: Asked) -> dict[str, object]:
    return {
        "question": asked.question.strip(),
        "contact_name": asked.contact_name.strip(),
        "contact_email": asked.contact_email.strip(),
        "says": sorted(asked.says),
    }


def _refusal(problem: Problem, subject: str, by: Author) -> Problem:
    audit.record(
        action="network.refused.peer",
        subject=subject,
        detail={"why": problem.code},
        actor_id=by.user_id,
    )
    return problem


def _record(what: str, request: PeerRequest, by: Author) -> None:
    audit.record(
        action=f"peer_request.{what}",
        subject=f"peer_request:{request.reference}",
        detail={"topic": request.topic},
        actor_id=by.user_id,
    )
