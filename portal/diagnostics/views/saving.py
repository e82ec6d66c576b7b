"""Saving what a page holds, and telling somebody that another person answered meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request

from portal.db import unit_of_work
from portal.diagnostics import service
from portal.diagnostics.forms import ParsedPage
from portal.diagnostics.rules.merge import Clash
from portal.diagnostics.rules.schema import Question
from portal.diagnostics.rules.values import parse_value
from portal.diagnostics.rules.words import describe_answer, wording_for
from portal.diagnostics.views.loading import Loaded, answered_by, name_answerer
from portal.kernel.result import Err, Problem
from portal.web.access import current_actor


def save(loaded: Loaded, parsed: ParsedPage) -> Sequence[Clash] | Problem:
    """Save what is valid on the page, even beside a faulty answer: nothing typed well is lost."""
    good = {key: value for key, value in parsed.values.items() if key not in parsed.errors}
    # A blank that was never answered is nothing to save.
    good = {
        key: value
        for key, value in good.items()
        if value is not None or key in loaded.facts.answers
    }
    with unit_of_work():
        saved = service.save_answers(
            response_id=loaded.facts.id,
            values=good,
            seen=_seen(loaded),
            by=answered_by(current_actor()),
        )
    return saved.problem if isinstance(saved, Err) else saved.value.clashes


def _seen(loaded: Loaded) -> int:
    typed = request.form.get("revision", "")
    return min(int(typed), loaded.facts.revision) if typed.isdigit() and len(typed) < 10 else 0  # noqa: PLR2004


def clash_words(loaded: Loaded, clash: Clash) -> Mapping[str, str]:
    """Both answers in words, and who gave the other."""
    question = loaded.questionnaire.by_key[clash.question]
    return {
        "question": wording_for(question, loaded.profile).text,
        "who": name_answerer(clash.by),
        "theirs": _in_words(question, clash.theirs),
        "yours": _in_words(question, clash.yours),
        "href": f"#{question.key}",
    }


def _in_words(question: Question, raw: Any) -> str:
    value = parse_value(question, raw)
    if value is None or isinstance(value, Problem):
        return "No answer"
    return describe_answer(question, value)
