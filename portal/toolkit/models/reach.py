"""Campaigns through networks, and how many people resources reached, without knowing whom."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, Timestamped
from portal.db.constraints import one_of
from portal.kernel.ids import new_reference
from portal.programme import models as programme_models
from portal.toolkit.rules.words import AUDIENCES, NAME_LENGTH, NETWORKS, REACH_KINDS, TITLE_LENGTH

assert programme_models  # noqa: S101 - imported so that organisations are known


class Campaign(Timestamped, Base):
    """Resources sent out through a network, with a short link of its own.

    It leads to one resource, or to the library where ``resource_id`` is empty.
    """

    __tablename__ = "campaigns"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("code"),
        one_of("network", NETWORKS, name="network_known"),
        one_of("audience", AUDIENCES, name="audience_known"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("title <> ''", name="title_given"),
        Index("ix_campaigns_starts_on", "starts_on"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    code: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    network: Mapped[str] = mapped_column(String(16))
    network_name: Mapped[str] = mapped_column(String(160), default="")
    resource_id: Mapped[int | None] = mapped_column(ForeignKey("resources.id"))
    audience: Mapped[str | None] = mapped_column(String(12))
    sectors: Mapped[list[str]] = mapped_column(JsonDocument())
    starts_on: Mapped[date] = mapped_column(Date())
    ends_on: Mapped[date | None] = mapped_column(Date())
    # How many people the network says it was sent to.
    sent_to: Mapped[int | None]
    note: Mapped[str] = mapped_column(Text(), default="")
    revision: Mapped[int] = mapped_column(default=0)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))


class ReachSalt(Base):
    """A secret of one day, from which visitors' marks are made. Gone when the day is over."""

    __tablename__ = "reach_salts"
    __table_args__ = (UniqueConstraint("day"),)

    day: Mapped[date] = mapped_column(Date())
    salt: Mapped[str] = mapped_column(String(64))


class ReachMark(Base):
    """That a visitor was counted today already. Marks of past days are removed with their salt.

    ``place`` is the resource's key as text, or ``library``.
    """

    __tablename__ = "reach_marks"
    __table_args__ = (
        UniqueConstraint("day", "mark", "place", "kind"),
        one_of("kind", REACH_KINDS, name="kind_known"),
    )

    day: Mapped[date] = mapped_column(Date())
    mark: Mapped[str] = mapped_column(String(64))
    place: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(10))


class ReachCount(Base):
    """How many visitors a day: of a version of a resource, by campaign and by readers' sector.

    ``resource_id`` 0 is the library, ``campaign_id`` 0 none, an empty ``reader_sector`` not known.
    ``reached`` counts a visitor once for a resource, whatever they did with it.
    """

    __tablename__ = "reach_counts"
    __table_args__ = (
        UniqueConstraint(
            "day",
            "kind",
            "resource_id",
            "number",
            "campaign_id",
            "reader_sector",
            name="uq_reach_counts_cell",
        ),
        one_of("kind", REACH_KINDS, name="kind_known"),
        CheckConstraint("count >= 1", name="count_positive"),
        Index("ix_reach_counts_resource_id", "resource_id", "day"),
    )

    day: Mapped[date] = mapped_column(Date())
    kind: Mapped[str] = mapped_column(String(10))
    resource_id: Mapped[int]
    number: Mapped[int]
    campaign_id: Mapped[int]
    reader_sector: Mapped[str] = mapped_column(String(30))
    count: Mapped[int]
