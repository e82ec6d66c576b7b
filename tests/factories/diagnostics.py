"""Diagnostics for tests: answers that take a path to its end, and completed responses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from portal.db import unit_of_work
from portal.diagnostics import queries, service
from portal.diagnostics.rules.answers import Value, level_of
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.path import next_unanswered
from portal.diagnostics.rules.schema import Profile, Question, Questionnaire, QuestionType
from portal.diagnostics.rules.values import parse_value, to_json
from portal.employers.queries import employer_profile
from portal.kernel.people import PORTAL
from portal.kernel.result import Ok, Problem

NUMBERS = {
    "staff_total": 34,
    "staff_part_time": 20,
    "leavers_part_time": 6,
    "hourly_pay_typical": 1271,
    "weekly_hours_typical": "18.5",
    "supervisor_posts": 4,
    "supervisor_posts_part_time": 1,
    "vacancies_12m": 8,
    "vacancies_flexible": 2,
}


def candidates(question: Question) -> list[Any]:
    """Raw answers a question takes, enough to reach its lowest and highest level."""
    keys = [option.key for option in question.options]
    match question.type:
        case QuestionType.SINGLE | QuestionType.SCALE:
            return list(keys)
        case QuestionType.MULTIPLE:
            alone = [option.key for option in question.options if option.exclusive]
            rest = [key for key in keys if key not in alone]
            return [[key] for key in alone] + [rest[:count] for count in range(1, len(rest) + 1)]
        case QuestionType.GRID:
            return [{row.key: key for row in question.rows} for key in keys]
        case QuestionType.TEXT:
            return ["More notice of rotas"]
        case _:
            return [NUMBERS.get(question.key, int(question.minimum))]


def answer(question: Question, pick: Callable[[list[Value]], Value]) -> Value:
    """The answer a picker takes among those with a level, or the first one there is."""
    values = [parse_value(question, raw) for raw in candidates(question)]
    good = [value for value in values if value is not None and not isinstance(value, Problem)]
    scored = [value for value in good if level_of(question, value) is not None]
    return pick(scored or good)


def answers_to_the_end(
    questionnaire: Questionnaire,
    profile: Profile,
    *,
    worst: bool = False,
    fixed: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """JSON answers for every question on the path: all best, or all worst, but those ``fixed``."""
    taken: dict[str, Value] = {}
    while (question := next_unanswered(questionnaire, profile, taken)) is not None:
        if fixed and question.key in fixed:
            given = parse_value(question, fixed[question.key])
            assert given is not None
            assert not isinstance(given, Problem), given
            taken[question.key] = given
            continue

        def level(value: Value, question: Question = question) -> Any:
            return level_of(question, value) or 0

        taken[question.key] = answer(
            question, lambda values: (min if worst else max)(values, key=level)
        )
    return {key: to_json(value) for key, value in taken.items()}


def make_response(
    *,
    employer: str | None = None,
    sector: str = "hospitality",
    size_tier: str = "small",
    complete: bool = True,
    worst: bool = False,
    fixed: Mapping[str, Any] | None = None,
    owner_id: int | None = None,
) -> queries.ResponseFacts:
    """A response answered to its end through the services, for an employer or a visitor."""
    profile = employer_profile(employer) if employer else None
    with unit_of_work():
        reference = service.start(
            sector=sector,
            size_tier=size_tier,
            district=profile.district if profile else None,
            employer_id=profile.id if profile else None,
            owner_id=owner_id,
        ).value
    finish(reference, complete=complete, worst=worst, fixed=fixed)
    facts = queries.response_facts(reference)
    assert facts is not None
    return facts


def finish(
    reference: str,
    *,
    complete: bool = True,
    worst: bool = False,
    fixed: Mapping[str, Any] | None = None,
) -> None:
    """Answer what is left of a response, and complete it."""
    facts = queries.response_facts(reference)
    assert facts is not None
    questionnaire = load_catalogue().get(facts.questionnaire_key, facts.questionnaire_version)
    assert questionnaire is not None
    values = answers_to_the_end(
        questionnaire, Profile(facts.sector, facts.size_tier), worst=worst, fixed=fixed
    )
    with unit_of_work():
        saved = service.save_answers(
            response_id=facts.id, values=values, seen=facts.revision, by="visitor"
        )
    assert isinstance(saved, Ok)
    if complete:
        with unit_of_work():
            done = service.complete(response_id=facts.id, by=PORTAL)
        assert isinstance(done, Ok), done
