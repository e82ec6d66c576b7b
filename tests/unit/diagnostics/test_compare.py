from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from portal.diagnostics.rules.answers import Chosen, NotApplicable, Ticked, Value
from portal.diagnostics.rules.compare import Comparison, compare, is_comparable
from portal.diagnostics.rules.schema import Band, Option, Questionnaire, QuestionType, Row
from portal.diagnostics.rules.scoring import score
from tests.unit.diagnostics.samples import FULL, PROFILE, SMALL, question, with_questions


def retake(
    later_answers: dict[str, Value],
    later: Questionnaire = SMALL,
    earlier_answers: dict[str, Value] = FULL,
) -> Comparison:
    return compare(
        earlier_questionnaire=SMALL,
        earlier=score(SMALL, PROFILE, earlier_answers),
        later_questionnaire=later,
        later=score(later, PROFILE, later_answers),
    )


def test_the_same_answers_change_nothing() -> None:
    found = retake(FULL)
    assert {item.change for item in found.questions} == {Fraction(0)}
    assert found.overall.change == 0
    assert found.overall.before == score(SMALL, PROFILE, FULL).overall
    assert (found.new, found.removed, found.changed, found.answered_once) == ((), (), (), ())


def test_change_per_question_and_dimension() -> None:
    found = retake({**FULL, "commitment": Chosen("all")})
    by_key = {item.question: item for item in found.questions}
    assert by_key["commitment"].change == 50
    leadership = found.dimensions[0]
    # (50 x 2 + 75) / 3 becomes (100 x 2 + 75) / 3
    assert (leadership.before, leadership.after) == (Fraction(175, 3), Fraction(275, 3))
    assert leadership.change == Fraction(100, 3)
    assert leadership.questions == 2
    assert found.overall.change == Fraction(25, 3)


def test_answered_once_is_counted_and_left_out_of_both_sides() -> None:
    found = retake({**FULL, "posts_open": NotApplicable()})
    assert found.answered_once == ("posts_open",)
    assert (found.dimensions[0].before, found.dimensions[0].after) == (50, 50)


def test_a_closed_branch_is_not_compared() -> None:
    found = retake({**FULL, "posts": Chosen("no")})
    assert found.answered_once == ("posts_open",)
    both_closed = {**FULL, "posts": Chosen("no")}
    assert retake(both_closed, SMALL, both_closed).answered_never == ("posts_open",)


def test_the_law_is_compared_but_in_no_dimension() -> None:
    found = retake({**FULL, "minimum_wage": Chosen("yes")})
    (legal,) = [item for item in found.questions if item.legal]
    assert legal.change == 50
    assert found.dimensions[2].change == 0


def test_new_and_removed_questions_are_counted() -> None:
    added = replace(SMALL.by_key["commitment"], key="second")
    page = replace(SMALL.pages[0], questions=("second", "posts"))
    later = replace(
        SMALL,
        version=2,
        questions=(*[item for item in SMALL.questions if item.key != "commitment"], added),
        pages=(page, *SMALL.pages[1:]),
    )
    found = retake({**FULL, "second": Chosen("all")}, later)
    assert (found.new, found.removed) == (("second",), ("commitment",))
    assert found.dimensions[0].questions == 1


def test_a_question_that_starts_anew_is_changed() -> None:
    later = with_questions(question("commitment", comparable_from=2))
    assert retake(FULL, later).changed == ("commitment",)


def test_nothing_comparable_is_no_change_rather_than_zero() -> None:
    found = retake({"offers": Ticked(("paid",))}, SMALL, {"commitment": Chosen("all")})
    assert found.overall.change is None
    assert found.dimensions[0].change is None
    assert found.overall.questions == 0


COMMITMENT = SMALL.by_key["commitment"]


@pytest.mark.parametrize(
    ("changes", "comparable"),
    [
        ({}, True),
        ({"text": "Other words"}, True),
        ({"weight": Fraction(3)}, True),
        ({"options": tuple(reversed(COMMITMENT.options))}, True),
        ({"comparable_from": 2}, False),
        ({"type": QuestionType.SCALE}, False),
        ({"legal": True, "legal_pass": 2}, False),
        ({"options": (*COMMITMENT.options, Option("new", "New", 1))}, False),
        ({"options": (replace(COMMITMENT.options[0], level=3), *COMMITMENT.options[1:])}, False),
    ],
)
def test_what_makes_a_question_comparable(changes: dict[str, object], comparable: bool) -> None:
    assert is_comparable(COMMITMENT, replace(COMMITMENT, **changes), 1) is comparable


def test_bands_counts_and_rows_must_be_the_same() -> None:
    for key, changes in {
        "hours": {"bands": (Band(1),)},
        "offers": {"count_levels": ()},
        "access": {"rows": (Row("evening", "Evening staff"),)},
    }.items():
        assert not is_comparable(SMALL.by_key[key], question(key, **changes), 1)
