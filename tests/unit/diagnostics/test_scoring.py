# ruff: noqa: RUF001 - formulas are shown with the sign people know
from __future__ import annotations

from fractions import Fraction

import pytest

from portal.diagnostics.rules.answers import Chosen, GridMarked, NotApplicable, Ticked
from portal.diagnostics.rules.recommend import quick_wins, recommend
from portal.diagnostics.rules.report import result_as_data
from portal.diagnostics.rules.schema import Profile
from portal.diagnostics.rules.scoring import (
    LegalStanding,
    Standing,
    formula,
    in_words,
    rounded,
    score,
)
from tests.unit.diagnostics.samples import FULL, PROFILE, SMALL

# Worked out by hand from small-1.yaml and FULL:
# leadership: commitment some = level 2 = 50, weight 2; posts_open most = level 3 = 75, weight 1
#             (50 x 2 + 75 x 1) / 3 = 175 / 3 = 58.33
# training:   one tick = level 2 = 50; 20.5 hours is not below 20.5 = level 4 = 100;
#             grid (2 + 0) / 2 = level 1 = 25, weight 0.5
#             (50 + 100 + 12.5) / 2.5 = 65
# pay:        sick_pay yes = 100; the minimum wage is legal and left out
# overall:    weights 1, 2, 1: (175/3 + 130 + 100) / 4 = 865 / 12 = 72.08
SHEET = score(SMALL, PROFILE, FULL)


def test_the_worked_example() -> None:
    assert {item.dimension: item.score for item in SHEET.dimensions} == {
        "leadership": Fraction(175, 3),
        "training": Fraction(65),
        "pay": Fraction(100),
    }
    assert SHEET.overall == Fraction(865, 12)
    assert SHEET.overall_shown == 72


def test_the_formulas_of_the_worked_example() -> None:
    assert [item.formula for item in SHEET.dimensions] == [
        "(50×2 + 75×1) ÷ 3 = 58.3, shown as 58",
        "(50×1 + 100×1 + 25×0.5) ÷ 2.5 = 65",
        "(100×1) ÷ 1 = 100",
    ]
    assert SHEET.overall_formula == "(58.3×1 + 65×2 + 100×1) ÷ 4 = 72.1, shown as 72"


def test_every_line_says_why_it_counts_or_not() -> None:
    assert {line.question: line.standing for line in SHEET.lines} == {
        "commitment": Standing.COUNTED,
        "posts": Standing.UNSCORED,
        "posts_open": Standing.COUNTED,
        "offers": Standing.COUNTED,
        "hours": Standing.COUNTED,
        "access": Standing.COUNTED,
        "budget": Standing.UNSCORED,
        "note": Standing.UNSCORED,
        "minimum_wage": Standing.LEGAL,
        "sick_pay": Standing.COUNTED,
    }
    changed = score(SMALL, PROFILE, {
        "commitment": Chosen("unsure"),
        "posts": Chosen("no"),
        "posts_open": Chosen("zero"),
        "hours": NotApplicable(),
        "access": GridMarked((("evening", "nobody"), ("weekend", "nobody"))),
    })  # fmt: skip
    standings = {line.question: line.standing for line in changed.lines}
    assert standings["commitment"] is Standing.NO_LEVEL
    assert standings["posts_open"] is Standing.HIDDEN
    assert standings["hours"] is Standing.NOT_APPLICABLE
    assert standings["access"] is Standing.NOT_APPLICABLE
    assert standings["offers"] is Standing.NOT_ANSWERED
    assert all(line.reason for line in changed.lines)


def test_nothing_answered_is_no_score() -> None:
    sheet = score(SMALL, PROFILE, {})
    assert sheet.overall is None
    assert sheet.overall_shown is None
    assert [item.shown for item in sheet.dimensions] == [None, None, None]
    assert sheet.overall_formula == "No score: nothing to count"


def test_zero_is_a_score() -> None:
    assert score(SMALL, PROFILE, {"offers": Ticked(("none",))}).overall == 0


@pytest.mark.parametrize(
    ("answer", "standing", "flagged"),
    [
        (Chosen("yes"), LegalStanding.MET, False),
        (Chosen("think"), LegalStanding.BELOW, True),
        (Chosen("no"), LegalStanding.BELOW, True),
        (Chosen("unsure"), LegalStanding.UNKNOWN, False),
        (NotApplicable(), LegalStanding.NOT_APPLICABLE, False),
    ],
)
def test_a_legal_minimum_is_flagged_and_never_averaged(
    answer: Chosen, standing: LegalStanding, flagged: bool
) -> None:
    sheet = score(SMALL, PROFILE, {**FULL, "minimum_wage": answer})
    (item,) = sheet.legal
    assert item.standing is standing
    assert bool(sheet.flags) is flagged
    assert sheet.overall == SHEET.overall


