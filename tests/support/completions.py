"""Diagnostics that wait to be completed, who completes them in other processes, and a recount."""

from __future__ import annotations

import multiprocessing
import sqlite3
import traceback
from collections import Counter
from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from typing import Any

from flask import Flask
from sqlalchemy import func, insert, select
from sqlalchemy.exc import OperationalError

from portal.db import audit, current_session, unit_of_work
from portal.diagnostics import queries, service
from portal.diagnostics.models import Response
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.kernel.ids import new_reference
from portal.kernel.people import PORTAL
from portal.kernel.result import Ok
from portal.reports.facts import install as counts
from tests.factories.diagnostics import make_response
from tests.factories.employers import make_employer
from tests.support.contender import bare_app
from tests.support.races import database_of

_TRIES = 10


def answered(app: Flask, *, employers: int, each: int) -> list[int]:
    """Keys of diagnostics answered to their end: so many for each of so many employers."""
    with app.app_context():
        facts = [make_response(complete=False, worst=worst) for worst in (True, False)]
        with unit_of_work() as session:
            table: Any = Response.__table__
            rows = session.execute(
                select(table).where(table.c.id.in_([one.id for one in facts]))
            ).mappings()
            patterns = [{k: v for k, v in row.items() if k != "id"} for row in rows]
            own = [make_employer() for _ in range(employers)]
            session.execute(
                insert(Response),
                [
                    {
                        **patterns[number % 2],
                        "reference": new_reference(),
                        "employer_id": employer.id,
                        "district": employer.district,
                    }
                    for employer in own
                    for number in range(each)
                ],
            )
        return list(
            current_session().scalars(
                select(Response.id)
                .where(Response.employer_id.is_not(None), Response.status == "in_progress")
                .order_by(Response.id)
            )
        )


def complete(response_id: int) -> object:
    """Complete one, within a unit of work."""
    return service.complete(response_id=response_id, by=PORTAL)


def _work(url: str, keys: Sequence[int], start: Barrier, said: Any) -> None:
    app = bare_app(url)
    errors = []
    start.wait(60)
    for key in keys:
        try:
            done = _patiently(app, key)
            if not isinstance(done, Ok):
                errors.append(str(done))
        except Exception:  # noqa: BLE001 - each one is told
            errors.append(traceback.format_exc())
    said.put(errors)


def _patiently(app: Flask, key: int) -> object:
    """As a person would: asked to try again, they do.

    SQLite lets whoever comes next write, not who waits longest: among several who never pause, one
    may wait for its five seconds. It is refused before it has written anything.
    """
    for left in reversed(range(_TRIES)):
        try:
            with app.app_context(), unit_of_work():
                return complete(key)
        except (OperationalError, sqlite3.OperationalError) as error:
            if "database is locked" not in str(error) or not left:
                raise
    raise AssertionError("never reached")


def complete_in_processes(app: Flask, keys: Sequence[int], *, processes: int) -> list[str]:
    """Complete them all at once, dealt out in turn; returns every error met.

    Processes are forked: they share what is loaded, and nothing of the database. A connection to
    SQLite that is open in the one that forks would have the others believe in its locks.
    """
    database = database_of(app)
    database.dispose()
    url = database.url
    forked = multiprocessing.get_context("fork")
    start, said = forked.Barrier(processes), forked.Queue()
    running = [
        forked.Process(target=_work, args=(url, keys[number::processes], start, said))
        for number in range(processes)
    ]
    for process in running:
        process.start()
    errors = [error for _ in running for error in said.get(timeout=3600)]
    for process in running:
        process.join(60)
    return errors


def faults(app: Flask, completed: int) -> list[str]:
    """What does not agree: counts kept beside with a recount, who stands, what was written down."""
    with app.app_context():
        key = load_catalogue().latest().key  # type: ignore[union-attr]
        recounted = Counter(
            (dimension, sector, size, district, score)
            for _at, sector, size, district, dimension, score, current in queries.counted_scores(
                key
            )
            if current
        )
        found = []
        if queries.stored_histograms(key) != dict(recounted):
            found.append("the histograms are not those of a recount")
        session = current_session()
        standing = session.execute(
            select(Response.employer_id, func.count())
            .where(Response.is_current)
            .group_by(Response.employer_id)
        ).all()
        found += [f"{n} stand for employer {one}" for one, n in standing if n != 1]
        if not standing:
            found.append("nobody stands")
        done = select(func.count()).where(
            Response.status == "completed", Response.employer_id.is_not(None)
        )
        entries = select(func.count()).where(audit.AuditEntry.action == "diagnostic.completed")
        for what in (done, entries):
            number = session.scalar(what)
            if number != completed:
                found.append(f"{number} instead of {completed}")
        connection = session.connection()
        found += [str(one) for one in counts.differences(connection)]
        return found
