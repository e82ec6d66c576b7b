"""What research puts on the pages of other features, and on an employer's download."""

from __future__ import annotations

from functools import partial
from typing import Final

from flask import Flask, url_for

from portal.caseload.merging import MergePolicy, register_merge_policy
from portal.caseload.panels import register_case_panel
from portal.caseload.queries import CaseFacts
from portal.employers.panels import (
    HeldRecords,
    Panel,
    register_held_records,
    register_timeline_link,
)
from portal.employers.queries.held import read_table
from portal.toolkit.access import editors, insight_organisations, may_work_with
from portal.toolkit.queries import insights as queries
from portal.web.access import Actor

_HELD: Final = HeldRecords(
    "Discussions with you",
    "discussions",
    "What you told us about your practice, and what would help",
    "The provider that you told, and the LEP",
    (queries.HELD.table.name, "insight_theme_links"),
    partial(read_table, queries.HELD),
    order=63,
)


def wire_research(app: Flask) -> None:
    """Put it there."""
    register_case_panel(app, case_panel, order=70)
    register_timeline_link(app, "insight", _address)
    register_held_records(app, _HELD)
    register_merge_policy(
        app,
        MergePolicy(
            "insights.employer_id",
            "Discussions about their practice",
            lambda row: f"{row['reference']}: discussion on {row['held_on']}",
            ("reference", "held_on"),
        ),
    )


def case_panel(case: CaseFacts, actor: Actor) -> Panel | None:
    """The card on a case's page: what they told us, and the way to log more."""
    if not editors(actor, {}) or not may_work_with(actor, case.employer_reference):
        return None
    count = queries.count_of_employer(case.employer_id, insight_organisations(actor))
    said = f"{count} logged" if count else "What they do, what is hard, what would help"
    return Panel("Insights", said, url_for("toolkit.insight_new", employer=case.employer_reference))


def _address(subject: str, actor: Actor) -> str | None:
    if not editors(actor, {}):
        return None
    return url_for("toolkit.insight", reference=subject)
