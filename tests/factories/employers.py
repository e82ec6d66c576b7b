"""Employers for tests, written straight to the tables. Call inside ``with unit_of_work():``."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from portal.db import current_session
from portal.employers.models import Employer, Membership, RegisterEntry
from portal.programme.rules import default_values, parse_settings, sector_of, size_tier

_serial = itertools.count(1)


def make_employer(*, owner_id: int | None = None, **changes: Any) -> Employer:
    """A small hospitality employer in Leeds, changed as asked, with an owner where one is given."""
    number = next(_serial)
    settings = parse_settings(default_values())
    values: dict[str, Any] = {
        "name": f"Example Employer {number} Ltd",
        "sic_codes": ["56101"],
        "district": "leeds",
        "postcode": "LS1 4AP",
        "headcount": 24,
        "part_time_headcount": 10,
        "headcount_on": date(2026, 11, 1),
    }
    values.update(changes)
    values.setdefault("sector", sector_of(values["sic_codes"], settings.sectors))
    if values["headcount"] is None:
        values.update(part_time_headcount=None, headcount_on=None, size_tier=None)
    else:
        values.setdefault("size_tier", size_tier(values["headcount"], settings.size_tiers))
    values.setdefault("search_text", values["name"].lower())
    employer = Employer(**values)
    session = current_session()
    session.add(employer)
    session.flush()
    if owner_id is not None:
        make_membership(employer_id=employer.id, user_id=owner_id, role="owner")
    return employer


def make_membership(*, employer_id: int, user_id: int, role: str = "member") -> Membership:
    """A person in an employer."""
    membership = Membership(employer_id=employer_id, user_id=user_id, role=role)
    current_session().add(membership)
    current_session().flush()
    return membership


def make_register_entry(**changes: Any) -> RegisterEntry:
    """An entry of the register."""
    number = next(_serial)
    values: dict[str, Any] = {
        "source": "test",
        "source_id": str(number),
        "name": f"Registered Employer {number} Limited",
        "address": "1 Example Street, Leeds, LS1 4AP",
        "postcode": "LS1 4AP",
        "company_number": f"{number:08d}",
        "sic_codes": ["47110"],
        "size_band": "250 to 499",
        "url": None,
        "submitted_on": date(2022, 3, 31),
        "content_hash": f"{number:032d}",
    }
    values.update(changes)
    values.setdefault("current_name", values["name"])
    values.setdefault("search_text", " ".join(values["name"].lower().replace("'", "").split()))
    entry = RegisterEntry(**values)
    current_session().add(entry)
    current_session().flush()
    return entry
