"""The PDF of a report. Only a worker draws it: it takes seconds that nobody waits for in a page."""

from __future__ import annotations

from typing import Final, cast

from flask import current_app

from portal.integrations.pdf import ROOT, PdfRenderer, WeasyPrintRenderer
from portal.reports.files.page import html_of
from portal.reports.rules.document import Report, fingerprint
from portal.reports.rules.scope import View

RENDERER_EXTENSION: Final = "portal_report_renderer"
STYLESHEET: Final = ROOT / "static" / "src" / "print" / "report.css"
# The longest report of a large programme has some 40 pages.
MOST_PAGES: Final = 200


def pdf_of(report: Report, *, view: View) -> bytes:
    """The report as a tagged PDF; equal reports of a view give equal bytes.

    Raises:
        PdfError: when it is too large to print.
    """
    return renderer().render(html_of(report, view=view, fingerprint=fingerprint(report)))


def renderer() -> PdfRenderer:
    """This process's renderer: one, since its fonts and style sheet are parsed once."""
    kept = current_app.extensions.setdefault(
        RENDERER_EXTENSION, WeasyPrintRenderer(STYLESHEET, max_pages=MOST_PAGES)
    )
    return cast("PdfRenderer", kept)
