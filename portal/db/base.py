"""The base of every table: names for constraints, an integer key, and times."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from portal.db.types import UtcDateTime
from portal.kernel.clock import utc_now

# Every constraint has a name, so a refused write can be tied to the form field it belongs to.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The declarative base; each table has an integer primary key ``id``."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)

    id: Mapped[int] = mapped_column(primary_key=True)


class Timestamped:
    """When a row was made and last changed, in UTC."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now, onupdate=utc_now)
