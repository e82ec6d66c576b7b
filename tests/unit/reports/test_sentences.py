# ruff: noqa: E501 - tables of sentences
from __future__ import annotations

import pytest

from portal.reports.rules.comparisons import (
    Held,
    Moved,
    Spread,
    Step,
    against_target,
    middle,
    movement,
    passage,
    progress,
    widest,
)
from portal.reports.rules.document import Unit, Withheld
from portal.reports.rules.sentences import Cell, biggest, change, counted, listed

SMALL = Withheld.SMALL


def cells(**values):
    return [Cell(label.replace("_", " "), value) for label, value in values.items()]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["A"], "A"),
        (["A", "B"], "A and B"),
        (["A", "B", "C"], "A, B and C"),
        (["A", "B", "C", "D", "E"], "A, B and 3 more"),
    ],
)
def test_names_in_a_sentence(names, text):
    assert listed(names) == text


@pytest.mark.parametrize(
    ("given", "unit", "text"),
    [
        ({"Retail": 42, "Care": 58}, Unit.COUNT, "Care has the most shops: 58 of 100 (58.0%)."),
        (
            {"Retail": 5, "Care": 5, "Inns": 1},
            Unit.COUNT,
            "Retail and Care have the most shops: 5 each.",
        ),
        ({"Retail": 5, "Care": 5}, Unit.COUNT, "Each of the 2 has 5 shops."),
        ({"Retail": 0, "Care": 0}, Unit.COUNT, "No shops in the time shown."),
        ({"Retail": 3}, Unit.COUNT, "Retail has 3 shops."),
        ({"Retail": 0}, Unit.COUNT, "Retail has no shops."),
        ({}, Unit.COUNT, "Nothing yet: no shops."),
        ({"Retail": None, "Care": None}, Unit.COUNT, "Nothing yet: no shops."),
        ({"Retail": SMALL, "Care": SMALL}, Unit.COUNT, "No figure can be shown here."),
        (
            {"Retail": SMALL, "Care": 9, "Inns": 7},
            Unit.COUNT,
            "Of the figures shown, Care has the most shops: 9.",
        ),
        ({"Retail": SMALL, "Care": 9}, Unit.COUNT, "Of the figures shown, Care has 9 shops."),
        (
            {"Retail": SMALL, "Care": 0, "Inns": 0},
            Unit.COUNT,
            "None of the figures shown has any shops.",
        ),
        ({"Retail": SMALL, "Care": 4, "Inns": 4}, Unit.COUNT, "Every figure shown has 4 shops."),
        ({"Retail": -5, "Care": 10}, Unit.COUNT, "Care has the most shops: 10."),
        (
            {"Retail": 125, "Care": 500},
            Unit.PER_MILLE,
            "Shops is highest for Care (50.0%) and lowest for Retail (12.5%).",
        ),
        ({"Retail": 0, "Care": 0}, Unit.PER_MILLE, "Each of the 2 has shops of 0.0%."),
        (
            {"Retail": 100, "Care": 300},
            Unit.PENCE,
            "Care has the most shops: £3.00 of £4.00 (75.0%).",
        ),
    ],
)
def test_the_biggest(given, unit, text):
    assert biggest(cells(**given), "shops", unit) == text


def test_a_share_is_of_the_total_that_the_table_shows():
    two = cells(Retail=3, Care=4)
    assert biggest(two, "shops", total=5) == "Care has the most shops: 4 of 5 (80.0%)."
    assert biggest(two, "shops", total=SMALL) == "Care has the most shops: 4."
    # What is counted twice can be more than there is in all: no share of that.
    assert biggest(two, "shops", total=2) == "Care has the most shops: 4."


@pytest.mark.parametrize(
    ("number", "what", "text"),
    [
        (0, "employers engaged", "no employers engaged"),
        (1, "employers engaged", "1 employer engaged"),
        (1, "businesses", "1 business"),
        (1, "career pathways", "1 career pathway"),
        (1, "policies", "1 policy"),
        (1, "less support", "1 less support"),
        (1200, "cases", "1,200 cases"),
    ],
)
def test_a_number_of_things(number, what, text):
    assert counted(number, what) == text


