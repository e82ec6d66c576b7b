"""Bringing two people's edits together."""

from __future__ import annotations

from datetime import date

import pytest

from portal.employers.rules.facts import (
    Details,
    StaffNumbers,
    check_details,
    check_staff_numbers,
    differences,
    merge,
    plain,
    unplain,
)
from portal.kernel.result import Problem
from portal.programme.rules import load_sic

UNITS = (("name",), ("postcode",), ("headcount", "headcount_on"))
BASE = {"name": "A", "postcode": "LS1 4AP", "headcount": 5, "headcount_on": "2026-01-01"}


@pytest.mark.parametrize(
    ("theirs", "mine", "values", "conflicts"),
    [
        ({}, {"name": "B"}, {"name": "B"}, ()),
        ({"name": "C"}, {"name": "A"}, {}, ()),
        ({"name": "C"}, {"name": "B"}, {}, ("name",)),
        ({"name": "C"}, {"name": "C"}, {}, ()),
        ({"postcode": "LS2 8AA"}, {"name": "B"}, {"name": "B"}, ()),
        (
            {"headcount": 6},
            {"headcount": 5, "headcount_on": "2026-02-01"},
            {},
            ("headcount",),
        ),
    ],
)
def test_merge(theirs, mine, values, conflicts) -> None:
    found = merge(base=BASE, theirs={**BASE, **theirs}, mine={**BASE, **mine}, units=UNITS)
    assert found.values == values
    assert found.conflicts == conflicts


def details(**changes: object) -> Details:
    values = {"name": "Example Ltd", "district": "leeds", "postcode": "ls1 4ap", **changes}
    return Details(**values)  # type: ignore[arg-type]


def check(given: Details):
    return check_details(given, districts=["leeds"], known_sic=load_sic())


def test_details_are_kept_in_their_normal_form() -> None:
    found = check(details(name="  Example   Ltd ", company_number="3261722", sic_codes=["47110"]))
    assert found == {
        "name": "Example Ltd",
        "trading_name": None,
        "company_number": "03261722",
        "charity_number": None,
        "sic_codes": ["47110"],
        "district": "leeds",
        "postcode": "LS1 4AP",
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 161}, "name"),
        ({"company_number": "abc"}, "company_number"),
        ({"charity_number": "abc"}, "charity_number"),
        ({"sic_codes": ["12345"]}, "sic_codes"),
        ({"sic_codes": ["47110", "47190", "47210", "47220", "47230"]}, "sic_codes"),
        ({"district": "moon"}, "district"),
        ({"postcode": "LS1"}, "postcode"),
    ],
)
def test_a_wrong_detail_is_tied_to_its_field(changes, field) -> None:
    found = check(details(**changes))
    assert isinstance(found, Problem)
    assert found.field == field


@pytest.mark.parametrize(
    ("everyone", "part_time", "on", "field"),
    [
        (0, None, date(2026, 1, 1), "headcount"),
        (5, 6, date(2026, 1, 1), "part_time_headcount"),
        (5, -1, date(2026, 1, 1), "part_time_headcount"),
        (5, 5, date(2026, 12, 1), "headcount_on"),
        (5, 5, date(1999, 12, 1), "headcount_on"),
        (5, 5, date(2026, 1, 1), None),
        (5, None, date(2026, 11, 22), None),
    ],
)
def test_staff_numbers(everyone, part_time, on, field) -> None:
    given = StaffNumbers(everyone, part_time, on)
    problem = check_staff_numbers(given, today=date(2026, 11, 22))
    assert (problem.field if problem else None) == field


def test_history_values_come_back_as_they_were() -> None:
    day = date(2026, 3, 1)
    assert unplain("headcount_on", plain(day)) == day
    assert unplain("sic_codes", None) == []
    assert unplain("name", "2026-03-01") == "2026-03-01"
    assert differences({"iip_on": None}, {"iip_on": day}) == {"iip_on": [None, "2026-03-01"]}
