"""The programme report's arithmetic: intervals, medians, steps, profiles, shares, costs."""

from __future__ import annotations

import random
from datetime import date
from fractions import Fraction
from statistics import median as plain_median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.reports.rules.document import Unit
from portal.reports.rules.intervals import wilson
from portal.reports.rules.programme import breakdowns, cost, funnel, hard, logic, reach, targets
from portal.reports.rules.programme.data import (
    Contract,
    Data,
    Titles,
    groups,
    last_day,
    months_between,
    next_month,
    quarter_of,
)
from portal.reports.rules.programme.measures import MEASURES
from portal.reports.rules.programme.tables import summed, text
from portal.reports.rules.programme.tally import Sum, Tally, median
from portal.reports.rules.scope import Scope, View
from portal.reports.rules.written import mean

TITLES = Titles(
    (("retail", "Retail"), ("hospitality", "Hospitality")),
    (("small", "Small"), ("large", "Large")),
    (("leeds", "Leeds"), ("york", "York")),
)
SCOPE = Scope(date(2026, 4, 1), date(2026, 6, 30))


def data(scope: Scope = SCOPE, contracts: tuple[Contract, ...] = (), **tallies: Tally) -> Data:
    return Data(scope, TITLES, tallies, contracts, {1: "Example Provider"}, 3)


def tally(*columns: str, **groups_: int) -> Tally:
    """Groups under columns; a key is their values with two underscores between them."""
    return Tally(
        columns, tuple((tuple(key.split("__")), Sum(n, 100 * n)) for key, n in groups_.items())
    )


def contract(**changes: Any) -> Contract:
    values: dict[str, Any] = {
        "id": 1,
        "title": "Example contract",
        "provider_id": 1,
        "provider": "Example Provider",
        "starts_on": date(2026, 4, 1),
        "ends_on": date(2026, 9, 30),
        "cap": 100_000,
        **changes,
    }
    return Contract(**values)


# --- intervals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        # Worked by hand from Wilson's formula with z = 1.96 to three places.
        (0, 10, (0, 278)),
        (10, 10, (722, 1000)),
        (5, 10, (237, 763)),
        (1, 1, (207, 1000)),
        (7, 15, (248, 699)),
        (81, 263, (255, 366)),
    ],
)
def test_wilsons_interval(part: int, whole: int, expected: tuple[int, int]) -> None:
    assert wilson(part, whole) == expected


@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_mirrors(pair: tuple[int, int]) -> None:
    part, whole = pair
    ends = wilson(part, whole)
    assert ends is not None
    low, high = ends
    share = Fraction(1000 * part, whole)
    assert 0 <= low <= share + Fraction(1, 2)
    assert share - Fraction(1, 2) <= high <= 1000
    mirrored = wilson(whole - part, whole)
    assert mirrored is not None
    assert abs(1000 - mirrored[1] - low) <= 1
    assert abs(1000 - mirrored[0] - high) <= 1


def test_nothing_has_no_interval() -> None:
    assert wilson(0, 0) is None
    for part, whole in ((2, 1), (-1, 3)):
        with pytest.raises(ValueError, match="no part"):
            wilson(part, whole)


# --- tallies ----------------------------------------------------------------------------------


def test_a_tally_adds_up_what_is_asked_for() -> None:
    found = tally("kind", "sector", a__retail=2, a__other=3, b__retail=5)
    assert found.sum() == Sum(10, 1000)
    assert found.sum(kind="a").n == 5
    assert found.sum(kind=("a", "b"), sector="retail").n == 7
    assert found.per("sector", kind="a") == {"retail": Sum(2, 200), "other": Sum(3, 300)}
    assert found.per("district") == {}
    assert Tally().sum(kind="a") == Sum()


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60))
def test_a_median_is_the_middle(values: list[int]) -> None:
    counted = [(value, values.count(value)) for value in set(values)]
    random.Random(len(values)).shuffle(counted)  # noqa: S311 - repeatable, not secret
    exact = Fraction(plain_median(values)) + Fraction(1, 2)
    assert median(counted) == exact.__floor__()


def test_averages_round_half_a_unit_up() -> None:
    assert (mean(5, 2), mean(7, 3), mean(0, 3)) == (3, 2, 0)
    assert mean(5, 0) is None
    assert median([]) is None
    assert median([(3, 0)]) is None


# --- calendar and groups ----------------------------------------------------------------------


