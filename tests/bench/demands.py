"""What one page, one save, one plan asks of a machine, for the simulation of a whole country.

    python -m tests.bench.demands              measure, and keep it in tests/bench/demands.json
    python -m tests.bench.demands --people 30  more of everybody: steadier figures

Measured in seconds of processor, not by the clock, so that other work on the machine counts for
little: of the process that answers, and of the database's own processes, each summed over many
requests. PostgreSQL, beside which nothing else writes; the bytes of its log (WAL) and of its files.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event, text
from werkzeug.test import Client

from portal import create_app
from portal.action_plans.service.versions import KIND as PRINTING
from portal.cli.bulk.seeding import seed
from portal.db import current_session, outbox
from portal.db.session import WRITE_OPTION
from portal.integrations.jobs import run_entry
from tests.bench.__main__ import machine, prepare
from tests.bench.support import database_of, portal_on, settings_for, workplace
from tests.factories.action_plans import make_party, make_plan
from tests.integration.faults.kill_people import Answering, Logging
from tests.support.killing import Log, Press, Visitor, signed_in

KEPT = Path(__file__).with_name("demands.json")
EMPLOYERS = 2_000
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Demand:
    """What one request (or one job) costs, on average over ``times`` of them.

    Processor in milliseconds, ``log`` in bytes of WAL, ``held`` the milliseconds for which one
    writer keeps the next from the audit trail's head, by the clock (median).
    """

    web: float
    database: float
    log: float
    held: float
    times: int


class Meter:
    """Counts what is spent inside its blocks, under a name."""

    def __init__(self, app: Flask) -> None:
        self.app, self.name = app, database_of(app).engine.url.database
        self.spent: dict[str, list[float]] = {}
        self.holds: dict[str, list[float]] = {}
        self._taken = 0.0
        self._now = ""
        engine = database_of(app).engine
        event.listen(engine, "after_cursor_execute", self._after)
        event.listen(engine, "commit", self._commit)

    def _after(self, _c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        if self._now and "audit_heads" in statement and not self._taken:
            self._taken = time.perf_counter()

    def _commit(self, _connection: Any) -> None:
        if self._now and self._taken:
            self.holds.setdefault(self._now, []).append(time.perf_counter() - self._taken)
            self._taken = 0.0

    def database_seconds(self) -> float:
        """Processor seconds of every process that serves this database."""
        total = 0
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                command = (folder / "cmdline").read_bytes()
                if command.startswith(b"postgres:") and f" {self.name} ".encode() in command:
                    fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                    total += int(fields[11]) + int(fields[12])
            except OSError:
                continue
        return total / _TICKS

    def written(self) -> int:
        """Bytes of WAL since the server began."""
        with database_of(self.app).engine.connect() as connection:
            return int(
                connection.execute(text("SELECT pg_current_wal_insert_lsn() - '0/0'")).scalar_one()
            )

    @contextmanager
    def counting(self, name: str, times: int) -> Iterator[None]:
        """Everything in the block is ``times`` of ``name``."""
        self._now = name
        log, database, web = self.written(), self.database_seconds(), time.process_time()
        yield
        self._now, self._taken = "", 0.0
        web, database = time.process_time() - web, self.database_seconds() - database
        kept = self.spent.setdefault(name, [0.0, 0.0, 0.0, 0])
        for place, value in enumerate((web, database, self.written() - log, times)):
            kept[place] += value

    def demands(self) -> dict[str, Demand]:
        """What was counted, for one of each."""
        return {
            name: Demand(
                web * 1000 / times,
                database * 1000 / times,
                log / times,
                statistics.median(self.holds.get(name, [0.0])) * 1000,
                int(times),
            )
            for name, (web, database, log, times) in self.spent.items()
        }


class Person:
    """Asks the application without a socket, as the person of a cookie."""

    def __init__(self, app: Flask, visitor: Visitor | None) -> None:
        self.client = Client(app)
        self.visitor = visitor
        if visitor is not None:
            self.client.set_cookie("session", visitor.cookie)

    def get(self, path: str) -> None:
        answer = self.client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status}")

    def post(self, path: str, values: dict[str, Any], said: int) -> None:
        assert self.visitor is not None
        answer = self.client.post(path, data={**values, "csrf_token": self.visitor.token})
        if answer.status_code != said:
            raise RuntimeError(f"{path} answered {answer.status}")


def _answer(meter: Meter, answering: Answering, person: Person) -> str:
    """One diagnostic from its first page to its results; the response's reference."""
    app = meter.app
    while True:
        with app.app_context():
            press: Press = answering.next()
        done = press.becomes == "completed"
        if "/page/" in press.path:
            with meter.counting("question page", 1):
                person.get(press.path.removesuffix("/autosave"))
        name = "finish" if done else "save" if "/page/" in press.path else "start"
        with meter.counting(name, 1):
            person.post(press.path, dict(press.values), press.said)
        if done:
            return press.reference


def _employers(meter: Meter, people: int) -> None:
    app = meter.app
    for number in range(people + 1):
        answering = Answering(app, 0, Log(), threading.Event(), threading.Event())
        person = Person(app, answering.owner)
        reference = _answer(_Quiet(app) if number == 0 else meter, answering, person)
        paths = [f"/diagnostic/{reference}/results", f"/employers/{answering.employer}"]
        for name, path in zip(("results", "employer's page"), paths, strict=True):
            person.get(path)
            with meter.counting(name, 4):
                for _ in range(4):
                    person.get(path)


