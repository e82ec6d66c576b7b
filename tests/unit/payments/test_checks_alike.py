"""Businesses that look like one another are found without comparing everything."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.caseload.rules.referral_likeness import STRONG, likeness
from portal.payments.rules import checks_alike
from portal.payments.rules.checks_alike import Business, comparable, doubles

DAY = date(2026, 10, 5)


def business(output: int, name: str, **changes: Any) -> Business:
    values: dict[str, Any] = {
        "output": output,
        "root": output,
        "name": name,
        "names": comparable([name, changes.pop("trading", None)]),
        "numbers": frozenset(),
        "company_number": None,
        "postcode": f"LS{output} 1AA",
        "occurred_on": DAY + timedelta(days=output),
        "claimed": False,
        "own": True,
    }
    if "company_number" in changes:
        values["numbers"] = frozenset({f"company {changes['company_number']}"})
    return Business(**{**values, **changes})


def found(*known: Business) -> list[tuple[int, int, bool]]:
    """For the last of these: which earlier ones look like it, how much, and whether for certain."""
    every = doubles([known[-1]], known)
    return [
        (one.business.output, one.percent, one.same_number)
        for one in every.get(known[-1].output, [])
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Aire Valley Care Ltd", "AIRE VALLEY CARE LIMITED"),
        ("WH Smith", "WHSmith plc"),
        ("Harrogate Tea Rooms", "Harrogate Tea Room"),
    ],
)
def test_a_name_written_otherwise_is_found(one: str, other: str) -> None:
    assert [each[0] for each in found(business(1, one), business(2, other))] == [1]


def test_at_one_postcode_a_misspelt_beginning_is_found() -> None:
    one = business(1, "Kirkgate Bakery", postcode="LS1 4AP")
    other = business(2, "Kirgate Bakery", postcode="LS1 4AP")
    assert [each[0] for each in found(one, other)] == [1]


def test_a_trading_name_is_compared_too() -> None:
    one = business(1, "Example Holdings 77 Ltd", trading="The Copper Kettle")
    assert [each[0] for each in found(one, business(2, "Copper Kettle"))] == [1]


def test_others_are_left_alone() -> None:
    assert found(business(1, "Aire Valley Care"), business(2, "Calder Catering")) == []
    numbered = business(1, "Corner Shop", company_number="00000001")
    assert found(numbered, business(2, "Corner Shop", company_number="00000002")) == []


def test_a_number_or_a_merged_record_settles_it() -> None:
    one = business(1, "Aire Valley Care", company_number="01234567")
    other = business(2, "Quite Another Name", company_number="01234567")
    assert found(one, other) == [(1, 100, True)]
    merged = business(2, "Quite Another Name", root=1)
    assert found(business(1, "Aire Valley Care"), merged) == [(1, 100, True)]


def test_the_later_one_is_the_double_unless_the_earlier_is_claimed_after_it() -> None:
    early, late = business(1, "Copper Kettle"), business(2, "Copper Kettle")
    assert [each[0] for each in found(early, late)] == [1]
    assert found(late, early) == []
    claimed = business(2, "Copper Kettle", claimed=True)
    assert [each[0] for each in found(claimed, early)] == [2]


def test_names_that_all_begin_alike_do_not_cost_everything_with_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = 0
    real = checks_alike.likeness

    def counting(*given: Any) -> Any:
        nonlocal calls
        calls += 1
        return real(*given)

    monkeypatch.setattr(checks_alike, "likeness", counting)
    many = [
        business(n, f"Example Employer {n} Ltd", postcode="LS1 4AP", root=n) for n in range(1, 4001)
    ]
    double = business(5000, "Example Employer 3999 Limited", postcode="BD1 1AA")
    started = time.perf_counter()
    every = doubles([*many, double], [*many, double])
    assert time.perf_counter() - started < 10
    # Eight million pairs, of which few are worth a look.
    assert calls < 400_000
    assert 3999 in {one.business.output for one in every[5000]}


WORDS = ("aire", "valley", "care", "cafe", "kirkgate", "kirgate", "bakery", "bakers", "w", "h")
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@given(st.lists(st.tuples(words, words, st.sampled_from(["LS1 1AA", "LS2 2BB", ""])), max_size=14))
def test_nothing_strong_is_passed_over(known: list[tuple[str, str, str]]) -> None:
    """Against comparing everybody with everybody whose names begin alike."""
    every = [
        business(number, name, trading=trading, postcode=postcode)
        for number, (name, trading, postcode) in enumerate(known, 1)
    ]
    quick = doubles(every, every)
    for one in every:
        slow = {
            other.output: like.score
            for other in every
            if other.output < one.output
            and (like := likeness(one.identity, other.identity)) is not None
            and like.score >= STRONG
            and _begin_alike(one, other)
        }
        seen = {double.business.output: double.percent for double in quick.get(one.output, [])}
        assert len(seen) == min(len(slow), 3)
        assert seen.items() <= slow.items()
        assert sorted(seen.values(), reverse=True) == sorted(slow.values(), reverse=True)[:3]


def _begin_alike(one: Business, other: Business) -> bool:
    def starts(names: tuple[str, ...]) -> set[str]:
        return {name.replace(" ", "")[:5] for name in names}

    same_place = bool(one.postcode) and one.postcode == other.postcode
    return same_place or bool(starts(one.names) & starts(other.names))
