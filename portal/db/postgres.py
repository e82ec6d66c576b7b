"""How PostgreSQL is connected to: how many connections, and how long anything may take.

Pages are limited in time, because somebody waits and a web process serves nobody else meanwhile.
Jobs and commands may take theirs: a report of a quarter or a backup is not cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeVar

from flask import has_request_context
from sqlalchemy import URL, Engine, Executable, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

# Twice SQLite's: there whole transactions wait for each other, here only those of one record.
LOCK_MILLISECONDS: Final = 10_000
_PREPARED: Final = "portal_prepared"
_NEVER: Final = 2**31
_S = TypeVar("_S", bound=Executable)
# A job that holds a transaction open does so while it draws or packs, not while it waits.
_JOB_IDLE: Final = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """Connections of one process, and times in milliseconds; 0 is no limit.

    ``pool_timeout`` and ``pool_recycle`` are seconds. ``statement_ms`` and ``idle_ms`` are of
    pages: jobs and commands have no limit for a statement and ten times ``idle_ms`` for a
    transaction in which nothing happens. ``pgbouncer``: a pooler in transaction mode is in
    between, where a connection belongs to one transaction at a time.

    ``random_page_cost`` is how the planner weighs an index against reading a table whole, 0 as the
    server is set. The server's own 4 is for a disk that turns: with it a claim of 5,000 lines read
    all 310,000 outputs of a programme.
    """

    pool_size: int = 5
    pool_overflow: int = 10
    pool_timeout: float = 10
    pool_recycle: int = 1800
    pre_ping: bool = True
    pgbouncer: bool = False
    lock_ms: int = LOCK_MILLISECONDS
    statement_ms: int = 20_000
    idle_ms: int = 60_000
    random_page_cost: float = 1.1

    def said(self) -> dict[str, float | str]:
        """What is said for what is done now: a request, or a job or command.

        No statement is compiled, and none of a page is spread over several processes: to begin
        either takes longer than a page may, and the other processes serve other pages.
        """
        said: dict[str, float | str] = {"lock_timeout": self.lock_ms, "jit": "off"}
        if has_request_context():
            statement, idle = self.statement_ms, self.idle_ms
            said["max_parallel_workers_per_gather"] = 0
        else:
            statement, idle = 0, self.idle_ms * _JOB_IDLE
        said["statement_timeout"] = statement
        said["idle_in_transaction_session_timeout"] = idle
        if self.random_page_cost:
            said["random_page_cost"] = self.random_page_cost
        return said


def _patience(url: URL, limits: Limits) -> dict[str, Any]:
    """How long PostgreSQL is waited for, in seconds or milliseconds; the address may say more.

    Without them a page waits for a server that does not answer, until its process is stopped.
    """
    wanted: dict[str, Any] = {
        "connect_timeout": 5,
        "tcp_user_timeout": 15_000,
        "keepalives_idle": 30,
        "fallback_application_name": "portal",
    }
    if limits.pgbouncer:
        # A statement prepared on one of its connections is not known to the next.
        wanted["prepare_threshold"] = None
    return {name: value for name, value in wanted.items() if name not in url.query}


def make_postgres_engine(url: URL, limits: Limits | None = None, **options: Any) -> Engine:
    """An engine with these limits."""
    limits = limits or Limits()
    options.setdefault("pool_pre_ping", limits.pre_ping)
    options.setdefault("pool_recycle", limits.pool_recycle or -1)
    if "poolclass" not in options:
        options.setdefault("pool_size", limits.pool_size)
        options.setdefault("max_overflow", limits.pool_overflow)
        options.setdefault("pool_timeout", limits.pool_timeout)
    engine = create_engine(url, connect_args=_patience(url, limits), **options)
    if not limits.pgbouncer:
        _prepare_only_marked(engine)
    if limits.pgbouncer:
        _limit_transactions(engine, limits)
    elif "options" not in url.query:
        _limit_connections(engine, limits)
    return engine


def prepared(statement: _S) -> _S:
    """Mark a statement that looks up few rows by a key and is asked by very many pages.

    PostgreSQL plans it once for each connection instead of each time. Leave unmarked what reads
    many rows, or as many as its values decide: what is planned without the values may be a hundred
    times slower. Its text must always be the same (no IN list).
    """
    return statement.execution_options(**{_PREPARED: True})


def _prepare_only_marked(engine: Engine) -> None:
    """The driver would prepare whatever is asked a sixth time: a claim's lines took 4 s, not 40 ms.

    It compares what it expects of both plans, and expected few lines of a claim.
    """

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: ConnectionPoolEntry) -> None:
        # Not None, with which it would not prepare what it is told to either.
        connection.prepare_threshold = _NEVER

    @event.listens_for(engine, "do_execute")
    def on_execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool | None:
        if not context.execution_options.get(_PREPARED):
            return None
        cursor.execute(statement, parameters, prepare=True)
        return True


def _limit_connections(engine: Engine, limits: Limits) -> None:
    """Said once a connection. Those of a web process are all made for a request."""

    @event.listens_for(engine, "do_connect")
    def on_opening(_dialect: Any, _record: Any, _cargs: list[Any], cparams: dict[str, Any]) -> None:
        said = limits.said().items()
        cparams["options"] = " ".join(f"-c {name}={value}" for name, value in said)


def _limit_transactions(engine: Engine, limits: Limits) -> None:
    """Said once a transaction: behind the pooler the next may be on another connection.

    What is set for longer would stay behind for whoever is given the connection next.
    """

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        said = limits.said().items()
        words = "; ".join(f"SET LOCAL {name} = {value}" for name, value in said)
        connection.connection.dbapi_connection.execute(words)


__all__ = ["LOCK_MILLISECONDS", "Limits", "make_postgres_engine", "prepared"]
