"""Answers and comparisons in the shape that pages draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for

from portal.diagnostics import queries
from portal.diagnostics.rules import path
from portal.diagnostics.rules.together import people_in
from portal.diagnostics.rules.words import describe_answer, wording_for
from portal.diagnostics.views.loading import Loaded


def answer_sections(loaded: Loaded) -> list[Mapping[str, Any]]:
    """The questions on the path by dimension, each with its answer and a link to change it."""
    questionnaire = loaded.questionnaire
    asked = path.visible_questions(questionnaire, loaded.profile, loaded.answers)
    sections: list[Mapping[str, Any]] = []
    for dimension in questionnaire.dimensions:
        rows = []
        for question in asked:
            if questionnaire.page_of[question.key].dimension != dimension.key:
                continue
            value = loaded.answers.get(question.key)
            text = wording_for(question, loaded.profile).text
            address = url_for(
                "diagnostics.page",
                response=loaded.facts.reference,
                page=questionnaire.page_of[question.key].key,
                back="check",
                _anchor=question.key,
            )
            if value is not None:
                shown, action = describe_answer(question, value), "Change"
            else:
                shown = "Needs an answer" if question.required else "Left blank"
                action = "Answer"
            rows.append(
                {
                    "key": text,
                    "value": shown,
                    "value_class": ""
                    if value is not None or not question.required
                    else "app-needs-answer",
                    "actions": [{"href": address, "text": action, "hidden": f": {text}"}],
                }
            )
        if rows:
            sections.append({"title": dimension.title, "rows": rows})
    return sections


def answerers(loaded: Loaded) -> list[str]:
    """The names of those who answered, when they were several or an adviser takes part."""
    people = people_in(loaded.facts.answers)
    if len(people) <= 1 and loaded.facts.session_on is None:
        return []
    names = queries.names_of(people)
    return [names[key] for key in people if key in names]
