"""Whatever is changed in the ledger or the decisions behind the portal's back is found.

The triggers that refuse changes are dropped first, as somebody with the database's password could.
Every field of every row is tried, then deletions, swaps and cuts; the proof names the first fault.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Table, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from portal.db import current_session, unit_of_work
from portal.kernel.result import Ok
from portal.payments.models import ChainHead, Claim, ClaimLine, ContractCap, Decision, LedgerEntry
from portal.payments.service import ledger, paying, reviewing
from portal.payments.service.ledger import HASHED_DECISION, HASHED_ENTRY
from portal.payments.service.proving import Proof, verify
from tests.support import claims_world as world

TABLES: dict[str, tuple[Table, tuple[str, ...]]] = {
    "ledger": (LedgerEntry.__table__, HASHED_ENTRY),  # type: ignore[dict-item]
    "decisions": (Decision.__table__, HASHED_DECISION),  # type: ignore[dict-item]
}
# Choices are the same every time.
SEED = 20261122


@pytest.fixture
def story(app: Flask) -> Flask:
    """Every kind of entry and decision, and nothing that refuses to be changed."""
    with unit_of_work():
        desk = world.make_desk(caps={"engagement": 500_000})
        world.add_work(desk, *world.october(3))
        reference = world.submit(desk)
        lines = world.lines_of(reference)
        officer, payer = desk.officers[0], desk.payers[0]
        rejected = reviewing.reject(
            reference=reference, line_ids=lines[2:], reason="Not in the area", by=officer
        )
        assert isinstance(rejected, Ok)
        done = reviewing.approve(reference=reference, line_ids=lines[:2], by=officer)
        assert isinstance(done, Ok)
        payment = world.schedule(desk, reference)
        world.mark_paid(desk, payment)
        for act in (paying.recover, paying.give_back):
            moved = act(line_id=lines[0], pence=5_000, reason="On review", by=payer)
            assert isinstance(moved, Ok)
        movement = ledger.Movement(ledger.Entry.REDUCE, desk.contract, 1_000)
        ledger.append([movement], by=payer)
    assert verify().fault is None
    return app


def tables_free(app: Flask) -> None:
    """Take the triggers away. In a write that is taken back."""
    session = current_session()
    for table, _hashed in TABLES.values():
        if app.extensions["portal_db"].is_sqlite:
            for verb in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER {table.name}_no_{verb}"))
        else:
            session.execute(text(f"DROP TRIGGER {table.name}_no_change ON {table.name}"))


def tampered(app: Flask, change: Callable[[], object]) -> Proof:
    """What the proof says after a change, which is then taken back."""
    session = current_session()
    nested = session.begin_nested()
    try:
        change()
        session.expire_all()
        return verify()
    finally:
        nested.rollback()


KNOWN = {"contract_id", "claim_id", "line_id", "output_id", "about_id", "by"}
CHOICES = {"kind", "source", "target"}


def other(value: Any, column: str, rows: list[Any], chance: random.Random) -> Any:
    """Another value that the column takes; from another row where it must be known."""
    if column in KNOWN | CHOICES:
        known = {row[column] for row in rows} - {None, value}
        return chance.choice(sorted(known)) if known else value
    if column in {"previous", "hash"}:
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    if isinstance(value, datetime):
        return value + timedelta(microseconds=chance.randint(1, 10**9))
    if isinstance(value, dict):
        return {**value, "pence": chance.randint(1, 10**6)}
    return value + chance.randint(1, 10**5) if isinstance(value, int) else f"{value}x"


def rows_of(table: Table) -> list[Any]:
    rows = current_session().execute(select(table).order_by(table.c.sequence))
    return list(rows.mappings())


@pytest.mark.parametrize("name", TABLES)
def test_every_field_of_every_row(story: Flask, name: str) -> None:
    table, hashed = TABLES[name]
    chance = random.Random(SEED)  # noqa: S311 - the same every time
    tried = refused = 0
    with unit_of_work() as session:
        tables_free(story)
        rows = rows_of(table)
        for row in rows:
            for column in (*hashed, "previous", "hash"):
                value = other(row[column], column, rows, chance)
                if value == row[column]:
                    continue

                def change(row: Any = row, column: str = column, value: Any = value) -> None:
                    session.execute(
                        update(table).where(table.c.id == row["id"]).values({column: value})
                    )

                tried += 1
                try:
                    proof = tampered(story, change)
                except DBAPIError:
                    # A constraint that was not dropped: the database itself says no.
                    refused += 1
                    continue
                assert proof.fault is not None, (row["sequence"], column, value)
                # An entry moved away leaves a gap that is seen at the one after it.
                near = {row["sequence"], row["sequence"] + 1, value if column == "sequence" else 0}
                assert proof.sequence in near or "ends at" in proof.fault, (column, proof)
        assert tried > 10 * len(rows) * 0.6
        assert refused < tried * 0.4, (refused, tried)


@pytest.mark.parametrize("name", TABLES)
def test_deletions_cuts_and_swaps(story: Flask, name: str) -> None:
    table, _hashed = TABLES[name]
    chain = "The ledger" if name == "ledger" else "The decisions"
    with unit_of_work() as session:
        tables_free(story)
        rows = rows_of(table)
        last = rows[-1]["sequence"]
        for row in rows:
            number = row["sequence"]
            if any(one.get("about_id") == row["id"] for one in rows):
                continue
            gone = tampered(
                story, lambda row=row: session.execute(delete(table).where(table.c.id == row["id"]))
            )
            assert gone.fault is not None
            assert gone.fault.startswith(chain)
            assert (f"entry {number} is missing" in gone.fault) == (number < last), gone
            cut = tampered(
                story,
                lambda number=number: session.execute(
                    delete(table).where(table.c.sequence >= number)
                ),
            )
            assert cut.fault is not None, number
            assert cut.fault.startswith(chain)
        for first in range(1, last):
            swapped = tampered(story, lambda first=first: swap(table, first, first + 1))
            assert swapped.fault is not None
            assert swapped.sequence == first, swapped


def swap(table: Table, one: int, two: int) -> None:
    session = current_session()
    for was, now in ((one, 10**6), (two, one), (10**6, two)):
        session.execute(update(table).where(table.c.sequence == was).values(sequence=now))


@pytest.mark.parametrize("name", TABLES)
def test_an_entry_slipped_in(story: Flask, name: str) -> None:
    table, _hashed = TABLES[name]
    with unit_of_work() as session:
        tables_free(story)
        last = dict(rows_of(table)[-1])
        del last["id"]
        slipped = {**last, "sequence": last["sequence"] + 1, "previous": last["hash"]}
        proof = tampered(
            story, lambda: session.execute(insert(table), [{**slipped, "hash": "f" * 64}])
        )
    assert proof.fault is not None
    assert proof.sequence == slipped["sequence"]


@pytest.mark.parametrize("chain", ["ledger", "decisions"])
def test_the_noted_ends_are_proved_too(story: Flask, chain: str) -> None:
    head = ChainHead.__table__
    changes: list[Callable[[], Any]] = [
        lambda: update(head).where(head.c.chain == chain).values(sequence=head.c.sequence + 1),
        lambda: update(head).where(head.c.chain == chain).values(hash="0" * 64),
        lambda: delete(head).where(head.c.chain == chain),
    ]
    with unit_of_work() as session:
        for change in changes:
            proof = tampered(story, lambda change=change: session.execute(change()))
            assert proof.fault is not None
            assert "end" in proof.fault


def test_a_ledger_cut_off_with_its_end_rewritten_contradicts_its_claims(story: Flask) -> None:
    """Somebody who cuts the ledger and rewrites its end has still left the claims as they were."""
    table = LedgerEntry.__table__
    head = ChainHead.__table__
    with unit_of_work() as session:
        tables_free(story)
        rows = rows_of(table)  # type: ignore[arg-type]

        def cut(row: Any) -> None:
            session.execute(delete(table).where(table.c.sequence > row["sequence"]))
            values = {"sequence": row["sequence"], "hash": row["hash"]}
            session.execute(update(head).where(head.c.chain == "ledger").values(values))

        last_paid = max(row["sequence"] for row in rows if row["kind"] == "pay")
        for row in rows:
            if row["sequence"] < last_paid:
                proof = tampered(story, lambda row=row: cut(row))
                assert proof.fault is not None, row["sequence"]
                assert "Line" in proof.fault


def test_claims_that_say_otherwise_than_the_ledger(story: Flask) -> None:
    changes: dict[str, Any] = {
        "a line of another amount": update(ClaimLine).values(pence=ClaimLine.pence + 1),
        "a rejected line approved": update(ClaimLine)
        .where(ClaimLine.state == "rejected")
        .values(state="approved"),
        "an approved line put back": update(ClaimLine)
        .where(ClaimLine.state == "approved")
        .values(state="submitted"),
        "a paid claim unpaid": update(Claim).values(state="approved"),
        "a lower cap": update(ContractCap).values(cap_pence=1),
    }
    with unit_of_work() as session:
        for what, change in changes.items():
            proof = tampered(story, lambda change=change: session.execute(change))
            assert proof.fault is not None, what


def test_what_is_not_changed_is_not_a_fault(story: Flask) -> None:
    """The control: the same way of writing, with the same values, is no fault."""
    with unit_of_work() as session:
        tables_free(story)
        for table, hashed in TABLES.values():
            for row in rows_of(table):
                same = {column: row[column] for column in (*hashed, "previous", "hash")}
                proof = tampered(
                    story,
                    lambda table=table, row=row, same=same: session.execute(
                        update(table).where(table.c.id == row["id"]).values(same)
                    ),
                )
                assert proof.fault is None, (row["sequence"], json.dumps(str(same)))


@pytest.mark.parametrize("name", TABLES)
def test_the_database_itself_refuses(story: Flask, name: str) -> None:
    table, _hashed = TABLES[name]
    with unit_of_work() as session:
        for change in (update(table).values(by_name="x"), delete(table)):
            nested = session.begin_nested()
            with pytest.raises(DBAPIError):
                session.execute(change)
            nested.rollback()
