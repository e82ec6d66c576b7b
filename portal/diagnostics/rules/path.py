"""The path through a questionnaire: which questions are asked, given the answers so far."""

from __future__ import annotations

from dataclasses import dataclass

from portal.diagnostics.rules.answers import Answers, Value
from portal.diagnostics.rules.conditions import Facts, holds
from portal.diagnostics.rules.schema import Page, Profile, Question, Questionnaire
from portal.diagnostics.rules.values import part_problem
from portal.kernel.result import Problem


@dataclass(frozen=True, slots=True)
class Path:
    """The questions now asked, in order, and the answers among them. No other answer counts."""

    questions: tuple[Question, ...]
    facts: Facts

    @property
    def answers(self) -> Answers:
        """The answers on the path."""
        return self.facts.answers

    def shows(self, key: str) -> bool:
        """Whether a question is on the path."""
        return any(question.key == key for question in self.questions)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the required questions on the path are answered."""

    answered: int
    total: int

    @property
    def percent(self) -> int:
        """Whole percent, rounded down so that 100 means finished."""
        return self.answered * 100 // self.total if self.total else 100

    @property
    def is_complete(self) -> bool:
        """Whether every required question on the path is answered."""
        return self.answered == self.total


def take_path(questionnaire: Questionnaire, profile: Profile, answers: Answers) -> Path:
    """Walk the questionnaire in order: a branch looks only at answers on the path before it."""
    taken: dict[str, Value] = {}
    facts = Facts(profile, questionnaire.by_key, taken)
    asked = []
    for question in questionnaire.in_order:
        if question.ask_when is not None and not holds(question.ask_when, facts):
            continue
        asked.append(question)
        if question.key in answers:
            taken[question.key] = answers[question.key]
    return Path(tuple(asked), facts)


def visible_questions(
    questionnaire: Questionnaire, profile: Profile, answers: Answers
) -> tuple[Question, ...]:
    """The questions now asked, in order."""
    return take_path(questionnaire, profile, answers).questions


def kept_not_counted(
    questionnaire: Questionnaire, profile: Profile, answers: Answers
) -> tuple[Question, ...]:
    """Questions that have an answer but are not asked now: their branch is closed."""
    path = take_path(questionnaire, profile, answers)
    return tuple(
        question
        for question in questionnaire.in_order
        if question.key in answers and question.key not in path.answers
    )


def next_unanswered(
    questionnaire: Questionnaire, profile: Profile, answers: Answers
) -> Question | None:
    """The first question to go on with, or None when there is none left.

    An optional question counts as left only while nothing after it is answered: it was passed by.
    """
    path = take_path(questionnaire, profile, answers)
    last = max(
        (place for place, item in enumerate(path.questions) if item.key in path.answers), default=-1
    )
    for place, question in enumerate(path.questions):
        if question.key not in path.answers and (question.required or place > last):
            return question
    return None


def missing_answers(
    questionnaire: Questionnaire, profile: Profile, answers: Answers
) -> tuple[Question, ...]:
    """Required questions on the path without an answer, in order."""
    path = take_path(questionnaire, profile, answers)
    return tuple(
        question
        for question in path.questions
        if question.required and question.key not in path.answers
    )


def contradictions(
    questionnaire: Questionnaire, profile: Profile, answers: Answers
) -> tuple[Problem, ...]:
    """Numbers on the path that are more than the number they are part of, in order."""
    path = take_path(questionnaire, profile, answers)
    found = (
        part_problem(question, path.answers[question.key], path.answers.get(whole))
        for question in path.questions
        if (whole := question.not_more_than) is not None and question.key in path.answers
    )
    return tuple(problem for problem in found if problem is not None)


def visible_pages(
    questionnaire: Questionnaire, profile: Profile, answers: Answers
) -> tuple[Page, ...]:
    """The pages with a question on the path, in order."""
    asked = {question.key for question in visible_questions(questionnaire, profile, answers)}
    return tuple(page for page in questionnaire.pages if asked.intersection(page.questions))


def questions_on(
    questionnaire: Questionnaire, page: Page, profile: Profile, answers: Answers
) -> tuple[Question, ...]:
    """The questions of a page that are on the path."""
    return tuple(
        question
        for question in visible_questions(questionnaire, profile, answers)
        if question.key in page.questions
    )


def page_after(
    questionnaire: Questionnaire, profile: Profile, answers: Answers, page_key: str
) -> Page | None:
    """The next page with a question on the path, or None after the last."""
    keys = [page.key for page in questionnaire.pages]
    later = set(keys[keys.index(page_key) + 1 :])
    pages = visible_pages(questionnaire, profile, answers)
    return next((page for page in pages if page.key in later), None)


def page_before(
    questionnaire: Questionnaire, profile: Profile, answers: Answers, page_key: str
) -> Page | None:
    """The page before with a question on the path, or None before the first."""
    keys = [page.key for page in questionnaire.pages]
    earlier = set(keys[: keys.index(page_key)])
    pages = visible_pages(questionnaire, profile, answers)
    return next((page for page in reversed(pages) if page.key in earlier), None)


def progress(questionnaire: Questionnaire, profile: Profile, answers: Answers) -> Progress:
    """Answered required questions on the path, and all of them."""
    path = take_path(questionnaire, profile, answers)
    required = [question for question in path.questions if question.required]
    return Progress(sum(question.key in path.answers for question in required), len(required))
