from __future__ import annotations

from decimal import Decimal

import pytest

from portal.diagnostics.rules.algebra import (
    AllOf,
    AnswerAnyOf,
    AnswerIs,
    AnyOf,
    Condition,
    Includes,
    LevelAtLeast,
    LevelAtMost,
    Not,
    NumberAtLeast,
    NumberBelow,
    SectorIn,
    SizeIn,
)
from portal.diagnostics.rules.answers import (
    Amount,
    Chosen,
    GridMarked,
    MoneyAmount,
    NotApplicable,
    Ticked,
    Value,
    level_of,
)
from portal.diagnostics.rules.conditions import Facts, holds, supporting_questions, truth
from portal.diagnostics.rules.words import describe_condition
from tests.unit.diagnostics.samples import FULL, PROFILE, SMALL, question

TRUE, FALSE, UNKNOWN = SectorIn(("retail",)), SectorIn(("other",)), AnswerIs("posts", "yes")


def facts(**answers: Value) -> Facts:
    return Facts(PROFILE, SMALL.by_key, answers)


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        (AnswerIs("commitment", "all"), Chosen("all"), True),
        (AnswerIs("commitment", "all"), Chosen("none"), False),
        (AnswerAnyOf("commitment", ("all", "some")), Chosen("some"), True),
        (AnswerAnyOf("commitment", ("all", "some")), Chosen("none"), False),
        (Includes("offers", "paid"), Ticked(("paid", "short")), True),
        (Includes("offers", "mentor"), Ticked(("paid", "short")), False),
        (LevelAtMost("commitment", 2), Chosen("some"), True),
        (LevelAtMost("commitment", 1), Chosen("some"), False),
        (LevelAtMost("commitment", 4), Chosen("unsure"), None),
        (LevelAtLeast("commitment", 2), Chosen("some"), True),
        (LevelAtLeast("commitment", 3), Chosen("some"), False),
        (NumberAtLeast("hours", Decimal(5)), Amount(Decimal(5)), True),
        (NumberAtLeast("hours", Decimal(5)), Amount(Decimal("4.9")), False),
        (NumberBelow("hours", Decimal(5)), Amount(Decimal("4.9")), True),
        (NumberBelow("hours", Decimal(5)), Amount(Decimal(5)), False),
        (NumberBelow("hours", Decimal(5)), NotApplicable(), None),
        (NumberAtLeast("budget", Decimal(10)), MoneyAmount(1000), True),
        (NumberAtLeast("budget", Decimal(10)), MoneyAmount(999), False),
    ],
)
def test_conditions_on_one_answer(
    condition: Condition, value: Value, expected: bool | None
) -> None:
    key = condition.question
    assert truth(condition, facts(**{key: value})) is expected
    assert truth(condition, facts()) is None
    assert truth(condition, facts(**{key: NotApplicable()})) is None
    assert not holds(condition, facts())


@pytest.mark.parametrize(
    ("row", "level", "expected"),
    [("evening", 2, True), ("evening", 1, False), ("weekend", 0, True), (None, 1, True)],
)
def test_levels_of_grid_rows(row: str | None, level: int, expected: bool) -> None:
    marked = GridMarked((("evening", "sometimes"), ("weekend", "never")))
    assert truth(LevelAtMost("access", level, row), facts(access=marked)) is expected


def test_a_row_that_does_not_apply_is_unknown() -> None:
    marked = GridMarked((("evening", "nobody"), ("weekend", "never")))
    assert truth(LevelAtMost("access", 4, "evening"), facts(access=marked)) is None
    assert level_of(SMALL.by_key["access"], marked) == 0


def test_a_legal_grid_is_as_low_as_its_lowest_row() -> None:
    marked = GridMarked((("evening", "always"), ("weekend", "never")))
    assert level_of(question("access"), marked) == 2
    assert level_of(question("access", legal=True, legal_pass=3), marked) == 0


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (TRUE, TRUE, True, True),
        (TRUE, FALSE, False, True),
        (FALSE, FALSE, False, False),
        (TRUE, UNKNOWN, None, True),
        (FALSE, UNKNOWN, False, None),
        (UNKNOWN, UNKNOWN, None, None),
    ],
)
def test_all_and_any(
    left: Condition, right: Condition, both: bool | None, either: bool | None
) -> None:
    for pair in ((left, right), (right, left)):
        assert truth(AllOf(pair), facts()) is both
        assert truth(AnyOf(pair), facts()) is either


@pytest.mark.parametrize(("inner", "expected"), [(TRUE, False), (FALSE, True), (UNKNOWN, None)])
def test_not_leaves_the_unknown_unknown(inner: Condition, expected: bool | None) -> None:
    assert truth(Not(inner), facts()) is expected


def test_sector_and_size() -> None:
    assert truth(SectorIn(("retail", "other")), facts()) is True
    assert truth(SizeIn(("small",)), facts()) is True
    assert truth(SizeIn(("micro", "large")), facts()) is False


def test_only_answers_that_made_it_true_are_reasons() -> None:
    condition = AnyOf(
        (
            AllOf((AnswerIs("posts", "yes"), LevelAtMost("posts_open", 3))),
            AnswerIs("commitment", "all"),
            Not(AnswerIs("sick_pay", "no")),
        )
    )
    reasons = supporting_questions(condition, Facts(PROFILE, SMALL.by_key, FULL))
    assert reasons == ("posts", "posts_open", "sick_pay")


def test_conditions_in_words() -> None:
    condition = AllOf(
        (
            AnyOf((AnswerIs("posts", "yes"), NumberBelow("hours", Decimal(1200)))),
            Not(SectorIn(("retail", "other"))),
            LevelAtMost("access", 1, "evening"),
            Includes("offers", "paid"),
        )
    )
    assert describe_condition(condition) == (
        "(posts is yes or hours is less than 1,200) and not (sector is retail or other) "
        "and access row evening is at level 1 or lower and offers includes paid"
    )