def test_no_sentence_tells_what_is_withheld():
    kept_back = biggest([Cell("A", 9), Cell("B", 7), Cell("C", SMALL)], "shops")
    assert "of" not in kept_back.removeprefix("Of the").split()
    assert "C" not in kept_back.replace("Care", "")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"July": 4, "August": 7}, "August had 7 visits, 3 more than in July."),
        ({"July": 7, "August": 4}, "August had 4 visits, 3 fewer than in July."),
        ({"July": 4, "August": 4}, "August had 4 visits, as in July."),
        (
            {"June": 9, "July": 4, "August": 7},
            "August had 7 visits, 3 more than in July; the highest was 9 in June.",
        ),
        (
            {"June": 1, "July": 4, "August": 7},
            "August had 7 visits, the highest of the time shown and 3 more than in July.",
        ),
        ({"June": 7, "July": 4, "August": 7}, "August had 7 visits, 3 more than in July."),
        ({"July": 0, "August": 0}, "No visits in the time shown."),
        ({"August": 3}, "August had 3 visits."),
        ({"July": SMALL, "August": 9}, "August had 9 visits."),
        ({"July": 9, "August": SMALL}, "The figure for August is not shown."),
        ({}, "Nothing yet: no visits."),
    ],
)
def test_a_change(given, text):
    assert change(cells(**given), "visits") == text


def test_a_month_that_is_not_over_is_not_compared():
    three = cells(July=4, August=7, September=1)
    assert change(three, "visits", running=True) == (
        "September has 1 visit so far; August had 7, 3 more than in July."
    )
    assert (
        change(cells(July=SMALL, August=2), "visits", running=True) == "August has 2 visits so far."
    )


def test_shares_change_by_percentage_points():
    assert change(cells(July=500, August=375), "of it", Unit.PER_MILLE) == (
        "August had of it of 37.5%, 12.5 percentage points lower than in July."
    )


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([("A", 40, 40), ("B", 50, 45)], "Both reach it: outputs."),
        (
            [("A", 30, 40), ("B", 10, 45)],
            "None of 2 reach their target; furthest behind is B: 10 of 45 outputs.",
        ),
        (
            [("A", 40, 40), ("B", 10, 45)],
            "1 of 2 reaches its target; furthest behind is B: 10 of 45 outputs.",
        ),
        ([("A", 12, 40)], "A: 12 against a target of 40, 28 below it."),
        ([("A", 40, 40)], "A: 40, just its target."),
        ([("A", 5, None), ("B", 6, None)], "B has the most outputs: 6 of 11 (54.5%)."),
        ([("A", SMALL, 40), ("B", SMALL, 4)], "No figure can be shown here."),
    ],
)
def test_against_targets(rows, text):
    assert against_target([Held(*row) for row in rows], "outputs") == text


def test_an_interval_says_whether_the_target_lies_in_it():
    within = against_target([Held("Share", 382, 400, 317, 452)], "it", Unit.PER_MILLE)
    assert within == (
        "Share: 38.2% against a target of 40.0%, 1.8 percentage points below it "
        "(95% interval 31.7% to 45.2%, which the target lies in)."
    )
    beyond = against_target([Held("Share", 300, 400, 250, 352)], "it", Unit.PER_MILLE)
    assert beyond.endswith("(95% interval 25.0% to 35.2%).")


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (
            [("May", 5, 10), ("June", None, 20)],
            "By May there were 5 deals, 5 (50.0%) behind the profile of 10.",
        ),
        ([("May", 15, 10)], "By May there were 15 deals, 5 (50.0%) ahead of the profile of 10."),
        ([("May", 10, 10)], "By May there were 10 deals, as the profile planned."),
        ([("May", 10, None)], "By May there were 10 deals; there is no profile to compare with."),
        ([("May", 2, 0)], "By May there were 2 deals, 2 ahead of the profile of 0."),
        ([("May", None, 10)], "Nothing yet: no deals."),
        ([("May", SMALL, 10)], "No figure can be shown here."),
    ],
)
def test_progress_against_a_profile(rows, text):
    assert progress([Step(*row) for row in rows], "deals") == text


