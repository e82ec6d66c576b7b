"""Two records of one employer: how alike they are, and what fills gaps."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.caseload.rules.merging import (
    GROUPS,
    can_fill,
    filled,
    plain,
)


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
