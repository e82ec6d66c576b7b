"""Outcomes before and after, held against a plain reading of the records."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import select

from portal.caseload.models import Case, Consultation, OutcomeRecord
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.reports.rules.document import Section, Withheld
from portal.reports.rules.scope import Scope
from portal.reports.service.outcomes import section
from tests.support.random_records import RandomRecords

EVER = (date(2000, 1, 1), date(2099, 12, 31))
COUNTS = {
    "posts": ["higher_posts_open"],
    "pathways": ["pathways_mapped"],
    "support": ["reviews", "coaching", "mentoring"],
    "training": ["training_people"],
}
LABELS = {
    "posts": "Posts above entry level open part-time or flexibly",
    "quality": "Quality part-time roles advertised in 12 months",
    "policies": "Policies in place, of two asked about",
    "pathways": "Entry-level roles with the next step written down",
    "support": "Reviews, coaching and mentoring of part-time staff",
    "training": "Part-time staff who had extra training",
}


def measure(record: OutcomeRecord, key: str) -> int | None:
    answers = record.answers
    if key == "quality":
        return record.quality_roles if "advertised" in answers else None
    if key == "policies":
        if "policy_written" not in answers and "policy_posts" not in answers:
            return None
        return (answers.get("policy_written") == "written") + (
            answers.get("policy_posts") == "reviewed"
        )
    known = [answers[name] for name in COUNTS[key] if name in answers]
    return sum(known) if known else None


def reference(sector: str = "", provider: int | None = None) -> dict[str, list[tuple[int, ...]]]:
    """For each measure (start, None or after) of each case, by loops over every record."""
    session = current_session()
    found: dict[str, list[Any]] = {key: [] for key in LABELS}
    for case in session.scalars(select(Case)):
        employer = session.get_one(Employer, case.employer_id)
        if (sector and employer.sector != sector) or (
            provider is not None and case.organisation_id != provider
        ):
            continue
        said = [
            talk
            for talk in session.scalars(select(Consultation))
            if talk.case_id == case.id and talk.shares_outcomes is not None
        ]
        if not said or not max(said, key=lambda talk: (talk.held_at, talk.id)).shares_outcomes:
            continue
        records = [
            row
            for row in session.scalars(select(OutcomeRecord))
            if row.case_id == case.id and row.replaced_at is None
        ]
        latest = {
            phase: max(
                (row for row in records if row.phase == phase),
                key=lambda row: (row.true_on, row.id),
                default=None,
            )
            for phase in ("baseline", "follow_up")
        }
        start, after = latest["baseline"], latest["follow_up"]
        for key in LABELS:
            before = measure(start, key) if start else None
            if before is not None:
                found[key].append((before, measure(after, key) if after else None))
    return found


def rows_of(shown: Section) -> dict[str, tuple[Any, ...]]:
    return {str(row[0]): row for row in shown.tables[0].rows}


def test_every_number_is_what_the_records_say(app: Flask) -> None:
    records = RandomRecords(seed=5, employers=20)
    with unit_of_work():
        for _ in range(260):
            records.outcome()
            records.consultation()
        for _ in range(40):
            records.write()
    met = 0
    for sector, provider in (("", None), ("retail", None), ("", records.organisations[1])):
        shown = rows_of(section(Scope(*EVER, sector=sector, provider=provider)))
        for key, pairs in reference(sector, provider).items():
            both = [pair for pair in pairs if pair[1] is not None]
            if not pairs:
                assert LABELS[key] not in shown
                continue
            met += len(both)
            row = shown[LABELS[key]]
            assert row[1:3] == (len(pairs), len(both))
            for place, side in ((4, 0), (5, 1)):
                total = sum(pair[side] for pair in both)
                assert row[place] == (int(10 * total / len(both) + 0.5) if both else None)
            if provider is None:
                assert row[6:] == (
                    sum(after > before for before, after in both),
                    sum(after == before for before, after in both),
                    sum(after < before for before, after in both),
                )
            elif both:
                assert row[6:] == (Withheld.NOT_KNOWN,) * 3
    assert met > 40


def test_nothing_yet_reads_well(app: Flask) -> None:
    shown = section(Scope(*EVER))
    assert shown.tables[0].rows == ()
    assert shown.pictures == ()
    assert shown.notes[0].startswith("Nothing yet")
    assert shown.figures[0].value == 0
