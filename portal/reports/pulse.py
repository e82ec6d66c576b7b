"""What surveys of workers put on worker, merging, downloads and an employer's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from flask import Flask, url_for

from portal.caseload.merging import Effect, MergePolicy, register_merge_policy
from portal.db import unit_of_work
from portal.employers.panels import (
    HeldRecords,
    Panel,
    register_employer_panel,
    register_held_records,
)
from portal.employers.queries import EmployerProfile
from portal.employers.queries.held import read_table
from portal.integrations.jobs import register_daily, register_handler
from portal.kernel.result import Problem
from portal.reports.queries import pulse as found
from portal.reports.rules.written import written
from portal.reports.service import pulse as service
from portal.reports.service import pulse_posters as posters
from portal.reports.service.building import register_report
from portal.reports.service.pulse_reports import WORKERS, results_of
from portal.web.access import Actor

_YOU: Final = "The people of your business with an account here; nobody else"


def wire_pulse(app: Flask) -> None:
    """Install what goes with the pages."""
    register_report(WORKERS)
    register_handler(app, service.POSTER_KIND, posters.draw)
    register_daily(app, "reports.pulse", _daily)
    register_employer_panel(app, panel, order=45)
    register_merge_policy(app, WAVES)
    register_held_records(app, *HELD)


def _daily() -> None:
    """Surveys whose last day is over are closed first: they may complete a block."""
    service.close_due()
    with unit_of_work():
        service.make_blocks()


def panel(profile: EmployerProfile, actor: Actor) -> Panel | None:
    """The card on an employer's page, for its own people only."""
    if profile.reference not in actor.employers:
        return None
    waves = url_for("reports.pulse_waves", employer=profile.reference)
    latest = found.latest_of(profile.reference)
    if latest is None:
        text = "Ask your staff how their pay, hours and prospects are: 3 minutes, without names."
        return Panel("What your staff say", text, waves)
    href = url_for("reports.pulse_wave", employer=profile.reference, wave=latest.reference)
    if latest.is_open:
        last = f"{latest.closes_on.day} {latest.closes_on:%B}"
        return Panel("What your staff say", f"A survey is open until {last}.", href)
    if latest.released:
        text = f"{latest.answers} people answered: see what they say."
        return Panel("What your staff say", text, href)
    return Panel("What your staff say", "Too few people answered the last survey.", waves)


# Two records of one employer --------------------------------------------------------------------


def both_open(kept_id: int, merged_id: int) -> Effect:
    """An employer has one survey open at a time."""
    if len(found.open_wave_ids([kept_id, merged_id])) > 1:
        words = "Both have a survey of staff open. Wait until one of them has closed"
        return Effect(problems=(Problem("open_surveys", words),))
    return Effect()


def _words(row: Mapping[str, Any]) -> str:
    return f"{row['reference']}: opened {row['opened_on']}, {row['state']}"


WAVES: Final = MergePolicy(
    "pulse_waves.employer_id",
    "Surveys of staff",
    _words,
    ("reference", "opened_on", "state"),
    rule=both_open,
)


# What is held -----------------------------------------------------------------------------------


def _results(employer_id: int) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
    """What the pages of results show, and no total beneath it."""
    rows: list[Sequence[object]] = []
    for wave in found.waves_of(employer_id):
        report = results_of(wave)
        for section in report.sections if report else ():
            for table in section.tables if section.key != "named" else ():
                for row in table.rows:
                    rows += [
                        (wave.reference, row[0], column.label, written(value, column.unit))
                        for column, value in zip(table.columns[1:], row[1:], strict=True)
                    ]
    return ("Survey", "Of", "What", "Value"), rows


HELD: Final = (
    HeldRecords(
        "Surveys of staff",
        "staff-surveys",
        "The surveys that you opened. Nobody's answers are kept, only their totals",
        _YOU,
        ("pulse_waves",),
        partial(read_table, found.WAVES),
        order=80,
        own_only=True,
    ),
    HeldRecords(
        "What staff said",
        "staff-survey-results",
        "Results of surveys that closed with enough answers, rounded and blurred",
        f"{_YOU}; the LEP reads totals of several employers together",
        ("pulse_tallies",),
        _results,
        order=81,
        own_only=True,
    ),
    HeldRecords(
        "Views of owners and managers",
        "staff-survey-views",
        "How owners and managers saw the practice, under their names",
        _YOU,
        ("pulse_views",),
        partial(read_table, found.VIEWS),
        order=82,
        own_only=True,
    ),
)
