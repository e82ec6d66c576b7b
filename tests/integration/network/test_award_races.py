"""Two at the same moment in the award scheme, on both databases, with controls without the locks.

Each race is run as bad luck would have it: both have read before either writes, unless a lock
keeps the second from reading (tests/support/races.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db import current_session, outbox, unit_of_work
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.network.models import (
    Award,
    AwardApplication,
    AwardAssessment,
    AwardAssessor,
    Champion,
)
from portal.network.service import award_applications as applications
from portal.network.service import award_assessing as assessing
from portal.network.service import award_certificates as certificates
from portal.network.service import award_deciding as deciding
from tests.factories.awards import World, assessed, begin, close, make_world, scored, send, write
from tests.factories.caseload import author_of, make_lep_officer
from tests.factories.network import make_round
from tests.support.races import drop_walls, race, without_locks

ROUNDS = 2
# What stands behind the locks, taken away in the controls as well.
ONE_AWARD = [("awards", "uq_awards_application_id"), ("champions", "uq_champions_employer_id")]
ONE_APPLICATION = [("award_applications", "uq_award_applications_one")]


def said(result: object) -> str:
    if isinstance(result, Ok):
        return "ok"
    return result.problem.code if isinstance(result, Err) else type(result).__name__


@dataclass(frozen=True)
class Held:
    """What threads with sessions of their own need of a world."""

    manager: Author
    officer: Author
    owner: Author
    authors: list[Author]
    keys: list[int]
    employer: str
    round: str
    round_id: int


def held(world: World) -> Held:
    return Held(
        world.manager,
        world.officer,
        world.one.author,
        world.authors,
        [user.id for user in world.assessors],
        world.one.reference,
        world.round.reference,
        world.round.id,
    )


def prepared(app: Flask, ready: Callable[[World], str]) -> tuple[Held, str]:
    with app.app_context():
        world = make_world()
        with unit_of_work():
            reference = ready(world)
        return held(world), reference


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return current_session().scalar(select(func.count()).select_from(model)) or 0


def _ready(world: World) -> str:
    reference = send(world)
    close(world)
    assessed(world, reference, scored(3), scored(3))
    return reference


def _deciding(reference: str, by: Author, tier: str | None) -> Callable[[], object]:
    return partial(
        deciding.decide, reference=reference, tier=tier, feedback="Well done.", reason="", by=by
    )


def _second_manager(app: Flask) -> Author:
    with app.app_context(), unit_of_work():
        return author_of(make_lep_officer("lep_manager"))


@pytest.mark.parametrize("then", ["established", None])
def test_two_decide_at_once_and_one_decision_stands(committed_app: Flask, then: str | None) -> None:
    world, reference = prepared(committed_app, _ready)
    other = _second_manager(committed_app)
    outcome = race(
        committed_app,
        _deciding(reference, world.manager, "established"),
        _deciding(reference, other, then),
    )
    assert sorted(map(said, outcome.results)) == ["ok", "state"], outcome.results
    assert not outcome.met
    with committed_app.app_context():
        state = current_session().scalars(select(AwardApplication.state)).one()
    made = 1 if state == "awarded" else 0
    assert (count(committed_app, Award), count(committed_app, Champion)) == (made, made)


def test_without_locks_both_decide(committed_app: Flask) -> None:
    """The control: this is what the locks are for."""
    world, reference = prepared(committed_app, _ready)
    other = _second_manager(committed_app)
    with without_locks(committed_app):
        drop_walls(committed_app, ONE_AWARD)
        outcome = race(
            committed_app,
            _deciding(reference, world.manager, "established"),
            _deciding(reference, other, "established"),
            patience=10,
        )
    assert outcome.met, "this race proves nothing: they never met"
    # On SQLite the file's own lock stops the second, though not in words.
    results = sorted(map(said, outcome.results))
    assert "state" not in results
    assert results in (["ok", "ok"], ["OperationalError", "ok"], ["IntegrityError", "ok"]), results


def test_two_rounds_decided_at_once_make_one_champion(committed_app: Flask) -> None:
    with committed_app.app_context():
        second = make_world()
        with unit_of_work():
            first = _ready(second)
            manager = second.manager
            second.round = make_round(sectors=[])
            for user in second.assessors:
                current_session().add(AwardAssessor(round_id=second.round.id, user_id=user.id))
            current_session().flush()
            reference = _ready(second)
    outcome = race(
        committed_app,
        _deciding(first, manager, "established"),
        _deciding(reference, manager, "committed"),
    )
    assert list(map(said, outcome.results)) == ["ok", "ok"], outcome.results
    assert (count(committed_app, Award), count(committed_app, Champion)) == (2, 1)
    with committed_app.app_context():
        promised = current_session().scalars(
            select(outbox.OutboxEntry.unique_key).where(
                outbox.OutboxEntry.kind == certificates.KIND
            )
        )
        assert sorted(Counter(promised).values()) == [1, 1]


def test_two_assessors_finish_at_once_and_it_is_ready_once(committed_app: Flask) -> None:
    for _ in range(ROUNDS):
        world, reference = prepared(committed_app, _given)
        outcome = race(
            committed_app,
            *(
                partial(assessing.finish, reference=reference, scored=scored(3), by=by)
                for by in world.authors[:2]
            ),
        )
        assert list(map(said, outcome.results)) == ["ok", "ok"], outcome.results
        # Whoever was second saw the other's: it has moved on, and by one of the two alone.
        assert sorted(str(one.value) for one in outcome.results if isinstance(one, Ok)) == [
            "assessing",
            "ready",
        ]


def test_without_locks_neither_assessor_sees_the_other(committed_app: Flask) -> None:
    """The control: both would leave it to the other, and it would be ready never."""
    world, reference = prepared(committed_app, _given)
    with without_locks(committed_app):
        outcome = race(
            committed_app,
            *(
                partial(assessing.finish, reference=reference, scored=scored(3), by=by)
                for by in world.authors[:2]
            ),
            patience=10,
            reading_after=True,
        )
    assert outcome.met, "this race proves nothing: they never met"
    with committed_app.app_context():
        assert current_session().scalars(select(AwardApplication.state)).one() == "assessing"


def _given(world: World) -> str:
    reference = send(world)
    close(world)
    for place in range(2):
        done = assessing.assign(
            reference=reference, user_id=world.assessors[place].id, by=world.officer
        )
        assert isinstance(done, Ok)
    return reference


def test_the_third_look_is_given_to_one(committed_app: Flask) -> None:
    world, reference = prepared(committed_app, _apart)
    with committed_app.app_context(), unit_of_work():
        fourth = make_lep_officer()
        current_session().add(AwardAssessor(round_id=world.round_id, user_id=fourth.id))
        current_session().flush()
        keys = [world.keys[2], fourth.id]
    outcome = race(
        committed_app,
        *(
            partial(assessing.assign, reference=reference, user_id=key, by=world.officer)
            for key in keys
        ),
    )
    assert sorted(map(said, outcome.results)) == ["enough", "ok"], outcome.results
    with committed_app.app_context():
        looks = select(func.count(AwardAssessment.id)).where(AwardAssessment.moderates)
        assert current_session().scalar(looks) == 1


def _apart(world: World) -> str:
    reference = send(world)
    close(world)
    assessed(world, reference, scored(1), scored(4))
    return reference


def _written(world: World) -> str:
    reference = begin(world)
    write(reference, world.one.author)
    return reference


def test_two_send_one_application_and_it_is_sent_once(committed_app: Flask) -> None:
    for _ in range(ROUNDS):
        world, reference = prepared(committed_app, _written)
        press = partial(applications.submit, reference=reference, by=world.owner)
        outcome = race(committed_app, press, press)
        assert sorted(map(said, outcome.results)) == ["ok", "state"], outcome.results
        assert not outcome.met


def test_without_locks_it_is_sent_twice(committed_app: Flask) -> None:
    """The control."""
    world, reference = prepared(committed_app, _written)
    press = partial(applications.submit, reference=reference, by=world.owner)
    with without_locks(committed_app):
        outcome = race(committed_app, press, press, patience=10)
    assert outcome.met, "this race proves nothing: they never met"
    results = sorted(map(said, outcome.results))
    assert results in (["ok", "ok"], ["OperationalError", "ok"]), results


def test_two_begin_and_there_is_one_application(committed_app: Flask) -> None:
    with committed_app.app_context():
        world = held(make_world())
    press = partial(
        applications.begin,
        employer=world.employer,
        round_reference=world.round,
        tier="established",
        by=world.owner,
    )
    outcome = race(committed_app, press, press)
    assert sorted(map(said, outcome.results)) == ["have_one", "ok"], outcome.results
    assert count(committed_app, AwardApplication) == 1


def test_without_locks_and_walls_two_begin_two(committed_app: Flask) -> None:
    """The control: neither the round's lock nor the unique index behind it."""
    with committed_app.app_context():
        world = held(make_world())
    press = partial(
        applications.begin,
        employer=world.employer,
        round_reference=world.round,
        tier="established",
        by=world.owner,
    )
    with without_locks(committed_app):
        drop_walls(committed_app, ONE_APPLICATION)
        outcome = race(committed_app, press, press, patience=10)
    assert outcome.met, "this race proves nothing: they never met"
    assert "have_one" not in map(said, outcome.results)
