"""Two people at once at an event, on both databases: the last place goes once.

Every race is run as bad luck would have it: both have read before either writes, unless a lock
keeps the second from reading (tests/support/races.py). The control takes the locks away.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from flask import Flask

from portal.db import current_session, unit_of_work
from portal.kernel.clock import freeze, utc_now
from portal.kernel.result import Err, Ok
from portal.network.models import Event
from portal.network.service import event_places as places
from portal.network.service.event_places import Attendee
from tests.factories.network import make_event
from tests.integration.network import event_world as world
from tests.integration.network.event_world import SOMEBODY
from tests.support.races import race, without_locks

ROUNDS = 3


def event_of(app: Flask, *emails: str, capacity: int = 1) -> tuple[str, int, list[str]]:
    """An event with people registered: its reference, its key, and their links' secrets."""
    with app.app_context():
        with unit_of_work():
            event = make_event(capacity=capacity, starts_at=utc_now() + timedelta(days=10))
        tokens = [one.token for one in world.registered(event, *emails)]
        return event.reference, event.id, tokens


def registering(reference: str, email: str, *, queue: bool = False) -> Callable[[], object]:
    def run() -> object:
        return places.register(
            event_reference=reference,
            who=Attendee(name="Example Person", email=email),
            given={},
            accepts_queue=queue,
            by=SOMEBODY,
        )

    return run


def states(app: Flask, event_id: int) -> dict[str, str]:
    with app.app_context():
        return world.states(current_session().get_one(Event, event_id))


def said(result: object) -> str:
    if isinstance(result, Ok):
        return "ok"
    if isinstance(result, Err):
        return result.problem.code
    if isinstance(result, list):
        return str(result[0].code)
    return type(result).__name__


def test_the_last_place_goes_to_one_of_four(committed_app: Flask) -> None:
    for _ in range(ROUNDS):
        reference, key, _tokens = event_of(committed_app)
        people = [f"p{number}@example.org" for number in range(4)]
        outcome = race(committed_app, *(registering(reference, email) for email in people))
        assert sorted(map(said, outcome.results)) == ["full", "full", "full", "ok"]
        assert not outcome.met, "the second had read before the first was done"
        assert list(states(committed_app, key).values()) == ["registered"]


def test_without_locks_the_last_place_goes_twice(committed_app: Flask) -> None:
    """The control: this is what the locks are for."""
    met = []
    for _ in range(ROUNDS):
        reference, key, _tokens = event_of(committed_app)
        with without_locks(committed_app):
            outcome = race(
                committed_app,
                registering(reference, "ann@example.org"),
                registering(reference, "bob@example.org"),
                patience=10,
            )
        met.append(outcome.met)
        results = sorted(map(said, outcome.results))
        # On SQLite the file's own lock stops the second, though not in words.
        assert results in (["ok", "ok"], ["OperationalError", "ok"]), results
        if results == ["ok", "ok"]:
            assert list(states(committed_app, key).values()) == ["registered", "registered"]
    assert all(met), "this race proves nothing: they never met"


def test_one_person_who_presses_twice_registers_once(committed_app: Flask) -> None:
    reference, key, _tokens = event_of(committed_app, capacity=5)
    press = registering(reference, "ann@example.org")
    outcome = race(committed_app, press, press)
    assert sorted(map(said, outcome.results)) == ["ok", "registered_twice"]
    assert states(committed_app, key) == {"ann": "registered"}


def test_two_places_given_back_are_offered_to_two(committed_app: Flask) -> None:
    _reference, key, tokens = event_of(
        committed_app, *(f"{name}@example.org" for name in "abcd"), capacity=2
    )
    outcome = race(
        committed_app,
        *(partial(places.give_back, token=token, by=SOMEBODY) for token in tokens[:2]),
    )
    assert list(map(said, outcome.results)) == ["ok", "ok"]
    assert states(committed_app, key) == {
        "a": "cancelled",
        "b": "cancelled",
        "c": "offered",
        "d": "offered",
    }


def test_a_place_given_back_meets_somebody_who_registers(committed_app: Flask) -> None:
    for _ in range(ROUNDS):
        reference, key, tokens = event_of(committed_app, "ann@example.org", "bob@example.org")
        outcome = race(
            committed_app,
            partial(places.give_back, token=tokens[0], by=SOMEBODY),
            registering(reference, "cem@example.org", queue=True),
        )
        assert list(map(said, outcome.results)) == ["ok", "ok"]
        # Whoever came first, nobody passes the queue.
        assert states(committed_app, key) == {
            "ann": "cancelled",
            "bob": "offered",
            "cem": "waiting",
        }


def test_an_offer_is_taken_while_another_is_ended(committed_app: Flask) -> None:
    _reference, key, tokens = event_of(
        committed_app, *(f"{name}@example.org" for name in ("ann", "bob", "cem"))
    )
    with committed_app.app_context(), unit_of_work():
        places.give_back(token=tokens[0], by=SOMEBODY)
    outcome = race(
        committed_app,
        lambda: places.accept(token=tokens[1], by=SOMEBODY),
        lambda: places.give_back(token=tokens[1], by=SOMEBODY),
    )
    results = list(map(said, outcome.results))
    # Taken and then given back, or given back and then refused: the next has the offer.
    assert results in (["ok", "ok"], ["not_offered", "ok"]), results
    assert states(committed_app, key) == {
        "ann": "cancelled",
        "bob": "cancelled",
        "cem": "offered",
    }
    with committed_app.app_context(), freeze(utc_now() + timedelta(days=3)):
        places.sweep_offers()
        places.sweep_offers()
    assert states(committed_app, key)["cem"] == "lapsed"
