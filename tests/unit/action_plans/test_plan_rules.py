"""Plan rules: transitions, dates, ranking, order, merging, hashes and file names."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.action_plans.example_plan import example_document
from portal.action_plans.rules import plan as rules
from portal.action_plans.rules.plan import ActionStatus, Step
from portal.action_plans.service.versions import document_hash
from portal.kernel.result import Err, Ok

TODAY = date(2026, 11, 22)  # a Sunday
A = ActionStatus

ALLOWED = {
    (A.NOT_STARTED, A.IN_PROGRESS),
    (A.NOT_STARTED, A.DONE),
    (A.NOT_STARTED, A.WITHDRAWN),
    (A.IN_PROGRESS, A.NOT_STARTED),
    (A.IN_PROGRESS, A.DONE),
    (A.IN_PROGRESS, A.WITHDRAWN),
    (A.DONE, A.IN_PROGRESS),
    (A.DONE, A.EMBEDDED),
    (A.EMBEDDED, A.IN_PROGRESS),
    (A.WITHDRAWN, A.NOT_STARTED),
}


@pytest.mark.parametrize(("old", "new"), list(itertools.product(A, A)))
def test_the_table_of_transitions(old: A, new: A) -> None:
    done = rules.move(old, new)
    if (old, new) in ALLOWED:
        assert done == Ok(new)
    else:
        assert isinstance(done, Err)
        assert done.problem.code == ("same_status" if old is new else "not_allowed")
        assert done.problem.field == "status"
        assert old.label in done.problem.message


def test_withdrawing_is_never_among_the_next_steps() -> None:
    for status in A:
        assert A.WITHDRAWN not in rules.next_statuses(status)
    assert rules.next_statuses(A.DONE) == (A.IN_PROGRESS, A.EMBEDDED)


@pytest.mark.parametrize("status", list(A))
@pytest.mark.parametrize(
    ("due", "late"), [(None, False), (TODAY, False), (TODAY - timedelta(days=1), True)]
)
def test_overdue_is_open_and_past(status: A, due: date | None, late: bool) -> None:
    still_open = status in {A.NOT_STARTED, A.IN_PROGRESS}
    assert rules.is_overdue(status, due, TODAY) is (late and still_open)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400))
def test_a_suggested_date_is_a_working_day_soon_after(day: date, days: int) -> None:
    due = rules.suggested_due(day, days)
    assert due.weekday() < 5
    assert timedelta(days=days) <= due - day <= timedelta(days=days + 2)


def test_due_dates_that_are_slips_are_refused() -> None:
    assert rules.check_due(None, TODAY) is None
    assert rules.check_due(TODAY - timedelta(days=366), TODAY) is None
    old = rules.check_due(TODAY - timedelta(days=367), TODAY)
    far = rules.check_due(date(2126, 1, 1), TODAY)
    assert old
    assert old.code == "due_too_old"
    assert old.field == "due_on"
    assert far
    assert far.code == "due_too_far"


def step(key: str, **changes: object) -> Step:
    values = {"status": A.NOT_STARTED, "due": None, "effort": 1, "impact": 2, "legal": False}
    return Step(key, **{**values, **changes})  # type: ignore[arg-type]


def test_progress_leaves_withdrawn_actions_out() -> None:
    late, soon = TODAY - timedelta(days=1), TODAY + timedelta(days=14)
    counted = rules.progress(
        [
            step("a", due=late),
            step("b", status=A.IN_PROGRESS, due=soon),
            step("c", status=A.DONE, due=late),
            step("d", status=A.EMBEDDED),
            step("e", status=A.WITHDRAWN, due=late),
        ],
        TODAY,
    )
    assert (counted.total, counted.done, counted.embedded) == (4, 2, 1)
    assert (counted.in_progress, counted.overdue, counted.due_soon) == (1, 1, 1)
    assert (counted.withdrawn, counted.percent) == (1, 50)
    assert rules.progress([], TODAY).percent == 0


def test_quick_wins_are_open_light_and_never_legal() -> None:
    found = rules.quick_wins(
        [
            step("weeks", effort=3, impact=3),
            step("days", effort=2, impact=3),
            step("legal", legal=True, impact=3),
            step("done", status=A.DONE, impact=3),
            step("small", impact=1),
            step("great", impact=3),
            step("same", impact=3),
        ]
    )
    assert [item.key for item in found] == ["great", "same", "small"]


def test_what_is_next_puts_the_law_then_the_late_first() -> None:
    late = TODAY - timedelta(days=3)
    found = rules.what_next(
        [
            step("later", due=TODAY + timedelta(days=90)),
            step("late", due=late),
            step("legal", legal=True, due=TODAY + timedelta(days=60)),
            step("undated", impact=3),
            step("done", status=A.DONE, due=late),
        ],
        TODAY,
    )
    assert [item.key for item in found] == ["legal", "late", "later"]


RESULT = {
    "goals": [
        {"key": "g1", "title": "First", "benefit": "b"},
        {"key": "g2", "title": "Empty", "benefit": ""},
    ],
    "recommendations": [
        {"key": "r1", "goal": "g1", "legal": True},
        {"key": "r2", "goal": "gone", "legal": False},
        {"key": "r3", "goal": "g1", "legal": False},
    ],
    "quick_wins": ["r3"],
}


def test_recommendations_are_grouped_by_goal_and_none_is_lost() -> None:
    groups = rules.grouped(RESULT)
    assert [group.key for group in groups] == ["g1", "other"]
    assert [item["key"] for item in groups[0].recommendations] == ["r1", "r3"]
    assert rules.preselected(RESULT) == ("r1", "r3")


def test_moving_and_ordering() -> None:
    assert rules.moved("abc", "b", up=True) == ("b", "a", "c")
    assert rules.moved("abc", "a", up=True) == ("a", "b", "c")
    assert rules.moved("abc", "c", up=False) == ("a", "b", "c")
    dates = {"x": None, "y": date(2027, 1, 2), "z": date(2027, 1, 1), "w": date(2027, 1, 2)}
    assert rules.by_due_date(dates) == ("z", "y", "w", "x")


def test_two_edits_come_together_without_losing_a_word() -> None:
    merged = rules.merge(
        before={"title": "Old", "due": "1", "who": "Al", "same": "s"},
        saved={"title": "Theirs", "due": "2", "who": "Al", "same": "t"},
        typed={"title": "Mine", "due": "1", "who": "Bo", "same": "t"},
    )
    assert merged.values == {"title": "Mine", "due": "2", "who": "Bo", "same": "t"}
    assert merged.taken == ("due",)
    assert [clash.field for clash in merged.clashes] == ["title"]
    assert merged.clashes[0].saved == "Theirs"


def test_the_hash_tells_content_apart_and_nothing_else() -> None:
    from dataclasses import replace

    plan = example_document()
    same = replace(
        plan, version=9, prepared_by="Another", prepared_on=date(2027, 1, 1), signed_off=True
    )
    other = replace(plan, employer_name="EXAMPLE: Another name")
    assert document_hash(plan) == document_hash(same)
    assert document_hash(plan) != document_hash(other)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Harbour & Dale Stores Ltd", "Harbour-Dale-Stores-Ltd-action-plan-v3.pdf"),
        ("../../etc/passwd\r\nX: y", "etc-passwd-X-y-action-plan-v3.pdf"),
        ("🎉", "employer-action-plan-v3.pdf"),
        ("مخبز المثال", "مخبز-المثال-action-plan-v3.pdf"),
        ("A" * 300, "A" * 60 + "-action-plan-v3.pdf"),
    ],
)
def test_file_names_are_safe_anywhere(name: str, expected: str) -> None:
    assert rules.file_name(name, 3) == expected
