"""Recording support that was delivered, correcting it, withdrawing it, asking for confirmation.

Every function is called inside a unit of work. What is recorded for a case is on its employer's
timeline, and the case rests on it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from typing import Any

from portal.caseload.models import Attendance, Case, Delivery
from portal.caseload.panels import tell_withdrawn, withdraw_problem
from portal.caseload.queries import case_to_change
from portal.caseload.queries import confirmations as found_questions
from portal.caseload.queries import support as queries
from portal.caseload.queries.support import AttendanceFacts, AttendingCase, DeliveryFacts
from portal.caseload.rules.confirmations import length, what
from portal.caseload.rules.stages import Milestone
from portal.caseload.rules.support import (
    Attending,
    Delivered,
    attending_problem,
    delivery_problem,
    funding_problem,
)
from portal.caseload.rules.words import SUPPORT_KINDS
from portal.caseload.service import cases, confirmations, evidence
from portal.db import audit, current_session
from portal.employers.service import timeline
from portal.kernel.clock import LONDON, today, utc_now
from portal.kernel.files import Kept
from portal.kernel.ids import token_hash
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.programme import queries as programme

NO_DELIVERY = Problem("no_delivery", "There is no such record of support")
NOT_YOURS = Problem(
    "not_your_case",
    "One of these employers is not among your own cases that are open, or were closed in the last "
    "12 months. Take it out, and add it again",
)
WITHDRAWN = Problem("withdrawn", "This record was withdrawn: it cannot be changed any more")
WAS_ASKED = Problem(
    "was_asked",
    "An employer was asked to confirm this record, so it cannot be corrected. Withdraw it, and "
    "record it again",
)
CHANGED = Problem(
    "changed",
    "Somebody else corrected this record while you had it open. Look at it again, then repeat what "
    "you wanted to change",
)
NOBODY_TO_ASK = Problem(
    "nobody_to_ask",
    "No employer is left to ask whose case has a contact with an email address. Choose whom to "
    "ask beside the employer",
)
SHEET_OF_CLOSED = Problem(
    "case_closed",
    "Files are kept with open cases only. Reopen the case first, or record this without the sheet",
    "sheet",
)


def once_key(once: str, by: Author) -> str | None:
    """What a form's mark is kept as: the person's own, so that nobody meets another's."""
    return token_hash(f"{by.user_id}:{once}") if once else None


def keep_sheet(file_name: str, data: bytes, copies: int) -> Ok[list[Kept]] | Err:
    """Judge an attendance sheet and store it, once for each case; before the unit of work begins.

    One subject for all says later that it is one file, not one used twice.
    """
    kept = []
    for _ in range(copies):
        found = evidence.keep(file_name, data)
        if isinstance(found, Err):
            return Err(Problem(found.problem.code, found.problem.message, "sheet"))
        kept.append(found.value)
    return Ok(kept)


def record(
    *,
    given: Delivered,
    attending: Sequence[Attending],
    organisations: Collection[int],
    once: str,
    by: Author,
    sheets: Sequence[Kept] = (),
) -> Ok[Delivery] | Err:
    """Record a delivery for cases of one of these providers; all of it or nothing.

    The same ``once`` from the same person gives the delivery that it made the first time. Refused
    when fully funded support went to an employer that cannot have it. A sheet (``keep_sheet``) is
    added to every open case, since it proves the part of each.
    """
    problem = attending_problem(attending) or delivery_problem(given, today=today())
    if problem is not None:
        return Err(problem)
    found = _lock_cases(attending, organisations)
    if found is None:
        return Err(NOT_YOURS)
    mark = once_key(once, by)
    before = queries.delivery_sent_before(mark) if mark else None
    if before is not None:
        return Ok(before)
    limit = programme.settings(on=given.delivered_on).sme_limit
    refused = funding_problem(given.funding, [facts for _, facts in found], sme_limit=limit)
    if refused is not None:
        return Err(refused)
    with current_session().begin_nested() as step:
        made = _add(given, found, attending, mark=mark, by=by)
        unkept = _add_sheets(made, [case for case, _ in found], sheets, by)
        if unkept is not None:
            # A sheet that cannot be kept takes the record with it: it is sent again as a whole.
            step.rollback()
            return Err(unkept)
    _audit("support.recorded", made, by, kind=made.kind, cases=[row.case for row in attending])
    return Ok(made)


