"""The audit trail is one chain: what is changed behind the portal's back is found and named."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from portal.cli.schema import alembic_config
from portal.db import audit, current_session, unit_of_work
from portal.db.audit import Action, AuditEntry
from portal.db.audit_chain import AuditHead, AuditLink
from portal.db.session import PortalSession
from portal.governance.models import AuditCheck
from portal.governance.rules.audit_chain import Anchor
from portal.governance.service import audit_chain as service
from portal.kernel.chain import GENESIS, AuditFacts, link_hash

ENTRIES, LINKS, HEADS = AuditEntry.__table__, AuditLink.__table__, AuditHead.__table__
TRIGGERS = {
    "audit_entries": ("update", "delete", "change"),
    "audit_links": ("update", "delete", "change"),
    "audit_heads": ("update", "delete"),
    "audit_checks": ("update", "delete", "change"),
}


def write(count: int = 1, **said: object) -> None:
    with unit_of_work():
        for number in range(count):
            audit.record(action="test.done", subject=f"thing:{number}", detail={"n": number})


def positions(session: PortalSession) -> list[tuple[int, int]]:
    return [tuple(row) for row in session.execute(select(LINKS.c.id, LINKS.c.entry_id))]


def test_entries_are_linked_in_the_transaction_that_writes_them(app: Flask) -> None:
    session = current_session()
    before = service.verify().position
    write(3)
    with unit_of_work():
        audit.record(action="one", subject="x:1")
        audit.record_all([Action("many", f"y:{n}", {"é": [1, 2.5, None]}) for n in range(4)],
                         actor_id=7)  # fmt: skip
    proof = service.verify()
    assert proof.fault is None
    assert proof.position == before + 8 == session.scalar(select(func.count()).select_from(ENTRIES))
    assert session.execute(select(HEADS.c.position, HEADS.c.hash)).one() == (
        proof.position,
        proof.hash,
    )


def test_what_fails_leaves_no_link(app: Flask) -> None:
    before = service.verify()
    with pytest.raises(ZeroDivisionError), unit_of_work() as session:
        audit.record(action="lost", subject="x:1")
        session.flush()
        raise ZeroDivisionError
    write()
    assert service.verify().position == before.position + 1
    assert service.verify().fault is None


def test_a_step_taken_back_leaves_no_link_and_one_kept_leaves_one(app: Flask) -> None:
    before = service.verify().position
    with unit_of_work() as session:
        step = session.begin_nested()
        audit.record(action="taken_back", subject="x:1")
        session.flush()
        step.rollback()
        with session.begin_nested():
            audit.record(action="kept", subject="x:1")
    assert service.verify().fault is None
    assert service.verify().position == before + 1


def free(app: Flask) -> None:
    """Take the triggers away, as somebody with the database's password could."""
    session = current_session()
    sqlite = app.extensions["portal_db"].is_sqlite
    for table, verbs in TRIGGERS.items():
        for verb in verbs:
            on = "" if sqlite else f" ON {table}"
            session.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}{on}"))


def forge(session: PortalSession, entry_id: int) -> None:
    """Change an entry and its own link's hash to match."""
    session.execute(update(ENTRIES).where(ENTRIES.c.id == entry_id).values(action="forged"))
    row = session.execute(select(ENTRIES).where(ENTRIES.c.id == entry_id)).one()
    link = session.execute(select(LINKS).where(LINKS.c.entry_id == entry_id)).one()
    facts = AuditFacts(row.id, row.at, row.actor_id, row.action, row.subject, row.detail)
    digest = link_hash(link.previous, link.id, facts)
    session.execute(update(LINKS).where(LINKS.c.id == link.id).values(hash=digest))


