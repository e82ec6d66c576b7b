"""The page of a report that is printed: the report's own words and tables, and no address."""

from __future__ import annotations

from typing import Final

from flask import current_app

from portal.reports.rules.document import Report
from portal.reports.rules.reading import HANDLING, VIEW_WORDS, is_empty, period_words, state_words
from portal.reports.rules.scope import View
from portal.reports.rules.shown import meanings, shown

TEMPLATE: Final = "reports/pdf/report.html"


def html_of(report: Report, *, view: View, fingerprint: str) -> str:
    """The page; equal reports give equal HTML. ``fingerprint`` is that of the report's text."""
    page = current_app.jinja_env.get_template(TEMPLATE)
    return page.render(
        report=report,
        sections=shown(report),
        meanings=meanings(report, once=True),
        period=period_words(report.first, report.last),
        state=state_words(report),
        for_whom=VIEW_WORDS[view],
        handling=HANDLING[view],
        fingerprint=fingerprint,
        empty=is_empty(report),
    )
