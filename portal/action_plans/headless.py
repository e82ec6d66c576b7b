"""A plan's PDF straight from a file of answers: no database, no request, no worker."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from portal.action_plans.build_document import (
    GoalPart,
    Heading,
    SuggestedAction,
    build_document,
)
from portal.action_plans.document import PlanDocument, case_summary
from portal.action_plans.pdf_view import render_plan_pdf
from portal.action_plans.rules.business_case import work_out
from portal.action_plans.rules.plan import grouped, suggested_due
from portal.action_plans.rules.prefilled import prefilled
from portal.diagnostics.rules.answers import Answers
from portal.diagnostics.rules.result import freeze
from portal.diagnostics.rules.schema import Profile, Questionnaire
from portal.integrations.pdf import PdfRenderer, WeasyPrintRenderer
from portal.kernel.clock import today

NAMELESS = "An employer (scored from a file)"


def write_pdf(
    *,
    questionnaire: Questionnaire,
    profile: Profile,
    answers: Answers,
    out: Path,
    renderer: PdfRenderer | None = None,
) -> None:
    """Score a set of checked answers and write a draft plan of all its recommendations.

    Raises:
        OSError: when the file cannot be written.
        PdfError: when the plan is too large to print.
    """
    document = draft_document(questionnaire, profile, answers, day=today())
    out.write_bytes(render_plan_pdf(document, renderer or WeasyPrintRenderer()))


def draft_document(
    questionnaire: Questionnaire, profile: Profile, answers: Answers, *, day: date
) -> PlanDocument:
    """The document of a draft that holds every recommendation, due from `day` on."""
    result = freeze(questionnaire, profile, answers, completed_on=day)
    goals = [
        GoalPart(
            group.title,
            group.benefit,
            tuple(
                SuggestedAction(item, suggested_due(day, int(item["days"])))
                for item in group.recommendations
            ),
        )
        for group in grouped(result)
    ]
    return build_document(
        heading=Heading(
            employer_name=NAMELESS,
            reference="DRAFT",
            version=1,
            prepared_on=day,
            prepared_by="the Part-Time Talent Portal, from a file of answers",
        ),
        result=result,
        goals=goals,
        maturity_meaning=maturity_meaning(questionnaire, result.get("overall")),
        business_case=case_summary(work_out(prefilled(result)), checked=False),
    )


def maturity_meaning(questionnaire: Questionnaire, overall: object) -> str:
    """What the overall level means, in the words of the version that was answered."""
    name = overall.get("maturity") if isinstance(overall, dict) else None
    return next((level.meaning for level in questionnaire.maturity if level.name == name), "")
