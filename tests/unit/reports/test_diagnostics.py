"""The sections of the diagnostics report, on small figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from portal.reports.rules.diagnostics import actions, movement, standing, support
from portal.reports.rules.diagnostics.data import (
    OVERALL,
    ActionCount,
    Cohort,
    Data,
    Lasted,
    Moves,
    Together,
    Words,
    change,
    mean,
)
from portal.reports.rules.document import Section, Table, Withheld
from portal.reports.rules.scope import Scope

WORDS = Words(
    dimensions=(
        ("leadership", "Leadership and business case", "Leadership"),
        ("voice", "Voice, champions and role models", "Voice"),
    ),
    levels=("Not yet", "By chance", "Getting there", "Good practice", "Leading"),
    sectors=(("retail", "Retail"), ("other", "Another sector")),
    actions={"rec_notice": ("Give notice of rotas", "voice"), "rec_lead": ("Name a lead", "")},
    support=(("workshop", "Workshop"), ("coaching", "Coaching")),
)
EMPTY = Data(
    scope=Scope(date(2026, 1, 1), date(2026, 11, 30)),
    words=WORDS,
    minimum=3,
    follow_ups=(3, 6),
    completed={},
    standing={},
    moves={},
    cohorts=(),
    together=(),
    actions=(),
    lasted=(),
)
SECTIONS = (
    standing.now,
    standing.weak,
    movement.section,
    movement.again,
    support.section,
    actions.section,
)


def scores(*values: int) -> list[int]:
    return [values.count(score) for score in range(101)]


def table(section: Section, key: str) -> Table:
    return next(one for one in section.tables if one.key == key)


@pytest.mark.parametrize("make", SECTIONS)
def test_nothing_is_said_to_be_nothing(make: Any) -> None:
    section = make(EMPTY)
    assert section.tables == ()
    assert section.pictures == ()
    assert section.notes[0].startswith("Nothing yet")


@pytest.mark.parametrize(
    ("score", "level"), [(0, 0), (12, 0), (13, 1), (37, 1), (38, 2), (62, 2), (63, 3), (88, 4)]
)
def test_a_score_belongs_to_the_nearest_level(score: int, level: int) -> None:
    assert standing.level_of(score) == level


def test_the_mean_is_rounded_half_up_below_nought_as_well() -> None:
    assert mean(5, 2) == 3
    assert mean(-5, 2) == -2
    assert mean(1, 3, 10) == 3
    assert mean(0, 0) is None
    assert change(Moves()) is None


def test_how_employers_stand() -> None:
    data = replace(
        EMPTY,
        standing={
            (OVERALL, "retail"): scores(0, 40),
            (OVERALL, "other"): scores(100),
            ("leadership", "retail"): scores(10, 20),
        },
        completed={"first": 2, "retake": 1, "correction": 4},
    )
    section = standing.now(data)
    assert [figure.value for figure in section.figures] == [3, 400, 3]
    assert section.figures[2].note == "2 first, 1 taken again; 4 corrected besides"
    bands = table(section, "scores")
    assert [row[0] for row in bands.rows][:2] == ["0 to 9", "10 to 19"]
    assert bands.rows[-1] == ("90 to 100", 1)
    assert bands.total == ("All", 3)
    rows = table(section, "standing").rows
    assert rows[0] == ("Leadership and business case", 2, 150, 125, 150, 175, 1, 1, 0, 0, 0)
    assert rows[1] == ("Voice, champions and role models", 0, *[None] * 4, 0, 0, 0, 0, 0)
    assert "the middle one lies in 40 to 49" in section.pictures[0].reading


def test_what_is_weak_needs_enough_employers() -> None:
    data = replace(
        EMPTY,
        standing={
            (OVERALL, "retail"): scores(30, 30, 60),
            ("leadership", "retail"): scores(37, 38, 10),
            ("voice", "retail"): scores(10, 20, 30),
            (OVERALL, "other"): scores(10),
            ("leadership", "other"): scores(10),
        },
    )
    section = standing.weak(data)
    few = Withheld.TOO_FEW
    assert table(section, "weak").rows == (
        ("Leadership", 3, 750, 667, few),
        ("Voice", 3, 1000, 1000, few),
    )
    assert table(section, "sectors").rows == (
        ("Retail", 3, 400, "Voice"),
        ("Another sector", 1, few, few),
    )
    assert section.pictures[0].reading


MOVED = replace(
    EMPTY,
    moves={
        (OVERALL, "retail"): Moves(2, 1, 0, 1200, 1500),
        (OVERALL, "other"): Moves(0, 0, 1, 500, 400),
        ("leadership", "retail"): Moves(1, 0, 1, 901, 1000),
    },
)


def test_movement_has_its_n_and_both_means() -> None:
    section = movement.section(MOVED)
    assert [figure.value for figure in section.figures] == [4, 425, 475, 500]
    assert section.figures[2].note == "5.0 points higher"
    assert section.figures[3].note == "2 higher, 1 the same, 1 lower"
    assert (section.figures[3].low, section.figures[3].high) == (150, 850)
    dimensions = table(section, "movement")
    assert dimensions.rows[0] == ("Leadership", 2, 451, 500, 49, 1, 0, 1)
    assert dimensions.rows[1] == ("Voice", 0, None, None, None, 0, 0, 0)
    assert dimensions.total == ("Overall", 4, 425, 475, 50, 2, 1, 1)
    assert table(section, "movement-sectors").rows == (
        ("Retail", 3, 400, 500, 100, 2, 1, 0),
        ("Another sector", 1, 500, 400, -100, 0, 0, 1),
    )
    assert "Among 4 employers" in section.pictures[0].reading
    assert "not an effect" in section.intro


def test_who_did_not_come_back_is_told_by_how_long_ago() -> None:
    data = replace(
        EMPTY,
        cohorts=(
            Cohort(date(2026, 11, 1), "once", 4, 4, 200),
            Cohort(date(2026, 6, 1), "once", 1, 0, 0),
            Cohort(date(2026, 5, 1), "compared", 2, 2, 80),
            Cohort(date(2025, 11, 1), "apart", 1, 1, 10),
        ),
    )
    section = movement.again(data)
    assert [figure.value for figure in section.figures] == [8, 625]
    ages = table(section, "again")
    assert ages.rows[0][:6] == ("Less than 6 months ago", 5, 0, 0, 5, 0)
    assert ages.rows[1][:6] == ("6 to 11 months ago", 2, 2, 0, 0, 1000)
    assert ages.rows[2][:6] == ("12 months ago or more", 1, 0, 1, 0, 1000)
    assert ages.total is not None
    assert ages.total[:6] == ("All", 8, 2, 1, 5, 375)
    assert table(section, "again-scores").rows == (
        ("Taken again", 3, 300),
        ("Not taken again", 5, 500),
    )


def test_support_is_silent_below_the_minimum() -> None:
    data = replace(
        EMPTY,
        together=(
            Together((), "higher", 2, 60),
            Together((), "lower", 2, -20),
            Together(("workshop",), "higher", 2, 40),
            Together(("workshop", "coaching"), "same", 1, 0),
        ),
    )
    section = support.section(data)
    few = Withheld.TOO_FEW
    rows = table(section, "support").rows
    assert rows[0] == ("No such support", 4, 10, 2, 500, 150, 850)
    assert rows[1] == ("Workshop", 2, few, few, few, few, few)
    assert rows[2][0] == "Workshop + coaching"
    assert table(section, "support-kinds").rows == (
        ("Workshop", 3, 13, 4, 10),
        ("Coaching", 1, few, 6, 13),
    )
    assert "association" in section.intro
    assert section.pictures == ()


def test_actions_and_what_lasted() -> None:
    data = replace(
        EMPTY,
        actions=[
            ActionCount("rec_notice", "done", 2),
            ActionCount("rec_notice", "in_progress", 3),
            ActionCount("own", "embedded", 1),
            ActionCount("old", "done", 1),
        ],
        lasted=[
            Lasted("rec_notice", 3, "embedded", 1),
            Lasted("rec_notice", 3, "stopped", 3),
            Lasted("rec_notice", 3, "not_asked", 9),
            Lasted("rec_lead", 9, "not_asked", 1),
        ],
    )
    section = actions.section(data)
    rows = table(section, "actions").rows
    assert rows == (
        ("Give notice of rotas", "Voice", 5, 2, 4, 1, 0, 0, 0, 0),
        ("Actions of employers' own", "", 1, 1, 0, 0, 0, 0, 0, 0),
        ("Actions that are recommended no more", "", 1, 1, 0, 0, 0, 0, 0, 0),
    )
    assert table(section, "actions").total == ("All actions", "", 7, 4, 4, 1, 0, 0, 0, 0)
    shown = {figure.key: (figure.value, figure.note) for figure in section.figures}
    assert shown["embedded_3"] == (250, "1 of 4 asked about")
    assert shown["embedded_6"] == (None, "None asked about yet")


def test_only_the_actions_taken_up_most_have_a_row() -> None:
    words = {f"rec_{number:02}": (f"Action {number:02}", "voice") for number in range(20)}
    data = replace(
        EMPTY,
        words=replace(WORDS, actions=words),
        actions=[ActionCount(key, "done", 30 - place) for place, key in enumerate(words)],
    )
    found = table(actions.section(data), "actions")
    assert len(found.rows) == 15
    assert found.rows[-1][0] == "Action 14"
    assert found.note == "The 15 that are taken up most, of 20."
    assert found.total is not None
    assert found.total[2] == sum(range(11, 31))


def test_actions_are_not_told_by_size() -> None:
    section = actions.section(replace(EMPTY, actions=None, lasted=None))
    assert "take those filters off" in section.notes[0]
