"""How many pages plans take, and what stands on them, from the real questionnaire."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date

import pytest
from pypdf import PdfReader

from portal.action_plans.document import Change, Comparison, Movement, PlanDocument
from portal.action_plans.example_plan import example_document
from portal.action_plans.headless import draft_document
from portal.action_plans.pdf_view import render_plan_pdf
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.schema import Profile
from portal.diagnostics.rules.values import answers_from_document
from portal.integrations.pdf import WeasyPrintRenderer
from tests.factories.diagnostics import answers_to_the_end

PROFILE = Profile("retail", "small")


@pytest.fixture(scope="module")
def renderer():
    return WeasyPrintRenderer()


@pytest.fixture(scope="module")
def worst() -> PlanDocument:
    questionnaire = load_catalogue().latest()
    assert questionnaire is not None
    given = answers_to_the_end(questionnaire, PROFILE, worst=True)
    answers = answers_from_document(
        questionnaire, {key: {"v": value} for key, value in given.items()}
    )
    return draft_document(questionnaire, PROFILE, answers, day=date(2026, 11, 22))


def with_actions(document: PlanDocument, count: int) -> PlanDocument:
    goals = []
    for goal in document.goals:
        taken = goal.actions[:count]
        count -= len(taken)
        if taken:
            goals.append(replace(goal, actions=taken))
    return replace(document, goals=tuple(goals))


def pages_of(document: PlanDocument, renderer: WeasyPrintRenderer) -> list[str]:
    reader = PdfReader(io.BytesIO(render_plan_pdf(document, renderer)))
    return [re.sub(r"\s+", " ", page.extract_text()) for page in reader.pages]


@pytest.mark.parametrize(("actions", "most"), [(9, 6), (12, 6), (15, 6), (20, 7)])
def test_a_plan_takes_few_pages(worst, renderer, actions, most):
    pages = pages_of(with_actions(worst, actions), renderer)
    assert 4 <= len(pages) <= most
    # The summary is one page, and no page holds a few left-over lines only.
    assert "Summary" in pages[1]
    assert "Does it pay?" in pages[1]
    assert "Scores" in pages[2]
    assert min(map(len, pages[1:])) > 500


def test_a_question_is_not_given_a_full_stop(worst, renderer):
    assert "?." not in " ".join(pages_of(with_actions(worst, 9), renderer))


def test_figures_nobody_has_checked_are_marked(worst, renderer):
    said = " ".join(pages_of(with_actions(worst, 9), renderer))
    assert said.count("check them before you rely on it") == 2
    assert "Our examples: change them, as at 22 November 2026" in said


def test_what_changed_is_drawn_and_said(renderer):
    change = Change(
        "On the 28 questions that can be compared, the overall score went from 31 to 43.",
        date(2026, 3, 2),
        (Movement("Leadership", 31, 50), Movement("Training", 25, 25)),
    )
    pages = pages_of(replace(example_document(), change=change), renderer)
    assert "What has changed since 2 March 2026" in pages[2]
    assert "went from 31 to 43" in pages[2]
    assert "+19" in pages[2]


def test_too_few_similar_employers_are_said_not_drawn(renderer):
    withheld = replace(example_document(), comparison=Comparison("Shown from 10 others on."))
    pages = pages_of(withheld, renderer)
    assert "Shown from 10 others on." in pages[1]
    assert "Others" not in pages[2]
