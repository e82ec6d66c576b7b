"""The rota score: what it is made of, what it cannot know, and files that are wrong."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.toolkit.rules.rota import as_inputs, measures, outcome, score
from portal.toolkit.rules.rota_file import Shift, read
from portal.toolkit.rules.tools import Outcome

MONDAY = date(2026, 3, 2)


def shift(person: int = 1, day: int = 0, begins: int = 9, hours: int = 4, **more: Any) -> Shift:
    on = MONDAY + timedelta(days=day)
    start = datetime.combine(on, time(begins))
    values: dict[str, Any] = {"published": on - timedelta(days=28), "changed": None, **more}
    return Shift(person, start, start + timedelta(hours=hours), **values)


def steady(**more: Any) -> tuple[Shift, ...]:
    """Four weeks, the same three shifts each week, told four weeks ahead."""
    return tuple(shift(day=7 * week + day, **more) for week in range(4) for day in (0, 2, 4))


def figures(shifts: tuple[Shift, ...]) -> dict[str, int | None]:
    return {one.key: one.value for one in outcome(shifts).figures}


def test_a_steady_rota_told_early_gets_every_point() -> None:
    found = outcome(steady())
    assert figures(steady()) == {
        "score": 100,
        "notice": 28,
        "late": 0,
        "splits": 0,
        "rests": 0,
        "swing": 0,
    }
    assert found.state == "good"
    assert found.suggestions == ()
    assert found.faults == []


def test_short_notice_costs_its_points() -> None:
    late = tuple(
        Shift(one.person, one.start, one.end, one.day - timedelta(days=7)) for one in steady()
    )
    found = {one.key: one for one in measures(late)}
    assert found["notice"].points == 10
    assert score(tuple(found.values())) == 70
    assert "publish-earlier" in [one.key for one in outcome(late).suggestions]


def test_what_the_file_does_not_say_is_left_out_of_the_score() -> None:
    silent = tuple(Shift(one.person, one.start, one.end) for one in steady())
    found = outcome(silent)
    assert figures(silent)["notice"] is None
    assert figures(silent)["late"] is None
    assert figures(silent)["score"] == 100
    assert "no days of publication" in found.headline
    assert found.parts[1].rows[-1] == ("Together", "35", "35")


def test_late_changes_split_shifts_and_short_rests_are_counted() -> None:
    rota = (
        *steady(),
        shift(day=1, begins=9, hours=2, changed=MONDAY),
        shift(day=1, begins=17, hours=5),
        shift(day=2, begins=6, hours=2),
    )
    rota = tuple(sorted(rota, key=lambda one: one.start))
    found = figures(rota)
    assert found["late"] == 7
    assert found["splits"] == 8
    assert found["rests"] == 1
    assert outcome(rota).suggestions[0].key == "eleven-hours-rest"


def test_a_change_a_week_before_is_not_late() -> None:
    rota = (*steady()[:-1], shift(day=25, changed=MONDAY + timedelta(days=18)))
    assert figures(rota)["late"] == 0
    rota = (*steady()[:-1], shift(day=25, changed=MONDAY + timedelta(days=19)))
    assert figures(rota)["late"] == 8


def test_hours_that_swing_are_seen_and_a_week_off_is_not() -> None:
    swings = tuple(shift(day=7 * week, hours=4 + 4 * (week % 2)) for week in range(4))
    assert figures(swings)["swing"] == 33
    week_off = (*(shift(day=7 * week) for week in (0, 1, 3)), shift(2, day=27))
    assert figures(week_off)["swing"] == 0
    assert figures(steady()[:6])["swing"] is None


shifts = st.lists(
    st.builds(
        shift,
        person=st.integers(1, 4),
        day=st.integers(0, 40),
        begins=st.integers(0, 23),
        hours=st.integers(1, 12),
        published=st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2026, 5, 1))),
        changed=st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2026, 5, 1))),
    ),
    min_size=1,
    max_size=30,
)


@given(shifts)
def test_every_rota_has_a_score_that_can_be_kept(drawn: list[Shift]) -> None:
    rota = tuple(sorted(drawn, key=lambda one: (one.start, one.person)))
    found = outcome(rota)
    assert found.faults == []
    assert Outcome.from_data(found.to_data()) == found
    for one in measures(rota):
        assert one.points is None or 0 <= one.points <= one.most
    points = score(measures(rota))
    assert points is None or 0 <= points <= 100
    renamed = tuple(
        Shift(one.person + 9, one.start, one.end, one.published, one.changed) for one in rota
    )
    assert outcome(renamed) == found


HEAD = "Person,Date,Start,End,Published,Changed\n"


def test_a_file_is_read_as_spreadsheets_write_it() -> None:
    text = (
        HEAD
        + "Example A,02/03/2026,09:00,13:00,16/02/2026 10:15,\n"
        + "example a,2026-03-03,6pm,2am,2026-02-16,2026-03-01\n"
        + "Example B,4 Mar 2026,0900,17.30,,\n"
    )
    found = read(text.encode("utf-8-sig"))
    assert isinstance(found, tuple)
    assert [one.person for one in found] == [1, 1, 2]
    assert found[0].published == date(2026, 2, 16)
    assert found[1].end == datetime.combine(date(2026, 3, 4), time(2))
    assert found[2].minutes == 510
    assert "Example" not in str(outcome(found).to_data())
    assert as_inputs(found, "rota.csv") == {"file_name": "rota.csv", "shifts": 3}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("Person,Date,Start\nA,2026-03-02,09:00\n", "Missing: End"),
        (HEAD + ",2026-03-02,09:00,13:00,,\n", "Line 2: the person is missing"),
        (HEAD + "A,31/02/2026,09:00,13:00,,\n", "“31/02/2026” is not a date"),
        (HEAD + "A,2026-03-02,nine,13:00,,\n", "“nine” is not a time"),
        (HEAD + "A,2026-03-02,09:00,25:00,,\n", "“25:00” is not a time"),
        (HEAD + "A,2026-03-02,09:00,13:00,soon,\n", "“soon” in Published"),
        (HEAD + "A,x,09:00,13:00,,\n" * 20, "And 12 more lines"),
        (HEAD + "A,2026-03-02,09:00,13:00,,\n" * 20_001, "at most 20,000"),
        ("%PDF-1.7 rota", "CSV"),
    ],
)
def test_a_broken_rota_is_refused_with_the_reason(content: str, words: str) -> None:
    found = read(content.encode())
    assert isinstance(found, list)
    assert all(one.field == "file" for one in found)
    assert any(words in one.message for one in found), found