def rewrite_all(session: PortalSession) -> None:
    """Change an entry and write the whole chain afresh, head and all: the cleverest attack."""
    first = session.scalar(select(func.min(ENTRIES.c.id)))
    session.execute(update(ENTRIES).where(ENTRIES.c.id == first).values(action="forged"))
    previous, position = GENESIS, 0
    for row in session.execute(select(ENTRIES).order_by(ENTRIES.c.id)).all():
        position += 1
        facts = AuditFacts(row.id, row.at, row.actor_id, row.action, row.subject, row.detail)
        digest = link_hash(previous, position, facts)
        session.execute(
            update(LINKS).where(LINKS.c.id == position)
            .values(entry_id=row.id, previous=previous, hash=digest)
        )  # fmt: skip
        previous = digest
    session.execute(update(HEADS).values(position=position, hash=previous))


def cut(session: PortalSession, *, head: bool) -> None:
    """Remove the last three entries with their links, and set the head back."""
    last = session.scalar(select(func.max(LINKS.c.id)))
    gone = select(LINKS.c.entry_id).where(LINKS.c.id > last - 3)
    ids = list(session.scalars(gone))
    session.execute(delete(LINKS).where(LINKS.c.id > last - 3))
    session.execute(delete(ENTRIES).where(ENTRIES.c.id.in_(ids)))
    if head:
        end = session.execute(select(LINKS).where(LINKS.c.id == last - 3)).one()
        session.execute(update(HEADS).values(position=end.id, hash=end.hash))


def swap(session: PortalSession, one: int, two: int) -> None:
    """Exchange what two entries say."""
    rows = {
        key: session.execute(select(ENTRIES).where(ENTRIES.c.id == key)).one()._asdict()
        for key in (one, two)
    }
    for key, other in ((one, two), (two, one)):
        values = {name: value for name, value in rows[other].items() if name != "id"}
        session.execute(update(ENTRIES).where(ENTRIES.c.id == key).values(**values))


def change(column: str, value: object) -> Callable[[PortalSession, int], None]:
    def attack(session: PortalSession, middle: int) -> None:
        session.execute(update(ENTRIES).where(ENTRIES.c.id == middle).values({column: value}))

    return attack


def add_entry(session: PortalSession, _middle: int) -> None:
    session.execute(
        insert(ENTRIES).values(
            at=datetime(2020, 1, 1, tzinfo=UTC), actor_id=1, action="x", subject="y", detail={}
        )
    )


