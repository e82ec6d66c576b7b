"""Example employers that take the diagnostic again, so that movement can be looked at."""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import timedelta
from typing import Final

import click
from sqlalchemy import select

from portal.caseload.models import Attendance
from portal.cli.demo_answers import demonstration_answers
from portal.cli.demo_tools import taken
from portal.db import current_session, unit_of_work
from portal.diagnostics import queries, service
from portal.diagnostics.models import Response
from portal.employers.models import Employer
from portal.employers.queries import employer_profile
from portal.kernel import clock
from portal.kernel.people import PORTAL

_SOONEST: Final = 80
_LATEST_BEFORE: Final = 2
_COME_BACK: Final = 0.6


def seed_movement(*, but: Collection[str]) -> int:
    """Some employers come back, most of them a little better; how many. None of those in ``but``.

    Those that people sign in for (references) stay as their stories tell them.
    """
    rng = random.Random(28)  # noqa: S311 - a repeatable example, not secret
    count = 0
    for response_id, reference, helped in _candidates(but):
        if helped or rng.random() < _COME_BACK:
            count += _again(response_id, reference, helped=helped, rng=rng)
    return count


def _candidates(but: Collection[str]) -> list[tuple[int, str, bool]]:
    """Diagnostics that stand for such employers, old enough, and whether they had support."""
    helped = select(Attendance.id).where(Attendance.employer_id == Employer.id).exists()
    rows = current_session().execute(
        select(Response.id, Employer.reference, helped)
        .join(Employer, Employer.id == Response.employer_id)
        .where(
            Response.is_current,
            Employer.reference.not_in(but),
            Response.completed_at < clock.utc_now() - timedelta(days=_SOONEST),
        )
        .order_by(Response.id)
    )
    return [(response_id, reference, bool(has)) for response_id, reference, has in rows]


def _again(response_id: int, employer: str, *, helped: bool, rng: random.Random) -> int:
    facts, profile = queries.response_by_id(response_id), employer_profile(employer)
    if facts is None or facts.completed_at is None or profile is None:
        raise click.ClickException("The demonstration diagnostic is missing")
    quality = (facts.overall_score or 0) / 100 + rng.gauss(0.07, 0.1)
    oldest = (clock.utc_now() - facts.completed_at).days
    # Whoever had support comes back after it.
    ago = rng.randrange(_LATEST_BEFORE, 20 if helped else oldest - _SOONEST + 20)
    with clock.freeze(clock.utc_now() - timedelta(days=ago)):
        with unit_of_work():
            reference = taken(
                service.retake(response_id=facts.id, sector=facts.sector, size_tier=facts.size_tier)
            )
        later = queries.response_facts(reference)
        if later is None:
            raise click.ClickException("The demonstration diagnostic is missing")
        values = demonstration_answers(
            later.questionnaire_key,
            later.questionnaire_version,
            sector=later.sector,
            size=later.size_tier,
            people=profile.headcount or 1,
            part_time=profile.part_time_headcount or 0,
            quality=min(0.95, max(0.05, quality)),
            rng=rng,
        )
        with unit_of_work():
            taken(service.save_answers(response_id=later.id, values=values, seen=0, by="visitor"))
        with unit_of_work():
            taken(service.complete(response_id=later.id, by=PORTAL))
    return 1