def test_months_and_quarters() -> None:
    assert list(months_between(date(2025, 12, 9), date(2026, 2, 1))) == [
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 2, 1),
    ]
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert last_day(date(2028, 2, 1)) == date(2028, 2, 29)
    assert quarter_of(date(2026, 12, 31)) == date(2026, 10, 1)


def test_groups_keep_their_order_and_name_what_is_new() -> None:
    found = groups((("b", "B"), ("a", "A")), ["unknown", "old_key", "a", ""])
    assert found == [("b", "B"), ("a", "A"), ("old_key", "Old key"), ("unknown", "Not known")]


def test_only_columns_that_add_up_are_summed() -> None:
    columns = (text("name", "Name", ""), *(MEASURES[key].column for key in ("sessions", "worth")))
    assert summed(columns, [("A", 1, 20), ("B", None, 5)]) == ("Total", 1, 25)
    assert {one.unit for one in MEASURES.values()} == {Unit.COUNT, Unit.PENCE, Unit.MINUTES}


# --- the way of cases -------------------------------------------------------------------------


def test_each_step_is_held_against_the_first_and_the_one_before() -> None:
    found = funnel.rows(
        [
            funnel.Stage("referred", "Referred", 8),
            funnel.Stage("accepted", "Opened", 4, ((2, 1), (5, 1))),
            funnel.Stage("consulted", "Consulted", 0),
        ]
    )
    assert found == [
        ("Referred", 8, 1000, None, None, None, None),
        ("Opened", 4, 500, 500, 4, 4, 2),
        ("Consulted", 0, 0, 0, 4, None, None),
    ]
    assert funnel.rows([]) == []


def test_the_way_begins_with_every_referral_unless_few_say_their_size() -> None:
    tallies = {
        "steps": tally("kind", referred=5, accepted=5, consulted=2),
        "referrals": tally("kind", accepted=5, declined=1, waiting=2),
    }
    way = funnel.section(data(**tallies)).tables[0]
    assert [row[:2] for row in way.rows[:2]] == [("Referred", 8), ("Case opened", 5)]
    narrow = Scope(SCOPE.first, SCOPE.last, size_tier="small")
    way = funnel.section(data(narrow, **tallies)).tables[0]
    assert way.rows[0][:2] == ("Case opened", 5)
    assert "begins with the opened case" in way.note


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 4, 1), date(2026, 6, 30), False),
        (date(2026, 5, 1), date(2026, 6, 30), True),
        (date(2026, 4, 1), date(2026, 5, 31), True),
        (date(2026, 4, 1), date(2026, 5, 12), False),
    ],
)
def test_days_of_parts_of_quarters_are_said_to_be(first: date, last: date, said: bool) -> None:
    made = funnel.section(data(Scope(first, last), gaps=tally("kind", "days")))
    assert ("whole quarters" in made.tables[0].note) is said


# --- budgets ----------------------------------------------------------------------------------


def test_a_quarters_profile_is_spread_over_its_months() -> None:
    one = contract(profile={date(2026, 4, 1): 100, date(2026, 10, 1): 7})
    by_month = [targets.profile_by([one], date(2026, month, 1)) for month in range(3, 13)]
    assert by_month == [0, 33, 67, 100, 100, 100, 100, 102, 105, 107]


def test_money_claimed_is_less_what_came_back() -> None:
    claimed = Tally(
        ("month", "kind", "contract"),
        (
            (("2026-04-01", "commit", "1"), Sum(2, 900)),
            (("2026-04-01", "release", "1"), Sum(1, 200)),
            (("2026-04-01", "pay", "1"), Sum(1, 700)),
            (("2026-05-01", "recover", "1"), Sum(1, 300)),
            (("2026-06-01", "adjust", "1"), Sum(1, 50)),
            (("2026-04-01", "commit", "2"), Sum(1, 5_000)),
        ),
    )
    known = data(contracts=(contract(profile={date(2026, 4, 1): 600}),), claimed=claimed)
    found = targets.section(known)
    assert found is not None
    burn_up, contracts = found.tables
    assert [row[1:] for row in burn_up.rows] == [
        (200, 700),
        (400, 400),
        (600, 450),
        (600, None),
        (600, None),
        (600, None),
    ]
    assert contracts.rows[0][4:] == (100_000, 450, 5, 600, -150)


def test_a_part_of_the_employers_has_no_budget() -> None:
    assert targets.section(data(Scope(SCOPE.first, SCOPE.last, sector="retail"))) is None
    none = targets.section(data())
    assert none is not None
    assert none.notes == ("Nothing yet: no contract was in force then.",)
    assert not none.tables