@pytest.mark.parametrize(
    ("given", "days", "text"),
    [
        (
            {"In": 100, "Mid": 60, "Out": 30},
            (),
            "Of 100 cases, 30 (30.0%) came to “Out”; the largest drop is after “In”: 40 (40.0%) have not gone on.",
        ),
        (
            {"In": 10, "Mid": 10, "Out": 10},
            (),
            "Of 10 cases, 10 (100.0%) came to “Out”; none dropped out on the way.",
        ),
        (
            {"In": 10, "Mid": 8, "Out": 8},
            (None, 3, 9),
            "Of 10 cases, 8 (80.0%) came to “Out”; the largest drop is after “In”: 2 (20.0%) have not gone on; the longest wait is for “Out”, 9 days at the median.",
        ),
        ({"In": 0, "Out": 0}, (), "In: no cases."),
        ({"In": SMALL, "Out": SMALL}, (), "No figure can be shown here."),
        ({"In": 20, "Mid": SMALL, "Out": 9}, (), "Of 20 cases, 9 (45.0%) came to “Out”."),
        ({}, (), "Nothing yet: no cases."),
    ],
)
def test_a_way_through_steps(given, days, text):
    assert passage(cells(**given), "cases", days=days) == text


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (
            [("Pay", 400, 450), ("Voice", 300, 290)],
            "Among 9 employers at both times, of 2 areas 1 rose and 1 fell; Pay moved most, from 40.0 to 45.0 (5.0 points up).",
        ),
        (
            [("Pay", 400, 450), ("Voice", 300, 250)],
            "Among 9 employers at both times, of 2 areas 1 rose and 1 fell; Pay and Voice moved most, by 5.0 points each.",
        ),
        ([("Pay", 400, 400)], "Among 9 employers at both times, none of 1 areas moved."),
        ([("Pay", 400, SMALL)], "No figure can be shown here."),
        ([("Pay", 400, None)], "Nothing yet: no areas at two times."),
    ],
)
def test_a_movement(rows, text):
    found = movement([Moved(*row) for row in rows], "areas", n=9)
    assert found == text
    assert not {"impact", "effect", "improved", "because"} & set(found.lower().split())


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            {"0 to 9": 1, "10 to 19": 6, "20 to 29": 2},
            "10 to 19 is most common, with 6 shops of 9; the middle one lies in 10 to 19.",
        ),
        (
            {"0 to 9": 2, "10 to 19": 2},
            "0 to 9 and 10 to 19 are most common, with 2 shops each of 4; the middle one lies in 0 to 9.",
        ),
        (
            {"0 to 9": 7, "10 to 19": SMALL},
            "Of the figures shown, 0 to 9 is most common, with 7 shops.",
        ),
        ({"0 to 9": 0}, "Nothing yet: no shops."),
    ],
)
def test_the_middle_of_a_distribution(given, text):
    assert middle(cells(**given), "shops") == text


def test_where_groups_differ_most():
    rows = [
        Spread("Rotas", tuple(cells(Owners=900, Staff=400))),
        Spread("Training", tuple(cells(Owners=800, Staff=700))),
        Spread("Pay", tuple(cells(Owners=800, Staff=SMALL))),
    ]
    assert widest(rows[:2], "agreement", Unit.PER_MILLE) == (
        "Agreement differs most for Rotas: Owners 90.0%, Staff 40.0%."
    )
    assert widest(rows, "agreement", Unit.PER_MILLE).startswith("Of the figures shown, agreement")
    assert widest(rows[2:], "agreement", Unit.PER_MILLE).startswith("Of the figures shown, Owners")
