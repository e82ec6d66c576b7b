"""The ledger as people read it, and its proof on the command line."""

from __future__ import annotations

import csv
import io
import json
import threading
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import text

from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import freeze, today
from portal.kernel.result import Err, Ok
from portal.payments.models import LedgerEntry
from portal.payments.queries import ledger as reading
from portal.payments.queries import ledger_pages as pages
from portal.payments.queries import remittance as told
from portal.payments.rules.ledger import Account, Entry
from portal.payments.service import ledger as writing
from portal.payments.service import paying
from portal.payments.service.ledger import Movement
from portal.payments.service.proving import verify
from tests.factories.caseload import author_of
from tests.factories.paying import Owing, make_owed

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
def owing(app: Flask) -> Owing:
    """A paid claim and one that is approved, with a recovery."""
    with freeze(NOW):
        owing = make_owed(app, months=2)
        payment = owing.pay(owing.make_run(owing.claims[0]))[0]
        facts = told.remittance(payment)
        assert facts is not None
        line = told.paid_lines(facts.claim_id)[0].line_id
        with unit_of_work():
            done = paying.recover(
                line_id=line, pence=5_000, reason="=Too long", by=author_of(owing.manager)
            )
            assert isinstance(done, Ok)
        return owing


def test_every_balance_is_the_sum_of_the_entries_shown(owing: Owing) -> None:
    page = pages.page(pages.Filters(owing.contract_id))
    standing = reading.standing(owing.contract_id)
    assert page.lines[0].balances[Account.PAID] == standing.paid == 115_000
    assert page.lines[0].balances[Account.RECOVERED] == 5_000
    running = dict.fromkeys(Account, 0)
    for line in reversed(page.lines):
        source, target = pages_route(line.kind)
        running[source] -= line.pence
        running[target] += line.pence
        assert line.balances == running
    moved = pages.summary(owing.contract_id).moved
    assert sum(one.count for one in moved) == len(page.lines)


def pages_route(kind: Entry) -> tuple[Account, Account]:
    from portal.payments.rules.ledger import ROUTES

    return ROUTES[kind]


def test_filters_keep_the_running_balances(owing: Owing) -> None:
    every = {
        line.sequence: line.balances for line in pages.page(pages.Filters(owing.contract_id)).lines
    }
    for filters in (
        pages.Filters(owing.contract_id, kind=Entry.PAY),
        pages.Filters(owing.contract_id, claim=owing.claims[1]),
        pages.Filters(owing.contract_id, month=date(2026, 11, 1)),
    ):
        found = pages.page(filters)
        assert found.lines
        assert all(line.balances == every[line.sequence] for line in found.lines)
        walked = list(pages.every_line(filters))
        assert [line.sequence for line in walked] == [
            line.sequence for line in reversed(found.lines)
        ]
        assert all(line.balances == every[line.sequence] for line in walked)
    assert pages.page(pages.Filters(owing.contract_id, month=date(2026, 10, 1))).lines == []


def test_pages_follow_one_another_without_gap(owing: Owing) -> None:
    with unit_of_work():
        by = author_of(owing.manager)
        for _ in range(60):
            writing.append([Movement(Entry.ALLOCATE, owing.contract_id, 1)], by=by)
    first = pages.page(pages.Filters(owing.contract_id))
    assert len(first.lines) == 50
    second = pages.page(pages.Filters(owing.contract_id), before=first.older)
    assert second.newer
    assert second.older is None
    numbers = [line.sequence for line in (*first.lines, *second.lines)]
    assert numbers == list(range(len(numbers), 0, -1))
    assert second.lines[-1].balances[Account.BUDGET] == 10_000_000


