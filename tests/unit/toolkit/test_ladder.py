"""The stuck ladder: shares, steps, chance, and files that are wrong."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.toolkit.rules.ladder import (
    Grade,
    as_inputs,
    at_most,
    outcome,
    read,
    read_file,
    steps,
    stuck,
)
from portal.toolkit.rules.tools import Outcome

SHOP = (
    Grade("Sales assistant", 60, 45, None, None),
    Grade("Team leader", 12, 2, 4, 0),
    Grade("Manager", 4, 0, 1, 0),
)
FILE = (
    "Grade,Staff,Part-time,Promoted,Promoted part-time\n"
    "Sales assistant,60,45,,\n"
    "Team leader,12,2,4,0\n"
)


def test_it_finds_the_step_at_which_part_timers_stop() -> None:
    found = outcome(SHOP)
    step = stuck(SHOP)
    assert step is not None
    assert (step.lower.name, step.upper.name) == ("Sales assistant", "Team leader")
    assert round(step.missing) == 7
    assert (
        "Sales assistant to Team leader: 75% work part-time below it, 17% above" in found.headline
    )
    assert "7 more part-time people" in found.text
    assert found.state == "bad"
    assert found.faults == []
    assert {one.key: one.value for one in found.figures} == {
        "share": 62,
        "share_above": 12,
        "missing": 7,
        "promoted_share": 0,
    }
    assert found.suggestions[0].key == "open-next-post"


def test_small_numbers_are_said_to_be_chance() -> None:
    few = (Grade("Carer", 20, 10), Grade("Senior carer", 2, 0))
    found = outcome(few)
    assert found.state == "watch"
    assert "could well be chance" in found.text


def test_an_even_ladder_is_not_stuck() -> None:
    even = (Grade("Crew", 40, 20), Grade("Shift lead", 10, 5), Grade("Manager", 4, 2))
    found = outcome(even)
    assert stuck(even) is None
    assert found.state == "good"
    assert [one.key for one in found.suggestions] == ["count-again"]


def test_an_empty_grade_is_stepped_over() -> None:
    with_gap = (Grade("Crew", 40, 30), Grade("Deputy", 0, 0), Grade("Manager", 10, 0))
    assert [(one.lower.name, one.upper.name) for one in steps(with_gap)] == [("Crew", "Manager")]
    assert "Crew to Manager" in outcome(with_gap).headline


@given(
    st.integers(0, 40).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))),
    st.integers(0, 20),
)
def test_chance_agrees_with_the_exact_sum(drawn: tuple[int, int], twentieths: int) -> None:
    found, of = drawn
    share = Fraction(twentieths, 20)
    exact = sum(comb(of, n) * share**n * (1 - share) ** (of - n) for n in range(found + 1))
    assert at_most(found, of, share) == pytest.approx(float(exact), abs=1e-9)


grades = st.lists(
    st.integers(0, 500).flatmap(
        lambda staff: st.tuples(st.just(staff), st.integers(0, staff), st.integers(0, 20))
    ),
    min_size=2,
    max_size=6,
)


@given(grades)
def test_every_ladder_has_an_outcome_that_can_be_kept(drawn: list[tuple[int, int, int]]) -> None:
    ladder = tuple(
        Grade(f"Grade {n}", staff, part_time, promoted, min(promoted, part_time))
        for n, (staff, part_time, promoted) in enumerate(drawn)
    )
    found = outcome(ladder)
    assert found.faults == []
    assert Outcome.from_data(found.to_data()) == found
    assert read(as_inputs(ladder)["grades"]) == ladder
    worst = stuck(ladder)
    assert worst is None or worst.missing > 0
    for one in found.figures:
        assert one.unit != "percent" or one.value is None or 0 <= one.value <= 100


def test_a_file_says_the_same_as_typing() -> None:
    assert read_file(FILE.encode()) == SHOP[:2]
    assert read_file(FILE.replace(",", ";").encode("cp1252")) == SHOP[:2]
    as_excel = FILE.replace("Staff", "Headcount").replace("\n", "\r\n").encode("utf-8-sig")
    assert read_file(as_excel) == SHOP[:2]


ROW = {"grade": "Crew", "staff": "10", "part_time": "5"}
OTHER = {"grade": "Lead", "staff": "2", "part_time": "1"}


@pytest.mark.parametrize(
    ("rows", "field", "words"),
    [
        ([], "grades-0-grade", "at least two grades"),
        ([ROW], "grades-0-grade", "at least two grades"),
        ([ROW, {**OTHER, "grade": "crew"}], "grades-0-grade", "the same name"),
        ([ROW, {**OTHER, "grade": ""}], "grades-1-grade", "name for the grade"),
        ([ROW, {**OTHER, "staff": "two"}], "grades-1-staff", "whole number"),
        ([ROW, {**OTHER, "staff": "-2"}], "grades-1-staff", "whole number"),
        ([ROW, {**OTHER, "staff": "1e9"}], "grades-1-staff", "whole number"),
        ([ROW, {**OTHER, "staff": "9999999"}], "grades-1-staff", "whole number"),
        ([ROW, {**OTHER, "part_time": "3"}], "grades-1-part_time", "more part-time staff"),
        ([ROW, {**OTHER, "promoted": "3"}], "grades-1-promoted_part_time", "both numbers"),
        (
            [ROW, {**OTHER, "promoted": "1", "promoted_part_time": "2"}],
            "grades-1-promoted_part_time",
            "more part-time promotions",
        ),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    rows: list[dict[str, Any]], field: str, words: str
) -> None:
    found = read(rows)
    assert isinstance(found, list)
    assert found[0].field == field
    assert words in found[0].message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"Grade,Staff\nA,1\n", "Missing: Part-time"),
        (b"Grade,Staff,Total,Part-time\nA,1,1,1\n", "there twice"),
        (b"Grade,Staff,Part-time\n", "no rows"),
        (b"Grade,Staff,Part-time\nA,x,1\nB,1,1\n", "Line 2: Enter the number of staff"),
        (b'Grade,Staff,Part-time\n"A,1,1\n', "quotation mark"),
        (b"PK\x03\x04 not a csv", "CSV"),
        (b"x" * 2_000_001, "larger than 2 MB"),
        (b"Grade,Staff,Part-time\n" + b"A,1,1\n" * 13, "at most 12"),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(content: bytes, words: str) -> None:
    found = read_file(content)
    assert isinstance(found, list)
    assert found[0].field == "file"
    assert words in found[0].message