def test_a_contract_without_a_profile_says_so() -> None:
    found = targets.section(data(contracts=(contract(),), claimed=Tally()))
    assert found is not None
    assert {row[1] for row in found.tables[0].rows} == {None}
    assert found.notes[0].startswith("No contract has a profile yet")


# --- shares and costs -------------------------------------------------------------------------


def test_a_share_has_its_interval_and_the_target_that_contracts_agree_on() -> None:
    counted = {
        "hard": tally("kind", "hard", "size", engagement__yes__small=3, engagement__no__large=1),
        "work_contracts": tally(
            "kind", "contract", "hard", engagement__1__yes=3, engagement__2__no=1
        ),
    }
    both = (contract(target=300), contract(id=2, title="Another", target=300))
    found = hard.section(data(contracts=both, **counted))
    figure = found.figures[0]
    assert (figure.value, figure.target, figure.low, figure.high) == (750, 300, 301, 954)
    by_contract, by_size = found.tables[:2]
    assert by_contract.rows[0] == ("Example contract", 3, 3, 1000, 439, 1000, 300)
    assert by_size.total == ("Total", 4, 3, 750, 301, 954)
    differ = (contract(target=300), contract(id=2, title="Another", target=250))
    figure = hard.section(data(contracts=differ, **counted)).figures[0]
    assert figure.target is None
    assert "different shares" in figure.note


def test_a_district_has_no_hard_to_reach_share() -> None:
    found = hard.section(data(Scope(SCOPE.first, SCOPE.last, district="leeds")))
    assert not found.figures
    assert found.notes


def test_averages_are_of_all_not_of_averages() -> None:
    counted = {
        "hard": Tally(
            ("kind", "hard", "size"),
            (
                (("engagement", "yes", "small"), Sum(3, 2_250)),
                (("engagement", "no", "large"), Sum(1, 400)),
            ),
        ),
        "outputs": Tally(("kind",), ((("engagement",), Sum(4, 2_650)),)),
    }
    found = cost.section(data(**counted))
    table = found.tables[0]
    assert table.rows[0] == ("Small", 3, 750, 0, None, 3, 2_250, 750)
    assert table.total == ("Total", 3, 750, 1, 400, 4, 2_650, 663)
    assert found.figures[0].value == 663
    assert "Few so far" in found.figures[0].note


# --- ways to records --------------------------------------------------------------------------


def test_ways_to_records_keep_the_filters_and_stop_where_they_differ() -> None:
    retail = data(Scope(SCOPE.first, date(2026, 6, 12), sector="retail"))
    drill = retail.drill("outputs", kind="engagement")
    assert drill is not None
    assert drill.values == {
        "what": "outputs",
        "first": "2026-04-01",
        "last": "2026-06-30",
        "sector": "retail",
        "kind": "engagement",
    }
    assert retail.drill("outputs", sector="hospitality") is None
    assert retail.drill("outputs", sector="retail") is not None
    nobody = data(Scope(SCOPE.first, SCOPE.last, View.STATISTICS))
    assert nobody.drill("outputs") is None
    provider = data(Scope(SCOPE.first, SCOPE.last, View.PROVIDER, provider=1))
    assert provider.drill("employers", kind="advised") is None
    own = provider.drill("outputs", contract="7")
    assert own is not None
    assert "provider" not in own.values


@pytest.mark.parametrize(
    "scope",
    [
        SCOPE,
        Scope(SCOPE.first, SCOPE.last, sector="retail"),
        Scope(SCOPE.first, SCOPE.last, View.PROVIDER, provider=1),
        Scope(SCOPE.first, SCOPE.last, View.STATISTICS),
    ],
    ids=["all", "sector", "provider", "statistics"],
)
def test_nothing_counted_reads_well_everywhere(scope: Scope) -> None:
    nothing = data(scope)
    stages = (logic.inputs(nothing), logic.activities(nothing), logic.strand_2(nothing))
    sections = [
        logic.summary(nothing, stages),
        *stages,
        logic.strand_1(nothing),
        logic.outcomes(nothing),
        breakdowns.section(nothing),
        funnel.section(nothing),
        reach.section(nothing),
        cost.section(nothing),
        hard.section(nothing),
        targets.section(nothing),
    ]
    for section in sections:
        for picture in () if section is None else section.pictures:
            assert picture.reading.endswith(".")
            assert "None" not in picture.reading
