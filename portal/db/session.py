"""Sessions and units of work.

Reading happens in a plain read transaction. Writing happens only inside ``unit_of_work``: one
transaction per user action, begun IMMEDIATE on SQLite so that what is read to be changed cannot
change meanwhile (the defaults lose two updates in three under load; see docs/decisions/003).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from flask import Flask, current_app, g, has_app_context
from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from portal.db.postgres import LOCK_MILLISECONDS, Limits, make_postgres_engine
from portal.db.programmes import init_programmes, separate_transactions
from portal.db.slow import watch_statements
from portal.db.sqlite import WRITE_OPTION, make_sqlite_engine
from portal.db.tables_seen import STRAY, TOUCHED, watch_tables

_WRITING = "portal_writing"
# Of a session on a copy of the database, where nothing may be written; see replica.
READ_ONLY = "portal_read_only"
_AFTER_COMMIT = "portal_after_commit"
_CONNECTION = "portal_connection"
# New entries of the audit trail that have no place in its chain yet; see audit_chain.
UNLINKED = "portal_unlinked_entries"


class WriteOutsideUnitOfWork(RuntimeError):
    """Something tried to write outside ``unit_of_work``: a GET that writes, or a bug."""


def make_engine(url: str, limits: Limits | None = None, **options: Any) -> Engine:
    """An engine with the portal's safe settings for SQLite or PostgreSQL, which has limits."""
    # What people typed stays out of the words of errors, and so out of logs.
    options.setdefault("hide_parameters", True)
    if make_url(url).get_backend_name() == "sqlite":
        return make_sqlite_engine(url, **options)
    return make_postgres_engine(make_url(url), limits, **options)


class PortalSession(Session):
    """A session that refuses to flush outside a unit of work."""

    @property
    def writing(self) -> bool:
        """Whether a unit of work is under way."""
        return bool(self.info.get(_WRITING))


@event.listens_for(PortalSession, "before_flush")
def _refuse_stray_writes(session: PortalSession, _context: Any, _objects: Any) -> None:
    if not session.writing and (session.new or session.dirty or session.deleted):
        raise WriteOutsideUnitOfWork(
            "Nothing may be written outside `with unit_of_work():`; no GET writes."
        )