def _add(
    given: Delivered,
    found: Sequence[tuple[Case, AttendingCase]],
    attending: Sequence[Attending],
    *,
    mark: str | None,
    by: Author,
) -> Delivery:
    made = Delivery(
        organisation_id=found[0][0].organisation_id,
        once=mark,
        by=by.user_id,
        by_name=by.shown,
        **_columns(given),
    )
    session = current_session()
    session.add(made)
    session.flush()
    for (case, facts), row in zip(found, attending, strict=True):
        _attend(made, case, facts, row, by)
    return made


def correct(
    *, reference: str, given: Delivered, attending: Sequence[Attending], revision: int, by: Author
) -> Ok[Delivery] | Err:
    """Correct a delivery that no employer was asked about; the employers stay the same."""
    made = queries.delivery_to_change(reference)
    facts = queries.delivery_facts(reference)
    if facts is None or made is None:
        return Err(NO_DELIVERY)
    rows = queries.attendances_to_change(made.id)
    refused = (
        _closed_to_change(facts)
        or (None if made.revision == revision else CHANGED)
        or attending_problem(attending)
        or delivery_problem(given, today=today())
    )
    if refused is None and {row.case for row in attending} != {
        row.case_reference for row in facts.attendances
    }:
        refused = NOT_YOURS
    if refused is None and made.funding != given.funding:
        limit = programme.settings(on=given.delivered_on).sme_limit
        refused = funding_problem(given.funding, facts.attendances, sme_limit=limit)
    if refused is not None:
        return Err(refused)
    numbers = {row.case: row for row in attending}
    before = {name: getattr(made, name) for name in _columns(given)}
    changed = {name: value for name, value in _columns(given).items() if value != before[name]}
    for name, value in changed.items():
        setattr(made, name, value)
    for row, known in zip(rows, facts.attendances, strict=True):
        said = numbers[known.case_reference]
        row.attended, row.part_time_attended = said.attended, said.part_time
        _tell(made, row.employer_id, by, title=f"Support corrected: {made.title}")
    made.revision += 1
    _audit("support.corrected", made, by, changed=sorted(changed))
    return Ok(made)


def withdraw(*, reference: str, reason: str, by: Author) -> Ok[Delivery] | Err:
    """Withdraw a delivery: the row stays, no case rests on it, and links to confirm it end."""
    made = queries.delivery_to_change(reference)
    facts = queries.delivery_facts(reference)
    if facts is None or made is None:
        return Err(NO_DELIVERY)
    if made.withdrawn_at is not None:
        return Err(WITHDRAWN)
    if not reason.strip():
        return Err(Problem("reason_needed", "Say why it is withdrawn", "reason"))
    # The cases before what guards hold, as wherever a record of a case is withdrawn.
    rows = sorted(facts.attendances, key=lambda each: each.case_reference)
    held = [(row, case_to_change(row.case_reference)) for row in rows]
    refused = withdraw_problem(
        f"delivery:{reference}", *(f"attendance:{row.reference}" for row in rows)
    )
    if refused is not None:
        return Err(refused)
    for row, case in held:
        assert case is not None  # noqa: S101 - a foreign key
        cases.withdraw_milestone(
            case=case, kind=Milestone.SUPPORT, subject=f"attendance:{row.reference}"
        )
        confirmations.drop(case=case, subject="attendance", record_ids=[row.id])
        _tell(made, row.employer_id, by, title=f"Support withdrawn: {made.title}", text=reason)
    made.withdrawn_at, made.withdrawn_reason = utc_now(), reason.strip()
    _audit("support.withdrawn", made, by, reason=reason.strip())
    tell_withdrawn(f"delivery:{reference}", reason.strip(), by)
    return Ok(made)


def ask_all(*, reference: str, by: Author) -> Ok[int] | Err:
    """Ask every employer that was not asked, or whose answer is overdue, by its case's contact.

    Says how many were asked.
    """
    facts = _asked_about(reference)
    if isinstance(facts, Err):
        return facts
    due = [row for row in facts.attendances if row.can_be_asked]
    if not due:
        return Err(NOBODY_TO_ASK)
    with current_session().begin_nested() as step:
        for row in sorted(due, key=lambda each: each.case_reference):
            refused = _ask(row, by)
            if refused is not None:
                # All of them or none, so that the button means what it says.
                step.rollback()
                return Err(refused)
    return Ok(len(due))


