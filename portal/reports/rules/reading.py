"""What a page or a file says about a report: how current it is, for whom, how to handle it."""

from __future__ import annotations

from datetime import date
from typing import Final

from portal.reports.rules.document import Report
from portal.reports.rules.scope import View

VIEW_WORDS: Final = {
    View.FULL: "Every number, for LEP staff",
    View.PROVIDER: "The work of one provider",
    View.STATISTICS: "Statistics: small numbers are not shown",
}
HANDLING: Final = {
    View.FULL: "It holds small numbers: do not publish it or pass it on.",
    View.PROVIDER: "For the provider and the LEP. It holds small numbers: do not publish it.",
    View.STATISTICS: "Small numbers are protected. Quote it with its period and its date.",
}


def day_words(day: date) -> str:
    """A day as a reader writes it: "22 November 2026"."""
    return f"{day.day} {day:%B %Y}"


def period_words(first: date, last: date) -> str:
    """A period in words: whole months without their days, otherwise up to the last day."""
    whole = first.day == 1 and (last.toordinal() + 1 == _next_month(last).toordinal())
    if not whole:
        return f"{day_words(first)} to {day_words(last)}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%B %Y}"
    opening = f"{first:%B}" if first.year == last.year else f"{first:%B %Y}"
    return f"{opening} to {last:%B %Y}"


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def state_words(report: Report) -> str:
    """Whether it is live or frozen, in a sentence."""
    if report.frozen_on is not None:
        return f"Frozen on {day_words(report.frozen_on)}: it stays as it was then."
    return "Live: it changes with every record."


def is_empty(report: Report) -> bool:
    """Whether the report has nothing to show but words."""
    return not report.figures and not any(table.rows for table in report.tables)
