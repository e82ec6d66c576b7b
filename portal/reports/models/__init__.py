"""Tables of the reports."""

from portal.reports.models.access import MonthlyReport, ReportSubscription, ReportToken
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
from portal.reports.models.pulse import PulseBlock, PulseSum, PulseTally, PulseView, PulseWave
from portal.reports.models.statistics import EvaluationPack, StatisticsRelease

__all__ = [
    "EvaluationPack",
    "MonthlyReport",
    "PulseBlock",
    "PulseSum",
    "PulseTally",
    "PulseView",
    "PulseWave",
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
    "ReportSubscription",
    "ReportToken",
    "StatisticsRelease",
]
