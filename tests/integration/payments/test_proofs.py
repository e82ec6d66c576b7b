"""What a proof of the ledger found is kept, shown, and told when it does not hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.db.outbox import OutboxEntry
from portal.integrations.jobs import DAILY_EXTENSION
from portal.kernel.clock import freeze, utc_now
from portal.payments.models import ChainHead, LedgerProof
from portal.payments.service import proving
from tests.factories.accounts import sign_in
from tests.support import claims_world as world
from tests.support.claims_world import Desk

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def november():
    with freeze(NOW):
        yield


@pytest.fixture
def desk(app: Flask) -> Desk:
    with unit_of_work():
        desk = world.make_desk()
        world.add_work(desk, date(2026, 10, 5))
        world.approve(desk)
    return desk


def shown(app: Flask, desk: Desk) -> str:
    client = app.test_client()
    sign_in(client, current_session().get_one(User, desk.payers[0].user_id))
    return " ".join(client.soup("/decisions").get_text(" ").split())


def fault_mails() -> list[str]:
    rows = current_session().scalars(
        select(OutboxEntry.payload).where(OutboxEntry.kind == "mail.send").order_by(OutboxEntry.id)
    )
    return [row["to"] for row in rows if "does not hold" in row["subject"]]


def test_the_command_keeps_what_it_found(app: Flask, desk: Desk) -> None:
    assert "has not been run and kept yet" in shown(app, desk)
    done = app.test_cli_runner().invoke(args=["payments", "verify"])
    assert done.exit_code == 0, done.output
    kept = current_session().scalars(select(LedgerProof)).one()
    assert (kept.source, kept.fault, kept.entries, kept.lines) == ("command", "", 3, 1)
    page = shown(app, desk)
    assert "The whole proof last held on 23 November 2026" in page
    assert "3 ledger entries" in page
    assert fault_mails() == []


def test_the_daily_job_tells_managers_once_and_the_page_says_both(app: Flask, desk: Desk) -> None:
    daily = app.extensions[DAILY_EXTENSION]
    assert list(daily).index("payments.verify") > list(daily).index("payments.outputs")
    daily["payments.verify"]()
    with unit_of_work():
        # The end of the chain is moved: what follows no longer holds.
        current_session().execute(
            update(ChainHead).where(ChainHead.chain == "ledger").values(hash="0" * 64)
        )
    with freeze(utc_now() + timedelta(days=1)):
        daily["payments.verify"]()
        daily["payments.verify"]()
        told = fault_mails()
        managers = [current_session().get_one(User, one.user_id).email for one in desk.payers]
        assert set(managers) <= set(told)
        assert len(told) == len(set(told))
        page = shown(app, desk)
    assert "The whole proof last held on 23 November 2026" in page
    assert "The proof of 24 November 2026" in page
    assert "Make no payment run" in page


def test_a_fault_found_by_hand_is_kept_and_mails_nobody(app: Flask, desk: Desk) -> None:
    with unit_of_work():
        current_session().execute(update(ChainHead).values(sequence=99))
    done = app.test_cli_runner().invoke(args=["payments", "verify"])
    assert done.exit_code == 1
    kept = current_session().scalars(select(LedgerProof.fault)).one()
    assert kept
    assert fault_mails() == []
    assert proving.verify().fault == kept
