"""The server is killed at any moment: nothing acknowledged is lost, nothing is there twice.

``make prove`` kills it 200 times on each database. Besides, one process at a time is killed at
each statement of each action in turn, so that no moment is left to luck.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import current_session, unit_of_work
from portal.kernel.clock import today
from portal.kernel.result import Ok
from portal.payments.models import Claim, ClaimLine
from portal.payments.queries import paying as schedules
from portal.payments.service import claims, paying, reviewing
from portal.payments.service.proving import verify
from portal.reports.service import counting
from tests.factories.payments import PROGRAMME
from tests.integration.payments.kill_server import Person, assert_kept, make_desks, storm
from tests.support import claims_world as world
from tests.support.claims_world import Desk
from tests.support.dying import dies_at
from tests.support.killing import Log, Server
from tests.support.races import database_of

BIG = os.environ.get("BIG") == "1"
ROUNDS = 200 if BIG else 3
PEOPLE = 3
MONTHS = ROUNDS


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if BIG else 300)
def test_killed_at_any_moment_it_loses_and_doubles_nothing(
    committed_app: Flask, tmp_path: Path
) -> None:
    desks = make_desks(committed_app, people=PEOPLE, months=MONTHS)
    server = Server(database_of(committed_app).url, tmp_path)
    log = storm(committed_app, desks, server, rounds=ROUNDS, seed=20261122)
    assert log.errors == []
    # Done, or told in words why not: nobody met an error page.
    assert set(log.statuses) <= {200, 302}, (log.statuses, server.log())
    assert len(log.acknowledged) >= ROUNDS, log
    assert log.twice >= ROUNDS / 3, log
    assert log.broken >= 1, "no request was ever cut off: this proof proves nothing"
    with committed_app.app_context():
        world.assert_true()
        assert_kept(log.acknowledged)
        pay_everything(desks)
        world.assert_true()
        assert counting.differences() == []


def pay_everything(desks: list[Desk]) -> None:
    """What came through it is paid like any other."""
    approved = current_session().scalars(select(Claim.id).where(Claim.state == "approved")).all()
    with unit_of_work():
        run = paying.make_run(programme=PROGRAMME, references=None, by=desks[0].payers[0])
        assert isinstance(run, Ok), run
        assert run.value.count == len(approved)
        for payment in schedules.payments_of(run.value.id):
            world.mark_paid(desks[0], payment.reference)


@pytest.mark.timeout(180)
def test_a_server_that_writes_in_halves_is_caught(committed_app: Flask, tmp_path: Path) -> None:
    """The control: died between two halves, a claim is submitted and no money set aside."""
    desk = make_desks(committed_app, people=1, months=1)[0]
    server = Server(
        database_of(committed_app).url, tmp_path, target="tests.support.claim_halves:app"
    )
    up = threading.Event()
    person = Person(committed_app, desk, server.port, Log(), up, threading.Event())
    server.start()
    try:
        for _ in range(2):
            person.once()
    finally:
        server.kill()
    with committed_app.app_context():
        proof = verify()
    assert proof.fault is not None
    assert "is submitted, but the ledger's last word on it is nothing" in proof.fault


def draft_claim(desk: Desk) -> str:
    world.add_work(desk, *world.october(2))
    return world.draft(desk)


def submitted_claim(desk: Desk) -> str:
    world.add_work(desk, *world.october(2))
    return world.submit(desk)


def approved_claim(desk: Desk) -> str:
    world.add_work(desk, *world.october(2))
    return world.approve(desk)


def scheduled_claim(desk: Desk) -> str:
    return world.schedule(desk, approved_claim(desk))


def submit(desk: Desk, reference: str) -> Any:
    return claims.submit(
        reference=reference, revision=world.revision_of(reference), by=desk.manager
    )


def approve(desk: Desk, reference: str) -> Any:
    return reviewing.approve(
        reference=reference, line_ids=world.lines_of(reference), by=desk.officers[0]
    )


def make_run(desk: Desk, reference: str) -> Any:
    return paying.make_run(programme=PROGRAMME, references=[reference], by=desk.payers[0])


def mark_paid(desk: Desk, payment: str) -> Any:
    return paying.mark_paid(
        reference=payment, paid_on=today(), bank_reference="BACS 1", by=desk.payers[0]
    )


def build(desk: Desk, _reference: str) -> Any:
    return claims.build(contract_id=desk.contract, period=world.OCTOBER, by=desk.manager)


def work_only(desk: Desk) -> str:
    world.add_work(desk, date(2026, 10, 5))
    return ""


ACTIONS: dict[str, tuple[Callable[[Desk], str], Callable[[Desk, str], Any]]] = {
    "build": (work_only, build),
    "submit": (draft_claim, submit),
    "approve": (submitted_claim, approve),
    "make_run": (approved_claim, make_run),
    "mark_paid": (scheduled_claim, mark_paid),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_killed_at_each_statement_in_turn_it_did_all_or_nothing(
    committed_app: Flask, name: str
) -> None:
    prepare, act = ACTIONS[name]
    desk = world.set_up(committed_app, world.make_desk)
    reference = world.set_up(committed_app, lambda: prepare(desk))
    before = picture(committed_app)
    step = 7 if not BIG else 1
    at, died = 1, 0

    def done() -> bool:
        with unit_of_work():
            return isinstance(act(desk, reference), Ok)

    while dies_at(committed_app, at, done):
        assert picture(committed_app) == before, f"half done when killed at statement {at}"
        at, died = at + step, died + 1
        assert at < 2000, "it never came to its end"
    assert died >= 3, "too few statements to be killed at: this proves nothing"
    assert picture(committed_app) != before
    with committed_app.app_context():
        world.assert_true()


def picture(app: Flask) -> dict[str, Any]:
    """How everything about the money stands, once it is proved."""
    with app.app_context():
        world.assert_true()
        session = current_session()
        proof = verify()
        return {
            "entries": proof.entries,
            "decisions": proof.decisions,
            "claims": sorted(
                (claim.reference, claim.state, claim.revision)
                for claim in session.scalars(select(Claim))
            ),
            "lines": sorted((line.id, line.state) for line in session.scalars(select(ClaimLine))),
            "owed": [one.reference for one in schedules.owed(PROGRAMME)],
        }
