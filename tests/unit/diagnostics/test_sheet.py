"""The call sheet's numbers, letters and branches in words."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from portal.diagnostics.rules.algebra import (
    AllOf,
    AnswerAnyOf,
    AnswerIs,
    AnyOf,
    Includes,
    LevelAtLeast,
    LevelAtMost,
    Not,
    NumberBelow,
    SectorIn,
    SizeIn,
)
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.schema import SECTORS, SIZES, Profile, Questionnaire
from portal.diagnostics.rules.sheet import _Teller, make_sheet

PROFILE = Profile("social_care", "micro")


@pytest.fixture(scope="module")
def questionnaire() -> Questionnaire:
    found = load_catalogue().latest()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def teller(questionnaire: Questionnaire) -> _Teller:
    numbers = {item.key: item.number for item in make_sheet(questionnaire, PROFILE).questions}
    return _Teller(questionnaire, PROFILE, numbers)


@pytest.mark.parametrize(("sector", "size"), list(itertools.product(SECTORS, SIZES)))
def test_every_question_is_numbered_once_in_the_order_of_asking(
    questionnaire: Questionnaire, sector: str, size: str
) -> None:
    sheet = make_sheet(questionnaire, Profile(sector, size))
    asked = sheet.questions
    assert [item.number for item in asked] == list(range(1, len(asked) + 1))
    assert [item.key for item in asked] == [item.key for item in questionnaire.in_order]
    assert all(item.only_if for item in asked if item.question.ask_when is not None)
    assert not any(item.only_if for item in asked if item.question.ask_when is None)


def test_the_words_are_those_of_the_sector_and_the_size(questionnaire: Questionnaire) -> None:
    small = {item.key: item.words.text for item in make_sheet(questionnaire, PROFILE).questions}
    assert small["supervisor_posts"].startswith("Apart from the owner")
    large = make_sheet(questionnaire, Profile("social_care", "large"))
    assert {item.key: item.words.text for item in large.questions}["supervisor_posts"].startswith(
        "How many senior carers"
    )


def test_branches_are_in_words_of_the_sheet(questionnaire: Questionnaire) -> None:
    sheet = {item.key: item for item in make_sheet(questionnaire, PROFILE).questions}
    posts = sheet["supervisor_posts"].number
    assert sheet["supervisor_posts_part_time"].only_if == f"question {posts} is 1 or more"
    assert sheet["supervisor_posts_part_time"].part_of == posts
    pattern = sheet["sched_pattern"]
    said = sheet["sched_say"].only_if
    first = pattern.choices[0]
    assert said == f"question {pattern.number} is {first.letter} (“{first.text}”)"
    assert sheet["sched_notice"].only_if == f"question {pattern.number} is b, c or d"


def test_no_option_shares_the_letter_of_not_applicable(questionnaire: Questionnaire) -> None:
    for item in make_sheet(questionnaire, PROFILE).questions:
        letters = [choice.letter for choice in item.choices]
        assert len(letters) == len(set(letters)) == len(item.question.options)
        assert "x" not in letters


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (AllOf((SectorIn(("social_care",)), AnswerIs("lead_owner", "nobody"))), "7 is d (“No one"),
        (AnyOf((SizeIn(("micro",)), AnswerIs("lead_owner", "nobody"))), ""),
        (AnyOf((SizeIn(("large",)), NumberBelow("staff_total", Decimal(5)))), "1 is less than 5"),
        (AllOf((NumberBelow("staff_total", Decimal(5)), Includes("lead_said", "job"))), " and "),
        (Includes("lead_said", "job"), "8 has c (“We said it when a better job came up”) ticked"),
        (Not(AnswerAnyOf("lead_owner", ("nobody", "each_manager"))), "not so that question 7 is c"),
        (LevelAtMost("lead_owner", 1), "7 is c or d"),
        (LevelAtLeast("lead_owner", 3), "7 is a or b"),
        (LevelAtMost("lead_said", 0), "8 has nothing ticked"),
        (LevelAtMost("lead_said", 1), "8 has 1 or fewer ticked"),
        (LevelAtLeast("lead_said", 3), "8 has 2 or more ticked"),
        (LevelAtMost("design_hours", 1, row="deputy"), "row “Deputy or assistant manager”, is c"),
        (LevelAtMost("design_hours", 1), "come to level 1 or lower"),
    ],
)
def test_every_kind_of_condition_has_words(teller: _Teller, condition, words: str) -> None:
    said = teller.condition(condition)
    assert words in said if words else said == ""
