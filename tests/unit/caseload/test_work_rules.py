"""Consultations and sessions: what must hold, who may have what, and which instant a day is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from portal.caseload.rules.work import (
    Consulted,
    Held,
    Present,
    RecordAnswers,
    check_answers,
    check_consultation,
    check_session,
    eligibility,
    instant_of,
    words_of,
)

TODAY = date(2026, 11, 22)
SAID = Consulted(held_on=TODAY, minutes=20, with_name="Casey", next_step="session", next_on=TODAY)
HELD = Held(TODAY, 90, "video", "", (Present("Casey", "", "employer"),))
UNKNOWN = {"headcount_on": None, "iip_on": None, "training_on": None}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"held_on": date(2026, 11, 23)}, "in_future"),
        ({"held_on": date(2019, 1, 1)}, "too_early"),
        ({"minutes": -1}, "minutes"),
        ({"minutes": 1441}, "minutes"),
        ({"with_name": "  "}, "with_name"),
        ({"with_name": "x" * 121}, "with_name"),
        ({"challenges": ["moon"]}, "challenges"),
        ({"wants": ["moon"]}, "wants"),
        ({"next_step": "perhaps"}, "next_step"),
        ({"next_on": None}, "day_needed"),
        ({"next_on": date(2026, 11, 21)}, "past_day"),
        ({"next_step": "think", "next_on": None}, None),
        ({"next_step": "think", "next_on": date(2026, 11, 21)}, "past_day"),
        ({"next_step": "no", "next_on": None}, "words_needed"),
        ({"next_step": "no", "next_step_text": "Too busy", "next_on": None}, None),
    ],
)
def test_a_consultation(changes: dict[str, object], code: str | None) -> None:
    problem = check_consultation(replace(SAID, **changes), today=TODAY, correction=False)
    assert (problem.code if problem else None) == code


def test_a_correction_may_leave_the_next_action_alone() -> None:
    given = replace(SAID, next_on=None)
    assert check_consultation(given, today=TODAY, correction=True) is None


@pytest.mark.parametrize(
    ("answers", "part_time", "known", "field"),
    [
        (RecordAnswers(), 10, {}, None),
        (RecordAnswers(headcount=5), None, {}, None),
        (RecordAnswers(headcount=5), 2, {}, "part_time_headcount"),
        (RecordAnswers(part_time_headcount=5), None, {}, "headcount"),
        (RecordAnswers(headcount=5), None, {"headcount_on": date(2026, 11, 23)}, "headcount"),
        (RecordAnswers(headcount=5), None, {"headcount_on": TODAY}, None),
        (RecordAnswers(iip_status="accredited"), None, {"iip_on": date(2027, 1, 1)}, "iip_status"),
        (RecordAnswers(), None, {"iip_on": date(2027, 1, 1)}, None),
        (
            RecordAnswers(training_answer="yes", training_last_on=date(2026, 12, 1)),
            None,
            {},
            "training_last_on",
        ),
    ],
)
def test_answers_for_the_record(
    answers: RecordAnswers, part_time: int | None, known: dict[str, date], field: str | None
) -> None:
    problem = check_answers(
        answers, on=TODAY, known_part_time=part_time, known_on={**UNKNOWN, **known}
    )
    assert (problem.field if problem else None) == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, None),
        ({"held_on": date(2026, 11, 23)}, "held_on"),
        ({"minutes": 0}, "minutes"),
        ({"mode": "post"}, "mode"),
        ({"mode": "face_to_face"}, "place"),
        ({"mode": "face_to_face", "place": "Here"}, None),
        ({"present": ()}, "present"),
        ({"present": (Present("Ada", "", "provider"),)}, "present"),
        ({"present": (Present("", "Owner", "employer"),)}, "present"),
        ({"present": (Present("Casey", "", "neither"),)}, "present"),
        ({"present": HELD.present * 21}, "present"),
        ({"challenges": ["moon"]}, "challenges"),
        ({"benefits": ["moon"]}, "benefits"),
    ],
)
def test_a_session(changes: dict[str, object], field: str | None) -> None:
    problem = check_session(replace(HELD, **changes), today=TODAY)
    assert (problem.field if problem else None) == field


@pytest.mark.parametrize(
    ("headcount", "verdict"), [(None, "unknown"), (1, "yes"), (249, "yes"), (250, "no")]
)
def test_size_decides_on_fully_funded_support(headcount: int | None, verdict: str) -> None:
    found = eligibility(
        sector=("Retail", True), district=("Leeds", True), headcount=headcount, sme_limit=250
    )
    assert [line.verdict for line in found] == ["yes", "yes", verdict]


def test_outside_the_sectors_or_the_area() -> None:
    found = eligibility(
        sector=("Another sector", False), district=("x", False), headcount=5, sme_limit=250
    )
    assert [line.verdict for line in found] == ["no", "no", "yes"]
    assert found[1].words == "Outside the programme's area"


def test_a_day_becomes_noon_in_london_and_today_becomes_now() -> None:
    now = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # already 2 July in London
    assert instant_of(date(2026, 7, 2), now=now) == now
    assert instant_of(date(2026, 7, 1), now=now) == datetime(2026, 7, 1, 11, tzinfo=UTC)
    winter = datetime(2026, 12, 2, 8, tzinfo=UTC)
    assert instant_of(date(2026, 12, 1), now=winter) == datetime(2026, 12, 1, 12, tzinfo=UTC)


def test_choices_in_words_keep_their_order() -> None:
    choices = {"a": "First", "b": "Second", "c": "Third"}
    assert words_of(["c", "a"], choices, "more") == ["First", "Third", "more"]
    assert words_of([], choices) == []
