"""The outcome questions, the definition of a quality part-time role, and comparing records."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest
import yaml

from portal.caseload.rules import outcomes as rules
from portal.caseload.rules.outcomes import OutcomesError, Role, Standing
from portal.kernel.money import Money

ABOVE = Money(20_000_00)


@pytest.mark.parametrize(
    ("pay", "advertised", "quality"),
    [
        (20_000_00, "part_time", False),
        (20_000_01, "part_time", True),
        (20_000_01, "flexible", True),
        (50_000_00, "neither", False),
        (19_999_99, "flexible", False),
        (None, "part_time", False),
    ],
)
def test_a_quality_part_time_role_pays_more_and_says_so(
    pay: int | None, advertised: str, quality: bool
) -> None:
    assert rules.is_quality_role(Role("Team leader", pay, advertised, "no"), ABOVE) is quality


def test_the_questions_asked_now_hold_together() -> None:
    asked = rules.load_outcomes()
    assert asked.quality_above == ABOVE
    assert [kind.key for kind in asked.kinds] == [
        "posts",
        "policies",
        "pathways",
        "support",
        "training",
    ]
    assert asked.role_question.key == "advertised"
    assert asked.source["year"] == 2016
    assert all(kind.why and question.help for kind in asked.kinds for question in kind.questions)


def _raw() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(rules.DATA.read_text(encoding="utf-8"))
    return loaded


def _change(path: list[Any], value: Any) -> dict[str, Any]:
    raw = copy.deepcopy(_raw())
    at: Any = raw
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return raw


FIRST = ["kinds", 0, "questions", 0]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (["version"], 0, "version"),
        (["kinds"], [], "kinds must be a list"),
        (["quality_role", "above_pounds"], "20k", "above_pounds"),
        (["quality_role"], None, "quality_role must be a group"),
        ([*FIRST, "type"], "essay", "must be a count or a choice"),
        ([*FIRST, "unit"], ["post"], "must have a unit"),
        ([*FIRST, "text"], "", "higher_posts.text"),
        ([*FIRST, "colour"], "red", "mean nothing: colour"),
        (["kinds", 0, "questions", 1, "at_most"], "nobody", "leans on nobody"),
        (["kinds", 0, "questions", 1, "key"], "higher_posts", "asked twice: higher_posts"),
        (["kinds", 0, "questions", 2, "lists_roles"], "maybe", "none of its options"),
        (["kinds", 0, "questions", 2, "lists_roles"], None, "Exactly one question"),
        (["kinds", 1, "questions", 0, "options"], {"a": "One"}, "at least two options"),
        (["kinds", 1, "questions", 0, "options"], {True: "Yes", False: "No"}, "text"),
    ],
)
def test_questions_that_do_not_hold_together_are_refused(
    path: list[Any], value: Any, says: str
) -> None:
    with pytest.raises(OutcomesError, match=says):
        rules.parse_outcomes(_change(path, value))


ROLE = Role("Supervisor", 24_000_00, "part_time", "yes")


@pytest.mark.parametrize(
    ("answers", "roles", "wrong"),
    [
        ({"higher_posts": 4, "higher_posts_open": 4}, [], set()),
        ({"higher_posts": 4, "higher_posts_open": 5}, [], {"higher_posts_open"}),
        ({"higher_posts_open": 5}, [], set()),
        ({"training_hours": 3}, [], {"training_hours"}),
        ({"training_hours": 3, "training_people": 0}, [], {"training_hours"}),
        ({"training_hours": 0, "training_people": 0}, [], set()),
        ({"advertised": "yes"}, [], {"advertised"}),
        ({"advertised": "no"}, [ROLE], {"advertised"}),
        ({}, [ROLE], {"advertised"}),
        ({"advertised": "yes"}, [ROLE], set()),
        ({"policy_written": "sometimes"}, [], {"policy_written"}),
        ({"higher_posts": -1}, [], {"higher_posts"}),
        ({"higher_posts": True}, [], {"higher_posts"}),
        ({"shoe_size": 4}, [], {"shoe_size"}),
        ({}, [], {""}),
    ],
)
def test_a_record_must_hold_together(
    answers: dict[str, Any], roles: list[Role], wrong: set[str]
) -> None:
    assert set(rules.check(rules.load_outcomes(), answers, roles)) == wrong


def _line(standings: list[Standing], text: str) -> rules.Line:
    kinds = rules.side_by_side(rules.load_outcomes(), standings)
    return next(line for _, lines in kinds for line in lines if text in line.text)


def test_records_side_by_side_with_their_differences() -> None:
    start = Standing(
        rules.BASELINE,
        date(2026, 1, 5),
        {"higher_posts_open": 1, "policy_written": "none", "reviews": 5, "coaching": 1},
        0,
    )
    later = Standing(
        "3-month follow-up",
        date(2026, 4, 7),
        {"higher_posts_open": 4, "policy_written": "written", "reviews": 2, "mentoring": 3},
        2,
    )
    both = [start, later]
    posts = _line(both, "part-time or flexibly?")
    assert [cell.words for cell in posts.cells] == ["1 post", "4 posts"]
    assert [cell.change for cell in posts.cells] == ["", "3 more than at the start"]
    assert posts.cells[1].true_on == date(2026, 4, 7)
    assert _line(both, "written policy").cells[1].change == "at the start “No”"
    assert _line(both, "development review").cells[1].change == "3 fewer than at the start"
    mentored = _line(both, "mentor").cells
    assert (mentored[0].words, mentored[0].known) == ("Not known", False)
    assert mentored[1].change == "nothing from the start to compare with"
    coached = _line(both, "coaching").cells[1]
    assert (coached.words, coached.known, coached.change) == ("Not known", False, "")
    assert _line(both, "Quality part-time").cells[1].change == "2 more than at the start"


def test_nobody_asked_is_not_none() -> None:
    lone = Standing("3-month follow-up", date(2026, 4, 7), {"reviews": 0}, None)
    assert _line([lone], "Quality part-time").cells[0].words == "Not known"
    reviews = _line([lone], "development review").cells[0]
    assert (reviews.words, reviews.change) == ("0 people", "nothing from the start to compare with")
    same = Standing(rules.BASELINE, date(2026, 1, 5), {"reviews": 0}, 0)
    assert _line([same, lone], "development review").cells[1].change == "the same as at the start"


def test_no_words_claim_an_impact() -> None:
    words = rules.DATA.read_text(encoding="utf-8")
    assert "impact" not in words.casefold()