def test_the_page_shows_entries_balances_and_the_head(owing: Owing) -> None:
    client = owing.client(owing.officer)
    listed = client.soup("/ledger").get_text(" ", strip=True)
    assert "£1,150.00" in listed
    page = client.soup(f"/ledger?contract={owing.contract}")
    shown = page.get_text(" ", strip=True)
    assert "£1,200.00 paid (2 entries)" in shown
    assert "flask payments verify" in shown
    head = reading.head("ledger")
    assert head is not None
    assert head.hash in shown
    narrow = client.soup(f"/ledger?contract={owing.contract}&kind=recover&month=2026-11")
    assert "Too long" in narrow.get_text(" ", strip=True)
    assert len(narrow.select("table")[1].select("tbody tr")) == 1
    client.soup(f"/ledger?contract={owing.contract}&month=9999-12")
    odd = client.soup(f"/ledger?contract={owing.contract}&kind=nonsense&month=2026-99&before=x")
    assert len(odd.select("table")[1].select("tbody tr")) == len(
        page.select("table")[1].select("tbody tr")
    )
    assert client.get("/ledger?contract=ZZZZZZZZZZ").status_code == 404


def test_the_export_holds_what_the_page_shows(owing: Owing) -> None:
    client = owing.client(owing.officer)
    data = client.get(f"/ledger/export.csv?contract={owing.contract}").get_data()
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [row["Entry"] for row in rows] == [str(n + 1) for n in range(len(rows))]
    assert rows[-1]["Paid after it"] == "1150.00"
    # A reason that a spreadsheet would run as a formula.
    assert rows[-1]["Reason"] == "'=Too long"
    assert rows[-1]["About entry"]
    kinds = client.get(f"/ledger/export.csv?contract={owing.contract}&kind=pay").get_data()
    assert kinds.decode().count("\r\n") == 3


def test_providers_do_not_read_the_ledger(owing: Owing) -> None:
    for user in (owing.provider.manager, owing.provider.adviser):
        client = owing.client(user)
        assert client.get(f"/ledger?contract={owing.contract}").status_code == 403
        assert client.get(f"/ledger/export.csv?contract={owing.contract}").status_code == 403


def test_a_whole_ledger_is_proved(owing: Owing) -> None:
    runner = owing.app.test_cli_runner()
    said = runner.invoke(args=["payments", "verify"])
    assert said.exit_code == 0
    assert "The ledger is whole" in said.output
    found = runner.invoke(args=["payments", "verify", "--json"])
    proof = json.loads(found.output)
    assert found.exit_code == 0
    assert proof["whole"] is True
    assert proof["fault"] is None
    assert proof["entries"] == len(list(reading.walk_ledger()))
    assert proof["lines"] == 4


TAMPERING = {
    "an amount": ("UPDATE ledger_entries SET pence = pence + 1 WHERE kind = 'pay'", "was changed"),
    "a reason": ("UPDATE ledger_entries SET reason = 'x' WHERE kind = 'recover'", "was changed"),
    "an entry gone": ("DELETE FROM ledger_entries WHERE kind = 'approve'", "is missing"),
    "the last gone": ("DELETE FROM ledger_entries WHERE kind = 'recover'", "it ends at entry"),
    "the end": (
        "UPDATE chain_heads SET hash = '0' WHERE chain = 'ledger'",
        "was noted",
    ),
    "a decision": (
        "UPDATE payment_decisions SET by_name = 'Somebody' WHERE sequence = 1",
        "decisions: entry 1 was changed",
    ),
    "a line": ("UPDATE claim_lines SET pence = 1 WHERE state = 'approved'", "pence for a line"),
    "a state": ("UPDATE claims SET state = 'approved'", "last word on it is"),
}


@pytest.mark.both_databases
@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found_and_named(owing: Owing, session: PortalSession, what: str) -> None:
    statement, words = TAMPERING[what]
    _unguard(session)
    with unit_of_work():
        session.execute(text(statement))
    found = owing.app.test_cli_runner().invoke(args=["payments", "verify", "--json"])
    assert found.exit_code == 1
    proof = json.loads(found.output)
    assert proof["whole"] is False
    assert words in proof["fault"]
    plain = owing.app.test_cli_runner().invoke(args=["payments", "verify"])
    assert plain.exit_code == 1
    assert "FAULT" in plain.output


