"""Rounds of awards: planning them, and having them open and close by their days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from portal.accounts import queries as accounts
from portal.db import current_session, outbox, unit_of_work
from portal.integrations.mail import public_link
from portal.kernel.clock import today
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import AwardApplication, AwardAssessor, AwardRound
from portal.network.queries import award_applications as applications
from portal.network.queries import award_assessing as assessing
from portal.network.queries import award_rounds as found
from portal.network.rules.award_criteria import versions
from portal.network.rules.awards import round_faults, state_on
from portal.network.rules.states import ROUND_MOVES, refused
from portal.network.service import award_parts as parts
from portal.network.service.award_parts import NO_ROUND, STALE
from portal.programme import queries as programme

OPENED: Final = "network.award_round_opened"
_LIVE: Final = ("draft", "submitted", "assessing", "moderation", "ready")
_WAITING: Final = ("submitted", "assessing", "moderation", "ready")


@dataclass(frozen=True, slots=True)
class RoundDetails:
    """A round as somebody plans it; days are London days."""

    title: str
    about: str
    sectors: tuple[str, ...]
    opens_on: date
    closes_on: date
    decide_by: date
    valid_months: int


def add(*, details: RoundDetails, by: Author) -> Ok[AwardRound] | list[Problem]:
    """Plan a round; it opens by itself on its day, today included."""
    problems = _faults(details, begun=False)
    if problems:
        return problems
    award_round = AwardRound(
        programme=programme.settings().programme_key,
        criteria_version=versions()[-1],
        created_by=by.user_id,
        **_values(details),
    )
    current_session().add(award_round)
    current_session().flush()
    parts.note_round(award_round, "added", by)
    follow_dates(award_round)
    current_session().flush()
    return Ok(award_round)


def change(
    *, reference: str, revision: int, details: RoundDetails, by: Author
) -> Ok[AwardRound] | list[Problem]:
    """Put a round right: all of it while it is planned, then only its text and its last days."""
    award_round = found.to_change(reference)
    if award_round is None:
        return [NO_ROUND]
    if award_round.revision != revision:
        return [STALE]
    if award_round.state not in {"planned", "open"}:
        return [Problem("state", "A round that has closed does not change any more")]
    begun = award_round.state == "open"
    problems = _faults(details, begun=begun, but=award_round.id)
    if begun and details.opens_on != award_round.opens_on:
        problems.append(Problem("begun", "It has opened: its first day stays", "opens_on"))
    if begun and set(details.sectors) != set(award_round.sectors):
        problems.append(Problem("begun", "It has opened: who may apply stays", "sectors"))
    if problems:
        return problems
    for name, value in _values(details).items():
        setattr(award_round, name, value)
    if not begun:
        award_round.criteria_version = versions()[-1]
    award_round.revision += 1
    parts.note_round(award_round, "changed", by)
    follow_dates(award_round)
    current_session().flush()
    return Ok(award_round)


def cancel(*, reference: str, reason: str, by: Author) -> Ok[AwardRound] | Err:
    """Call a round off: what was not decided is withdrawn, and everybody is told why."""
    award_round = found.to_change(reference)
    if award_round is None:
        return Err(NO_ROUND)
    if not reason.strip():
        return Err(Problem("no_reason", "Say why, for those who applied", "reason"))
    problem = parts.move_round(award_round, "cancelled", by)
    if problem is not None:
        return parts.deny(f"award_round:{reference}", problem, by)
    award_round.cancelled_reason = reason.strip()
    for application in applications.in_states_to_change(award_round.id, _LIVE):
        withdraw_one(application, by, why=f"The round was called off: {reason.strip()}")
        parts.tell_owners(
            application.employer_id,
            subject=f"{award_round.title} was called off",
            lines=[
                f"The award round {award_round.title} was called off.",
                reason.strip(),
                "Your application is kept.",
            ],
            link=public_link("network.awards"),
            link_text="See the award scheme",
            unique_key=f"award-cancelled:{application.reference}",
        )
    current_session().flush()
    return Ok(award_round)


def withdraw_one(application: AwardApplication, by: Author, *, why: str = "") -> Problem | None:
    """Withdraw an application; whoever was to assess it is not waited for."""
    problem = parts.move(application, "withdrawn", by)
    if problem is None:
        for assessment in assessing.all_to_change(application.id):
            if assessment.state == "assigned":
                assessment.state = "stood_down"
        parts.line(application, "Award application withdrawn", by, why)
    return problem


def follow_dates(award_round: AwardRound) -> None:
    """Take a round that is held to where its days say, with what follows from it."""
    moves = state_on(
        award_round.state,
        opens_on=award_round.opens_on,
        closes_on=award_round.closes_on,
        day=today(),
    )
    for then in moves:
        parts.move_round(award_round, then, PORTAL)
        if then == "open" and "assessing" not in moves:
            key = f"{OPENED}:{award_round.reference}"
            outbox.add(kind=OPENED, payload={"round": award_round.reference}, unique_key=key)
        if then == "assessing":
            _lapse_drafts(award_round)
    end_if_all_decided(award_round)


def end_if_all_decided(award_round: AwardRound) -> None:
    """A round whose applications all have their answer is decided."""
    if award_round.state != "assessing":
        return
    current_session().flush()
    if not applications.in_states_to_change(award_round.id, _WAITING):
        parts.move_round(award_round, "decided", PORTAL)


def follow_all() -> None:
    """Daily: open, close and end rounds; one transaction each."""
    for reference in found.due(today()):
        with unit_of_work():
            award_round = found.to_change(reference)
            if award_round is not None:
                follow_dates(award_round)


def tell_opened(payload: Mapping[str, Any]) -> None:
    """Tell the network's members that a round is open. Done again, it sends nothing twice."""
    known = found.round_(str(payload["round"]))
    if known is None or known.state != "open":
        return
    for employer_id in found.member_employers():
        with unit_of_work():
            parts.tell_owners(
                employer_id,
                subject=f"{known.title}: applications are open",
                lines=[
                    f"You can apply for an employer champion award until {_day(known.closes_on)}.",
                    "What you have done in your action plan fills in much of it, if you like.",
                ],
                link=public_link("network.awards"),
                link_text="See the criteria and apply",
                unique_key=f"award-opened:{known.reference}",
            )


