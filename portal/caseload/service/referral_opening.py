"""Opening a case: for a referral that is accepted, or for an employer an adviser found.

Every function is called inside a unit of work.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from portal.caseload.models import Case
from portal.caseload.queries import open_case_of
from portal.caseload.rules.words import ACTION_KINDS
from portal.caseload.service import cases, referrals
from portal.db import current_session
from portal.employers import queries as employers
from portal.employers import service as employers_service
from portal.employers.queries import RegisterEntry
from portal.employers.rules.facts import Details
from portal.employers.service import timeline
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.programme import queries as programme
from portal.programme.rules import load_sic, suggested_district

NEW = "new"
TAKEN = "employer_taken"
_MOST_CODES = 4


@dataclass(frozen=True, slots=True)
class Opening:
    """What an adviser says when a case is opened.

    ``employer`` is ``employer:REFERENCE`` for a record that exists, ``entry:KEY`` for one to be
    made from the register, or ``new`` for one to be made from ``details``. ``contact`` is name,
    job, e-mail and telephone; ``next_action`` kind, words and day, or None.
    """

    employer: str
    details: Details
    contact: tuple[str, str, str, str]
    adviser_id: int | None
    next_action: tuple[str, str, date] | None = None


def accept(*, reference: str, opening: Opening, by: Author) -> Ok[Case] | Err:
    """Accept a referral: its employer gets a case with the referral's provider."""
    referral = referrals.to_decide(reference)
    if isinstance(referral, Err):
        return referral
    if referral.organisation_id is None:
        return Err(Problem("not_assigned", "LEP staff have not sent this to a provider yet"))
    opened = _open(
        opening, organisation_id=referral.organisation_id, source_id=referral.source_id, by=by
    )
    if isinstance(opened, Err):
        return opened
    case = opened.value
    referrals.mark_accepted(referral=referral, employer_id=case.employer_id, case_id=case.id, by=by)
    return opened


def open_without_referral(
    *, opening: Opening, organisation_id: int, source_id: int | None, by: Author
) -> Ok[Case] | Err:
    """Open a case for an employer that an adviser found."""
    return _open(opening, organisation_id=organisation_id, source_id=source_id, by=by)


def _open(
    opening: Opening, *, organisation_id: int, source_id: int | None, by: Author
) -> Ok[Case] | Err:
    # All that can be refused is looked at before anything is written.
    problem = _faults(opening, organisation_id)
    if problem is not None:
        return Err(problem)
    employer_id = _employer(opening, by)
    if isinstance(employer_id, Problem):
        return Err(employer_id)
    opened = cases.open_case(
        employer_id=employer_id,
        organisation_id=organisation_id,
        adviser_id=opening.adviser_id,
        by=by,
        source_id=source_id,
        contact=opening.contact,
    )
    if isinstance(opened, Err) or opening.next_action is None:
        return _beside_choice(opened)
    kind, what, due_on = opening.next_action
    done = cases.set_next_action(case=opened.value, kind=kind, what=what, due_on=due_on, by=by)
    return done if isinstance(done, Err) else opened


def _beside_choice(opened: Ok[Case] | Err) -> Ok[Case] | Err:
    if isinstance(opened, Err) and opened.problem.code == cases.OPEN_ALREADY:
        return Err(replace(opened.problem, field="employer"))
    return opened


def _faults(opening: Opening, organisation_id: int) -> Problem | None:
    if opening.adviser_id is not None and opening.adviser_id not in programme.staff_of(
        [organisation_id]
    ):
        return Problem("no_adviser", "Choose who has the case", "adviser")
    if opening.next_action is not None:
        kind, _what, due_on = opening.next_action
        if kind not in ACTION_KINDS:
            return Problem("unknown_kind", "Choose what kind of action it is", "next_kind")
        if due_on < today():
            return Problem("past_day", "The next action must be today or later", "next_due_on")
    return None


def _employer(opening: Opening, by: Author) -> int | Problem:
    """The key of the employer meant, whose record is made where there is none."""
    kind, _, key = opening.employer.partition(":")
    if kind == "employer":
        profile = employers.employer_profile(key)
        return _free(profile.id) if profile else _no_employer()
    entry = None
    if kind == "entry":
        entry = employers.register_entry(int(key)) if key.isdecimal() and len(key) < 10 else None  # noqa: PLR2004 - a key
        if entry is None:
            return _no_employer()
        known = employers.employer_with(entry_id=entry.id, number=entry.company_number)
        if known is not None:
            return _free(known.id)
    elif kind != NEW:
        return _no_employer()
    return _made(_details(opening.details, entry), entry, by)


def _no_employer() -> Problem:
    return Problem("no_employer", "Choose the employer", "employer")


def _free(employer_id: int) -> int | Problem:
    if open_case_of(employer_id) is not None:
        return Problem(
            cases.OPEN_ALREADY,
            "This employer has an open case already: one case at a time in a programme",
            "employer",
        )
    return employer_id


def _details(typed: Details, entry: RegisterEntry | None) -> Details:
    """What the register says goes before what was typed, except where the employer works."""
    if entry is None:
        return typed
    postcode = entry.postcode or typed.postcode
    area = programme.settings().area
    return replace(
        typed,
        name=entry.current_name[:160],
        company_number=entry.company_number or typed.company_number,
        postcode=postcode,
        district=typed.district or suggested_district(postcode, area) or "",
        sic_codes=[code for code in entry.sic_codes if code in load_sic()][:_MOST_CODES]
        or typed.sic_codes,
    )


def _made(details: Details, entry: RegisterEntry | None, by: Author) -> int | Problem:
    made = employers_service.create_employer(
        details=details,
        staff=None,
        owner_id=None,
        register_entry_id=None if entry is None else entry.id,
    )
    if isinstance(made, Err):
        if made.problem.code == employers_service.ALREADY_HERE:
            return Problem(
                TAKEN,
                "An employer with this number is on the portal already. Choose it from the list",
                "employer",
            )
        return made.problem
    current_session().flush()
    timeline.note(
        employer_id=made.value.id,
        kind="record",
        title="Record made when the case was opened",
        by=by,
        subject=f"employer:{made.value.reference}",
    )
    return made.value.id
