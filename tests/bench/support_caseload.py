"""A provider at work, in bulk: advisers with 200 open cases each, and one long timeline."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import insert

from portal.caseload.models import Case, NextAction, ReferralSource
from portal.db import unit_of_work
from portal.employers.models import TimelineEntry
from portal.kernel.clock import today
from portal.programme.models import Organisation, StaffPost
from tests.bench.support import database_of, person_with_cookie

ADVISERS = 20
CASES_EACH = 200
LINES = 2_000
_STAGES = ("referral", "consultation", "diagnostic", "plan", "support", "follow_up")
_KINDS = ("contact", "case", "support", "record", "plan", "evidence")
_NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


def seed_caseload(app: Flask, *, employers: int) -> tuple[str, str]:
    """Cases for the first employers; gives one adviser's cookie and the busiest employer.

    Every adviser but one holds open cases in the same provider, so that a list has others' cases
    to leave out. The employer with the long timeline is the first adviser's first case.
    """
    people = [
        person_with_cookie(app, roles=["adviser"], name=f"Example Adviser {number:02d}")
        for number in range(ADVISERS)
    ]
    with app.app_context(), unit_of_work() as session:
        provider = Organisation(kind="provider", name="Example Provider for benchmarks")
        source = ReferralSource(kind="chamber", name="Example Chamber for benchmarks")
        session.add_all([provider, source])
        session.flush()
        session.execute(
            insert(StaffPost),
            [{"user_id": person, "organisation_id": provider.id} for person, _ in people],
        )
        numbers = range(min(ADVISERS * CASES_EACH, employers))
        session.execute(
            insert(Case),
            [_case(n, people[n % ADVISERS][0], provider.id, source.id) for n in numbers],
        )
        session.execute(
            insert(NextAction), [_action(n) for n in numbers if n // ADVISERS % 10 != 9]
        )
        session.execute(insert(TimelineEntry), [_line(n, 1) for n in range(LINES)])
        session.execute(
            insert(TimelineEntry), [_line(n, employer + 1) for employer in numbers for n in (1, 2)]
        )
    with database_of(app).engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    return people[0][1], "B000000000"


def _case(number: int, adviser: int, provider: int, source: int) -> dict[str, Any]:
    # An adviser's cases are every ADVISERS-th: the place among them decides how each stands.
    place = number // ADVISERS
    return {
        "id": number + 1,
        "reference": f"C{number:09d}",
        "employer_id": number + 1,
        "organisation_id": provider,
        "programme": "pilot",
        "adviser_id": adviser,
        "source_id": source,
        "stage": _STAGES[place % 6],
        "stage_since": _NOW,
        "opened_at": _NOW - timedelta(days=place),
        "last_contact_at": None if place % 7 == 0 else _NOW - timedelta(days=place % 60),
        "contact_count": place % 7,
        "waiting_since": _NOW if place % 11 == 0 else None,
        "waiting_for": "staff numbers" if place % 11 == 0 else "",
        "session_state": ("none", "held", "asked", "confirmed")[place % 4],
        "contact_name": f"Contact & Person {number}",
        "contact_email": f"contact{number}@example.org",
        "contact_phone": "0113 496 0000",
    }


def _action(number: int) -> dict[str, Any]:
    due: date = today() + timedelta(days=number // ADVISERS % 30 - 8)
    return {
        "case_id": number + 1,
        "kind": ("call", "visit", "email")[number % 3],
        "what": f"Ask about staff numbers & rota {number}",
        "due_on": due,
        "created_by": None,
    }


def _line(number: int, employer_id: int) -> dict[str, Any]:
    return {
        "employer_id": employer_id,
        "at": _NOW - timedelta(hours=number * 5),
        "recorded_at": _NOW,
        "kind": _KINDS[number % 6],
        "title": f"Call with Contact & Person {number}",
        "text": "Spoke about supervisors' hours and what the rota allows. " * 3,
        "by_name": f"Example Adviser {number % 3}",
        "subject": f"interaction:{number:010d}",
    }
