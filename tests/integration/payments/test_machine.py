"""The whole life of claims, at random, against a simple model (tests/support/claim_model.py).

Whatever is tried, in whatever order and by whomever, money stands where the model says.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from portal.db import current_session, unit_of_work
from portal.kernel.clock import freeze
from portal.kernel.people import Author
from portal.payments.queries import claims as claiming
from portal.payments.rules.ledger import Entry
from portal.payments.service import claims, ledger, reviewing
from portal.programme.models import StaffPost
from tests.factories.caseload import author_of, make_staff
from tests.integration.payments.machine_life import BUDGET, CAPS, MONTHS, NOW, Cast, Life
from tests.support import claims_world as world

BIG = os.environ.get("BIG") == "1"


def profile(examples: int, steps: int, **changes: Any) -> settings:
    """The same lives every time."""
    values: dict[str, Any] = {
        "max_examples": examples,
        "stateful_step_count": steps,
        "derandomize": True,
        "deadline": None,
        "database": None,
        "suppress_health_check": list(HealthCheck),
        "print_blob": False,
        "phases": (Phase.generate, Phase.shrink),
        "report_multiple_bugs": False,
        **changes,
    }
    return settings(**values)


@pytest.fixture
def life(app: Flask) -> type[Life]:
    """Lives of one contract in the test's own transaction."""
    with freeze(NOW), unit_of_work():
        desk = world.make_desk(total_cap_pence=BUDGET, caps=CAPS, starts_on=MONTHS[0])
        provider = world.provider_of(desk)
        officer = desk.officers[0]
        lep = current_session().query(StaffPost).filter_by(user_id=officer.user_id).one()
        moonlighter = make_staff(provider.organisation, "lep_officer", name="Example Moonlighter")
        current_session().add(
            StaffPost(user_id=moonlighter.id, organisation_id=lep.organisation_id)
        )
        cast = Cast(desk, author_of(moonlighter))
    return type("LifeOfClaims", (Life,), {"app": app, "cast": cast})


def test_claims_live_as_the_model_says(life: type[Life], app: Flask) -> None:
    examples = 12 if app.extensions["portal_db"].is_sqlite else 5
    run_state_machine_as_test(life, settings=profile(examples, 25))


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if BIG else 300)
def test_many_long_lives(life: type[Life], app: Flask) -> None:
    examples = (400 if app.extensions["portal_db"].is_sqlite else 100) if BIG else 3
    run_state_machine_as_test(life, settings=profile(examples, 80 if BIG else 50))


def _no_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    real = claims.fit
    wide = claiming.Room(10**9, {})
    monkeypatch.setattr(claims, "fit", lambda _room, candidates: real(wide, candidates))


def _no_duties(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviewing, "conflicts", lambda *_args: ())


def _no_release(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ledger.append

    def forgetful(movements: list[ledger.Movement], *, by: Author) -> None:
        real([one for one in movements if one.kind is not Entry.RELEASE], by=by)

    monkeypatch.setattr(ledger, "append", forgetful)


@pytest.mark.one_database("Each control takes a rule of Python away; the lives above run on both")
@pytest.mark.parametrize("mutation", [_no_caps, _no_duties, _no_release])
def test_the_machine_finds_what_is_wrong(
    life: type[Life], monkeypatch: pytest.MonkeyPatch, mutation: Callable[..., None]
) -> None:
    """The control: a service with one rule taken out does not live as the model says."""
    mutation(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(life, settings=profile(60, 30, phases=(Phase.generate,)))
