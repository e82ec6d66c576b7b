"""Which diagnostics are an employer's first and latest, and how far it moved."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from portal.diagnostics.rules.answers import Value
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.compare import compare
from portal.diagnostics.rules.movement import (
    Occasion,
    Taken,
    compare_frozen,
    movement_of,
    occasions,
    tenths,
)
from portal.diagnostics.rules.path import next_unanswered
from portal.diagnostics.rules.result import freeze
from portal.diagnostics.rules.schema import SECTORS, SIZES, Profile
from portal.diagnostics.rules.scoring import score
from portal.diagnostics.rules.values import parse_value
from portal.kernel.result import Problem
from tests.factories.diagnostics import candidates

START = datetime(2026, 1, 1, tzinfo=UTC)


def taken(key: int, day: int, kind: str = "retake", earlier: int | None = None) -> Taken:
    return Taken(key, kind, earlier, START + timedelta(days=day))


def found(*items: Taken) -> list[tuple[int, int]]:
    """The occasions as (response, day)."""
    return [(one.response_id, (one.taken_at - START).days) for one in occasions(items)]


def test_each_first_one_and_retake_is_a_time_of_its_own() -> None:
    assert found(taken(1, 0, "first"), taken(3, 90), taken(2, 40)) == [(1, 0), (2, 40), (3, 90)]
    assert found() == []


def test_a_correction_takes_the_place_and_the_day_of_what_it_corrects() -> None:
    items = (
        taken(1, 0, "first"),
        taken(2, 10, "correction", 1),
        taken(3, 90),
        taken(4, 95, "correction", 3),
        taken(5, 99, "correction", 4),
    )
    assert found(*items) == [(2, 0), (5, 90)]


def test_an_older_one_corrected_late_does_not_become_the_latest() -> None:
    items = (taken(1, 0, "first"), taken(2, 90), taken(3, 120, "correction", 1))
    assert found(*items) == [(3, 0), (2, 90)]


def test_a_correction_of_something_unknown_stands_for_itself() -> None:
    assert found(taken(5, 3, "correction", 77), taken(6, 9)) == [(5, 3), (6, 9)]
    # Two that correct each other never come from the services; they are no endless way.
    assert len(found(taken(1, 0, "correction", 2), taken(2, 1, "correction", 1))) >= 1


def test_of_two_at_one_instant_the_one_begun_later_is_later() -> None:
    assert occasions([taken(2, 0), taken(1, 0, "first")]) == (
        Occasion(1, START),
        Occasion(2, START),
    )


@pytest.mark.parametrize(
    ("points", "shown"),
    [(Fraction(0), 0), (Fraction(100), 1000), (Fraction(1, 20), 1), (Fraction(229, 4), 573)],
)
def test_tenths_are_rounded_half_up(points: Fraction, shown: int) -> None:
    assert tenths(points) == shown


def random_answers(chance: random.Random, profile: Profile) -> dict[str, Value]:
    questionnaire = load_catalogue().latest()
    assert questionnaire is not None
    given: dict[str, Value] = {}
    while (question := next_unanswered(questionnaire, profile, given)) is not None:
        raw: Any = chance.choice(candidates(question))
        if question.not_applicable and chance.random() < 0.2:
            raw = "not_applicable"
        value = parse_value(question, raw)
        assert value is not None
        assert not isinstance(value, Problem)
        given[question.key] = value
    return given


@pytest.mark.parametrize("seed", range(12))
def test_frozen_results_compare_as_their_answers_do(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable
    questionnaire = load_catalogue().latest()
    assert questionnaire is not None
    sides = []
    for _ in range(2):
        profile = Profile(chance.choice(SECTORS), chance.choice(SIZES))
        sides.append((profile, random_answers(chance, profile)))
    sheets = [score(questionnaire, *side) for side in sides]
    frozen = [freeze(questionnaire, *side, completed_on=date(2026, 1, 1)) for side in sides]
    scored = compare(
        earlier_questionnaire=questionnaire,
        earlier=sheets[0],
        later_questionnaire=questionnaire,
        later=sheets[1],
    )
    read = compare_frozen(
        earlier_questionnaire=questionnaire,
        earlier=frozen[0],
        later_questionnaire=questionnaire,
        later=frozen[1],
    )
    assert read == scored
    moved = movement_of(read)
    assert moved[0].dimension == "overall"
    assert moved[0].questions == sum(item.questions for item in moved[1:])
