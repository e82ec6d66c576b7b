"""Two records of one employer: how alike they are, and what fills gaps."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.caseload.rules.merging import (
    GROUPS,
    LIKELY,
    Identity,
    can_fill,
    filled,
    likeness,
    plain,
    why_alike,
)


def someone(name: str, postcode: str = "LS1 4AP", number: str = "", trading: str = "") -> Identity:
    names = tuple(part for part in (name, trading) if part)
    return Identity(names, postcode, frozenset([number] if number else []))


@pytest.mark.parametrize(
    ("one", "other", "likely"),
    [
        (someone("Brook & Sons Ltd"), someone("BROOK AND SONS LIMITED"), True),
        (someone("Brook & Sons"), someone("Brook and Sons", "YO1 7HH"), True),
        (someone("Sons Brook"), someone("Brook Sons"), True),
        (someone("Holdings One", trading="The Corner Café"), someone("Corner Cafe"), True),
        (someone("Corner Cafe"), someone("Coroner Cafe"), True),
        (someone("A Garage", "BD1 1AA", "01234567"), someone("B Bakery", number="01234567"), True),
        (someone("Leeds Bakery"), someone("Leeds Garage"), False),
        (someone("Corner Cafe"), someone("Coffee Corner", "HX1 1AA"), False),
        (someone("!!"), someone("??"), False),
    ],
)
def test_likely_doubles(one: Identity, other: Identity, likely: bool) -> None:
    assert (likeness(one, other) >= LIKELY) is likely
    assert likeness(one, other) == likeness(other, one)


def test_why_they_are_alike() -> None:
    one = someone("Brook & Sons Ltd", number="01234567")
    assert why_alike(one, someone("Brook and Sons", number="01234567")) == (
        "same number in the register, same name, same postcode"
    )
    assert why_alike(one, someone("Brooks", "YO1 7HH")) == "similar name"


def facts(**given: Any) -> dict[str, Any]:
    return {name: None for group in GROUPS for name in group.fields} | given


def test_gaps_are_filled_by_groups_and_only_those_chosen() -> None:
    kept = facts(headcount=5, company_number=None, sector="retail", sic_codes=[])
    merged = facts(
        headcount=9,
        headcount_on=date(2026, 1, 2),
        company_number="01234567",
        sector="hospitality",
        sic_codes=["56101"],
        iip_on=date(2026, 1, 2),
    )
    # Numbers of staff are known, and the date of an answer alone says nothing.
    assert [group.key for group in can_fill(kept, merged)] == ["company_number", "sic_codes"]
    assert filled(kept, merged, ["sic_codes", "staff"]) == [
        {"sic_codes": ["56101"], "sector": "hospitality"}
    ]
    assert filled(kept, merged, []) == []
    assert plain(date(2026, 1, 2)) == "2026-01-02"
