"""Tables of the reports."""

from portal.reports.models.cells import (
    ReportActivity,
    ReportCell,
    ReportDefinitions,
    ReportDelta,
    ReportEmployer,
    ReportJourney,
)

__all__ = [
    "ReportActivity",
    "ReportCell",
    "ReportDefinitions",
    "ReportDelta",
    "ReportEmployer",
    "ReportJourney",
]
