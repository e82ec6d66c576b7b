"""Work done after the commit: handlers by kind, run from the outbox by a Huey worker."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from flask import Flask, current_app
from huey import Huey, MemoryHuey, RedisHuey, SqliteHuey, crontab
from redis import ConnectionPool

from portal.db import outbox, unit_of_work
from portal.db.programmes import at_home, current_programme, for_each_programme
from portal.db.session import current_session

_log = logging.getLogger(__name__)
HANDLERS_EXTENSION = "portal_job_handlers"
HUEY_EXTENSION = "portal_huey"
DAILY_EXTENSION = "portal_daily_jobs"
MINUTELY_EXTENSION = "portal_minutely_jobs"
# UTC: five or six in London, before anybody looks at the day's list.
_DAILY_HOUR = "5"
WORKER_NICENESS = 10
REDIS_SECONDS = 3.0


class Handler(Protocol):
    """Does one kind of work. It may be called twice with the same payload: be idempotent.

    It runs outside any transaction and opens its own ``unit_of_work`` when it must write.
    """

    def __call__(self, payload: Mapping[str, Any]) -> None:
        """Do the work, or raise to have it tried again later."""


class _HueyQueue:
    """Tells Huey to run an outbox entry."""

    def __init__(self, run: Callable[[int, str | None], Any]) -> None:
        self._run = run

    def enqueue(self, entry_id: int) -> None:
        programme = current_programme()
        self._run(entry_id, None if programme is None else programme.slug)


def register_handler(app: Flask, kind: str, handler: Handler) -> None:
    """Name the handler of a kind of work; each kind has exactly one."""
    handlers: dict[str, Handler] = app.extensions.setdefault(HANDLERS_EXTENSION, {})
    if kind in handlers:
        raise RuntimeError(f"Two handlers for {kind}")
    handlers[kind] = handler


def run_entry(entry_id: int) -> bool:
    """Run one outbox entry now; True when it was done by this call.

    An entry that another worker holds, or that is done, is left alone. A failing handler leaves
    its entry to be tried again.
    """
    with unit_of_work():
        entry = outbox.claim(entry_id)
        work = None if entry is None else (entry.kind, dict(entry.payload))
    if work is None:
        return False
    kind, payload = work
    handlers: dict[str, Handler] = current_app.extensions.get(HANDLERS_EXTENSION, {})
    try:
        if kind not in handlers:
            raise LookupError(f"No handler for {kind}")  # noqa: TRY301 - handled as any failure
        handlers[kind](payload)
    except Exception as error:  # noqa: BLE001 - whatever a handler raises, its entry is kept
        _log.exception("Outbox entry %s (%s) failed; it will be tried again", entry_id, kind)
        session = current_session()
        if session.in_transaction():
            session.rollback()
        with unit_of_work():
            outbox.fail(entry_id, error=f"{type(error).__name__}: {error}")
        return False
    with unit_of_work():
        outbox.finish(entry_id)
    return True


def _rests() -> bool:
    """Whether nothing may be written for now: then no work is begun."""
    return bool(current_app.config["SETTINGS"].maintenance)


def sweep() -> int:
    """Run every entry that is due and return how many were done. Called each minute."""
    if _rests():
        return 0
    return sum(for_each_programme(_sweep_here))


def _sweep_here() -> int:
    ids = outbox.waiting()
    return sum(run_entry(entry_id) for entry_id in ids)


def register_daily(app: Flask, name: str, work: Callable[[], None]) -> None:
    """Have work done once a day, early in the morning in London, by a worker.

    ``work`` opens its own units of work and finds out by itself what is due, so that running it
    twice, or a day late, does no harm. ``flask daily`` runs everything at once.
    """
    _register(app, DAILY_EXTENSION, name, work)


def register_minutely(app: Flask, name: str, work: Callable[[], None]) -> None:
    """Have a worker look each minute whether there is work, and do it; as ``register_daily``.

    For what piles up in the course of a busy day. To find that there is nothing must cost nothing.
    """
    _register(app, MINUTELY_EXTENSION, name, work)


def _register(app: Flask, extension: str, name: str, work: Callable[[], None]) -> None:
    known: dict[str, Callable[[], None]] = app.extensions.setdefault(extension, {})
    if name in known:
        raise RuntimeError(f"Two jobs called {name} in {extension}")
    known[name] = work


def run_daily() -> list[str]:
    """Do everything that is done daily; the names of what failed, which the log explains."""
    if _rests():
        _log.warning("MAINTENANCE is set: the daily work is left for another day")
        return []
    return _run_everywhere(DAILY_EXTENSION, "tomorrow")


def run_minutely() -> list[str]:
    """Do everything that is looked at each minute; the names of what failed."""
    return [] if _rests() else _run_everywhere(MINUTELY_EXTENSION, "in a minute")


def _run_everywhere(extension: str, again: str) -> list[str]:
    failures = for_each_programme(lambda: _run_here(extension, again))
    return [name for failed in failures for name in failed]


def _run_here(extension: str, again: str) -> list[str]:
    failed = []
    known: dict[str, Callable[[], None]] = current_app.extensions.get(extension, {})
    for name, work in known.items():
        try:
            work()
        except Exception:  # noqa: BLE001 - one job's fault must not stop the others
            _log.exception("The job %s failed; it runs again %s", name, again)
            session = current_session()
            if session.in_transaction():
                session.rollback()
            failed.append(name)
    return failed


def make_huey(app: Flask) -> Huey:
    """The queue this installation uses: SQLite by default, Redis where one is given."""
    settings = app.config["SETTINGS"]
    if settings.portal_env == "test":
        return MemoryHuey("portal", immediate=False)
    if settings.redis_url:
        # Longer than a worker's own wait for work (1 s), shorter than anybody's for a page.
        pool = ConnectionPool.from_url(
            settings.redis_url, socket_connect_timeout=REDIS_SECONDS, socket_timeout=REDIS_SECONDS
        )
        return RedisHuey("portal", connection_pool=pool)
    settings.queue_path.parent.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("portal", filename=str(settings.queue_path), fsync=False)


def init_jobs(app: Flask) -> None:
    """Give the application its queue and the tasks a worker knows."""
    huey = make_huey(app)
    app.extensions[HUEY_EXTENSION] = huey

    @huey.task(name="run_outbox_entry")  # type: ignore[untyped-decorator]
    def run_outbox_entry(entry_id: int, programme: str | None = None) -> None:
        with app.app_context(), at_home(programme):
            run_entry(entry_id)

    @huey.periodic_task(crontab(minute="*"), name="sweep_outbox")  # type: ignore[untyped-decorator]
    def sweep_outbox() -> None:
        with app.app_context():
            sweep()

    @huey.periodic_task(crontab(minute="*"), name="minutely_jobs")  # type: ignore[untyped-decorator]
    def minutely_jobs() -> None:
        with app.app_context():
            run_minutely()

    @huey.periodic_task(crontab(hour=_DAILY_HOUR, minute="0"), name="daily_jobs")  # type: ignore[untyped-decorator]
    def daily_jobs() -> None:
        with app.app_context():
            run_daily()

    app.extensions[outbox.QUEUE_EXTENSION] = _HueyQueue(run_outbox_entry)


def run_worker(app: Flask, *, workers: int = 1) -> None:
    """Run the consumer in this process until it is told to stop.

    While nothing may be written it waits and takes nothing from the queue, which would lose it.
    """
    if app.config["SETTINGS"].maintenance:
        _log.warning("MAINTENANCE is set: no work is begun until the worker is started without it")
        signal.pause()
        return
    # Pages go before printing: somebody waits for a page, and nobody for a PDF's last second.
    os.nice(WORKER_NICENESS)
    with app.app_context():
        sweep()
    started = time.monotonic()
    consumer = app.extensions[HUEY_EXTENSION].create_consumer(
        workers=workers, worker_type="thread", periodic=True, initial_delay=0.05, max_delay=0.5
    )
    _log.info("Worker ready in %.1f s", time.monotonic() - started)
    consumer.run()
