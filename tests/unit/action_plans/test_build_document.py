"""A result and chosen actions as a document, and a plan made headless."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from portal.action_plans.document import PlanDocument
from portal.action_plans.headless import draft_document, write_pdf
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.path import next_unanswered
from portal.diagnostics.rules.schema import Profile, Questionnaire
from portal.diagnostics.rules.values import parse_value
from portal.integrations.pdf import page_count
from portal.kernel.result import Problem
from tests.factories.diagnostics import candidates

DAY = date(2026, 11, 22)
PROFILE = Profile("retail", "small")


def first_answers(questionnaire: Questionnaire) -> dict:
    """An answer to every question on the path: the first one that the question takes."""
    taken: dict = {}
    while (question := next_unanswered(questionnaire, PROFILE, taken)) is not None:
        for raw in candidates(question):
            value = parse_value(question, raw)
            if not isinstance(value, Problem) and value is not None:
                taken[question.key] = value
                break
        else:
            pytest.fail(f"No answer for {question.key}")
    return taken


@pytest.fixture(scope="module")
def questionnaire() -> Questionnaire:
    found = load_catalogue().latest()
    assert found is not None
    return found


def test_a_draft_holds_every_recommendation(questionnaire: Questionnaire) -> None:
    document = draft_document(questionnaire, PROFILE, first_answers(questionnaire), day=DAY)
    assert len(document.dimensions) == 10
    assert document.maturity
    assert document.maturity_meaning
    assert document.actions
    assert all(
        action.due and action.due > DAY and action.due.weekday() < 5 for action in document.actions
    )
    assert document.business_case is not None
    assert not document.business_case.checked
    assert {each.as_at for each in document.business_case.assumptions} == {DAY}
    assert not document.signed_off
    assert PlanDocument.from_json(document.to_json()) == document


def test_no_answers_make_a_document_without_a_score(questionnaire: Questionnaire) -> None:
    document = draft_document(questionnaire, PROFILE, {}, day=DAY)
    assert document.overall is None
    assert document.actions == ()
    assert any("No overall score" in line for line in document.small_print)


def test_the_headless_pdf_is_written(questionnaire: Questionnaire, tmp_path: Path) -> None:
    out = tmp_path / "plan.pdf"
    write_pdf(
        questionnaire=questionnaire,
        profile=PROFILE,
        answers=first_answers(questionnaire),
        out=out,
    )
    assert page_count(out.read_bytes()) >= 3


def test_what_is_no_whole_pdf_has_no_pages() -> None:
    assert page_count(b"") == 0
    assert page_count(b"%PDF-1.7\n half of a file") == 0
