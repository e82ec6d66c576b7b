"""Surveys of an employer's workers: waves, totals of answers, named views, and blocks of waves.

Nobody's answers are ever stored. An answer is added to the totals of its wave as it comes, in rows
that were there before the first of them; no row, key, instant or order of rows is made by it, so
that nothing here, in a backup of the closed wave or in a log leads from a person to an answer.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument
from portal.db.constraints import one_of
from portal.employers import models as employers_models
from portal.kernel.ids import new_reference
from portal.reports.rules.pulse_waves import LEAST

assert employers_models  # noqa: S101 - imported so that employers are known

STATES = ("open", "closed", "stopped")
WHOSE = ("all", "part_time", "owner", "manager")
ROLES = ("owner", "manager")


class PulseBlock(Base):
    """Waves of at least so many employers, taken together for ever: what the LEP reads.

    Made once from waves that closed in finished quarters; ``sector`` is empty where only several
    sectors together had enough. Nothing finer than a block is ever shown over employers, so no two
    reports, whatever their dates and filters, differ by less than a block.
    """

    __tablename__ = "pulse_blocks"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint("first_on <= last_on", name="days_in_order"),
        CheckConstraint(f"employers >= {LEAST}", name="enough_employers"),
        CheckConstraint("answers >= 0 AND owners >= 0 AND managers >= 0", name="not_negative"),
        Index("ix_pulse_blocks_last_on", "last_on"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    sector: Mapped[str] = mapped_column(String(30), default="")
    # The first and the last day of the quarters in which its waves closed.
    first_on: Mapped[date] = mapped_column(Date())
    last_on: Mapped[date] = mapped_column(Date())
    employers: Mapped[int]
    answers: Mapped[int]
    owners: Mapped[int]
    managers: Mapped[int]
    is_example: Mapped[bool] = mapped_column(default=False)


class PulseWave(Base):
    """One survey of one employer's workers, from the day it opens to the day it closes.

    No instant is kept of it: a time of change would tell when somebody answered. ``answers`` is
    how many came; what an open wave shows of it is ``answers_before``, the number at the beginning
    of ``counted_on``, the last day on which somebody answered. Sector, size tier and district are
    copied when it opens.
    """

    __tablename__ = "pulse_waves"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("code"),
        one_of("state", STATES, name="state_known"),
        CheckConstraint("opened_on < closes_on", name="closes_later"),
        CheckConstraint("(state = 'open') = (closed_on IS NULL)", name="closed_has_day"),
        CheckConstraint(f"threshold >= {LEAST}", name="threshold_enough"),
        CheckConstraint("invited >= threshold", name="enough_invited"),
        CheckConstraint("answers >= 0 AND answers <= invited", name="answers_in_range"),
        CheckConstraint(
            "answers_before >= 0 AND answers_before <= answers", name="before_in_range"
        ),
        CheckConstraint(
            "NOT released OR (state = 'closed' AND answers >= threshold)", name="released_enough"
        ),
        CheckConstraint("state = 'open' OR released OR answers = 0", name="unreleased_forgotten"),
        CheckConstraint("state = 'open' OR counted_on IS NULL", name="closed_without_days"),
        CheckConstraint("block_id IS NULL OR released", name="blocks_of_released"),
        Index(
            "uq_pulse_waves_open",
            "employer_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_pulse_waves_employer_id", "employer_id", "opened_on"),
        Index("ix_pulse_waves_state", "state", "closes_on"),
        Index("ix_pulse_waves_block_id", "block_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    # What the poster's address holds.
    code: Mapped[str] = mapped_column(String(10), default=new_reference)
    survey_version: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="open")
    # How many people get the link: no more answers than that are taken.
    invited: Mapped[int]
    # The programme's minimum on the day it opened.
    threshold: Mapped[int]
    opened_on: Mapped[date] = mapped_column(Date())
    closes_on: Mapped[date] = mapped_column(Date())
    closed_on: Mapped[date | None] = mapped_column(Date())
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    opened_by_name: Mapped[str] = mapped_column(String(120))
    sector: Mapped[str] = mapped_column(String(30))
    size_tier: Mapped[str | None] = mapped_column(String(20))
    district: Mapped[str] = mapped_column(String(40))
    answers: Mapped[int] = mapped_column(default=0)
    answers_before: Mapped[int] = mapped_column(default=0)
    counted_on: Mapped[date | None] = mapped_column(Date())
    # Closed with enough answers: its blurred totals are its result.
    released: Mapped[bool] = mapped_column(default=False)
    # Named views given in the portal by the day it closed.
    owners: Mapped[int] = mapped_column(default=0)
    managers: Mapped[int] = mapped_column(default=0)
    is_example: Mapped[bool] = mapped_column(default=False)
    poster_key: Mapped[str | None] = mapped_column(String(120))
    poster_sha256: Mapped[str | None] = mapped_column(String(64))
    block_id: Mapped[int | None] = mapped_column(ForeignKey("pulse_blocks.id"))


class PulseTally(Base):
    """How many gave an answer to a statement, in one wave.

    All rows of a wave are made when it opens. While it is open they are counts and nobody is shown
    them; when it closes they are blurred in the same transaction (and may then be below nothing),
    or removed where too few answered. ``owner`` and ``manager`` are sums of the named views.
    """

    __tablename__ = "pulse_tallies"
    __table_args__ = (
        UniqueConstraint("wave_id", "whose", "question", "choice"),
        one_of("whose", WHOSE, name="whose_known"),
    )

    wave_id: Mapped[int] = mapped_column(ForeignKey("pulse_waves.id"))
    whose: Mapped[str] = mapped_column(String(10))
    question: Mapped[str] = mapped_column(String(20))
    choice: Mapped[str] = mapped_column(String(10))
    n: Mapped[int] = mapped_column(default=0)


class PulseView(Base):
    """How an owner or a manager sees the practice, under their name, for their own employer."""

    __tablename__ = "pulse_views"
    __table_args__ = (
        UniqueConstraint("wave_id", "user_id"),
        one_of("role", ROLES, name="role_known"),
    )

    wave_id: Mapped[int] = mapped_column(ForeignKey("pulse_waves.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(10))
    answers: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    given_on: Mapped[date] = mapped_column(Date())


class PulseSum(Base):
    """The blurred totals of a block's waves added up, kept with the block."""

    __tablename__ = "pulse_sums"
    __table_args__ = (
        UniqueConstraint("block_id", "whose", "question", "choice"),
        one_of("whose", WHOSE, name="whose_known"),
    )

    block_id: Mapped[int] = mapped_column(ForeignKey("pulse_blocks.id"))
    whose: Mapped[str] = mapped_column(String(10))
    question: Mapped[str] = mapped_column(String(20))
    choice: Mapped[str] = mapped_column(String(10))
    n: Mapped[int]