def _lock_cases(
    attending: Sequence[Attending], organisations: Collection[int]
) -> list[tuple[Case, AttendingCase]] | None:
    """The cases in the order of the rows, locked in one order whoever asks; None if one may not."""
    references = [row.case for row in attending]
    locked = {reference: case_to_change(reference) for reference in sorted(references)}
    facts = queries.attending_cases(references, organisations)
    found = []
    for reference in references:
        case = locked[reference]
        if case is None or reference not in facts:
            return None
        found.append((case, facts[reference]))
    providers = {case.organisation_id for case, _ in found}
    employers = {case.employer_id for case, _ in found}
    return found if len(providers) == 1 and len(employers) == len(found) else None


def _columns(given: Delivered) -> dict[str, object]:
    values = asdict(given) | {"audience": list(given.audience)}
    values["place"] = given.place.strip()
    values["title"] = " ".join(given.title.split())
    return values


def _attend(made: Delivery, case: Case, facts: AttendingCase, row: Attending, by: Author) -> None:
    attendance = Attendance(
        delivery_id=made.id,
        employer_id=case.employer_id,
        case_id=case.id,
        attended=row.attended,
        part_time_attended=row.part_time,
        sector=facts.sector,
        size_tier=facts.size_tier,
    )
    session = current_session()
    session.add(attendance)
    session.flush()
    at = _instant(made.delivered_on)
    cases.contact_made(case=case, at=at, reached=True)
    _tell(
        made,
        case.employer_id,
        by,
        title=f"{SUPPORT_KINDS[made.kind]}: {made.title}",
        text=f"{row.attended:,} attended, {length(made.minutes)}",
        at=at,
    )
    cases.note_milestone(
        case=case,
        kind=Milestone.SUPPORT,
        subject=f"attendance:{attendance.reference}",
        by=by,
        at=at,
    )


def _instant(day: date) -> datetime:
    """Midday in London, but never later than now: only the day is known."""
    return min(datetime.combine(day, time(12), LONDON), utc_now())


def _add_sheets(
    made: Delivery, found: Sequence[Case], sheets: Sequence[Kept], by: Author
) -> Problem | None:
    opened = [case for case in found if case.closed_at is None]
    if sheets and not opened:
        return SHEET_OF_CLOSED
    for case, sheet in zip(opened, sheets, strict=False):
        added = evidence.add(
            case=case,
            kind="attendance_sheet",
            subject=f"delivery:{made.reference}",
            note=made.title,
            file_name=sheet.name,
            data=b"",
            by=by,
            kept=sheet,
        )
        if isinstance(added, Err):
            return Problem(added.problem.code, added.problem.message, "sheet")
    return None


def _closed_to_change(facts: DeliveryFacts) -> Problem | None:
    if facts.is_withdrawn:
        return WITHDRAWN
    return WAS_ASKED if facts.was_asked else None


def _asked_about(reference: str) -> DeliveryFacts | Err:
    made = queries.delivery_to_change(reference)
    facts = queries.delivery_facts(reference)
    if made is None or facts is None:
        return Err(NO_DELIVERY)
    return Err(WITHDRAWN) if facts.is_withdrawn else facts


def _ask(row: AttendanceFacts, by: Author) -> Problem | None:
    case = case_to_change(row.case_reference)
    about = found_questions.subjects("attendance", [row.id])[row.id]
    assert case is not None  # noqa: S101 - a foreign key
    asked = confirmations.ask(
        case=case,
        subject="attendance",
        record_id=row.id,
        reference=row.reference,
        what=what(about),
        to_name=row.contact_name,
        to_email=row.contact_email,
        by=by,
    )
    if isinstance(asked, Err):
        return Problem(asked.problem.code, f"{row.employer_name}: {asked.problem.message}")
    return None


def _audit(action: str, made: Delivery, by: Author, **detail: Any) -> None:
    audit.record(
        action=action, subject=f"delivery:{made.reference}", detail=detail, actor_id=by.user_id
    )
    current_session().flush()


def _tell(
    made: Delivery,
    employer_id: int,
    by: Author,
    *,
    title: str,
    text: str = "",
    at: datetime | None = None,
) -> None:
    timeline.note(
        employer_id=employer_id,
        kind="support",
        title=title,
        text=text,
        by=by,
        at=at,
        subject=f"delivery:{made.reference}",
    )