ATTACKS: dict[str, tuple[Callable[[PortalSession, int], object], str]] = {
    "change the action": (change("action", "other"), "not what was written"),
    "change the subject": (change("subject", "thing:99"), "not what was written"),
    "change who": (change("actor_id", 4711), "not what was written"),
    "change the detail": (change("detail", {"n": 99}), "not what was written"),
    "change when": (
        change("at", datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=1)),
        "not what was written",
    ),
    "change and mend its link": (forge, "does not follow"),
    "remove an entry": (
        lambda s, m: s.execute(delete(ENTRIES).where(ENTRIES.c.id == m)), "is gone",
    ),
    "remove a link": (
        lambda s, m: s.execute(delete(LINKS).where(LINKS.c.entry_id == m)), "is missing",
    ),
    "remove both": (
        lambda s, m: (
            s.execute(delete(LINKS).where(LINKS.c.entry_id == m)),
            s.execute(delete(ENTRIES).where(ENTRIES.c.id == m)),
        ),
        "is missing",
    ),
    "reorder": (lambda s, m: swap(s, m, m + 1), "not what was written"),
    "insert": (add_entry, "beside the chain"),
    "truncate": (lambda s, _m: cut(s, head=False), "cut off"),
    "remove the head": (lambda s, _m: s.execute(delete(HEADS)), "head of the chain is gone"),
    "change the head": (
        lambda s, _m: s.execute(update(HEADS).values(hash="0" * 64)), "head of the chain is not",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_tampering_is_found_and_named(app: Flask, name: str) -> None:
    attack, words = ATTACKS[name]
    write(12)
    with unit_of_work() as session:
        free(app)
        # Foreign keys would refuse half of it: an attacker turns them off.
        if app.extensions["portal_db"].is_sqlite:
            session.execute(text("PRAGMA defer_foreign_keys=ON"))
        else:
            session.execute(text("ALTER TABLE audit_links DROP CONSTRAINT fk_audit_links_entry_id"))
        middle = session.execute(select(LINKS.c.entry_id).order_by(LINKS.c.id).offset(5)).scalar()
        assert service.verify().fault is None, "Taking the triggers away is no fault yet"
        session.expire_all()
        attack(session, middle)
        fault = service.verify().fault
        session.rollback()
    assert words in (fault or ""), fault


@pytest.mark.parametrize("attack", [rewrite_all, lambda session: cut(session, head=True)],
                         ids=["rewritten", "cut off"])  # fmt: skip
def test_only_an_anchor_shows_a_chain_that_was_written_afresh(
    app: Flask, attack: Callable[[PortalSession], None]
) -> None:
    write(12)
    before = service.verify()
    assert before.fault is None
    anchor = Anchor(before.position, before.hash, "The anchor of the mail")
    with unit_of_work() as session:
        free(app)
        attack(session)
        alone, anchored = service.verify(), service.verify([anchor])
        session.rollback()
    assert alone.fault is None, "Without an anchor nobody can see it: that is what it is for"
    assert anchored.fault is not None
    assert "The anchor of the mail" in anchored.fault


def test_earlier_checks_are_anchors(app: Flask) -> None:
    write(5)
    assert service.check("command").fault is None
    with unit_of_work() as session:
        free(app)
        rewrite_all(session)
        fault = service.verify().fault
        session.rollback()
    assert "The check of" in (fault or "")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_links SET hash = 'x'",
        "DELETE FROM audit_links",
        "DELETE FROM audit_heads",
        "UPDATE audit_heads SET position = 0",
        "UPDATE audit_heads SET hash = 'x'",
        "INSERT INTO audit_heads (id, position, hash) VALUES (2, 9, 'x')",
        "UPDATE audit_checks SET fault = ''",
        "DELETE FROM audit_checks",
    ],
)
def test_the_database_itself_refuses(app: Flask, statement: str) -> None:
    write()
    service.check("command")
    with pytest.raises(DBAPIError), unit_of_work() as session:
        session.execute(text(statement))


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
def test_postgresql_refuses_truncate_too(app: Flask) -> None:
    for table in ("audit_entries, audit_links", "audit_links", "audit_heads", "audit_checks"):
        with pytest.raises(DBAPIError, match=r"append-only|forward"), unit_of_work() as session:
            session.execute(text(f"TRUNCATE {table}"))


def test_many_at_once_make_one_chain(committed_app: Flask) -> None:
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with committed_app.app_context():
                for step in range(15):
                    with unit_of_work():
                        audit.record(action="test.race", subject=f"t:{number}.{step}")
        except BaseException as error:  # noqa: BLE001 - told to the test
            faults.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with committed_app.app_context():
        proof = service.verify()
    assert (proof.fault, proof.position) == (None, 90)


def test_what_was_there_before_is_linked_by_the_migration(committed_app: Flask) -> None:
    from alembic import command

    database = committed_app.extensions["portal_db"]
    with committed_app.app_context():
        write(7)
        whole = service.verify()
    with database.engine.connect() as connection:
        command.downgrade(alembic_config(connection), "032_report_indexes")
        connection.commit()
        assert connection.scalar(text("SELECT count(*) FROM audit_entries")) == 7
        connection.commit()
        command.upgrade(alembic_config(connection), "head")
        connection.commit()
    with committed_app.app_context():
        again = service.verify()
        assert again == whole
        assert again.position == 7
        write()
        assert service.verify().position == 8


