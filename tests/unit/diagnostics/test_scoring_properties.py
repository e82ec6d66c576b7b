from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portal.diagnostics.rules.answers import (
    Amount,
    Chosen,
    GridMarked,
    MoneyAmount,
    NotApplicable,
    Ticked,
    Value,
    Written,
)
from portal.diagnostics.rules.path import kept_not_counted, visible_questions
from portal.diagnostics.rules.recommend import recommend
from portal.diagnostics.rules.schema import SECTORS, SIZES, Profile, Question, QuestionType
from portal.diagnostics.rules.scoring import rounded, score
from tests.unit.diagnostics.samples import PROFILE, SMALL


def values(question: Question) -> st.SearchStrategy[Value]:
    keys = [option.key for option in question.options]
    found: st.SearchStrategy[Value]
    if question.type in {QuestionType.SINGLE, QuestionType.SCALE}:
        found = st.sampled_from(keys).map(Chosen)
    elif question.type is QuestionType.MULTIPLE:
        found = st.sets(st.sampled_from(keys[:-1]), min_size=1).map(
            lambda ticked: Ticked(tuple(key for key in keys if key in ticked))
        ) | st.just(Ticked((keys[-1],)))
    elif question.type is QuestionType.NUMBER:
        found = st.integers(0, 5000).map(lambda tenths: Amount(Decimal(tenths) / 10))
    elif question.type is QuestionType.MONEY:
        found = st.integers(0, 10**7).map(MoneyAmount)
    elif question.type is QuestionType.TEXT:
        found = st.text(min_size=1, max_size=20).map(Written)
    else:
        columns = st.tuples(*[st.sampled_from(keys) for _ in question.rows])
        found = columns.map(
            lambda chosen: GridMarked(
                tuple(zip((row.key for row in question.rows), chosen, strict=True))
            )
        )
    return found | st.just(NotApplicable()) if question.not_applicable else found


ANSWERS = st.fixed_dictionaries(
    {}, optional={question.key: values(question) for question in SMALL.questions}
)
PROFILES = st.builds(Profile, st.sampled_from(SECTORS), st.sampled_from(SIZES))


def all_values(item: Any) -> list[Any]:
    if is_dataclass(item):
        return [value for field in fields(item) for value in all_values(getattr(item, field.name))]
    if isinstance(item, tuple):
        return [value for part in item for value in all_values(part)]
    return [item]


@given(PROFILES, ANSWERS)
def test_scores_stand_between_0_and_100_and_overall_between_its_dimensions(
    profile: Profile, answers: dict[str, Value]
) -> None:
    sheet = score(SMALL, profile, answers)
    known = [item.score for item in sheet.dimensions if item.score is not None]
    assert (sheet.overall is None) is (not known)
    if sheet.overall is not None:
        assert all(0 <= value <= 100 for value in known)
        assert min(known) <= sheet.overall <= max(known)
    for item in sheet.dimensions:
        counted = [line.score for line in item.lines if line.counted and line.score is not None]
        assert (item.score is None) is (not counted)
        if item.score is not None:
            assert min(counted) <= item.score <= max(counted)


@given(PROFILES, ANSWERS)
def test_no_score_is_ever_a_float(profile: Profile, answers: dict[str, Value]) -> None:
    assert not any(isinstance(value, float) for value in all_values(score(SMALL, profile, answers)))


@given(ANSWERS, st.sampled_from(["posts_open", "hours"]))
def test_not_applicable_is_the_same_as_not_answered(answers: dict[str, Value], key: str) -> None:
    without = {name: value for name, value in answers.items() if name != key}
    left_out = score(SMALL, PROFILE, without)
    does_not_apply = score(SMALL, PROFILE, {**without, key: NotApplicable()})
    assert does_not_apply.overall == left_out.overall
    assert [line for line in does_not_apply.lines if line.question != key] == [
        line for line in left_out.lines if line.question != key
    ]


@given(PROFILES, ANSWERS)
def test_answers_off_the_path_change_nothing(profile: Profile, answers: dict[str, Value]) -> None:
    off = {question.key for question in kept_not_counted(SMALL, profile, answers)}
    on_path = {key: value for key, value in answers.items() if key not in off}
    assert score(SMALL, profile, answers) == score(SMALL, profile, on_path)
    assert recommend(SMALL, profile, answers) == recommend(SMALL, profile, on_path)


@given(ANSWERS, values(SMALL.by_key["posts_open"]))
def test_a_closed_branch_never_scores(answers: dict[str, Value], hidden: Value) -> None:
    closed = {**answers, "posts": Chosen("no")}
    bare = {key: value for key, value in closed.items() if key != "posts_open"}
    assert score(SMALL, PROFILE, {**closed, "posts_open": hidden}) == score(SMALL, PROFILE, bare)


@given(ANSWERS, st.randoms(use_true_random=False))
def test_the_order_of_answers_and_questions_does_not_matter(
    answers: dict[str, Value], random: Any
) -> None:
    items = list(answers.items())
    random.shuffle(items)
    questions = list(SMALL.questions)
    random.shuffle(questions)
    shuffled = replace(SMALL, questions=tuple(questions))
    assert score(shuffled, PROFILE, dict(items)) == score(SMALL, PROFILE, answers)


@given(ANSWERS, values(SMALL.by_key["minimum_wage"]))
def test_the_law_is_never_averaged(answers: dict[str, Value], legal: Value) -> None:
    with_it = score(SMALL, PROFILE, {**answers, "minimum_wage": legal})
    without = {key: value for key, value in answers.items() if key != "minimum_wage"}
    assert with_it.overall == score(SMALL, PROFILE, without).overall


@given(ANSWERS, st.sampled_from(["none", "some", "all"]))
def test_a_better_answer_never_lowers_the_score(answers: dict[str, Value], better: str) -> None:
    worst = score(SMALL, PROFILE, {**answers, "commitment": Chosen("none")}).overall
    other = score(SMALL, PROFILE, {**answers, "commitment": Chosen(better)}).overall
    assert worst is not None
    assert other is not None
    assert other >= worst


@given(PROFILES, ANSWERS)
def test_a_visible_question_never_depends_on_answers_after_it(
    profile: Profile, answers: dict[str, Value]
) -> None:
    order = [question.key for question in SMALL.in_order]
    shown = [question.key for question in visible_questions(SMALL, profile, answers)]
    for place, key in enumerate(order):
        before = {name: answers[name] for name in order[:place] if name in answers}
        now = [question.key for question in visible_questions(SMALL, profile, before)]
        assert (key in now) is (key in shown)


@given(st.fractions(0, 100))
def test_rounding_is_to_the_nearest_halves_up(value: Fraction) -> None:
    assert -Fraction(1, 2) < rounded(value) - value <= Fraction(1, 2)
