from __future__ import annotations

from portal.diagnostics.rules.algebra import AnswerIs, Not, SizeIn
from portal.diagnostics.rules.answers import Chosen, NotApplicable, Value
from portal.diagnostics.rules.path import (
    kept_not_counted,
    missing_answers,
    next_unanswered,
    page_after,
    page_before,
    progress,
    questions_on,
    visible_pages,
    visible_questions,
)
from portal.diagnostics.rules.schema import Profile, Question, Questionnaire, size_tier
from tests.unit.diagnostics.samples import FULL, PROFILE, SMALL, question, with_questions


def keys(found: tuple[Question, ...]) -> list[str]:
    return [item.key for item in found]


def shown(answers: dict[str, Value], of: Questionnaire = SMALL) -> list[str]:
    return keys(visible_questions(of, PROFILE, answers))


def test_a_branch_opens_and_closes_with_its_answer() -> None:
    assert "posts_open" not in shown({})
    assert "posts_open" in shown({"posts": Chosen("yes")})
    assert "posts_open" not in shown({"posts": Chosen("no")})


def test_an_answer_on_a_closed_branch_opens_nothing_behind_it() -> None:
    behind = with_questions(question("hours", ask_when=AnswerIs("posts_open", "most")))
    answers = {"posts": Chosen("yes"), "posts_open": Chosen("most")}
    assert "hours" in shown(answers, behind)
    assert "hours" not in shown({**answers, "posts": Chosen("no")}, behind)


def test_not_asks_nobody_before_the_answer_is_given() -> None:
    negative = with_questions(question("hours", ask_when=Not(AnswerIs("posts", "yes"))))
    assert "hours" not in shown({}, negative)
    assert "hours" in shown({"posts": Chosen("no")}, negative)


def test_the_profile_opens_branches() -> None:
    large = with_questions(question("hours", ask_when=SizeIn(("large",))))
    assert "hours" not in shown({}, large)
    assert "hours" in keys(visible_questions(large, Profile("retail", "large"), {}))


def test_resuming_at_the_first_unanswered_question() -> None:
    answers: dict[str, Value] = {}
    walked = []
    while (following := next_unanswered(SMALL, PROFILE, answers)) is not None:
        walked.append(following.key)
        answers[following.key] = FULL[following.key]
    assert walked == list(FULL)


def test_an_optional_question_that_was_passed_by_is_left_alone() -> None:
    answers = {key: value for key, value in FULL.items() if key not in {"budget", "note"}}
    assert next_unanswered(SMALL, PROFILE, answers) is None
    del answers["sick_pay"], answers["minimum_wage"]
    following = next_unanswered(SMALL, PROFILE, answers)
    assert following is not None
    assert following.key == "budget"


def test_a_branch_that_opens_is_gone_back_to() -> None:
    answers = {**FULL, "posts": Chosen("no")}
    del answers["posts_open"]
    assert next_unanswered(SMALL, PROFILE, answers) is None
    answers["posts"] = Chosen("yes")
    following = next_unanswered(SMALL, PROFILE, answers)
    assert following is not None
    assert following.key == "posts_open"
    assert keys(missing_answers(SMALL, PROFILE, answers)) == ["posts_open"]


def test_pages_without_a_question_are_passed() -> None:
    closed = {"posts": Chosen("no")}
    after = page_after(SMALL, PROFILE, closed, "leadership-1")
    before = page_before(SMALL, PROFILE, closed, "training-1")
    assert after is not None
    assert before is not None
    assert (after.key, before.key) == ("training-1", "leadership-1")
    opened = page_after(SMALL, PROFILE, FULL, "leadership-1")
    assert opened is not None
    assert opened.key == "leadership-2"
    assert page_after(SMALL, PROFILE, FULL, "pay-1") is None
    assert page_before(SMALL, PROFILE, FULL, "leadership-1") is None
    assert len(visible_pages(SMALL, PROFILE, closed)) == len(SMALL.pages) - 1
    assert questions_on(SMALL, SMALL.page_by_key["leadership-2"], PROFILE, closed) == ()


def test_progress_counts_required_questions_on_the_path() -> None:
    nothing = progress(SMALL, PROFILE, {})
    assert (nothing.answered, nothing.total, nothing.percent) == (0, 7, 0)
    some = progress(SMALL, PROFILE, {"posts": Chosen("yes"), "posts_open": NotApplicable()})
    assert (some.answered, some.total, some.percent) == (2, 8, 25)
    full = progress(SMALL, PROFILE, FULL)
    assert (full.percent, full.is_complete) == (100, True)


def test_kept_answers_are_those_off_the_path() -> None:
    assert kept_not_counted(SMALL, PROFILE, FULL) == ()
    closed = {**FULL, "posts": Chosen("no")}
    assert keys(kept_not_counted(SMALL, PROFILE, closed)) == ["posts_open"]


def test_size_tiers() -> None:
    found = [size_tier(count) for count in (0, 1, 9, 10, 49, 50, 249, 250, 10**6)]
    tiers = [None, "micro", "micro", "small", "small", "medium", "medium", "large", "large"]
    assert found == tiers
