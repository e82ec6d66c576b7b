"""Every minute of a job is accounted for, and a job that cannot work is told so."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.toolkit.rules.hours import HoursError, read_hours
from portal.toolkit.rules.job_design import CHOICES, LEVELS, Job, Task, design, read, total
from portal.toolkit.rules.job_outline import outcome
from portal.toolkit.rules.tools import Outcome, say_hours


def row(name: str, hours: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "hours": hours, **more}


ROWS = [
    row("Open the shop", "10", fixed=True, level="leader"),
    row("Write the rota", "5", level="leader"),
    row("Order stock", "7.5", other=True, level="trained"),
    row("Count the till", "5", other=True),
    row("Serve customers", "10", other=True),
]
TYPED: dict[str, Any] = {
    "title": "Shift supervisor",
    "job_hours": "37.5",
    "tasks": ROWS,
    "design": "part_time",
    "target": "22:30",
    "handover": "0:30",
    "peak": "job",
}


def job(**changes: Any) -> Job:
    found = read({**TYPED, **changes})
    assert isinstance(found, Job), found
    return found


def problems(**changes: Any) -> dict[str | None, str]:
    found = read({**TYPED, **changes})
    assert isinstance(found, tuple), found
    return {problem.field: problem.message for problem in found}


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("37.5", 2250),
        ("37:30", 2250),
        ("37h30", 2250),
        ("7½", 450),
        ("½", 30),
        ("2 hours 15 minutes", 135),
        ("45 min", 45),
        ("12,25", 735),
        ("0", 0),
        (" 8 hrs ", 480),
    ],
)
def test_hours_are_read_to_the_minute(typed: str, minutes: int) -> None:
    assert read_hours(typed) == minutes


@pytest.mark.parametrize("typed", ["", "x", "-3", "7:75", "7.33", "1e3", "NaN", "٣", "7.5.1"])
def test_what_is_not_hours_is_refused(typed: str) -> None:
    with pytest.raises(HoursError, match="enter"):
        read_hours(typed)


@given(st.integers(0, 10_000))
def test_said_hours_read_back(minutes: int) -> None:
    assert read_hours(say_hours(minutes).replace(",", "")) == minutes


def test_a_job_whose_tasks_do_not_add_up_is_told_by_how_much() -> None:
    rows = [*ROWS, row("Clean", "4")]
    said = problems(tasks=rows, job_hours="37:30")["job_hours"]
    assert said == (
        "Tasks add up to 41 hours 30 minutes, the job has 37 hours 30 minutes: 4 hours too many"
    )
    assert problems(tasks=ROWS[:4])["job_hours"].endswith(": 10 hours missing")
    assert problems(tasks=[*ROWS, row("Odd", "0:01")])["job_hours"].endswith("1 minute too many")


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"job_hours": "lots"}, "job_hours", "enter hours"),
        ({"target": "40"}, "target", "fewer than the 37 hours 30 minutes"),
        ({"target": ""}, "target", "New hours"),
        ({"handover": "30"}, "handover", "less than"),
        ({"tasks": []}, "tasks-0-name", "Enter the tasks"),
        ({"tasks": [row("", "4")]}, "tasks-0-name", "Task 1: enter its name"),
        ({"tasks": [*ROWS, row("Odd", "7.33")]}, "tasks-5-hours", "whole minutes, like 7:19"),
        ({"tasks": [row("Long", "500")]}, "tasks-0-hours", "168"),
        ({"design": "job_share", "first_hours": "20"}, "second_hours", "Second person"),
    ],
)
def test_bad_input_is_a_sentence_on_its_field(
    changes: dict[str, Any], field: str, words: str
) -> None:
    assert words in problems(**changes)[field]


def test_a_part_time_design_hands_over_what_is_easiest_and_balances() -> None:
    made = design(job())
    assert {s.task.name: s.minutes for s in made.handed_over} == {
        "Serve customers": 600,
        "Count the till": 300,
        "Order stock": 30,
    }
    assert made.first_spare == 0
    result = outcome(job())
    assert result.faults == []
    assert result.state in {"good", "watch"}
    assert Outcome.from_data(result.to_data()) == result
    table = next(part for part in result.parts if part.title == "Kept in the job")
    assert ("Order stock", "7 hours of 7 hours 30 minutes", "Any time", LEVELS["trained"]) in (
        table.rows
    )


def test_full_time_work_in_part_time_hours_is_refused_by_the_checks() -> None:
    rows = [{**one, "other": False} for one in ROWS]
    result = outcome(job(tasks=rows))
    assert result.state == "bad"
    assert "15 hours 30 minutes too many" in result.text


def test_a_job_share_covers_fixed_times_whole_and_says_what_it_costs() -> None:
    share = job(design="job_share", first_hours="20", second_hours="18:30", handover="0:30")
    made = design(share)
    assert (made.first_spare, made.second_spare, made.nobody) == (0, 0, ())
    opened = [s for s in (*made.first, *made.second) if s.task.name == "Open the shop"]
    assert [s.minutes for s in opened] == [600]
    text = str(outcome(share).to_data())
    assert "1 hour a week more than now" in text
    assert "First person" in text


def test_a_job_share_without_handover_or_with_too_few_hours_is_not_workable() -> None:
    none = job(design="job_share", first_hours="20", second_hours="17:30", handover="")
    assert outcome(none).state == "bad"
    few = outcome(job(design="job_share", first_hours="16", second_hours="16", handover="1"))
    assert few.state == "bad"
    assert "7 hours 30 minutes of work fits into neither" in few.text


def test_nobody_leading_at_the_peak_is_said_with_what_to_do() -> None:
    result = outcome(job(peak="nobody", peak_when="Saturday 11 to 3"))
    assert result.state == "bad"
    assert result.suggestion("peak-leader") is not None
    assert "Saturday 11 to 3" in str(result.to_data())


def test_what_people_decide_stands() -> None:
    rows = [{**one} for one in ROWS]
    rows[4]["choice"], rows[3]["choice"], rows[0]["choice"] = "keep", "drop", "hand_over"
    made = design(job(tasks=rows))
    assert "Serve customers" in {s.task.name for s in made.first}
    assert [s.task.name for s in made.dropped] == ["Count the till"]
    assert "Open the shop" in {s.task.name for s in made.handed_over}
    assert "Another leader must take Open the shop" in str(outcome(job(tasks=rows)).to_data())


tasks = st.lists(
    st.builds(
        Task,
        name=st.sampled_from(["Open", "Close", "Order", "Rota"]),
        minutes=st.integers(1, 1200),
        fixed=st.booleans(),
        other=st.booleans(),
        level=st.sampled_from(list(LEVELS)),
        choice=st.sampled_from(list(CHOICES)),
    ),
    min_size=1,
    max_size=8,
)


@given(
    tasks,
    st.sampled_from(["part_time", "job_share"]),
    st.integers(61, 2400),
    st.integers(61, 2400),
    st.integers(0, 60),
)
def test_every_minute_is_somewhere_and_nobody_is_given_more_than_fits(
    some: list[Task], kind: str, first: int, second: int, handover: int
) -> None:
    minutes = sum(task.minutes for task in some)
    shared = kind == "job_share"
    one = Job("Job", minutes, tuple(some), kind, first, second if shared else 0, handover)
    made = design(one)
    places = (made.first, made.second, made.handed_over, made.dropped, made.nobody)
    assert sum(total(place) for place in places) == minutes
    for name in {task.name for task in some}:
        of_it = [s.minutes for place in places for s in place if s.task.name == name]
        assert sum(of_it) == sum(task.minutes for task in some if task.name == name)
    assert all(share.minutes > 0 for place in places for share in place)
    if shared:
        told = {who: sum(t.minutes for t in some if t.choice == who) for who in ("first", "second")}
        assert made.first_spare >= 0 or total(made.first) == told["first"]
        assert made.second_spare >= 0 or total(made.second) == told["second"]
        # Nothing that could be split waits while somebody has room.
        if any(not share.task.fixed for share in made.nobody):
            assert made.first_spare <= 0
            assert made.second_spare <= 0
    result = outcome(one)
    assert result.faults == []
    assert (result.state == "bad") >= bool(
        made.nobody or made.first_spare < 0 or made.second_spare < 0
    )
    assert design(one) == made
