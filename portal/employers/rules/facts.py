"""An employer's facts: which there are, what they are called, and what holds among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.employers.rules.identifiers import (
    normalise_charity_number,
    normalise_company_number,
    normalise_postcode,
)
from portal.kernel.result import Problem

LABELS = {
    "name": "Name",
    "trading_name": "Trading name",
    "company_number": "Company number",
    "charity_number": "Charity number",
    "sic_codes": "SIC codes",
    "sector": "Sector",
    "district": "District",
    "postcode": "Postcode",
    "headcount": "Employees",
    "part_time_headcount": "Part-time employees",
    "headcount_on": "Date of the staff numbers",
    "size_tier": "Size",
    "iip_status": "Investors in People",
    "iip_on": "Date of the Investors in People answer",
    "iip_evidence": "Evidence for Investors in People",
    "training_answer": "Vocational training in the last 12 months",
    "training_on": "Date of the training answer",
    "training_last_on": "Latest vocational training",
    "training_note": "Evidence for training",
}
FACTS = tuple(LABELS)
MAX_SIC_CODES = 4
MAX_HEADCOUNT = 2_000_000
EARLIEST = date(2000, 1, 1)

COMPANY_NUMBER_HELP = (
    "Enter a company number as it stands at Companies House, like 03261722 or SC016876"
)
CHARITY_NUMBER_HELP = "Enter a charity number, like 1234567 or SC012345"
POSTCODE_HELP = "Enter a full UK postcode, like LS1 4AP"


@dataclass(frozen=True, slots=True)
class Details:
    """Who an employer is and what it does, as given."""

    name: str
    district: str
    postcode: str
    sic_codes: Sequence[str] = ()
    trading_name: str = ""
    company_number: str = ""
    charity_number: str = ""


@dataclass(frozen=True, slots=True)
class StaffNumbers:
    """How many people work there, how many of them part-time, and when that was true."""

    headcount: int
    part_time_headcount: int | None
    on: date


def check_details(
    given: Details, *, districts: Sequence[str], known_sic: Any
) -> dict[str, Any] | Problem:
    """The details as they are kept, or the first thing wrong with them."""
    name = " ".join(given.name.split())
    trading = " ".join(given.trading_name.split())
    number = normalise_company_number(given.company_number) if given.company_number.strip() else ""
    charity = normalise_charity_number(given.charity_number) if given.charity_number.strip() else ""
    postcode = normalise_postcode(given.postcode)
    codes = list(dict.fromkeys(given.sic_codes))
    unknown = [code for code in codes if code not in known_sic]
    checks = (
        (len(name) < 2, "name", "Enter the employer's name"),  # noqa: PLR2004
        (len(name) > 160 or len(trading) > 160, "name", "Use 160 characters or fewer"),  # noqa: PLR2004
        (number is None, "company_number", COMPANY_NUMBER_HELP),
        (charity is None, "charity_number", CHARITY_NUMBER_HELP),
        (bool(unknown), "sic_codes", f"{', '.join(unknown)} is not in the SIC 2007 list"),
        (len(codes) > MAX_SIC_CODES, "sic_codes", f"Choose {MAX_SIC_CODES} codes or fewer"),
        (given.district not in districts, "district", "Choose a district"),
        (postcode is None, "postcode", POSTCODE_HELP),
    )
    for wrong, field, message in checks:
        if wrong:
            return Problem(f"bad_{field}", message, field)
    return {
        "name": name,
        "trading_name": trading or None,
        "company_number": number or None,
        "charity_number": charity or None,
        "sic_codes": codes,
        "district": given.district,
        "postcode": postcode,
    }


def check_staff_numbers(given: StaffNumbers, *, today: date) -> Problem | None:
    """The first thing wrong with staff numbers."""
    part_time = given.part_time_headcount
    if not 1 <= given.headcount <= MAX_HEADCOUNT:
        return Problem("bad_headcount", "Enter the number of employees, 1 or more", "headcount")
    if part_time is not None and part_time < 0:
        return Problem(
            "bad_part_time", "Part-time employees cannot be less than 0", "part_time_headcount"
        )
    if part_time is not None and part_time > given.headcount:
        return Problem(
            "bad_part_time",
            f"Part-time employees cannot be more than all {given.headcount:,} employees",
            "part_time_headcount",
        )
    return check_day(given.on, "headcount_on", today=today)


def check_day(day: date | None, field: str, *, today: date) -> Problem | None:
    """The first thing wrong with the day on which an answer was true."""
    if day is None:
        return Problem("day_missing", "Enter the date on which this was true", field)
    if day > today:
        return Problem("day_future", "The date must be today or in the past", field)
    if day < EARLIEST:
        return Problem("day_early", f"The date must be after {EARLIEST:%Y}", field)
    return None


def plain(value: Any) -> Any:
    """A fact as it stands in a history row."""
    return value.isoformat() if isinstance(value, date) else value


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What changes, each fact with its value before and after, ready for a history row."""
    return {
        field: [plain(before[field]), plain(value)]
        for field, value in after.items()
        if before[field] != value
    }


@dataclass(frozen=True, slots=True)
class Merge:
    """What is to be written, and the facts that two people changed in different ways."""

    values: dict[str, Any]
    conflicts: tuple[str, ...]


def merge(
    *,
    base: Mapping[str, Any],
    theirs: Mapping[str, Any],
    mine: Mapping[str, Any],
    units: Sequence[Sequence[str]],
) -> Merge:
    """Bring my values together with what others saved since ``base``, the state that I saw.

    Facts that belong together are one unit: a unit that I left alone keeps theirs, one that only
    I changed takes mine, one that both changed differently is a conflict.
    """
    values: dict[str, Any] = {}
    conflicts: list[str] = []
    for unit in units:
        mine_here = {field: mine[field] for field in unit if field in mine}
        base_here = {field: base[field] for field in mine_here}
        theirs_here = {field: theirs[field] for field in mine_here}
        if mine_here in (base_here, theirs_here):
            continue
        if theirs_here == base_here:
            values.update(mine_here)
        else:
            conflicts += [f for f in mine_here if theirs_here[f] != base_here[f]]
    return Merge(values, tuple(conflicts))


_DAYS = frozenset({"headcount_on", "iip_on", "training_on", "training_last_on"})


def unplain(field: str, value: Any) -> Any:
    """A fact from a history row as it stood on the record."""
    if field in _DAYS and isinstance(value, str):
        return date.fromisoformat(value)
    if field == "sic_codes":
        return list(value or ())
    return value
