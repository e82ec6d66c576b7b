"""One line of a claim, and all of them to take away."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from flask import Response, abort, render_template, request

from portal.payments.access import lep_finance, may_see_proof
from portal.payments.forms.claims import AnswerForm, PressForm, RemoveForm
from portal.payments.queries import claims_findings as found
from portal.payments.queries import claims_pages as pages
from portal.payments.queries.claims_pages import ClaimPage
from portal.payments.rules.checks import KINDS
from portal.payments.rules.claims import (
    CHECK_FILTERS,
    LINE_COLOURS,
    WHAT_TO_DO,
    LineFilter,
    late_words,
    read_line_filter,
)
from portal.payments.rules.states import LINE_LABELS, LineState
from portal.payments.rules.words import OUTPUT_TYPES
from portal.payments.views import blueprint
from portal.payments.views.claims import load_claim, may_change, shown
from portal.web.access import current_actor
from portal.web.downloads import csv_response
from portal.web.forms import Form

_EXPORT_HEADER: Final = (
    *("Output", "Kind", "Employer", "Date of the work", "Adviser", "Case", "Amount in pounds"),
    *("Why this amount", "State", "Reason", "Decided by", "Decided on", "Checks", "Late"),
)
_RANKS: Final = {rank: words for words, rank in CHECK_FILTERS.values()}


@blueprint.get("/claims/<claim>/lines/<int:line>")
def claim_line(claim: str, line: int) -> str:
    """One line: what it is worth and why, every check, and what was asked and answered."""
    return line_page(load_claim(claim), line)


def line_page(
    facts: ClaimPage,
    line: int,
    *,
    answer: Form | None = None,
    remove: Form | None = None,
) -> str:
    """The page of a line, with forms as they were filled in."""
    row = pages.one_line(facts, line)
    if row is None:
        abort(404)
    findings = found.findings(facts, [line], passes=True).get(line, [])
    passed = [kind for one in findings for kind in one.detail.get("kinds", ()) if kind in KINDS]
    return render_template(
        "payments/claims/line.html",
        claim=facts,
        row=shown(facts, row, [one for one in findings if one.result != "pass"], None),
        passed=[KINDS[kind] for kind in passed],
        said=found.said([line]).get(line, []),
        may_change=may_change(facts),
        sees_work=may_see_proof(current_actor(), row.organisation_id),
        may_ask=facts.is_open and (may_change(facts) or lep_finance(current_actor(), {})),
        answer=answer or AnswerForm(formdata=None),
        remove=remove or RemoveForm(formdata=None),
        press=PressForm(formdata=None),
        form=answer or remove or PressForm(formdata=None),
        kinds=KINDS,
        what_to_do=WHAT_TO_DO,
        line_colours=LINE_COLOURS,
    )


@blueprint.get("/claims/<claim>/lines.csv")
def claim_export(claim: str) -> Response:
    """The lines that the address asks for, as CSV."""
    facts = load_claim(claim)
    name = f"claim-{facts.period:%Y-%m}-{facts.reference}"
    return csv_response(name, _EXPORT_HEADER, _export(facts, read_line_filter(request.args)))


def _export(facts: ClaimPage, wanted: LineFilter) -> Iterator[tuple[Any, ...]]:
    for row in pages.every_line(facts, wanted):
        yield (
            row.output_reference,
            OUTPUT_TYPES[row.output_type],
            row.employer_name,
            row.occurred_on,
            row.adviser,
            row.case_reference,
            Decimal(row.pence).scaleb(-2),
            row.explanation,
            LINE_LABELS[LineState(row.state)],
            row.reason,
            row.decided_name,
            row.decided_at,
            _RANKS.get(row.rank, "Not checked"),
            late_words(row.occurred_on, facts.period),
        )
