"""The people of a contract, who press on through a server that is killed at any moment.

What kills it stands in tests/support/killing.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import date
from itertools import islice

from flask import Flask
from sqlalchemy import select

from portal.db import current_session, unit_of_work
from portal.payments.models import Claim, ClaimLine, Contract, LedgerEntry, Output
from portal.payments.rules.periods import months_between
from tests.factories.payments import make_card
from tests.support import claims_world as world
from tests.support import killing
from tests.support.claims_world import Desk
from tests.support.killing import Log, Press, Presser, Server, signed_in

FIRST = date(2010, 1, 1)
# What a claim in this state has been through.
PASSED = {"submitted": {"submitted", "approved", "paid"}, "approved": {"approved", "paid"}}


def add_month(desk: Desk, month: date) -> None:
    """Two pieces of work in a month. In a write."""
    world.add_work(desk, month, month.replace(day=2))


def make_desks(app: Flask, *, people: int, months: int) -> list[Desk]:
    """Desks with work of so many months that waits to be claimed."""

    def make() -> list[Desk]:
        make_card(FIRST)
        desks = [world.make_desk(starts_on=FIRST) for _ in range(people)]
        for desk in desks:
            for month in islice(months_between(FIRST, date.max), months):
                add_month(desk, month)
        return desks

    return world.set_up(app, make)


class Person(Presser):
    """A provider's manager and an officer at one desk, pressing in turn until told to stop."""

    def __init__(
        self,
        app: Flask,
        desk: Desk,
        port: int,
        log: Log,
        up: threading.Event,
        stop: threading.Event,
    ) -> None:
        super().__init__(app, port, log, up, stop)
        self.desk = desk
        self.manager = signed_in(app, desk.manager.user_id)
        self.officer = signed_in(app, desk.officers[0].user_id)
        with app.app_context():
            self.contract = current_session().get_one(Contract, desk.contract).reference

    def next(self) -> Press:
        """What the claims of this desk ask for."""
        claim = current_session().scalar(
            select(Claim)
            .where(
                Claim.contract_id == self.desk.contract,
                Claim.state.in_(("draft", "submitted")),
            )
            .limit(1)
        )
        if claim is None:
            path = f"/contracts/{self.contract}/claims/{self.free_month():%Y-%m}"
            return Press(self.manager, path, {})
        reference, revision = claim.reference, str(claim.revision)
        if claim.state == "draft":
            path = f"/claims/{reference}/submit"
            return Press(self.manager, path, {"revision": revision}, reference, "submitted")
        ids = ",".join(str(line) for line in world.lines_of(reference))
        values = {"do": "approve", "ids": ids, "revision": revision, "sure": "1"}
        return Press(self.officer, f"/review/{reference}/lines", values, reference, "approved")

    def free_month(self) -> date:
        """The first month that has no claim yet; its work was done before, or is done now."""
        session = current_session()
        of_desk = Claim.contract_id == self.desk.contract
        claimed = set(session.scalars(select(Claim.period).where(of_desk)))
        month = next(one for one in months_between(FIRST, date.max) if one not in claimed)
        worked = select(Output.id).where(
            Output.contract_id == self.desk.contract, Output.occurred_on >= month
        )
        if session.scalar(worked.limit(1)) is None:
            with unit_of_work():
                add_month(self.desk, month)
        return month


def storm(app: Flask, desks: list[Desk], server: Server, *, rounds: int, seed: int) -> Log:
    """Everybody at the desks presses while the server is killed as often as asked."""
    log, up, stop = Log(), threading.Event(), threading.Event()
    people = [Person(app, desk, server.port, log, up, stop) for desk in desks]
    return killing.storm(people, server, rounds=rounds, seed=seed)


def assert_kept(acknowledged: Iterable[tuple[str, str]]) -> None:
    """What was acknowledged is there, with one entry for each of its lines."""
    session = current_session()
    for reference, became in dict.fromkeys(acknowledged):
        claim = world.claim_of(reference)
        assert claim.state in PASSED[became], (reference, became, claim.state)
        kinds = ["commit", *(["approve"] if became == "approved" else [])]
        lines = session.scalars(select(ClaimLine.id).where(ClaimLine.claim_id == claim.id)).all()
        assert len(lines) >= 2
        for kind in kinds:
            found = session.scalars(
                select(LedgerEntry.line_id).where(
                    LedgerEntry.claim_id == claim.id, LedgerEntry.kind == kind
                )
            ).all()
            assert sorted(found) == sorted(lines), (reference, kind)