class Database:
    """The engine and session factory of one application.

    With ``several_programmes`` each transaction belongs to one of them; see ``programmes``.
    """

    def __init__(
        self,
        url: str,
        limits: Limits | None = None,
        *,
        several_programmes: bool = False,
        **engine_options: Any,
    ) -> None:
        self.url = url
        self.limits = limits or Limits()
        self.several_programmes = several_programmes
        self.engine = make_engine(url, limits, **engine_options)
        if several_programmes:
            separate_transactions(self.engine)
        watch_tables(self.engine)
        self.sessions = sessionmaker(
            self.engine, class_=PortalSession, autoflush=True, expire_on_commit=True
        )

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is in use."""
        return self.engine.dialect.name == "sqlite"

    def init_app(self, app: Flask) -> None:
        """Tie a session to each application context and close it with the context."""
        app.extensions["portal_db"] = self
        # A bare application of a test or a measurement has no settings, and watches nothing.
        settings = app.config.get("SETTINGS")
        if settings is not None and settings.slow_query_ms:
            watch_statements(self.engine, milliseconds=settings.slow_query_ms)
        if self.several_programmes:
            init_programmes(app, self.engine)
        app.teardown_appcontext(_close_session)

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


_standalone: ContextVar[PortalSession | None] = ContextVar("standalone_session", default=None)


@contextmanager
def bound_session(session: PortalSession) -> Iterator[PortalSession]:
    """Use this session as the current one, for scripts and tests without an application."""
    token = _standalone.set(session)
    try:
        yield session
    finally:
        _standalone.reset(token)


def current_database() -> Database:
    """The database of the current application."""
    database: Database = current_app.extensions["portal_db"]
    return database


def current_session() -> PortalSession:
    """The session of this request, command or job.

    Raises:
        RuntimeError: outside an application context with no bound session.
    """
    bound = _standalone.get()
    if bound is not None:
        return bound
    if not has_app_context():
        raise RuntimeError("No session here: open an application context or bind a session first.")
    if "portal_session" not in g:
        g.portal_session = current_database().sessions()
    session: PortalSession = g.portal_session
    return session


def _close_session(_error: BaseException | None) -> None:
    session: PortalSession | None = g.pop("portal_session", None)
    if session is not None:
        end_reading(session)
        session.close()


def end_reading(session: PortalSession) -> None:
    """End the transaction of a session that only read and is about to be closed.

    With COMMIT where PostgreSQL is: its driver forgets at each ROLLBACK which statements are
    prepared, and whatever a page asks would be planned anew, which takes longer than most answers.
    What somebody wrote outside a unit of work all the same is left to be rolled back.
    """
    if session.writing or not session.is_active or not session.in_transaction():
        return
    bound = session.get_bind()
    if isinstance(bound, Engine) and bound.dialect.name != "sqlite":
        # Objects changed and never written would be written, or refused, by the commit.
        session.expunge_all()
        # The page is made: that its connection broke is the next one's matter.
        with suppress(SQLAlchemyError):
            _commit_what_was_read(session)


def _commit_what_was_read(session: PortalSession) -> None:
    connection: Connection | None = session.info.pop(_CONNECTION, None)
    # Where the transaction could not begin there is none, or a closed one.
    if connection is None or connection.closed:
        return
    if not connection.info.pop(STRAY, False):
        session.commit()


@event.listens_for(PortalSession, "after_begin")
def _note_connection(session: PortalSession, _transaction: Any, connection: Connection) -> None:
    session.info[_CONNECTION] = connection


def begin_writing(session: PortalSession) -> None:
    """Turn the session to writing. Used by ``unit_of_work`` and by sign-in's own commits.

    The read transaction ends first, and with it everything it had read: a value read to be
    changed is read again under the lock.

    Raises:
        WriteOutsideUnitOfWork: on a copy of the database, and while MAINTENANCE is set.
    """
    if session.info.get(READ_ONLY):
        raise WriteOutsideUnitOfWork("Only reading is possible: a copy, or MAINTENANCE is set.")
    if session.in_transaction():
        session.commit()
    session.info.pop(UNLINKED, None)
    session.info[_WRITING] = True
    session.connection(execution_options={WRITE_OPTION: True, TOUCHED: set()})


def end_writing(session: PortalSession) -> None:
    """Back to reading."""
    session.info.pop(_WRITING, None)
    session.info.pop(_AFTER_COMMIT, None)
    session.info.pop(UNLINKED, None)


def after_commit(action: Callable[[], None], *, session: PortalSession | None = None) -> None:
    """Run an action once the current unit of work is safely committed; never if it fails."""
    target = session or current_session()
    if not target.writing:
        raise WriteOutsideUnitOfWork("after_commit belongs inside a unit of work")
    target.info.setdefault(_AFTER_COMMIT, []).append(action)


@contextmanager
def unit_of_work() -> Iterator[PortalSession]:
    """One transaction for one user action: all of it is committed, or none.

    Raises:
        RuntimeError: when nested, which would hide where an action ends.
    """
    session = current_session()
    if session.writing:
        raise RuntimeError("A unit of work is already open: one transaction per user action.")
    begin_writing(session)
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        end_writing(session)
        raise
    actions: list[Callable[[], None]] = session.info.get(_AFTER_COMMIT, [])
    end_writing(session)
    for action in actions:
        action()


@contextmanager
def steady_reading() -> Iterator[PortalSession]:
    """Read as of one moment, however many statements it takes and whatever is written meanwhile.

    A read transaction on SQLite is so by itself; on PostgreSQL each statement would see what was
    committed until it began. Inside a unit of work, whose locks decide, nothing is changed.
    """
    session = current_session()
    bound = session.get_bind()
    if session.writing or not isinstance(bound, Engine) or bound.dialect.name == "sqlite":
        yield session
        return
    if session.in_transaction():
        session.commit()
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    try:
        yield session
        _commit_what_was_read(session)
    finally:
        session.rollback()


__all__ = [
    "LOCK_MILLISECONDS",
    "WRITE_OPTION",
    "Database",
    "Limits",
    "PortalSession",
    "WriteOutsideUnitOfWork",
    "after_commit",
    "begin_writing",
    "bound_session",
    "current_database",
    "current_session",
    "end_reading",
    "end_writing",
    "make_engine",
    "steady_reading",
    "unit_of_work",
]