class _Quiet(Meter):
    """Counts into nothing: for what only warms up."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    @contextmanager
    def counting(self, name: str, times: int) -> Iterator[None]:
        del name, times
        yield


def _plans(meter: Meter, people: int) -> None:
    """Plans that are asked for, printed by a worker and fetched."""
    app = meter.app
    for number in range(people + 1):
        with app.app_context():
            party = make_party()
            make_plan(party, count=12)
            owner, employer = party.owner_id, party.employer
        page = f"/employers/{employer}/plan"
        person = Person(app, signed_in(app, owner, page))
        counted = meter if number else _Quiet(app)
        with counted.counting("plan page", 4):
            for _ in range(4):
                person.get(page)
        with counted.counting("ask for the PDF", 1):
            person.post(f"{page}/versions", {}, 302)
        _jobs(counted, PRINTING)
        with counted.counting("fetch the PDF", 1):
            person.get(f"{page}/versions/1/file")


def _jobs(meter: Meter, wanted: str) -> None:
    """Do what waits: plans by themselves, everything else as a mail."""
    with meter.app.app_context():
        while waiting := outbox.waiting():
            for entry in waiting:
                kind = current_session().get_one(outbox.OutboxEntry, entry).kind
                with meter.counting("print a plan" if kind == wanted else "other job", 1):
                    run_entry(entry)


def _advisers(meter: Meter, people: int) -> None:
    app = meter.app
    logging = Logging(app, 0, Log(), threading.Event(), threading.Event())
    person = Person(app, logging.adviser)
    for number in range(people * 2 + 1):
        counted = meter if number else _Quiet(app)
        with app.app_context():
            press = logging.next()
        with counted.counting("log a contact", 1):
            person.post(press.path, dict(press.values), press.said)
        for name, path in (("adviser's home", "/work"), ("case", f"/cases/{logging.case}")):
            with counted.counting(name, 2):
                person.get(path)
                person.get(path)


def _public(meter: Meter, people: int) -> None:
    visitor = Person(meter.app, None)
    for path in ("/", "/toolkit", "/events", "/privacy"):
        visitor.get(path)
        with meter.counting("public page", people * 2):
            for _ in range(people * 2):
                visitor.get(path)


def _sign_in(folder: Path, people: int) -> Demand:
    """A password is checked at its real cost, which tests do without."""
    settings = settings_for("sqlite://", folder).model_copy(update={"portal_env": "development"})
    from flask_security.utils import hash_password, verify_password

    app = create_app(settings)
    with app.app_context():
        kept = hash_password("three calm otters")
        begun = time.process_time()
        for _ in range(people):
            verify_password("three calm otters", kept)
        return Demand((time.process_time() - begun) * 1000 / people, 0, 0, 0, people)


def _grown(app: Flask, work: Callable[[], None]) -> int:
    """By how many bytes the database's files grow, room left by what was changed not counted."""
    before = _compact(app)
    work()
    return _compact(app) - before


def _compact(app: Flask) -> int:
    engine = database_of(app).engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("VACUUM (FULL, ANALYZE)")
        size = text("SELECT pg_database_size(current_database())")
        return int(connection.execute(size).scalar_one())


def measured(people: int) -> dict[str, Any]:
    """Everything, on a made-up programme that is there already."""
    with workplace() as folder, portal_on("postgresql", folder) as app:
        engine = database_of(app).engine
        with engine.connect().execution_options(**{WRITE_OPTION: True}) as connection:
            with connection.begin():
                seed(connection, employers=EMPLOYERS, seed=1, tell=lambda _words: None)
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
        meter = Meter(app)
        answered = _grown(app, lambda: _employers(meter, people)) / (people + 1)
        planned = _grown(app, lambda: _plans(meter, people)) / (people + 1)
        _advisers(meter, people)
        _public(meter, people)
        demands = {name: asdict(one) for name, one in meter.demands().items()}
        demands["sign in"] = asdict(_sign_in(folder, people))
        files = [one.stat().st_size for one in (folder / "files").rglob("*") if one.is_file()]
        return {
            "demands": demands,
            "question_pages": round(demands["save"]["times"] / people, 1),
            "bytes": {
                "diagnostic": round(answered),
                "plan": round(planned),
                "file": round(statistics.median(files)),
            },
        }


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.demands", description=__doc__)
    parser.add_argument("--people", type=int, default=20, help="how many of each kind")
    options = parser.parse_args()
    prepare(quick=False)
    from tests.support import databases

    try:
        found = measured(options.people)
    finally:
        databases.clean_up()
    record = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "people": options.people,
        "employers": EMPLOYERS,
        "machine": machine(),
        **found,
    }
    KEPT.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, one in found["demands"].items():
        print(
            f"{name:<18} {one['web']:7.2f} ms web {one['database']:7.2f} ms database "
            f"{one['log']:9,.0f} bytes of log {one['held']:6.2f} ms held  ({one['times']})"
        )
    print(found["bytes"])


if __name__ == "__main__":
    main()
