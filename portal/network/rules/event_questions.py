"""What is asked at registration for an event, and what was answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from portal.kernel.result import Problem

MOST_QUESTIONS: Final = 5
QUESTION_LENGTH: Final = 200
MOST_CHOICES: Final = 10
CHOICE_LENGTH: Final = 80
ANSWER_LENGTH: Final = 500
KINDS: Final[Mapping[str, str]] = {
    "text": "A few words",
    "yes_no": "Yes or no",
    "choice": "One of several choices",
}
YES_NO: Final[Mapping[str, str]] = {"yes": "Yes", "no": "No"}
_FEWEST_CHOICES: Final = 2


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``key`` stays as long as its words do; ``choices`` are for kind "choice"."""

    text: str
    kind: str = "text"
    choices: tuple[str, ...] = ()
    required: bool = False
    key: str = ""

    def document(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "key": self.key,
            "text": self.text,
            "kind": self.kind,
            "choices": list(self.choices),
            "required": self.required,
        }


def questions_of(documents: Sequence[Mapping[str, Any]]) -> tuple[Question, ...]:
    """Questions as they were kept."""
    return tuple(
        Question(one["text"], one["kind"], tuple(one["choices"]), one["required"], one["key"])
        for one in documents
    )


def question_faults(questions: Sequence[Question]) -> list[Problem]:
    """What is wrong with questions, each beside its field (``q1_text`` …)."""
    found = []
    if len(questions) > MOST_QUESTIONS:
        found.append(Problem("questions", f"Ask {MOST_QUESTIONS} questions or fewer"))
    for number, question in enumerate(questions, start=1):
        if question.kind not in KINDS:
            found.append(Problem("kind", "Choose how it is answered", f"q{number}_kind"))
        if question.kind != "choice":
            continue
        field = f"q{number}_choices"
        if not _FEWEST_CHOICES <= len(set(question.choices)) <= MOST_CHOICES:
            words = f"Enter {_FEWEST_CHOICES} to {MOST_CHOICES} different choices, one a line"
            found.append(Problem("choices", words, field))
        elif any(len(choice) > CHOICE_LENGTH for choice in question.choices):
            words = f"A choice has {CHOICE_LENGTH} characters or fewer"
            found.append(Problem("choice_long", words, field))
    texts = [question.text.casefold() for question in questions]
    if len(set(texts)) < len(texts):
        found.append(Problem("same_question", "Two of the questions are the same"))
    return found


def with_keys(questions: Sequence[Question], before: Sequence[Question]) -> tuple[Question, ...]:
    """Questions with their keys: one with the same words and kind keeps the key it had.

    A key is never used for other words, so that no answer changes its question.
    """
    known = {(one.text, one.kind): one.key for one in before}
    highest = max((int(one.key[1:]) for one in before), default=0)
    keyed = []
    for question in questions:
        key = known.get((question.text, question.kind))
        if key is None:
            highest += 1
            key = f"q{highest}"
        keyed.append(
            Question(question.text, question.kind, question.choices, question.required, key)
        )
    return tuple(keyed)


def read_answers(
    questions: Sequence[Question], given: Mapping[str, str]
) -> dict[str, dict[str, str]] | list[Problem]:
    """Answers as they are kept, each with the words of its question; or what is wrong."""
    answers: dict[str, dict[str, str]] = {}
    problems = []
    for question in questions:
        said = given.get(question.key, "").strip()
        problem = _refused(question, said)
        if problem:
            problems.append(Problem("answer", problem, f"answer_{question.key}"))
        elif said:
            shown = YES_NO[said] if question.kind == "yes_no" else said
            answers[question.key] = {"text": question.text, "answer": shown}
    return problems or answers


def _refused(question: Question, said: str) -> str:
    if not said:
        return f"Answer “{question.text}”" if question.required else ""
    if question.kind == "yes_no" and said not in YES_NO:
        return "Choose yes or no"
    if question.kind == "choice" and said not in question.choices:
        return "Choose one of the options on the page"
    if len(said) > ANSWER_LENGTH:
        return f"Answer in {ANSWER_LENGTH} characters or fewer"
    return ""
