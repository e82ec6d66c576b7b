"""The small questionnaire and a full set of answers that the tests of the engine share."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from portal.diagnostics.rules.answers import (
    Amount,
    Chosen,
    GridMarked,
    MoneyAmount,
    Ticked,
    Value,
    Written,
)
from portal.diagnostics.rules.loader import load_questionnaire
from portal.diagnostics.rules.schema import Profile, Question, Questionnaire

FILE = Path(__file__).parent / "data" / "small-1.yaml"
SMALL = load_questionnaire(FILE)
PROFILE = Profile("retail", "small")

FULL: dict[str, Value] = {
    "commitment": Chosen("some"),
    "posts": Chosen("yes"),
    "posts_open": Chosen("most"),
    "offers": Ticked(("paid",)),
    "hours": Amount(Decimal("20.5")),
    "access": GridMarked((("evening", "sometimes"), ("weekend", "never"))),
    "budget": MoneyAmount(125_050),
    "note": Written("Cover"),
    "minimum_wage": Chosen("think"),
    "sick_pay": Chosen("yes"),
}


def question(key: str, **changes: object) -> Question:
    """A question of the small questionnaire, changed."""
    return replace(SMALL.by_key[key], **changes)


def with_questions(*changed: Question, version: int = 2) -> Questionnaire:
    """The small questionnaire with some questions replaced, as another version."""
    by_key = {item.key: item for item in changed}
    questions = tuple(by_key.get(item.key, item) for item in SMALL.questions)
    return replace(SMALL, version=version, questions=questions)
