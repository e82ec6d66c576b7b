"""What reports count, kept by triggers: cells, what is not folded into them yet, derived rows.

Nothing here is a record: all of it can be counted again from the records (``flask reports
rebuild``). No foreign keys, therefore: the triggers read the records, and a merge of two employers
moves the records, not these rows.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Date, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base

_CELL = ("fact", "axis", "month", "kind", "a", "b", "c")


_BIG_ID = BigInteger().with_variant(Integer(), "sqlite")


class _CellColumns:
    id: Mapped[int] = mapped_column(_BIG_ID, primary_key=True)
    fact: Mapped[str] = mapped_column(String(30))
    axis: Mapped[str] = mapped_column(String(12))
    month: Mapped[date] = mapped_column(Date())
    kind: Mapped[str] = mapped_column(String(80))
    a: Mapped[str] = mapped_column(String(60))
    b: Mapped[str] = mapped_column(String(60))
    c: Mapped[str] = mapped_column(String(60))
    n: Mapped[int] = mapped_column(BigInteger())
    amount: Mapped[int] = mapped_column(BigInteger())


class ReportCell(_CellColumns, Base):
    """How many rows of a fact fall into one group and month, and the sum of their amounts."""

    __tablename__ = "report_cells"
    __table_args__ = (UniqueConstraint(*_CELL, name="uq_report_cells_cell"),)


class ReportDelta(_CellColumns, Base):
    """A change of a cell that a transaction brought, until a job folds it into the cell.

    Reports add both up in one statement, so a figure is right the moment a record is saved.
    """

    __tablename__ = "report_deltas"
    __table_args__ = (Index("ix_report_deltas_fact_axis", "fact", "axis"),)


class ReportDefinitions(Base):
    """Which definitions the triggers in this database were made of: the hash of their text."""

    __tablename__ = "report_definitions"

    hash: Mapped[str] = mapped_column(String(64))


class ReportJourney(Base):
    """The London days on which a case first came to each step, with the groups of its employer."""

    __tablename__ = "report_journeys"
    __table_args__ = (
        UniqueConstraint("case_id"),
        Index("ix_report_journeys_opened_on", "opened_on"),
    )

    case_id: Mapped[int] = mapped_column(Integer())
    employer_id: Mapped[int] = mapped_column(index=True)
    organisation_id: Mapped[int]
    source_kind: Mapped[str | None] = mapped_column(String(20))
    sector: Mapped[str] = mapped_column(String(30))
    size_tier: Mapped[str | None] = mapped_column(String(20))
    district: Mapped[str] = mapped_column(String(40))
    referred_on: Mapped[date | None] = mapped_column(Date())
    opened_on: Mapped[date] = mapped_column(Date())
    consulted_on: Mapped[date | None] = mapped_column(Date())
    session_on: Mapped[date | None] = mapped_column(Date())
    plan_on: Mapped[date | None] = mapped_column(Date())
    supported_on: Mapped[date | None] = mapped_column(Date())
    followed_on: Mapped[date | None] = mapped_column(Date())
    embedded_on: Mapped[date | None] = mapped_column(Date())
    closed_on: Mapped[date | None] = mapped_column(Date())
    support: Mapped[str] = mapped_column(String(80))


class ReportEmployer(Base):
    """The London days on which an employer first did each thing, with its groups."""

    __tablename__ = "report_employers"
    __table_args__ = (UniqueConstraint("employer_id"),)

    employer_id: Mapped[int]
    sector: Mapped[str] = mapped_column(String(30))
    size_tier: Mapped[str | None] = mapped_column(String(20))
    district: Mapped[str] = mapped_column(String(40))
    registered_on: Mapped[date | None] = mapped_column(Date())
    member_on: Mapped[date | None] = mapped_column(Date())
    attended_on: Mapped[date | None] = mapped_column(Date())
    strand_1_on: Mapped[date | None] = mapped_column(Date())
    diagnosed_on: Mapped[date | None] = mapped_column(Date())
    advised_on: Mapped[date | None] = mapped_column(Date())
    engaged_on: Mapped[date | None] = mapped_column(Date())
    champion_on: Mapped[date | None] = mapped_column(Date())


class ReportActivity(Base):
    """An event, and the London day on which it was held if anybody came."""

    __tablename__ = "report_activities"
    __table_args__ = (UniqueConstraint("event_id"),)

    event_id: Mapped[int]
    mode: Mapped[str] = mapped_column(String(10))
    held_on: Mapped[date | None] = mapped_column(Date())
