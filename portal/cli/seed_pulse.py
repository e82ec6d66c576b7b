"""The demonstration's surveys of workers: made-up answers, labelled so wherever they are shown."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import click
from sqlalchemy import select

from portal.cli.demo_tools import at
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.employers.queries import EmployerProfile, employer_profile
from portal.kernel import clock
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.reports.rules.pulse_privacy import quarter_start
from portal.reports.rules.pulse_survey import (
    HOURS,
    NO,
    PART_TIME,
    PRACTICE,
    YES,
    Statement,
    survey,
)
from portal.reports.rules.pulse_waves import Opening
from portal.reports.service import pulse as service

# How likely a made-up worker says yes; what is not here, half of the time.
_LIKELY: Final[Mapping[str, float]] = {
    "pay_up": 0.7,
    "pay_enough": 0.35,
    "hours_known": 0.6,
    "stay": 0.65,
    "moved_up": 0.12,
    "can_move": 0.25,
    "more_to_do": 0.4,
    "qualified": 0.2,
    "p_posts": 0.3,
    "p_told": 0.4,
    "p_talk": 0.3,
}
# Those who lead see their practice in a brighter light.
_BRIGHTER: Final = 0.3
_EACH_SECTOR: Final = 6
_BEFORE: Final = 125
_NOW: Final = 11


def seed_pulse(*, cafe: str, owner: Author, member: Author) -> int:
    """A café with results and a survey that is open; 18 employers in the last quarter.

    Returns how many surveys were made.
    """
    rng = random.Random(31)  # noqa: S311 - the same demonstration every time
    day = clock.today()
    known = employer_profile(cafe)
    if known is None:
        raise click.ClickException("The demonstration's café is missing")
    leaders = [("owner", owner), ("manager", member)]
    _tell(known, day - timedelta(days=_BEFORE), answers=13, rng=rng, leaders=leaders)
    _tell(known, day - timedelta(days=_NOW), answers=9, rng=rng, leaders=leaders[:1], close=False)
    begun = quarter_start(quarter_start(day) - timedelta(days=1)) + timedelta(days=20)
    others = _others(leave_out=known.id)
    for number, profile in enumerate(others):
        people = [
            ("owner", Author(None, f"Example owner {number + 1}")),
            ("manager", Author(None, f"Example manager {number + 1}")),
        ]
        start = begun + timedelta(days=rng.randrange(30))
        answers = rng.randrange(8, 15)
        _tell(profile, start, answers=answers, rng=rng, leaders=people)
    with unit_of_work():
        service.make_blocks()
    return len(others) + 2


def _others(*, leave_out: int) -> list[EmployerProfile]:
    found: list[EmployerProfile] = []
    for sector in ("retail", "hospitality", "social_care"):
        references = current_session().scalars(
            select(Employer.reference)
            .where(
                Employer.sector == sector,
                Employer.headcount >= 20,  # noqa: PLR2004 - enough to answer
                Employer.id != leave_out,
                Employer.merged_into_id.is_(None),
            )
            .order_by(Employer.id)
            .limit(_EACH_SECTOR)
        )
        found += filter(None, (employer_profile(reference) for reference in list(references)))
    return found


def _tell(
    profile: EmployerProfile,
    start: date,
    *,
    answers: int,
    rng: random.Random,
    leaders: list[tuple[str, Author]],
    close: bool = True,
) -> None:
    """One survey from its opening to its end two weeks later, on its own days."""
    mood = rng.uniform(-0.15, 0.15)
    last = start + timedelta(days=14)
    with clock.freeze(at(start)), unit_of_work():
        done = service.open_wave(
            employer=profile,
            opening=Opening(max(profile.headcount or 0, 20), last),
            by=leaders[0][1],
            is_example=True,
        )
        if not isinstance(done, Ok):
            raise click.ClickException(f"The demonstration's survey is refused: {done[0].message}")
        reference, code = done.value.reference, done.value.code
    with clock.freeze(at(start + timedelta(days=8))):
        for _person in range(answers):
            with unit_of_work():
                service.answer(code=code, answers=_answers(rng, mood))
        for role, by in leaders:
            given = {
                one.key: _says(one, rng, mood + _BRIGHTER)
                for one in survey().statements
                if one.part == PRACTICE
            }
            with unit_of_work():
                service.give_view(reference=reference, role=role, answers=given, by=by)
    if close:
        with clock.freeze(at(last + timedelta(days=1))), unit_of_work():
            service.close(reference=reference, by=leaders[0][1])


def _answers(rng: random.Random, mood: float) -> dict[str, str]:
    given = {one.key: _says(one, rng, mood) for one in survey().statements if one.key != HOURS}
    return {**given, HOURS: PART_TIME if rng.random() < 0.6 else "longer"}  # noqa: PLR2004


def _says(one: Statement, rng: random.Random, mood: float) -> str:
    if rng.random() < _LIKELY.get(one.key, 0.5) + mood:
        return YES
    return "partly" if "partly" in one.counted and rng.random() < 0.5 else NO  # noqa: PLR2004
