"""Web and worker are killed at any moment under load: nothing acknowledged is lost, no job either.

Employers answer, advisers log, providers submit and officers approve, all at once. ``make prove``
kills everything 200 times on each database. Besides, one process at a time is killed at each
statement of an action or a job, so that no moment is left to luck.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.caseload.service import contacts
from portal.db import Base, current_session, outbox, unit_of_work
from portal.diagnostics import queries, service
from portal.governance.service import audit_chain
from portal.integrations.jobs import run_entry
from portal.integrations.mail import MAIL_EXTENSION, ConsoleMailer, Message, send_later
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_token
from portal.kernel.people import PORTAL
from portal.kernel.result import Ok
from portal.reports.service import counting
from tests.factories.caseload import make_case, make_provider
from tests.factories.diagnostics import make_response
from tests.factories.employers import make_employer
from tests.integration.faults.kill_people import (
    Answering,
    Logging,
    finish_jobs,
    job_faults,
    tried_again,
)
from tests.integration.payments.kill_server import Person, assert_kept, make_desks
from tests.support import claims_world as world
from tests.support.dying import dies_at
from tests.support.killing import Log, Presser, Server, Worker, storm
from tests.support.races import database_of

BIG = os.environ.get("BIG") == "1"
ROUNDS = 200 if BIG else 1
# Settings of both processes: the embedded queue on disk, as an installation has it.
REAL = {"PORTAL_ENV": "development"}


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if BIG else 300)
def test_web_and_worker_killed_at_any_moment_lose_and_double_nothing(
    committed_app: Flask, tmp_path: Path
) -> None:
    app, url = committed_app, database_of(committed_app).url
    server = Server(url, tmp_path, **REAL)
    worker = Worker(url, tmp_path, target="tests.support.slow_mail:app", **REAL)
    shared: Any = (server.port, Log(), threading.Event(), threading.Event())
    answering, logging = Answering(app, *shared), Logging(app, *shared)
    desk = make_desks(app, people=1, months=ROUNDS)[0]
    people: list[Presser] = [answering, logging, Person(app, desk, *shared)]
    log = storm(people, server, rounds=ROUNDS, seed=20261122, worker=worker, answers=24)
    assert log.errors == []
    # Done, or told in words why not (an answer that somebody changed meanwhile is shown to them).
    assert set(log.statuses) <= {200, 302, 409}, (log.statuses, server.log())
    assert worker.kills >= ROUNDS, worker.log()
    assert len(log.acknowledged) >= 2 * ROUNDS, log
    with app.app_context():
        assert answering.lost() == []
        assert logging.lost() == []
        assert_kept(one for one in log.acknowledged if one[1] in {"submitted", "approved"})
        world.assert_true()
        assert counting.differences() == []
        assert audit_chain.verify().fault is None
        finish_jobs()
        assert job_faults() == []
        if BIG:
            # Two rounds may by chance cut nobody off.
            assert log.broken >= ROUNDS / 4, "few requests were cut off: this proof proves little"
            assert tried_again() >= 1, "no worker died over its work: this proof proves nothing"


# The server never comes to ask a database.
@pytest.mark.parametrize(
    "committed_app", ["sqlite", "postgresql"] if BIG else ["sqlite"], indirect=True
)
@pytest.mark.timeout(180)
def test_a_server_that_answers_before_it_saves_is_caught(
    committed_app: Flask, tmp_path: Path
) -> None:
    """The control: an acknowledged note that was not written yet dies with the server."""
    server = Server(
        database_of(committed_app).url, tmp_path, target="tests.support.answers_first:app"
    )
    person = Logging(committed_app, server.port, Log(), threading.Event(), threading.Event())
    server.start()
    try:
        person.once()
    finally:
        server.kill()
    with committed_app.app_context():
        assert person.lost() == [f"note {person.sent[0]} is not there"]


def a_note(case: str) -> bool:
    with unit_of_work():
        done = contacts.log(
            reference=case, kind="note", reached=False, minutes=10, with_name="", summary="Note",
            next_action=("call", "Ask again", today()), waiting_for="Their rota", by=PORTAL,
        )  # fmt: skip
    return isinstance(done, Ok)


def an_answer(reference: str) -> bool:
    facts = queries.response_facts(reference)
    assert facts is not None
    with unit_of_work():
        done = service.save_answers(
            response_id=facts.id, values={"staff_total": 35}, seen=facts.revision, by="visitor"
        )
    return isinstance(done, Ok)


def an_end(reference: str) -> bool:
    facts = queries.response_facts(reference)
    assert facts is not None
    with unit_of_work():
        done = service.complete(response_id=facts.id, by=PORTAL)
    return isinstance(done, Ok)


def answered() -> str:
    with unit_of_work():
        employer = make_employer().reference
    return make_response(employer=employer, complete=False).reference


def case() -> str:
    with unit_of_work():
        return make_case(make_provider()).reference


ACTIONS: dict[str, tuple[Callable[[], str], Callable[[str], bool]]] = {
    "note": (case, a_note),
    "answer": (answered, an_answer),
    "end": (answered, an_end),
}


def picture(app: Flask) -> dict[str, list[str]]:
    """Every row of every table."""
    with app.app_context():
        session = current_session()
        return {
            table.name: sorted(repr(tuple(row)) for row in session.execute(select(table)))
            for table in Base.metadata.sorted_tables
        }


@pytest.mark.parametrize("name", ACTIONS)
def test_killed_at_each_statement_in_turn_it_did_all_or_nothing(
    committed_app: Flask, name: str
) -> None:
    prepare, act = ACTIONS[name]
    with committed_app.app_context():
        reference = prepare()
    before = picture(committed_app)
    at, died, step = 1, 0, 1 if BIG else 3
    while dies_at(committed_app, at, lambda: act(reference)):
        assert picture(committed_app) == before, f"half done when killed at statement {at}"
        at, died = at + step, died + 1
        assert at < 500, "it never came to its end"
    assert died >= 2, "too few statements to be killed at: this proves nothing"
    assert picture(committed_app) != before


def test_halves_are_seen(committed_app: Flask) -> None:
    """The control: an action of two transactions is caught half done."""
    with committed_app.app_context():
        reference = case()
    before = picture(committed_app)

    def twice() -> bool:
        return a_note(reference) and a_note(reference)

    at = 1
    while dies_at(committed_app, at, twice) and picture(committed_app) == before:
        at += 3
    halved = picture(committed_app)["interactions"]
    assert len(halved) == 1 + len(before["interactions"])


def promise_mail(number: int) -> int:
    with unit_of_work():
        send_later(
            to="ann@example.org",
            subject=f"Message {number}",
            template="payments_claims",
            context={"name": "Ann", "paragraphs": [f"Number {number}"], "href": "/"},
        )
    return current_session().scalars(select(func.max(outbox.OutboxEntry.id))).one()


def kill_at_each_statement(app: Flask) -> int:
    """Promise a message, kill its worker at the first, second… statement; how often it died."""
    for at in range(1, 100):
        with app.app_context():
            entry = promise_mail(at)
        died = dies_at(app, at, lambda entry=entry: run_entry(entry))
        with app.app_context():
            finish_jobs()
        if not died:
            return at - 1
    raise AssertionError("it never came to its end")


def test_a_job_killed_at_each_statement_in_turn_is_done_once(committed_app: Flask) -> None:
    assert kill_at_each_statement(committed_app) >= 6
    with committed_app.app_context():
        assert job_faults() == []
        assert tried_again() >= 4, "nobody died over a message: this proves nothing"


class Forgetful(ConsoleMailer):
    """Gives each try a new identifier, so that nobody can tell a message from its repetition."""

    def send(self, message: Message) -> None:
        super().send(replace(message, message_id=f"<{new_token()}@portal.example>"))


def test_a_job_that_is_not_idempotent_is_caught(committed_app: Flask) -> None:
    """The control: killed between sending and noting it, the message goes out twice."""
    committed_app.extensions[MAIL_EXTENSION] = Forgetful()
    kill_at_each_statement(committed_app)
    with committed_app.app_context():
        assert any("1 promised, 2 arrived" in fault for fault in job_faults())


def test_a_lost_job_is_caught(committed_app: Flask) -> None:
    """The control: work that only a queue knew of dies with its worker."""
    with committed_app.app_context():
        entry = promise_mail(1)
        with unit_of_work() as session:
            session.get_one(outbox.OutboxEntry, entry).done_at = utc_now()
        finish_jobs()
        assert [fault for fault in job_faults() if "1 promised, 0 arrived" in fault]
