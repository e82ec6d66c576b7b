"""The one source of the time. Instants are aware UTC; days are Europe/London."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def london(instant: datetime) -> datetime:
    """The same instant on a London clock.

    Raises:
        ValueError: for a naive datetime, whose instant nobody can know.
    """
    if instant.tzinfo is None:
        raise ValueError("A time without a zone cannot be shown: use aware UTC")
    return instant.astimezone(LONDON)


def today() -> date:
    """The calendar day in London, which decides claim periods, due dates and effective dates."""
    return london(utc_now()).date()


@contextmanager
def freeze(instant: datetime) -> Iterator[None]:
    """Hold the clock at an aware instant, for tests and reproducible demonstrations."""
    if instant.tzinfo is None:
        raise ValueError("Freeze the clock at an aware time")
    token = _frozen.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