def test_strengths_and_gaps() -> None:
    assert [line.question for line in SHEET.strengths] == ["hours", "sick_pay", "posts_open"]
    assert [line.question for line in SHEET.gaps] == ["access"]
    assert [item.dimension for item in SHEET.strong_dimensions] == ["pay"]
    assert SHEET.weak_dimensions == ()
    low = score(SMALL, PROFILE, {"commitment": Chosen("none")})
    assert [item.dimension for item in low.weak_dimensions] == ["leadership"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(1, 2), 1),
        (Fraction(133, 2), 67),
        (Fraction(131, 2), 66),
        (Fraction(200, 3), 67),
        (Fraction(0), 0),
        (Fraction(9949, 100), 99),
    ],
)
def test_halves_round_up(value: Fraction, expected: int) -> None:
    assert rounded(value) == expected


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Fraction(75), "75"),
        (Fraction(1, 2), "0.5"),
        (Fraction(1, 4), "0.25"),
        (Fraction(200, 3), "66.7"),
        (Fraction(66461, 1000), "66.46"),
        (Fraction(66499999, 1000000), "66.499999"),
        (Fraction(9997, 101), "99.0"),
    ],
)
def test_numbers_in_words_never_suggest_another_rounding(value: Fraction, words: str) -> None:
    assert in_words(value) == words


def test_a_formula_of_nothing() -> None:
    assert formula([]) == "No score: nothing to count"


def test_recommendations_put_the_law_first_then_impact_effort_and_score() -> None:
    answers = {**FULL, "commitment": Chosen("none"), "offers": Ticked(("none",)),
               "posts_open": Chosen("few"), "sick_pay": Chosen("no")}  # fmt: skip
    found = recommend(SMALL, PROFILE, answers)
    assert [item.recommendation.key for item in found] == [
        "pay_the_minimum",  # legal
        "name_a_lead",  # impact 3, effort 1
        "open_posts",  # impact 3, effort 2
        "offer_training",  # impact 2, effort 1, score 0
        "same_sick_pay",  # impact 2, effort 1, score 25
    ]
    assert [item.recommendation.key for item in quick_wins(found)] == [
        "name_a_lead",
        "offer_training",
        "same_sick_pay",
    ]
    assert [item.recommendation.key for item in quick_wins(found, 1)] == ["name_a_lead"]


def test_weeks_of_work_are_no_quick_win() -> None:
    marked = GridMarked((("evening", "never"), ("weekend", "always")))
    found = recommend(SMALL, PROFILE, {"access": marked})
    assert [item.recommendation.key for item in found] == ["include_evenings"]
    assert quick_wins(found) == ()


def test_a_recommendation_says_because_of_which_answer() -> None:
    answers = {"commitment": Chosen("none")}
    (item,) = recommend(SMALL, Profile("social_care", "small"), answers)
    (because,) = item.because
    assert because.question_text == "Does a registered manager lead on part-time careers?"
    assert because.answer_text == "No"
    assert item.score == 0


def test_no_recommendation_from_an_answer_not_given_or_off_the_path() -> None:
    assert recommend(SMALL, PROFILE, {}) == ()
    closed = {"posts": Chosen("no"), "posts_open": Chosen("zero")}
    assert recommend(SMALL, PROFILE, closed) == ()


def test_the_result_as_data_holds_it_all() -> None:
    data = result_as_data(SMALL, PROFILE, {**FULL, "posts": Chosen("no")})
    assert data["scores"]["dimensions"] == {"leadership": 50, "training": 65, "pay": 100}
    assert [item["question"] for item in data["flags"]] == ["minimum_wage"]
    assert data["flags"][0]["answer"] == "I think so"
    assert [item["key"] for item in data["recommendations"]] == ["pay_the_minimum", "name_a_lead"]
    (key,) = data["recommendations"][1]["sources"]
    (source,) = [item for item in data["sources"] if item["key"] == key]
    assert (source["publisher"], source["title"], source["year"]) == (
        "Example Press",
        "An example",
        2019,
    )
    assert data["quick_wins"] == ["name_a_lead"]
    assert [item["question"] for item in data["kept_not_counted"]] == ["posts_open"]
    shown = [line["question"] for item in data["dimensions"] for line in item["lines"]]
    assert set(shown) == {item.key for item in SMALL.questions} - {"posts_open"}