def _unguard(session: PortalSession) -> None:
    """What somebody with the database's own password could do."""
    with unit_of_work():
        for table in ("ledger_entries", "payment_decisions"):
            if session.get_bind().dialect.name == "sqlite":
                for verb in ("update", "delete"):
                    session.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
            else:
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def test_two_people_at_once_pay_once(committed_app: Flask) -> None:
    with committed_app.app_context():
        owing = make_owed(committed_app, months=2, lines=3)
        run = owing.make_run()
        by = author_of(owing.manager)
    gate = threading.Barrier(6)
    results: list[object] = []

    def press(one: str | None) -> None:
        with committed_app.app_context():
            gate.wait()
            with unit_of_work():
                if one is None:
                    done = paying.mark_run_paid(
                        reference=run, paid_on=today(), bank_reference="ALL", by=by
                    )
                else:
                    done = paying.mark_paid(
                        reference=one, paid_on=today(), bank_reference="ONE", by=by
                    )
            results.append(done)

    with committed_app.app_context():
        payments = [payment.reference for payment in owing.payments(run)]
    _together([*(None,) * 2, *payments, *payments], press)
    assert len(results) == 6
    assert any(isinstance(one, Ok) for one in results)
    assert any(isinstance(one, Err) for one in results)
    with committed_app.app_context():
        entries = [entry for entry in reading.walk_ledger() if entry["kind"] == "pay"]
        assert len(entries) == len({entry["line_id"] for entry in entries}) == 6
        assert reading.standing(owing.contract_id).paid == 360_000
        assert verify().fault is None


def test_two_people_at_once_make_one_run(committed_app: Flask) -> None:
    with committed_app.app_context():
        owing = make_owed(committed_app, months=3)
        by = author_of(owing.manager)
        claims = owing.claims
    gate = threading.Barrier(4)
    results: list[object] = []

    def press(references: list[str] | None) -> None:
        with committed_app.app_context():
            gate.wait()
            with unit_of_work():
                results.append(paying.make_run(programme="pilot", references=references, by=by))

    _together([claims, claims, list(reversed(claims)), None], press)
    assert sum(isinstance(one, Ok) for one in results) == 1
    with committed_app.app_context():
        runs = paying.found.runs("pilot")
        assert [(run.count, run.total_pence) for run in runs] == [(3, 360_000)]


def test_two_people_at_once_recover_once(committed_app: Flask) -> None:
    with committed_app.app_context():
        owing = make_owed(committed_app)
        payment = owing.pay(owing.make_run())[0]
        facts = told.remittance(payment)
        assert facts is not None
        line = told.paid_lines(facts.claim_id)[0].line_id
        seen = reading.entries_of_line(line)[-1].sequence
        by = author_of(owing.manager)
    gate = threading.Barrier(4)
    results: list[object] = []

    def press(_number: int) -> None:
        with committed_app.app_context():
            gate.wait()
            with unit_of_work():
                results.append(
                    paying.recover(line_id=line, pence=60_000, reason="x", by=by, seen=seen)
                )

    _together(list(range(4)), press)
    assert sum(isinstance(one, Ok) for one in results) == 1
    with committed_app.app_context():
        assert reading.standing(owing.contract_id).recovered == 60_000
        kinds = [entry.kind for entry in reading.entries_of_line(line)]
        assert kinds.count("recover") == 1
        assert reading.current_session().query(LedgerEntry).count() > 0
        assert verify().fault is None


def _together(arguments: list[object], work) -> None:
    faults: list[BaseException] = []

    def run(argument: object) -> None:
        try:
            work(argument)
        except BaseException as error:  # noqa: BLE001 - shown by the test that started it
            faults.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not faults, faults
