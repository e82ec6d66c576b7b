"""A copy of the database for reports, read when it is there and fresh and done without when not.

Nothing is ever written there: the session refuses, and so does the server. Whatever goes wrong with
the copy, the same is read where everything is, so that no page is lost with it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeVar

from flask import Flask, current_app, has_app_context
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session, sessionmaker

from portal.db.audit import AuditEntry
from portal.db.session import (
    READ_ONLY,
    Database,
    Limits,
    PortalSession,
    bound_session,
    current_session,
    end_reading,
)
from portal.kernel.clock import utc_now

REPLICA_EXTENSION: Final = "portal_replica"
# So long a process leaves a copy alone that did not answer or was behind.
REST_SECONDS: Final = 30.0
_REVISION: Final = text("SELECT version_num FROM alembic_version")
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class Replica:
    """The copy of one application's database."""

    def __init__(
        self,
        url: str,
        *,
        limits: Limits | None = None,
        lag: timedelta,
        several_programmes: bool = False,
    ) -> None:
        self.database = Database(url, limits, several_programmes=several_programmes)
        self._lag = lag
        self._rests_until = 0.0
        self._sessions = sessionmaker(
            self.database.engine.execution_options(postgresql_readonly=True),
            class_=PortalSession,
            autoflush=False,
        )

    @property
    def rests(self) -> bool:
        """Whether it is left alone for now."""
        return time.monotonic() < self._rests_until

    def rest(self, why: str) -> None:
        """Leave it alone for a while, and say so once."""
        self._rests_until = time.monotonic() + REST_SECONDS
        _log.warning("Reports are read from the primary: the replica %s", why)

    def wake(self) -> None:
        """Ask it again at once."""
        self._rests_until = 0.0

    def session(self) -> PortalSession:
        """A session that reads there and refuses to write."""
        made: PortalSession = self._sessions()
        made.info[READ_ONLY] = True
        return made

    def is_fresh(self, here: Session, primary: Session) -> bool:
        """Whether it holds what was done here longer ago than it may be behind.

        What the server says of its own delay is no use: it grows while nothing happens, and a copy
        that is cut off knows of no delay. Every action is in the audit trail, in order, so the
        trail tells; and the tables must be those of the same version.
        """
        if here.scalar(_REVISION) != primary.scalar(_REVISION):
            return False
        then = utc_now() - self._lag
        known = (
            select(AuditEntry.id)
            .where(AuditEntry.at <= then)
            .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
            .limit(1)
        )
        wanted = primary.scalar(known)
        return wanted is None or (here.scalar(select(func.max(AuditEntry.id))) or 0) >= wanted


def read_aside(work: Callable[[], _T]) -> _T:
    """Do what only reads on the copy if there is one that can be used, else where everything is.

    ``work`` may be done twice: the second time on the primary, when the copy failed half-way.
    """
    replica: Replica | None = (
        current_app.extensions.get(REPLICA_EXTENSION) if has_app_context() else None
    )
    primary = current_session()
    if replica is None or primary.writing or primary.info.get(READ_ONLY) or replica.rests:
        return work()
    try:
        with replica.session() as here:
            if replica.is_fresh(here, primary):
                with bound_session(here):
                    done = work()
                end_reading(here)
                return done
        why = "is behind, or of another version"
    except (DBAPIError, NoConnection) as error:
        why = f"failed ({type(error).__name__})"
    replica.rest(why)
    return work()


def init_replica(app: Flask, *, limits: Limits) -> None:
    """Give the application the copy that its settings name, if they do."""
    settings = app.config["SETTINGS"]
    if settings.reports_database_url is not None:
        app.extensions[REPLICA_EXTENSION] = Replica(
            settings.reports_database_url,
            limits=limits,
            lag=timedelta(seconds=settings.reports_lag_seconds),
            several_programmes=settings.several_programmes,
        )


__all__ = ["REPLICA_EXTENSION", "Replica", "init_replica", "read_aside"]
