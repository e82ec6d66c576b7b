"""A counter that many processes raise at once, through the app's own sessions."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from portal.db.session import Database, current_session, unit_of_work


class TestBase(DeclarativeBase):
    """Tables that exist only in tests."""

    __test__ = False


class Counter(TestBase):
    """One number to be read, changed and written back."""

    __tablename__ = "contended_counters"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]


def make_counter(database: Database) -> None:
    """Create the table with one counter at nought."""
    TestBase.metadata.create_all(database.engine)
    with Session(database.engine) as session:
        session.add(Counter(id=1, value=0))
        session.commit()


def read_counter(database: Database) -> int:
    """What the counter says now."""
    with Session(database.engine) as session:
        return session.get_one(Counter, 1).value


def bare_app(url: str) -> Flask:
    """The smallest application with the portal's database."""
    app = Flask("contender")
    Database(url).init_app(app)
    return app


def increment() -> None:
    """Read, change and write back once, as a user action does."""
    # The page was shown before the change: what it had read must not decide the new value.
    shown = current_session().get_one(Counter, 1)
    assert shown.value >= 0
    with unit_of_work() as session:
        counter = session.scalars(select(Counter).where(Counter.id == 1).with_for_update()).one()
        counter.value = counter.value + 1


def contend(url: str, *, threads: int, times: int) -> list[str]:
    """Raise the counter from several threads; returns every error met."""
    app = bare_app(url)
    errors: list[str] = []

    def work() -> None:
        for _ in range(times):
            try:
                with app.app_context():
                    increment()
            except Exception as error:  # noqa: BLE001 - each one is counted
                errors.append(f"{type(error).__name__}: {error}")

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    app.extensions["portal_db"].dispose()
    return errors


def main() -> None:
    """Given URL THREADS TIMES GATE: start when the gate file is there."""
    url, threads, times, gate = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    Path(f"{gate}.{threading.get_native_id()}").touch()
    while not gate.exists():
        time.sleep(0.005)
    errors = contend(url, threads=threads, times=times)
    sys.stdout.write("\n".join(errors[:5]))
    raise SystemExit(1 if errors else 0)


if __name__ == "__main__":
    main()
