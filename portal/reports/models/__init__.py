"""Tables of the reports."""

from portal.reports.models.cells import (
    ReportActivity,
    ReportCell,
    ReportDefinitions,
    ReportDelta,
    ReportEmployer,
    ReportJourney,
)
from portal.reports.models.copies import ReportCopy, ReportCopyFile
from portal.reports.models.movement import ReportMovement
from portal.reports.models.outcomes import ReportOutcome

__all__ = [
    "ReportActivity",
    "ReportCell",
    "ReportCopy",
    "ReportCopyFile",
    "ReportDefinitions",
    "ReportDelta",
    "ReportEmployer",
    "ReportJourney",
    "ReportMovement",
    "ReportOutcome",
]
