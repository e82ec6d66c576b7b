"""Rules of events: clock changes, what is wrong with an event, deadlines and reminders."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.kernel.clock import london
from portal.kernel.result import Problem
from portal.network.rules.event_questions import (
    Question,
    question_faults,
    questions_of,
    read_answers,
    with_keys,
)
from portal.network.rules.events import (
    EventDetails,
    EventTimes,
    cannot_cancel,
    closed_because,
    doors_closed,
    due_reminder,
    faults,
    instant,
    length_words,
    offer_until,
    read_time,
    times_of,
    until_words,
    when_words,
)

NOON = datetime(2027, 3, 2, 12, tzinfo=UTC)
DETAILS = EventDetails(
    title="Share one post",
    summary="How others do it",
    mode="in_person",
    day=date(2027, 3, 2),
    starts="10:00",
    ends="12:00",
    place="Example Hall, Leeds LS1 4AP",
)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("9:30", time(9, 30)),
        (" 14.05 ", time(14, 5)),
        ("2pm", time(14)),
        ("12 am", time(0)),
        ("12pm", time(12)),
        ("9", time(9)),
        ("00:00", time(0)),
        ("25:00", None),
        ("13pm", None),
        ("9:60", None),
        ("noon", None),
        ("", None),
    ],
)
def test_a_time_is_read_as_people_type_it(text: str, at: time | None) -> None:
    assert read_time(text) == at


def test_summer_and_winter_time_are_londons() -> None:
    assert instant(date(2027, 7, 1), time(10), field="starts") == datetime(
        2027, 7, 1, 9, tzinfo=UTC
    )
    assert instant(date(2027, 1, 5), time(10), field="starts") == datetime(
        2027, 1, 5, 10, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("day", "at", "code"),
    [
        (date(2027, 3, 28), time(1, 30), "time_left_out"),
        (date(2027, 10, 31), time(1, 30), "time_twice"),
    ],
)
def test_an_hour_that_the_clocks_leave_out_or_repeat_is_refused(
    day: date, at: time, code: str
) -> None:
    found = instant(day, at, field="starts")
    assert isinstance(found, Problem)
    assert (found.code, found.field) == (code, "starts")


@given(some.dates(date(2026, 1, 1), date(2035, 1, 1)), some.times(timezones=some.none()))
def test_a_time_on_londons_clock_is_shown_as_it_was_typed(day: date, at: time) -> None:
    at = at.replace(second=0, microsecond=0, fold=0)
    found = instant(day, at, field="starts")
    if not isinstance(found, Problem):
        assert london(found).replace(tzinfo=None) == datetime.combine(day, at)


def test_an_event_over_the_change_of_clocks_has_its_true_length() -> None:
    found = times_of(replace(DETAILS, day=date(2027, 10, 31), starts="0:30", ends="3:00"))
    assert isinstance(found, EventTimes)
    assert found.ends_at - found.starts_at == timedelta(hours=3, minutes=30)


def test_registration_closes_at_the_end_of_the_day_in_london_or_at_the_start() -> None:
    found = times_of(replace(DETAILS, day=date(2027, 7, 10), closes_on=date(2027, 7, 8)))
    assert isinstance(found, EventTimes)
    assert found.closes_at == datetime(2027, 7, 8, 23, tzinfo=UTC)
    for closes in (None, date(2027, 7, 10)):
        found = times_of(replace(DETAILS, day=date(2027, 7, 10), closes_on=closes))
        assert isinstance(found, EventTimes)
        assert found.closes_at == found.starts_at


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts": "soon"}, "starts"),
        ({"ends": "25:00"}, "ends"),
        ({"ends": "10:00"}, "ends"),
        ({"starts": "1:00", "ends": "23:00"}, "ends"),
    ],
)
def test_wrong_times_are_named(changes: dict[str, str], field: str) -> None:
    found = times_of(replace(DETAILS, **changes))  # type: ignore[arg-type]
    assert isinstance(found, list)
    assert [problem.field for problem in found] == [field]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mode": "by post"}, "mode"),
        ({"place": " "}, "place"),
        ({"mode": "online", "online_address": "javascript:alert(1)"}, "online_address"),
        ({"online_address": "https://meet.example/a"}, "online_address"),
        ({"closes_on": date(2027, 3, 3)}, "closes_on"),
        ({"capacity": 0}, "capacity"),
        ({"offer_hours": 200}, "offer_hours"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(changes: dict[str, object], field: str) -> None:
    assert faults(DETAILS) == []
    assert [problem.field for problem in faults(replace(DETAILS, **changes))] == [field]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "now", "code"),
    [
        ("published", NOON - timedelta(hours=5), None),
        ("published", NOON - timedelta(hours=1), "closed"),
        ("published", NOON, "event_over"),
        ("held", NOON, "event_over"),
        ("cancelled", NOON - timedelta(days=5), "event_cancelled"),
        ("draft", NOON - timedelta(days=5), "not_published"),
    ],
)
def test_why_registration_is_closed(state: str, now: datetime, code: str | None) -> None:
    found = closed_because(
        state=state, starts_at=NOON, closes_at=NOON - timedelta(hours=1), now=now
    )
    assert (found.code if found else None) == code


def test_a_place_is_given_back_before_the_event_only() -> None:
    ends = NOON + timedelta(hours=2)

    def said(state: str, now: datetime) -> str:
        return cannot_cancel(state=state, starts_at=NOON, ends_at=ends, now=now)

    assert said("published", NOON - timedelta(seconds=1)) == ""
    assert "has begun" in said("published", NOON)
    assert "is over" in said("held", ends)
    assert "is cancelled" in said("cancelled", NOON - timedelta(days=1))


def test_an_offer_ends_with_its_hours_or_when_the_event_begins() -> None:
    def until(now: datetime) -> datetime | None:
        return offer_until(now=now, starts_at=NOON, hours=24)

    assert until(NOON - timedelta(days=3)) == NOON - timedelta(days=2)
    assert until(NOON - timedelta(hours=3)) == NOON
    assert until(NOON) is None


@pytest.mark.parametrize(
    ("days_left", "registered_before", "sent", "due"),
    [
        (8, 30, None, None),
        (7, 30, None, 7),
        (4, 30, None, 7),
        (4, 30, 7, None),
        (1, 30, 7, 1),
        (1, 30, None, 1),
        (0, 30, 7, 1),
        (1, 30, 1, None),
        (5, 6, None, None),
        (1, 6, None, 1),
        (1, 1, None, None),
    ],
)
def test_reminders(
    days_left: int, registered_before: int, sent: int | None, due: int | None
) -> None:
    found = due_reminder(
        starts_at=NOON,
        since=NOON - timedelta(days=registered_before),
        now=NOON - timedelta(days=days_left, hours=3),
        sent=sent,
    )
    assert found == due


def test_the_door_opens_an_hour_before_and_closes_two_after() -> None:
    ends = NOON + timedelta(hours=2)

    def code(now: datetime) -> str | None:
        found = doors_closed(starts_at=NOON, ends_at=ends, now=now)
        return found.code if found else None

    assert code(NOON - timedelta(minutes=61)) == "too_early"
    assert code(NOON - timedelta(minutes=60)) is None
    assert code(ends + timedelta(minutes=120)) is None
    assert code(ends + timedelta(minutes=121)) == "too_late"


def test_when_is_said_on_londons_clock() -> None:
    starts = datetime(2027, 7, 6, 9, tzinfo=UTC)
    assert when_words(starts, starts + timedelta(hours=2)) == "Tuesday 6 July 2027, 10:00 to 12:00"
    assert when_words(starts, starts + timedelta(hours=20)).endswith(
        "10:00 to Wednesday 7 July 2027, 06:00"
    )
    assert until_words(starts) == "10:00 on Tuesday 6 July 2027"


# --- Questions -------------------------------------------------------------------------------

ASKED = (
    Question("Who should speak?", key="q1"),
    Question("Do you have a rota?", "yes_no", required=True, key="q2"),
    Question("Which table?", "choice", ("Care", "Retail"), key="q3"),
)


def test_answers_are_kept_with_the_words_of_their_questions() -> None:
    assert read_answers(ASKED, {"q2": "yes", "q3": "Care", "q9": "spare"}) == {
        "q2": {"text": "Do you have a rota?", "answer": "Yes"},
        "q3": {"text": "Which table?", "answer": "Care"},
    }


@pytest.mark.parametrize(
    "given_answers",
    [
        {},
        {"q2": "perhaps"},
        {"q2": "yes", "q3": "Elsewhere"},
        {"q2": "yes", "q1": "x" * 501},
    ],
)
def test_wrong_answers_are_refused(given_answers: dict[str, str]) -> None:
    found = read_answers(ASKED, given_answers)
    assert isinstance(found, list)
    assert found[0].field in {"answer_q1", "answer_q2", "answer_q3"}


def test_a_question_keeps_its_key_as_long_as_its_words_and_no_key_is_used_again() -> None:
    changed = (
        replace(ASKED[2], key=""),
        Question("Something new?"),
        replace(ASKED[0], kind="yes_no"),
    )
    assert [one.key for one in with_keys(changed, ASKED)] == ["q3", "q4", "q5"]
    assert questions_of([one.document() for one in ASKED]) == ASKED


@pytest.mark.parametrize(
    ("questions", "field"),
    [
        ((Question("A", "choice", ("One",)),), "q1_choices"),
        ((Question("A"), Question("B", "choice", ("x" * 81, "y"))), "q2_choices"),
        ((Question("A", "drawing"),), "q1_kind"),
        ((Question("A"), Question("a")), None),
        (tuple(Question(str(n)) for n in range(6)), None),
    ],
)
def test_what_is_wrong_with_questions(questions: tuple[Question, ...], field: str | None) -> None:
    found = question_faults(questions)
    assert [problem.field for problem in found] == [field]


@pytest.mark.parametrize(
    ("last", "ends", "wrong"),
    [
        (date(2027, 3, 4), "9:00", None),
        (date(2027, 3, 15), "12:00", None),
        (date(2027, 3, 2), "12:00", None),
        (date(2027, 3, 16), "12:00", ("too_long", "ends_on")),
        (date(2027, 3, 1), "12:00", ("ends_first", "ends_on")),
        (date(2027, 3, 2), "9:00", ("ends_first", "ends")),
        (date(2027, 3, 28), "1:30", ("time_left_out", "ends")),
    ],
)
def test_an_event_may_end_on_a_later_day(
    last: date, ends: str, wrong: tuple[str, str] | None
) -> None:
    times = times_of(replace(DETAILS, ends_on=last, ends=ends))
    if wrong is None:
        assert isinstance(times, EventTimes)
        assert london(times.ends_at).date() == last
    else:
        assert isinstance(times, list)
        assert [(one.code, one.field) for one in times] == [wrong]


def test_days_across_the_change_of_the_clocks_keep_their_hours() -> None:
    details = replace(DETAILS, day=date(2027, 3, 27), ends_on=date(2027, 3, 29), ends="16:00")
    times = times_of(details)
    assert isinstance(times, EventTimes)
    assert when_words(times.starts_at, times.ends_at) == (
        "Saturday 27 March 2027, 10:00 to Monday 29 March 2027, 16:00"
    )
    assert length_words(times.starts_at, times.ends_at) == "3 days"


@pytest.mark.parametrize(
    ("minutes", "words"), [(60, "1 hour"), (150, "2 hours 30 minutes"), (45, "45 minutes")]
)
def test_the_length_of_an_event_on_one_day(minutes: int, words: str) -> None:
    assert length_words(NOON, NOON + timedelta(minutes=minutes)) == words
