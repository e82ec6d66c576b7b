"""What every benchmark of the portal needs: databases, people, requests without a socket."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, make_url
from werkzeug.test import EnvironBuilder

from config import Settings
from portal import create_app
from portal.db import unit_of_work
from portal.db.session import Database
from portal.diagnostics.models import Response
from portal.employers.models import Employer
from tests.factories.accounts import make_user, sign_in
from tests.support import databases
from tests.support.statements import sent_to

# On which databases; BENCH_KINDS=postgresql measures on that one only.
KINDS = tuple(os.environ.get("BENCH_KINDS", "sqlite postgresql").split())
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")
_SECTORS = ("retail", "hospitality", "social_care", "other")
_SIZES = ("micro", "small", "medium", "large")
_DISTRICTS = ("leeds", "bradford", "wakefield", "kirklees", "calderdale", "york")


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder of its own that goes away again."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        yield Path(folder)


def settings_for(url: str, folder: Path) -> Settings:
    """An installation with its own files."""
    return Settings(
        portal_env="test",
        database_url=url,
        storage_url=f"file://{folder / 'files'}",
        queue_path=folder / "queue.db",
        demo=False,
        log_level="ERROR",
    )


def environment_for(url: str, folder: Path) -> dict[str, str]:
    """The same installation for a server started as a process."""
    return {
        "PORTAL_ENV": "test",
        "DATABASE_URL": url,
        "STORAGE_URL": f"file://{folder / 'files'}",
        "QUEUE_PATH": str(folder / "queue.db"),
        "LOG_LEVEL": "ERROR",
        "PYTHONPATH": str(databases.ROOT),
    }


@contextmanager
def portal_on(kind: str, folder: Path) -> Iterator[Flask]:
    """The whole application on a fresh migrated database."""
    app = create_app(settings_for(databases.new_database(kind, folder), folder))
    yield app
    database_of(app).dispose()


def database_of(app: Flask) -> Database:
    """The application's database."""
    database: Database = app.extensions["portal_db"]
    return database


def plain_connection(url: str) -> Any:
    """The bare driver's connection, each statement a transaction of its own."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        import sqlite3

        connection = sqlite3.connect(
            parsed.database or "", isolation_level=None, timeout=30, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        return connection
    import psycopg

    address = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    # As the portal's own connections, and faster: to compile a statement takes longer than to run.
    return psycopg.connect(address, autocommit=True, options="-c jit=off")


# Requests without a socket -----------------------------------------------------------------------

Wsgi = Callable[[dict[str, Any], Any], Any]


@dataclass
class Visit:
    """One GET that can be made again and again, as a server would hand it to the application."""

    app: Wsgi
    environ: dict[str, Any]

    def __call__(self, _number: int = 0) -> bytes:
        """Make the request; anything but 200 is a fault of the benchmark."""
        answered: list[str] = []

        def start(status: str, _headers: Any, _error: Any = None) -> None:
            answered.append(status)

        environ = dict(self.environ)
        environ["wsgi.input"] = io.BytesIO()
        body = self.app(environ, start)
        try:
            content = b"".join(body)
        finally:
            close = getattr(body, "close", None)
            if close:
                close()
        if not answered[0].startswith("200"):
            raise RuntimeError(f"{environ['PATH_INFO']} answered {answered[0]}")
        return content


def visit(app: Wsgi, path: str, cookie: str = "") -> Visit:
    """A GET of the path with this session cookie."""
    return visit_with(app, path, f"session={cookie}" if cookie else "")


def visit_with(app: Wsgi, path: str, cookies: str) -> Visit:
    """A GET of the path with these cookies, as they stand in the header."""
    headers = {"Cookie": cookies} if cookies else {}
    builder = EnvironBuilder(path=path, headers=headers)
    environ = builder.get_environ()
    builder.close()
    environ["wsgi.errors"] = sys.stderr
    return Visit(app, environ)


def repeated(work: Callable[[int], object], times: int) -> Callable[[int], None]:
    """The work so many times, so that one timing lasts long enough to be exact."""

    def run(number: int) -> None:
        for _ in range(times):
            work(number)

    return run


@dataclass
class Statements:
    """SQL as it went to the driver, with its parameters; what only controls is left out."""

    made: list[tuple[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.made)


@contextmanager
def statements_of(app: Flask) -> Iterator[Statements]:
    """Everything the application asks of its database inside the block, known at its end."""
    noted = Statements()
    with sent_to(database_of(app).engine) as sent:
        yield noted
    noted.made += [one for one in sent if not one.sql.lstrip().upper().startswith(_CONTROL)]


# People and rows ---------------------------------------------------------------------------------


def session_cookie(app: Flask, *, roles: Sequence[str] = (), name: str = "Example Person") -> str:
    """The session cookie of a new person who is signed in."""
    return person_with_cookie(app, roles=roles, name=name)[1]


def person_with_cookie(
    app: Flask, *, roles: Sequence[str] = (), name: str = "Example Person"
) -> tuple[int, str]:
    """A new person's key and session cookie."""
    client = app.test_client()
    with app.app_context():
        # A password costs half a second to hash and is not used here.
        user = make_user(name=name, roles=roles, password=None)
        sign_in(client, user)
        number = user.id
    # The browser of somebody at work holds a form token already; the first page made it.
    client.get("/help")
    with client.session_transaction() as held:
        assert "csrf_token" in held
    cookie = client.get_cookie("session")
    assert cookie is not None
    return number, cookie.value


def seed_employers(app: Flask, upto: int, *, start: int = 0) -> None:
    """Employers number ``start`` to ``upto``; one in three has a completed diagnostic.

    Written in bulk, since a hundred thousand go in.
    """
    now = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    with app.app_context():
        for begun in range(start, upto, 5000):
            numbers = range(begun, min(begun + 5000, upto))
            with unit_of_work() as session:
                session.execute(insert(Employer), [_employer(number) for number in numbers])
                done = [number for number in numbers if number % 3 == 0]
                session.execute(insert(Response), [_response(n, now) for n in done])
            # After each part: PostgreSQL's triggers keep the plans that they made for empty tables.
            with database_of(app).engine.connect() as connection:
                connection.exec_driver_sql("ANALYZE")
                connection.commit()


def _employer(number: int) -> dict[str, Any]:
    name = f"Example Employer {number:06d} Ltd"
    return {
        "id": number + 1,
        "reference": f"B{number:09d}",
        "name": name,
        "trading_name": f"Trading & Sons {number}" if number % 4 == 0 else None,
        "company_number": f"{number:08d}",
        "sic_codes": ["56101"],
        "sector": _SECTORS[number % 4],
        "district": _DISTRICTS[number % 6],
        "postcode": "LS1 4AP",
        "headcount": 24,
        "part_time_headcount": 10,
        "headcount_on": date(2026, 11, 1),
        "size_tier": _SIZES[number % 3],
        "search_text": name.lower(),
    }


def _response(number: int, now: datetime) -> dict[str, Any]:
    return {
        "reference": f"R{number:09d}",
        "questionnaire_key": "part-time-talent",
        "questionnaire_version": 1,
        "employer_id": number + 1,
        "owner_id": 1,
        "completed_by": 1,
        "sector": _SECTORS[number % 4],
        "size_tier": _SIZES[number % 3],
        "district": _DISTRICTS[number % 6],
        "status": "completed",
        "is_current": True,
        "completed_at": now,
        "overall_score": number % 101,
        "result": {},
    }
