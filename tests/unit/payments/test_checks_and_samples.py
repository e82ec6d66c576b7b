"""Each check finds its fault and nothing else; a sample is drawn again from its seed."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.payments.rules.checks import (
    KINDS,
    LEAST_FOR_SHARE,
    ClaimCase,
    LineCase,
    check_claim,
    counted,
    summary,
)
from portal.payments.rules.sampling import STRATA, Risk, carry, draw, stratum

CLEAN = LineCase(
    line=1,
    output_type="engagement",
    occurred_on=date(2026, 10, 7),
    employer_name="Example Café",
    sector="hospitality",
    size_tier="small",
    hard_to_reach=False,
    fully_funded=False,
    contract_starts=date(2026, 4, 1),
    contract_ends=date(2028, 3, 31),
    period_end=date(2026, 10, 31),
    confirmed=True,
    confirmed_by_staff=False,
    withdrawn=False,
    files=1,
    fact_evidence_missing=(),
    alike=(),
    reused=(),
    over_cap="",
    is_working_day=True,
    adviser="Example Adviser",
    sessions_that_day=2,
)
SECTORS = {"retail", "hospitality", "social_care"}


def findings(line: LineCase):
    return check_claim(ClaimCase([line], SECTORS, None))


def test_a_clean_line_passes_every_check() -> None:
    found = findings(CLEAN)
    assert counted(found) == {"pass": len(KINDS) - 1}
    assert summary(found) == {1: "pass"}


@pytest.mark.parametrize(
    ("changes", "kind", "result"),
    [
        ({"sector": "other"}, "eligibility", "fail"),
        ({"fully_funded": True, "size_tier": "large"}, "eligibility", "fail"),
        ({"occurred_on": date(2026, 3, 31)}, "dates", "fail"),
        ({"occurred_on": date(2026, 11, 1)}, "dates", "fail"),
        ({"confirmed": False}, "confirmation", "fail"),
        ({"confirmed_by_staff": True}, "confirmation", "fail"),
        ({"withdrawn": True}, "confirmation", "fail"),
        ({"files": 0}, "evidence", "warn"),
        ({"fact_evidence_missing": ("number of employees",)}, "evidence", "fail"),
        ({"alike": [("Example Cafe Ltd", 96, False)]}, "duplicate", "warn"),
        ({"alike": [("A", 40, True), ("B", 99, False)]}, "duplicate", "fail"),
        ({"reused": ("case C1",)}, "reused_file", "fail"),
        ({"over_cap": "The contract has £0 left"}, "cap", "fail"),
        ({"is_working_day": False}, "working_day", "warn"),
        ({"sessions_that_day": 5}, "volume", "warn"),
    ],
)
def test_each_fault_is_found_by_its_own_check(changes: dict, kind: str, result: str) -> None:
    found = [one for one in findings(replace(CLEAN, **changes)) if one.result != "pass"]
    assert [(one.kind, one.result) for one in found] == [(kind, result)]


def test_a_drifting_share_of_bonuses_is_said_of_the_claim() -> None:
    lines = [
        replace(CLEAN, line=number, hard_to_reach=number % 2 == 0)
        for number in range(LEAST_FOR_SHARE)
    ]
    drifting = check_claim(ClaimCase(lines, SECTORS, 20))[-1]
    assert (drifting.line, drifting.result) == (None, "warn")
    assert "50% of 20 engagements" in drifting.words
    assert check_claim(ClaimCase(lines, SECTORS, 45))[-1].result == "pass"
    assert check_claim(ClaimCase(lines[1:], SECTORS, 20))[-1].kind != "bonus_share"


risks = st.lists(
    st.builds(
        Risk,
        line=st.integers(1, 10_000),
        pence=st.integers(1, 100_000),
        warnings=st.integers(0, 3),
        overridden=st.booleans(),
        bonus=st.booleans(),
    ),
    unique_by=lambda risk: risk.line,
    max_size=80,
)


@given(risks, st.integers(1, 40), st.integers(0, 99))
def test_a_sample_is_the_same_from_the_same_seed(
    lines: list[Risk], size: int, shuffled: int
) -> None:
    drawn = draw(lines, size=size, seed="one")
    other = list(lines)
    random.Random(shuffled).shuffle(other)  # noqa: S311 - not a secret
    assert draw(other, size=size, seed="one") == drawn
    assert len(drawn) == min(size, len(lines))
    assert len({one.line for one in drawn}) == len(drawn)
    by_line = {risk.line: risk for risk in lines}
    assert all(stratum(by_line[one.line]) == one.stratum for one in drawn)


def test_risky_lines_are_looked_at_more() -> None:
    lines = [
        Risk(n, 60_000, 2 if n < 100 else 0, overridden=False, bonus=False) for n in range(1000)
    ]
    drawn = draw(lines, size=50, seed="one")
    high = sum(one.stratum == "high" for one in drawn)
    assert high >= 25
    assert {one.line for one in draw(lines, size=50, seed="two")} != {one.line for one in drawn}


def test_the_error_is_carried_by_stratum() -> None:
    population = {"high": 100_000, "medium": 0, "low": 900_000}
    # Half of the high-risk money looked at was wrong, none of the rest.
    carried = carry(population, {"high": (10, 40_000, 20_000), "low": (10, 30_000, 0)})
    assert carried.found_pence == 20_000
    assert carried.carried_pence == 50_000
    assert carried.rate == Fraction(5, 100)
    assert carried.looked_at == 20
    assert carry(dict.fromkeys(STRATA, 0), {}).rate == 0
