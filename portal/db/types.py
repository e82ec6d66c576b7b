"""Column types that keep their meaning on SQLite and PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ARRAY, JSON, DateTime, Dialect, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite gives times back naive, so the zone is put on again here.

    Raises:
        ValueError: when a naive time is stored.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; store the UTC instant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("Store aware times only: use portal.kernel.clock.utc_now()")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC instant."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def JsonDocument(*, none_as_null: bool = False) -> Any:  # noqa: N802 - reads as a column type
    """A JSON document: text on SQLite, JSONB on PostgreSQL. Replace it whole; it is not tracked."""
    return JSON(none_as_null=none_as_null).with_variant(
        JSONB(none_as_null=none_as_null), "postgresql"
    )


def Counts() -> Any:  # noqa: N802 - reads as a column type
    """Whole numbers in a row, each changed in its place: JSON on SQLite, an array on PostgreSQL."""
    return JSON(none_as_null=True).with_variant(ARRAY(Integer()), "postgresql")