def test_the_command_says_what_holds(committed_app: Flask, tmp_path: Path) -> None:
    runner = committed_app.test_cli_runner()
    with committed_app.app_context():
        write(3)
    said = runner.invoke(args=["audit", "verify", "--json"])
    assert said.exit_code == 0, said.output
    proof = json.loads(said.output)
    assert (proof["whole"], proof["position"]) == (True, 3)
    file = tmp_path / "deep" / "anchors.jsonl"
    assert runner.invoke(args=["audit", "anchor", str(file)]).exit_code == 0
    with committed_app.app_context():
        write(2)
    assert runner.invoke(args=["audit", "verify", "--anchors", str(file)]).exit_code == 0
    good = f"{proof['position']}:{proof['hash']}"
    assert runner.invoke(args=["audit", "verify", "--anchor", good]).exit_code == 0
    for wrong in (f"3:{'0' * 64}", f"99:{proof['hash']}"):
        said = runner.invoke(args=["audit", "verify", "--anchor", wrong])
        assert said.exit_code == 1
        assert "FAULT" in said.output
    assert runner.invoke(args=["audit", "verify", "--anchor", "nonsense"]).exit_code == 1
    with committed_app.app_context():
        faults = current_session().scalars(select(AuditCheck.fault).order_by(AuditCheck.id)).all()
    assert len(faults) == 6
    assert [bool(fault) for fault in faults] == [False, False, False, False, True, True]


# How entries were linked before one that was just written was hashed as it was given.
def linked_the_old_way(session: PortalSession, entry_ids: list[int]) -> None:
    position, previous = session.execute(select(HEADS.c.position, HEADS.c.hash)).one()
    columns = [ENTRIES.c[name] for name in ("id", "at", "actor_id", "action", "subject", "detail")]
    for row in session.execute(select(*columns).where(ENTRIES.c.id.in_(entry_ids))).all():
        position += 1
        digest = link_hash(previous, position, AuditFacts(*row))
        session.execute(
            insert(LINKS).values(id=position, entry_id=row.id, previous=previous, hash=digest)
        )
        previous = digest
    session.execute(update(HEADS).values(position=position, hash=previous))


SAID = (
    *({}, {"n": 1, "é": ["ü", None, True], "in": {"b": 2, "a": [-(2**60)]}}),
    *({"share": 0.1}, {"whole": 1.0, "small": 1e-7}, {"list": [2.50, 1e22]}, {"pair": (1, 2)}),
    *({"numbers": {2: "b", 10: "a"}}, {"quote": '"\\ \u2028 \U0001f600'}),
)


def test_an_old_chain_goes_on_and_proves_itself(app: Flask) -> None:
    before = service.verify().position
    with unit_of_work() as session:
        made = session.scalars(
            insert(ENTRIES).returning(ENTRIES.c.id),
            [{"action": "old", "subject": f"x:{n}", "detail": {"n": n}} for n in range(3)],
        ).all()
        linked_the_old_way(session, sorted(made))
    for said in SAID:
        with unit_of_work():
            audit.record(action="new", subject="y:1", detail=said, actor_id=7)
            with suppress(ZeroDivisionError), current_session().begin_nested() as step:
                audit.record(action="lost", subject="z:1")
                current_session().flush()
                assert step.is_active
                raise ZeroDivisionError
    proof = service.verify()
    assert proof.fault is None
    assert proof.position == before + 3 + len(SAID)


def test_a_link_says_what_it_said_when_chains_began() -> None:
    facts = AuditFacts(
        *(12, datetime(2026, 11, 22, 9, 30, 0, 250, tzinfo=UTC), None, "case.opened"),
        *("case:0123456789", {"é": [1, 2.5, None], "a": {"c": True, "b": "x"}}),
    )
    assert (
        link_hash(GENESIS, 1, facts)
        == "c14b3a2315df60a6687d9136e852398179b97254af4103ee3ad2392136976d25"
    )
    assert (
        link_hash(GENESIS, 2, facts)
        != "c14b3a2315df60a6687d9136e852398179b97254af4103ee3ad2392136976d25"
    )
