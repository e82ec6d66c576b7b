"""Releasing the statistics of a quarter: counted, protected, proven, frozen, once and for ever."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from random import Random
from secrets import SystemRandom
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.caseload.rules.words import SOURCE_KINDS, SUPPORT_KINDS
from portal.db import audit, current_session, unit_of_work
from portal.db.session import steady_reading
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import PORTAL
from portal.network.rules.words import EVENT_MODES
from portal.programme import queries as programme
from portal.programme.rules import ProgrammeSettings
from portal.reports.models import ReportCopy, StatisticsRelease
from portal.reports.queries import statistics as found
from portal.reports.rules.disclosure.attack import propagated
from portal.reports.rules.disclosure.audit import faults
from portal.reports.rules.disclosure.protect import Protected, Rule, protect
from portal.reports.rules.disclosure.shape import Record, Shape
from portal.reports.rules.document import Report
from portal.reports.rules.scope import View
from portal.reports.rules.statistics.counts import (
    ACTION,
    AFTER,
    COUNTS,
    DISTRICT,
    HARD,
    LASTING,
    MONTH,
    SECTOR,
    SEVERAL,
    SIZE,
    SOURCE,
    STATUS,
    SUPPORT,
    UNKNOWN,
    Quarter,
    due,
)
from portal.reports.rules.statistics.report import Released, Words, document
from portal.reports.rules.statistics.scores import means
from portal.reports.service import copies

_log = logging.getLogger(__name__)
_NOT_KNOWN: Final = "Not known"
_STATUSES: Final = {
    "accepted": "Accepted",
    "declined": "Declined",
    "expired": "Expired",
    "waiting": "Still waiting",
}
_NOTE: Final = "Released statistics of the quarter"


class UnprovenError(RuntimeError):
    """A release whose protection cannot be proven. It is not released."""


def release_due() -> list[str]:
    """Release every quarter that is due; their references. Safe to run again, or twice at once."""
    with steady_reading():
        quarters = due(found.begun_on(), found.released_quarters(), today())
    return [reference for quarter in quarters if (reference := _release(quarter)) is not None]


def _release(quarter: Quarter) -> str | None:
    """Release a quarter; nothing when somebody else has just done so."""
    settings = programme.settings()
    rule = Rule(settings.statistics_threshold, settings.statistics_rounding)
    with steady_reading():
        report, counts = protected_report(quarter, settings, rule, SystemRandom())
    try:
        with unit_of_work():
            return _kept(quarter, rule, report, counts)
    except IntegrityError:
        # Another worker was first. What it released stays; this one was never shown to anybody.
        _log.info("The statistics of %s were released meanwhile", quarter.title)
        return None


def _kept(quarter: Quarter, rule: Rule, report: Report, counts: Mapping[str, Protected]) -> str:
    session = current_session()
    copy = copies.freeze(report, view=View.STATISTICS, organisation_id=None, note=_NOTE, by=PORTAL)
    row = StatisticsRelease(
        reference=new_reference(),
        first_on=quarter.first,
        last_on=quarter.last,
        threshold=rule.threshold,
        rounding=rule.rounding,
        copy_id=session.scalars(select(ReportCopy.id).where(ReportCopy.reference == copy)).one(),
        proof=summary(counts),
        released_at=utc_now(),
    )
    session.add(row)
    session.flush()
    audit.record(
        action="statistics.released",
        subject=f"statistics:{row.reference}",
        detail={"first": quarter.first.isoformat(), "copy": copy, **row.proof},
    )
    return row.reference


def protected_report(
    quarter: Quarter, settings: ProgrammeSettings, rule: Rule, chance: Random
) -> tuple[Report, Mapping[str, Protected]]:
    """The statistics of a quarter with small numbers protected, and the proof.

    Raises:
        UnprovenError: when the audit, or an attack on the result, finds anything.
    """
    records, actions = found.records(quarter), found.actions(quarter)
    newest = load_catalogue().latest()
    dimensions = {} if newest is None else {one.key: one.title for one in newest.dimensions}
    words = _words(quarter, settings, records)
    counts = {
        one.key: protect(
            Shape(
                one.key,
                {name: tuple(words[name]) for name in one.dimensions},
                one.centre,
                one.crossed,
                one.plain,
            ),
            records[one.key],
            rule,
            chance,
        )
        for one in COUNTS
    }
    counts |= {
        f"{ACTION}{key}": protect(Shape(f"{ACTION}{key}", {}), actions.get(key, ()), rule, chance)
        for key in dimensions
    }
    _prove(counts)
    scores = means(
        counts["diagnosed"],
        found.first_scores(quarter),
        least=max(rule.threshold, settings.minimum_comparison_group),
    )
    released = Released(quarter, counts, words, dimensions, scores, found.activities(quarter))
    return document(released, as_at=utc_now()), counts


def _prove(counts: Mapping[str, Protected]) -> None:
    for key, count in counts.items():
        wrong = faults(count)
        if not wrong and not count.nothing:
            bounds = propagated(count.shape, count.numbers, count.rule.rounding)
            wrong = [
                f"{cell} is found to be {bounds[cell]}"
                for cell in count.withheld
                if bounds[cell][1] - bounds[cell][0] < count.rule.values - 1
            ]
        if wrong:
            _log.error("The statistics of %s are not proven: %s", key, "; ".join(wrong))
            raise UnprovenError(f"The protection of {key} is not proven; nothing was released")


def summary(counts: Mapping[str, Protected]) -> dict[str, Any]:
    """What the audit of a release comes to, without a number of the release."""
    return {
        "counts": len(counts),
        "numbers": sum(len(one.shape.cells()) for one in counts.values()),
        "withheld": sum(len(one.withheld) for one in counts.values()),
        "worlds": sum(
            len({id(world) for worlds in one.proof.values() for world in worlds})
            for one in counts.values()
        ),
        "left_out": sorted(
            f"{key}: {name}" for key, one in counts.items() for name in one.left_out
        ),
    }


def _words(
    quarter: Quarter, settings: ProgrammeSettings, records: Mapping[str, list[Record]]
) -> Words:
    """Every group of every dimension in words; groups that only records have come last."""
    months = sorted(
        {record.groups[AFTER] for record in records["followed"]}
        | {f"{month:02d}" for month in settings.follow_up_months}
    )
    known: dict[str, dict[str, str]] = {
        SECTOR: dict(settings.sector_choices),
        SIZE: dict(settings.tier_choices),
        DISTRICT: dict(settings.district_choices),
        MONTH: {f"{month:%Y-%m}": f"{month:%B %Y}" for month in quarter.months},
        HARD: {"yes": "Hard to reach", "no": "Others"},
        SOURCE: dict(SOURCE_KINDS),
        SUPPORT: {**SUPPORT_KINDS, SEVERAL: "More than one kind"},
        STATUS: _STATUSES,
        AFTER: {key: f"{int(key)} months" for key in months},
        LASTING: {"yes": "Something is usual practice", "no": "Nothing is yet"},
    }
    for rows in records.values():
        for record in rows:
            for name, value in record.groups.items():
                if value not in known[name]:
                    known[name] |= {value: _NOT_KNOWN if value == UNKNOWN else value}
    return {**known, "mode": dict(EVENT_MODES)}
