"""Answers that a made-up employer of a given quality would give, for demonstration data."""

from __future__ import annotations

import random
from typing import Any

from portal.diagnostics.rules.answers import Value
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.path import next_unanswered
from portal.diagnostics.rules.schema import HIGHEST_LEVEL, Profile, Question, QuestionType
from portal.diagnostics.rules.values import parse_value, to_json
from portal.kernel.result import Problem

# An example hourly rate in pence, for demonstration only.
_HOURLY_PENCE = 1289


def demonstration_answers(
    key: str,
    version: int,
    *,
    sector: str,
    size: str,
    people: int,
    part_time: int,
    quality: float,
    rng: random.Random,
) -> dict[str, Any]:
    """JSON answers along the path to its end; ``quality`` 0 to 1 is the middle of their levels."""
    questionnaire = load_catalogue().get(key, version)
    if questionnaire is None:
        raise LookupError(f"No questionnaire {key} {version}")
    posts = max(1, people // 8)
    vacancies = max(1, people // 5)
    figures = {
        "staff_total": people,
        "staff_part_time": part_time,
        "supervisor_posts": posts,
        "supervisor_posts_part_time": round(posts * quality * 0.5),
        "vacancies_12m": vacancies,
        "vacancies_flexible": round(vacancies * quality),
        "weekly_hours_typical": 18,
        "hourly_pay_typical": _HOURLY_PENCE,
        "leavers_part_time": max(1, round(part_time * (0.5 - 0.3 * quality))),
    }
    taken: dict[str, Value] = {}
    while (question := next_unanswered(questionnaire, Profile(sector, size), taken)) is not None:
        raw = figures.get(question.key, _pick(question, quality, rng))
        value = parse_value(question, raw)
        if value is None or isinstance(value, Problem):
            raise LookupError(f"The demonstration cannot answer {question.key} with {raw!r}")
        taken[question.key] = value
    return {name: to_json(value) for name, value in taken.items()}


def _pick(question: Question, quality: float, rng: random.Random) -> Any:
    level = min(HIGHEST_LEVEL, max(0.0, rng.gauss(quality * HIGHEST_LEVEL, 0.9)))
    match question.type:
        case QuestionType.MULTIPLE:
            boxes = [option.key for option in question.options if not option.exclusive]
            count = max(1, round(len(boxes) * level / HIGHEST_LEVEL))
            return rng.sample(boxes, count)
        case QuestionType.GRID:
            # People seldom say they break the law: a legal grid is met but for the odd row.
            lean = HIGHEST_LEVEL if question.legal and rng.random() < quality else level
            return {row.key: _nearest(question, lean, rng) for row in question.rows}
        case QuestionType.TEXT:
            return "Give people their rota earlier"
        case QuestionType.NUMBER | QuestionType.MONEY:
            return int(question.minimum)
        case _:
            return _nearest(question, level, rng)


def _nearest(question: Question, level: float, rng: random.Random) -> str:
    levels = [option for option in question.options if option.level is not None]
    if not levels:
        return rng.choice(question.options).key
    return min(levels, key=lambda option: abs((option.level or 0) - level)).key