# Assessors ------------------------------------------------------------------------------------


def add_assessor(*, reference: str, email: str, by: Author) -> Ok[AwardAssessor] | Err:
    """Let somebody assess in a round, by the address they sign in with."""
    award_round = found.to_change(reference)
    if award_round is None:
        return Err(NO_ROUND)
    if refused(ROUND_MOVES, award_round.state, "cancelled", what="A round") is not None:
        return Err(Problem("state", "Nobody assesses in a round that has ended", "email"))
    user = accounts.user_by_email(email)
    if user is None or not user.active or user.confirmed_at is None:
        return Err(Problem("no_user", "Nobody signs in with this address", "email"))
    known = found.assessor(award_round.id, user.id)
    if known is not None:
        return Ok(known)
    made = AwardAssessor(round_id=award_round.id, user_id=user.id, added_by=by.user_id)
    current_session().add(made)
    current_session().flush()
    parts.note_round(award_round, "assessor_added", by, {"user": user.id})
    return Ok(made)


def remove_assessor(*, reference: str, user_id: int, by: Author) -> Ok[None] | Err:
    """Give somebody no more applications of a round; what they have stays theirs."""
    award_round = found.to_change(reference)
    known = None if award_round is None else found.assessor(award_round.id, user_id)
    if award_round is None or known is None:
        return Err(Problem("no_assessor", "They do not assess in this round"))
    current_session().delete(known)
    current_session().flush()
    parts.note_round(award_round, "assessor_removed", by, {"user": user_id})
    return Ok(None)


# Parts ----------------------------------------------------------------------------------------


def _lapse_drafts(award_round: AwardRound) -> None:
    for application in applications.in_states_to_change(award_round.id, ("draft",)):
        if parts.move(application, "lapsed", PORTAL) is None:
            parts.line(application, "Award application lapsed: it was not sent in time", PORTAL)


def _faults(details: RoundDetails, *, begun: bool, but: int | None = None) -> list[Problem]:
    problems = round_faults(
        opens_on=details.opens_on,
        closes_on=details.closes_on,
        decide_by=details.decide_by,
        today=today(),
        begun=begun,
    )
    known = {key for key, _title in programme.settings().sector_choices}
    if not set(details.sectors) <= known:
        problems.append(Problem("sector", "Choose sectors of the list", "sectors"))
    if not problems:
        other = found.overlapping(details.opens_on, details.closes_on, but=but)
        if other is not None:
            problems.append(
                Problem("overlap", f"“{other}” takes applications in these days", "opens_on")
            )
    return problems


def _values(details: RoundDetails) -> dict[str, Any]:
    return {
        "title": details.title.strip(),
        "about": details.about.strip(),
        "sectors": list(details.sectors),
        "opens_on": details.opens_on,
        "closes_on": details.closes_on,
        "decide_by": details.decide_by,
        "valid_months": details.valid_months,
    }


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
