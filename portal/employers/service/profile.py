"""Making an employer's record and changing its facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from portal.db import audit, current_session
from portal.employers import queries
from portal.employers.constraints import write
from portal.employers.models import Employer, EmployerChange, Membership
from portal.employers.queries.wording import in_words
from portal.employers.rules.facts import (
    CHARITY_NUMBER_HELP,
    COMPANY_NUMBER_HELP,
    FACTS,
    LABELS,
    POSTCODE_HELP,
    Details,
    StaffNumbers,
    check_day,
    check_details,
    check_staff_numbers,
    differences,
    merge,
)
from portal.employers.rules.names import index_words
from portal.employers.service import timeline
from portal.kernel.clock import today
from portal.kernel.result import Err, Ok, Problem
from portal.programme import queries as programme
from portal.programme.rules import load_sic, sector_of, size_tier

ALREADY_HERE = "already_here"
CHANGED_MEANWHILE = "changed_meanwhile"
_TAKEN = "That number already belongs to an employer that uses the portal"
# A constraint of the database, and the form field that its refusal belongs beside.
PROBLEMS = {
    "ck_employers_name_length": Problem("bad_name", "Enter the employer's name", "name"),
    "ck_employers_company_number_shape": Problem(
        "bad_company_number", COMPANY_NUMBER_HELP, "company_number"
    ),
    "ck_employers_charity_number_shape": Problem(
        "bad_charity_number", CHARITY_NUMBER_HELP, "charity_number"
    ),
    "ck_employers_postcode_shape": Problem("bad_postcode", POSTCODE_HELP, "postcode"),
    "ck_employers_headcount_range": Problem(
        "bad_headcount", "Enter the number of employees, 1 or more", "headcount"
    ),
    "ck_employers_part_time_not_negative": Problem(
        "bad_part_time", "Part-time employees cannot be less than 0", "part_time_headcount"
    ),
    "ck_employers_part_time_within_headcount": Problem(
        "bad_part_time", "Part-time employees cannot be more than all", "part_time_headcount"
    ),
    "ck_employers_training_last_before": Problem(
        "bad_training_last_on",
        "The latest training must be on or before the date of the answer",
        "training_last_on",
    ),
    "uq_employers_company_number": Problem(ALREADY_HERE, _TAKEN, "company_number"),
    "uq_employers_charity_number": Problem(ALREADY_HERE, _TAKEN, "charity_number"),
    "uq_employers_register_entry_id": Problem(
        ALREADY_HERE, "That employer already uses the portal", "name"
    ),
}
_CHANGE_TITLES = {
    "employer.details_changed": "Details changed",
    "employer.staff_changed": "Staff numbers changed",
    "employer.iip_changed": "Answer about Investors in People",
    "employer.training_changed": "Answer about vocational training",
}
_DETAIL_UNITS = (
    ("name",),
    ("trading_name",),
    ("company_number",),
    ("charity_number",),
    ("sic_codes",),
    ("district",),
    ("postcode",),
)


def create_employer(
    *,
    details: Details,
    staff: StaffNumbers | None,
    owner_id: int | None,
    register_entry_id: int | None = None,
) -> Ok[Employer] | Err:
    """Make an employer's record, with whoever made it as its owner.

    Refused with ``already_here`` when its number or register entry already has a record.
    """
    settings = programme.settings()
    values = _checked(details)
    if isinstance(values, Problem):
        return Err(values)
    if staff is not None:
        problem = check_staff_numbers(staff, today=today())
        if problem:
            return Err(problem)
        values |= _staff_values(staff)
    # Not listed by a choice of the register, but by its number: it is the same employer.
    if register_entry_id is None and values["company_number"]:
        register_entry_id = queries.free_entry_with_number(values["company_number"])
    employer = Employer(
        **values,
        sector=sector_of(values["sic_codes"], settings.sectors),
        register_entry_id=register_entry_id,
        search_text=_search_text(values["name"], values["trading_name"]),
        iip_evidence="",
        training_note="",
        version=1,
    )
    session = current_session()
    problem = write(session, lambda: session.add(employer), PROBLEMS)
    if problem:
        return Err(problem)
    facts = {field: getattr(employer, field) for field in FACTS}
    _note(employer, differences(dict.fromkeys(FACTS), facts), owner_id)
    if owner_id is not None:
        session.add(Membership(user_id=owner_id, employer_id=employer.id, role="owner"))
    session.flush()
    # Staff who make it say so themselves, with the reason they have.
    if owner_id is not None:
        _tell(employer, "Record made", owner_id)
    audit.record(
        action="employer.created", subject=f"employer:{employer.reference}", actor_id=owner_id
    )
    return Ok(employer)


def update_details(
    *, reference: str, version: int, details: Details, by: int | None
) -> Ok[Employer] | Err:
    """Change who the employer is and what it does."""
    values = _checked(details)
    if isinstance(values, Problem):
        return Err(values)
    return _update(reference, version, values, _DETAIL_UNITS, by, action="employer.details_changed")


def update_staff_numbers(
    *, reference: str, version: int, staff: StaffNumbers, by: int | None
) -> Ok[Employer] | Err:
    """Say how many people work there, how many part-time, and on which day that was true."""
    problem = check_staff_numbers(staff, today=today())
    if problem:
        return Err(problem)
    values = _staff_values(staff)
    return _update(reference, version, values, [tuple(values)], by, action="employer.staff_changed")


def update_accreditation(
    *, reference: str, version: int, status: str, on: date, evidence: str, by: int | None
) -> Ok[Employer] | Err:
    """Say whether Investors in People has accredited the employer, when, and how it is known."""
    if status not in {"accredited", "not_accredited"}:
        return Err(Problem("bad_iip_status", "Choose an answer", "iip_status"))
    problem = check_day(on, "iip_on", today=today())
    if problem:
        return Err(problem)
    values = {"iip_status": status, "iip_on": on, "iip_evidence": evidence.strip()}
    return _update(reference, version, values, [tuple(values)], by, action="employer.iip_changed")


def update_training(
    *,
    reference: str,
    version: int,
    answer: str,
    on: date,
    last_on: date | None,
    evidence: str,
    by: int | None,
) -> Ok[Employer] | Err:
    """Say whether staff had training towards a qualification in the 12 months before ``on``."""
    if answer not in {"yes", "no"}:
        return Err(Problem("bad_training_answer", "Choose yes or no", "training_answer"))
    problem = check_day(on, "training_on", today=today())
    if problem:
        return Err(problem)
    values = {
        "training_answer": answer,
        "training_on": on,
        "training_last_on": last_on if answer == "yes" else None,
        "training_note": evidence.strip(),
    }
    return _update(
        reference, version, values, [tuple(values)], by, action="employer.training_changed"
    )


def _checked(details: Details) -> dict[str, Any] | Problem:
    districts = [key for key, _title in programme.settings().district_choices]
    return check_details(details, districts=districts, known_sic=load_sic())


def _staff_values(staff: StaffNumbers) -> dict[str, Any]:
    return {
        "headcount": staff.headcount,
        "part_time_headcount": staff.part_time_headcount,
        "headcount_on": staff.on,
        "size_tier": size_tier(staff.headcount, programme.settings().size_tiers),
    }


def _search_text(name: str, trading_name: str | None) -> str:
    plain, made = index_words(name, *([trading_name] if trading_name else []))
    return " ".join(dict.fromkeys([*plain, *made]))


def _update(
    reference: str,
    version: int,
    values: Mapping[str, Any],
    units: Sequence[Sequence[str]],
    by: int | None,
    *,
    action: str,
) -> Ok[Employer] | Err:
    employer = queries.employer_for_update(reference)
    if employer is None:
        return Err(Problem("not_found", "There is no such employer"))
    now = {field: getattr(employer, field) for field in FACTS}
    base = queries.facts_at(employer, version)
    merged = merge(base=base, theirs=now, mine=values, units=units)
    if merged.conflicts:
        return Err(
            Problem(
                CHANGED_MEANWHILE,
                "Somebody else changed this while you were editing. Nothing of yours is lost: "
                "compare, then save again to keep what you typed",
            )
        )
    changed = dict(merged.values)
    if "sic_codes" in changed:
        changed["sector"] = sector_of(changed["sic_codes"], programme.settings().sectors)
    changes = differences(now, changed)
    if not changes:
        return Ok(employer)
    problem = write(current_session(), lambda: _apply(employer, changed), PROBLEMS)
    if problem:
        return Err(problem)
    _note(employer, changes, by)
    _tell(employer, _CHANGE_TITLES[action], by, "\n".join(_change_lines(now, changed)))
    audit.record(
        action=action,
        subject=f"employer:{employer.reference}",
        detail={"fields": sorted(changes), "version": employer.version},
        actor_id=by,
    )
    current_session().flush()
    return Ok(employer)


def _change_lines(before: Mapping[str, Any], changed: Mapping[str, Any]) -> list[str]:
    """Each fact that changed, before and after, in words."""
    return [
        f"{label}: {in_words(field, before[field])} \u2192 {in_words(field, changed[field])}"
        for field, label in LABELS.items()
        if field in changed and before[field] != changed[field]
    ]


def _apply(employer: Employer, changed: Mapping[str, Any]) -> None:
    for field, value in changed.items():
        setattr(employer, field, value)
    employer.search_text = _search_text(employer.name, employer.trading_name)
    employer.version += 1


def _note(employer: Employer, changes: dict[str, list[Any]], by: int | None) -> None:
    current_session().add(
        EmployerChange(
            employer_id=employer.id, version=employer.version, changed_by=by, changes=changes
        )
    )


def _tell(employer: Employer, title: str, by: int | None, text: str = "") -> None:
    timeline.note(
        employer_id=employer.id,
        kind="record",
        title=title,
        text=text,
        by=timeline.author(by),
        subject=f"employer:{employer.reference}",
    )
