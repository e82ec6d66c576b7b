"""Proposing a match, agreeing to it, and what came of it.

What is held is always held in one order: employers, request, match, offer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from portal.db import audit, current_session
from portal.employers.queries import employer_profile
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference, token_hash
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import PeerMatch, PeerRequest
from portal.network.queries import members, peer_sides
from portal.network.queries import peers as found
from portal.network.rules.matching import (
    COMPETITORS,
    NOT_OFFERED,
    Suggestion,
    suggest,
    why_not,
)
from portal.network.rules.neighbours import neighbours
from portal.network.rules.peers import (
    SIDES,
    WORDS_LENGTH,
    answer_by,
    ends_with,
    last_word_by,
    outcome_of,
    request_after,
)
from portal.network.rules.states import MATCH_MOVES, REQUEST_MOVES, refused
from portal.network.rules.words import PEER_OUTCOMES
from portal.network.service import peer_mails as mails
from portal.network.service import ties

NO_MATCH: Final = Problem("no_match", "There is no such match")
NO_REQUEST: Final = Problem("no_request", "This request does not wait any more")
NO_EMPLOYER: Final = Problem("no_employer", "There is no such employer")
OVER: Final = Problem("over", "This match did not come about, so nothing is needed of you")
NOT_MET: Final = Problem("not_met", "You have not been introduced, so there is nothing to say yet")
SAID: Final = Problem("said", "You have said what came of it already")
SETTLED: Final = Problem(
    "settled", "The time to say it is over. It was settled by what the other business said"
)
NO_OUTCOME: Final = Problem("no_outcome", "Choose what came of it", "outcome")
TOO_LONG: Final = Problem("long", f"Write at most {WORDS_LENGTH} characters", "words")
TOO_LATE: Final = Problem("too_late", "Both have agreed already, so it cannot be taken back")


def propose(*, request: str, champion: str, by: Author) -> Ok[PeerMatch] | Err:
    """Propose who offers help (by its employer's reference) for a request that waits."""
    asking, helping = found.request_of(request), employer_profile(champion)
    if asking is None:
        return Err(NO_REQUEST)
    if helping is None:
        return Err(NO_EMPLOYER)
    found.hold_employers([asking.employer_id, helping.id])
    row = found.request_to_change(asking.id)
    best = NO_REQUEST if row is None else _fit(row, helping.id)
    if row is None or isinstance(best, Problem):
        problem = best if isinstance(best, Problem) else NO_REQUEST
        return Err(_refusal(problem, f"peer_request:{request}", by))
    reference = new_reference()
    match = PeerMatch(
        reference=reference,
        request_id=row.id,
        asking_id=asking.employer_id,
        champion_id=helping.id,
        reasons=list(best.reasons),
        score=best.score,
        due_at=answer_by(utc_now()),
        asker_token_hash=token_hash(mails.token_of(reference, "asker")),
        champion_token_hash=token_hash(mails.token_of(reference, "champion")),
        proposed_by=by.user_id,
    )
    current_session().add(match)
    row.state = "matched"
    row.revision += 1
    current_session().flush()
    untold = mails.proposed(_facts(match))
    _record("proposed", match, by, **({"untold": ", ".join(untold)} if untold else {}))
    return Ok(match)


def _fit(request: PeerRequest, champion_id: int) -> Suggestion | Problem:
    """The match of a held request with whoever offers help, or why there is none."""
    if request.state != "open":
        return NO_REQUEST
    # Held, so that two proposals at once stay within its capacity.
    if found.offer_to_change(champion_id) is None:
        return NOT_OFFERED
    asks = peer_sides.asks(request_id=request.id)
    helpers = peer_sides.helpers(employer_id=champion_id)
    if not asks or not helpers:
        return NO_EMPLOYER
    ask, helper = asks[0][0], helpers[0]
    rivals = members.competitors_of(request.employer_id)
    competing = {frozenset({request.employer_id, rival}) for rival in rivals}
    problem = why_not(ask, helper, competing=competing)
    if problem is not None:
        return problem
    return suggest(ask, [helper], competing=competing, beside=neighbours())[0]


def answer(*, reference: str, side: str, agree: bool, by: Author) -> Ok[PeerMatch] | Err:
    """A side agrees or declines. Once both have agreed they are introduced; twice is as once."""
    pair = _hold(reference)
    if pair is None:
        return Err(NO_MATCH)
    request, match = pair
    if agree and _agreed(match, side) and match.state in {"proposed", "introduced"}:
        return Ok(match)
    problem = _answerable(request, match)
    if problem is not None:
        return Err(_refusal(problem, f"peer_match:{reference}", by))
    if not agree:
        match.declined_by = side
        _fall(request, match, "declined", by, tell=[mails.other(side)])
        return Ok(match)
    if side == "asker":
        match.asker_agreed_at = utc_now()
    else:
        match.champion_agreed_at = utc_now()
    _record("agreed", match, by, side=side)
    if match.asker_agreed_at and match.champion_agreed_at:
        _introduce(match, by)
    current_session().flush()
    return Ok(match)


def _answerable(request: PeerRequest, match: PeerMatch) -> Problem | None:
    """Why it is too late to answer, if it is; what is over by now comes to nothing here."""
    if match.state != "proposed":
        return TOO_LATE if match.state == "introduced" else OVER
    if utc_now() >= match.due_at:
        _fall(request, match, "lapsed", PORTAL, tell=SIDES)
    elif match.champion_id in members.competitors_of(match.asking_id):
        _fall(request, match, "withdrawn", PORTAL, tell=SIDES, why="unfit")
    return None if match.state == "proposed" else OVER


def _introduce(match: PeerMatch, by: Author) -> None:
    match.introduced_at = utc_now()
    _move(match, "introduced")
    _record("introduced", match, by)
    current_session().flush()
    mails.introduced(_facts(match))
    ties.renew_soon()


def withdraw(*, reference: str, by: Author) -> Ok[PeerMatch] | Err:
    """Staff take a proposal back; both are told that it did not come about."""
    pair = _hold(reference)
    if pair is None:
        return Err(NO_MATCH)
    request, match = pair
    if match.state != "proposed":
        problem = TOO_LATE if match.state == "introduced" else OVER
        return Err(_refusal(problem, f"peer_match:{reference}", by))
    _fall(request, match, "withdrawn", by, tell=SIDES, why="staff")
    return Ok(match)


def withdraw_between(one_id: int, other_id: int, *, by: Author) -> int:
    """Take back what was proposed between two that compete now; how many there were.

    Call it in the unit of work that names the one as a competitor of the other.
    """
    return sum(
        fall_if_waiting(key, request, "withdrawn", by=by, why="unfit")
        for key, request in found.proposed_between([one_id, other_id])
    )


def withdraw_of(employer_id: int, *, by: Author) -> int:
    """Take back what was proposed to an employer that leaves; how many there were.

    The other side is told. Call it in the unit of work in which it leaves, with the employer held:
    nothing more can be proposed to it meanwhile.
    """
    return sum(
        fall_if_waiting(one.id, one.request_id, "withdrawn", by=by, why="left", tell=[one.other])
        for one in found.proposed_of(employer_id)
    )


def hold(employer_ids: Iterable[int]) -> None:
    """Let nobody propose these employers for anything until the unit of work ends."""
    found.hold_employers(employer_ids)


def fall_if_waiting(
    match_id: int,
    request_id: int,
    state: str,
    *,
    by: Author,
    why: str,
    tell: Sequence[str] = SIDES,
) -> bool:
    """Let a proposal go if it waits still, and tell these sides."""
    request = found.request_to_change(request_id)
    match = found.match_to_change(match_id)
    if request is None or match is None or match.state != "proposed":
        return False
    _fall(request, match, state, by, tell=tell, why=why)
    return True


def take_back(match: PeerMatch, by: Author, *, why: str, tell: Sequence[str]) -> None:
    """Withdraw a proposal whose request has gone; hold both before."""
    _move(match, "withdrawn")
    match.ended_at = utc_now()
    _record("withdrawn", match, by, why=why)
    current_session().flush()
    mails.gone(_facts(match), tell)


def say_outcome(
    *, reference: str, side: str, outcome: str, words: str, by: Author
) -> Ok[PeerMatch] | Err:
    """A side ("asker" or "champion"), or "staff", says what came of an introduction.

    It ends when both have said, with what staff log, or with one side's word when the other has
    not said anything in time. With the first word the place is free. Where it did not help, the
    request is open again.
    """
    if outcome not in PEER_OUTCOMES:
        return Err(NO_OUTCOME)
    if len(words) > 4 * WORDS_LENGTH:
        return Err(TOO_LONG)
    pair = _hold(reference)
    if pair is None:
        return Err(NO_MATCH)
    request, match = pair
    problem = _sayable(match, side)
    if problem is not None:
        return Err(_refusal(problem, f"peer_match:{reference}", by))
    if side == "asker":
        match.asker_outcome = outcome
    elif side == "champion":
        match.champion_outcome = outcome
    if words.strip():
        line = f"{side.capitalize()}: {words.strip()}"
        match.outcome_words = "\n".join(filter(None, [match.outcome_words, line]))
    _record("outcome", match, by, side=side, outcome=outcome)
    final = outcome if side == "staff" else outcome_of(match.asker_outcome, match.champion_outcome)
    if final is not None:
        _end(request, match, final, by)
        current_session().flush()
    else:
        match.said_at = utc_now()
        current_session().flush()
        mails.ask_last_word(_facts(match), mails.other(side), last_word_by(match.said_at))
    return Ok(match)


def end_by_one_word(match_id: int, request_id: int) -> bool:
    """End an introduction of which one side alone has spoken in time; whether it ended."""
    request = found.request_to_change(request_id)
    match = found.match_to_change(match_id)
    if request is None or match is None or match.state != "introduced" or match.said_at is None:
        return False
    outcome = ends_with(match.asker_outcome, match.champion_outcome)
    if outcome is None or utc_now() < last_word_by(match.said_at):
        return False
    _end(request, match, outcome, PORTAL)
    current_session().flush()
    return True


def _sayable(match: PeerMatch, side: str) -> Problem | None:
    """Why a side cannot say what came of it, if it cannot."""
    if match.state == "ended":
        return SAID if side == "staff" or _said(match, side) is not None else SETTLED
    if match.state != "introduced":
        return NOT_MET
    return SAID if side != "staff" and _said(match, side) is not None else None


def _end(request: PeerRequest, match: PeerMatch, outcome: str, by: Author) -> None:
    match.outcome = outcome
    _move(match, "ended")
    match.ended_at = utc_now()
    _record("ended", match, by, outcome=outcome)
    _move_request(request, request_after(outcome))


# What each step does ----------------------------------------------------------------------------


def _fall(
    request: PeerRequest,
    match: PeerMatch,
    state: str,
    by: Author,
    *,
    tell: Sequence[str],
    why: str = "",
) -> None:
    """A proposal comes to nothing, and its request is open again."""
    _move(match, state)
    match.ended_at = utc_now()
    _move_request(request, "open")
    _record(state, match, by, **({"why": why} if why else {}))
    current_session().flush()
    mails.gone(_facts(match), tell)


def _move(match: PeerMatch, state: str) -> None:
    problem = refused(MATCH_MOVES, match.state, state, what="A match")
    if problem is not None:
        raise ValueError(problem.message)
    match.state = state


def _move_request(request: PeerRequest, state: str) -> None:
    problem = refused(REQUEST_MOVES, request.state, state, what="A request")
    if problem is not None:
        raise ValueError(problem.message)
    request.state = state
    request.revision += 1


def _hold(reference: str) -> tuple[PeerRequest, PeerMatch] | None:
    facts = found.match(reference)
    if facts is None:
        return None
    request = found.request_to_change(facts.request_id)
    match = found.match_to_change(facts.id)
    return None if request is None or match is None else (request, match)


def _agreed(match: PeerMatch, side: str) -> bool:
    at = match.asker_agreed_at if side == "asker" else match.champion_agreed_at
    return at is not None


def _said(match: PeerMatch, side: str) -> str | None:
    return match.asker_outcome if side == "asker" else match.champion_outcome


def _facts(match: PeerMatch) -> found.MatchFacts:
    facts = found.match(match.reference)
    if facts is None:
        raise LookupError(match.reference)
    return facts


def _refusal(problem: Problem, subject: str, by: Author) -> Problem:
    # Who competes with whom stays between them, also in the trail.
    why = "unfit" if problem is COMPETITORS else problem.code
    audit.record(
        action="network.refused.peer", subject=subject, detail={"why": why}, actor_id=by.user_id
    )
    return problem


def _record(what: str, match: PeerMatch, by: Author, **detail: str) -> None:
    audit.record(
        action=f"peer_match.{what}",
        subject=f"peer_match:{match.reference}",
        detail=detail,
        actor_id=by.user_id,
    )
