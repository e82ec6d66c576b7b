"""Giving cases to somebody else, letting a leaver go, and inviting who comes.

Every function is called inside a unit of work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from portal.accounts import queries as accounts
from portal.accounts import service as accounts_service
from portal.accounts.models import User
from portal.caseload.models import Assignment, Case
from portal.caseload.queries import assigning as queries
from portal.caseload.rules.team import Pick, may_be_closed, stale_words
from portal.db import audit, current_session
from portal.employers.service import timeline
from portal.integrations.mail import public_link, send_later
from portal.kernel.clock import utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.programme import queries as programme
from portal.programme import service as programme_service

MOST_AT_ONCE = 500
_MAIL_LINES = 100
_NOBODY = Problem("nobody_chosen", "Choose at least one case", "cases")
_NO_REASON = Problem("reason_needed", "Say why the cases change hands", "reason")
_NOT_A_COLLEAGUE = Problem(
    "not_a_colleague", "Choose somebody who works for the same provider", "to"
)
_TOO_MANY = Problem("too_many", f"Give at most {MOST_AT_ONCE} cases at a time", "cases")


@dataclass(frozen=True, slots=True)
class Reassigned:
    """How many cases changed hands, and to whom."""

    count: int
    to_name: str


def holds_open_cases(user_id: int) -> Problem | None:
    """Why an account cannot be closed: its owner holds open cases."""
    count = queries.open_case_count(user_id)
    if not count:
        return None
    what = "1 open case: give it" if count == 1 else f"{count} open cases: give them"
    return Problem("holds_cases", f"Holds {what} to somebody first")


def reassign(
    *,
    picks: Sequence[Pick],
    to_id: int,
    reason: str,
    organisations: Collection[int],
    by: Author,
) -> Ok[Reassigned] | Err:
    """Give cases of these providers to a colleague: all of them, or none with the reason.

    A case that was closed or changed hands since it was picked stops the whole, by name: half of a
    list given away without a word would be found out too late. One mail goes to the new adviser,
    one to each of the earlier ones.
    """
    words = " ".join(reason.split())[:500]
    target = accounts.user_by_id(to_id)
    problem = _asked_problem(picks, words, target)
    if problem is not None or target is None:
        return Err(problem or _NOT_A_COLLEAGUE)
    # The other half of closing an account: nobody leaves while cases are on the way to them.
    accounts.lock_user(target)
    current_session().refresh(target, ["active"])
    cases = queries.cases_to_change([pick.reference for pick in picks])
    problem = _picked_problem(picks, cases, organisations) or _target_problem(target, cases)
    if problem is not None:
        return Err(problem)
    moving = [case for case in cases if case.adviser_id != to_id]
    if not moving:
        return Err(Problem("has_them", f"{target.name} has these cases already", "to"))
    _move(moving, target, words, by)
    return Ok(Reassigned(len(moving), target.name))


def _asked_problem(picks: Sequence[Pick], reason: str, target: User | None) -> Problem | None:
    if not picks:
        return _NOBODY
    if len(picks) > MOST_AT_ONCE:
        return _TOO_MANY
    if target is None:
        return _NOT_A_COLLEAGUE
    return None if reason else _NO_REASON


def _picked_problem(
    picks: Sequence[Pick], cases: Sequence[Case], organisations: Collection[int]
) -> Problem | None:
    found = {case.reference: case for case in cases}
    # One of another provider does not exist for whoever asks.
    own = {case.reference for case in cases if case.organisation_id in organisations}
    if own != {pick.reference for pick in picks}:
        return Problem("no_case", "One of the cases does not exist. Nothing was changed", "cases")
    stale = _stale(picks, found)
    return Problem("stale", stale_words(stale), "cases") if stale else None


def _target_problem(target: User, cases: Sequence[Case]) -> Problem | None:
    if not target.active:
        return Problem("not_active", f"{target.name}'s account is closed", "to")
    if not target.role_names & {"adviser", "provider_manager"}:
        return _NOT_A_COLLEAGUE
    works_for = programme.organisation_ids_of(target.id)
    if any(case.organisation_id not in works_for for case in cases):
        return _NOT_A_COLLEAGUE
    return None


def _stale(picks: Sequence[Pick], found: Mapping[str, Case]) -> list[tuple[str, str]]:
    """Names of cases that are not as they were when they were picked, and what happened."""
    names = queries.case_names([case.id for case in found.values()])
    advisers = accounts.user_names([case.adviser_id for case in found.values() if case.adviser_id])
    stale = []
    for pick in picks:
        case = found[pick.reference]
        if case.closed_at is not None:
            stale.append((names[case.id], "was closed"))
        elif case.adviser_id != pick.held_by:
            who = advisers.get(case.adviser_id or 0)
            stale.append((names[case.id], f"is now with {who}" if who else "is with nobody now"))
    return stale


def _move(cases: Sequence[Case], target: User, reason: str, by: Author) -> None:
    session = current_session()
    names = queries.case_names([case.id for case in cases])
    before = accounts.user_names([case.adviser_id for case in cases if case.adviser_id])
    given_up: dict[int, list[Case]] = defaultdict(list)
    for case in cases:
        was = case.adviser_id
        if was is not None:
            given_up[was].append(case)
        session.add(
            Assignment(
                case_id=case.id,
                from_id=was,
                to_id=target.id,
                at=utc_now(),
                by=by.user_id,
                by_name=by.shown,
                reason=reason,
            )
        )
        case.adviser_id = target.id
        case.revision += 1
        timeline.note(
            employer_id=case.employer_id,
            kind="case",
            title=f"Adviser: {before.get(was or 0, 'nobody')} → {target.name}",
            text=reason,
            by=by,
            subject=f"case:{case.reference}",
        )
        audit.record(
            action="case.reassigned",
            subject=f"case:{case.reference}",
            detail={"from": was, "to": target.id},
            actor_id=by.user_id,
        )
    session.flush()
    _tell(cases, names, to=target, gained=True, other=target.name, reason=reason, by=by)
    for user_id, gone in given_up.items():
        person = accounts.user_by_id(user_id)
        if person is not None and person.active:
            _tell(gone, names, to=person, gained=False, other=target.name, reason=reason, by=by)


def _tell(
    cases: Sequence[Case],
    names: Mapping[int, str],
    *,
    to: User,
    gained: bool,
    other: str,
    reason: str,
    by: Author,
) -> None:
    if to.id == by.user_id:
        return
    number = "1 case" if len(cases) == 1 else f"{len(cases)} cases"
    verb = "is" if len(cases) == 1 else "are"
    send_later(
        to=to.email,
        subject=f"{number} {verb} now yours" if gained else f"{number} moved to a colleague",
        template="caseload_team_reassigned",
        context={
            "name": to.name,
            "gained": gained,
            "number": number,
            "other": other,
            "by_name": by.shown,
            "reason": reason,
            "cases": [
                (names[case.id], public_link("caseload.case", case=case.reference))
                for case in cases[:_MAIL_LINES]
            ],
            "more": max(0, len(cases) - _MAIL_LINES),
            "link": public_link("caseload.home"),
        },
    )


def close_leaver(*, user_id: int, organisations: Collection[int], by: Author) -> Ok[str] | Err:
    """Close the account of an adviser of one's own provider; the name comes back.

    Refused for oneself, for somebody with other roles or employers, and while open cases are held.
    """
    person = queries.colleague(user_id, organisations)
    if person is None or not person.active:
        return Err(Problem("no_colleague", "There is no such colleague"))
    problem = may_be_closed(person, organisations=organisations, by_id=by.user_id)
    if problem is not None:
        return Err(problem)
    closed = accounts_service.close_account(user_id=user_id)
    return closed if isinstance(closed, Err) else Ok(person.name)


def invite(*, email: str, name: str, role: str, organisation_id: int) -> Ok[User] | Err:
    """Make an account for somebody who comes to a provider, and send the link to choose a password.

    Managers of a provider invite advisers, the LEP invites managers: ``role`` is the view's.
    """
    providers = {organisation.id for organisation in programme.organisations(kind="provider")}
    if organisation_id not in providers:
        return Err(Problem("no_provider", "Choose the provider", "organisation"))
    made = accounts_service.invite_user(email=email, name=name, roles=(role,))
    if isinstance(made, Ok):
        programme_service.add_post(user_id=made.value.id, organisation_id=organisation_id)
    return made
