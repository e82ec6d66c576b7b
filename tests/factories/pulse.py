"""Surveys of workers for tests, through the services, on their own days."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from portal.db import unit_of_work
from portal.employers.models import Employer
from portal.employers.queries import employer_profile
from portal.kernel import clock
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.reports.queries import pulse as found
from portal.reports.queries.pulse import WaveFacts
from portal.reports.rules.pulse_survey import survey
from portal.reports.rules.pulse_waves import Opening
from portal.reports.service import pulse as service
from tests.factories.employers import make_employer

BY = Author(None, "Example Owner")


class Still:
    """Dice that never blur: for tests of the sums beneath."""

    def randrange(self, _stop: int, /) -> int:
        """The side that means no step."""
        return 0


def on(day: date) -> Any:
    """The clock at noon of a day."""
    return clock.freeze(datetime.combine(day, time(12), tzinfo=UTC))


def some_answers(rng: random.Random) -> dict[str, str]:
    """One made-up person's answers: some left out, some not sure."""
    return {
        one.key: rng.choice(one.choices) for one in survey().statements if rng.random() < 0.9
    } or {"pay_up": "yes"}


def open_wave(
    employer: Employer | str | None = None, *, day: date | None = None, invited: int = 24
) -> WaveFacts:
    """An open survey of an employer (a new one if none is given), opened on a day."""
    with on(day or clock.today()):
        if employer is None:
            with unit_of_work():
                employer = make_employer().reference
        reference = employer if isinstance(employer, str) else employer.reference
        profile = employer_profile(reference)
        assert profile is not None
        with unit_of_work():
            done = service.open_wave(
                employer=profile,
                opening=Opening(invited, clock.today() + timedelta(days=14)),
                by=BY,
            )
            assert isinstance(done, Ok), done
            made = done.value.reference
    return wave(made)


def wave(reference: str) -> WaveFacts:
    """A survey as it is now."""
    facts = found.wave(reference)
    assert facts is not None
    return facts


def answer(facts: WaveFacts, *people: Mapping[str, str], day: date | None = None) -> None:
    """People answer, in this order, on a day (the one after it opened)."""
    with on(day or facts.opened_on + timedelta(days=1)):
        for answers in people:
            with unit_of_work():
                done = service.answer(code=facts.code, answers=answers)
            assert isinstance(done, Ok), done


def give_views(facts: WaveFacts, *views: tuple[str, str, Mapping[str, str]]) -> None:
    """Owners and managers give their views: role, name, answers."""
    with on(facts.opened_on + timedelta(days=1)):
        for role, name, answers in views:
            with unit_of_work():
                done = service.give_view(
                    reference=facts.reference,
                    role=role,
                    answers=answers,
                    by=Author(None, name),
                )
            assert isinstance(done, Ok), done


def close(facts: WaveFacts, *, dice: Any = None, day: date | None = None) -> WaveFacts:
    """The survey closes on a day (its last)."""
    more = {} if dice is None else {"dice": dice}
    with on(day or facts.closes_on), unit_of_work():
        done = service.close(reference=facts.reference, by=BY, **more)
        assert isinstance(done, Ok), done
    return wave(facts.reference)


def closed_wave(
    employer: Employer | str | None = None,
    *,
    day: date,
    people: Sequence[Mapping[str, str]],
    views: Sequence[tuple[str, str, Mapping[str, str]]] = (),
    dice: Any = None,
) -> WaveFacts:
    """A survey that opened on a day, was answered by these people and has closed."""
    facts = open_wave(employer, day=day, invited=max(24, len(people)))
    answer(facts, *people)
    give_views(facts, *views)
    return close(facts, dice=dice)
