"""Peer support between employers, the ties that form, and the network as it was by quarter."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.employers import models as employers_models
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.network.rules.states import MATCH_MOVES, REQUEST_MOVES
from portal.network.rules.words import NAME_LENGTH, PEER_OUTCOMES, TIE_KINDS

assert employers_models  # noqa: S101 - imported so that employers are known


class PeerOffer(Timestamped, Base):
    """A champion offers to talk with others: about what, and with how many at a time."""

    __tablename__ = "peer_offers"
    __table_args__ = (
        UniqueConstraint("employer_id"),
        CheckConstraint("capacity BETWEEN 1 AND 20", name="capacity_range"),
    )

    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    topics: Mapped[list[str]] = mapped_column(JsonDocument())
    about: Mapped[str] = mapped_column(Text(), default="")
    capacity: Mapped[int]
    contact_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    contact_email: Mapped[str] = mapped_column(String(254))
    # What may be said of it to somebody it could be matched with.
    says: Mapped[list[str]] = mapped_column(JsonDocument(), default=list)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    revision: Mapped[int] = mapped_column(default=0)


class PeerRequest(Timestamped, Base):
    """An employer asks for somebody who has done it."""

    __tablename__ = "peer_requests"
    __table_args__ = (
        UniqueConstraint("reference"),
        one_of("state", REQUEST_MOVES, name="state_known"),
        Index(
            "uq_peer_requests_topic",
            "employer_id",
            "topic",
            unique=True,
            sqlite_where=sql("state IN ('open', 'matched')"),
            postgresql_where=sql("state IN ('open', 'matched')"),
        ),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    topic: Mapped[str] = mapped_column(String(20))
    question: Mapped[str] = mapped_column(Text())
    contact_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    contact_email: Mapped[str] = mapped_column(String(254))
    # What may be said of the asker to whoever is proposed.
    says: Mapped[list[str]] = mapped_column(JsonDocument(), default=list)
    state: Mapped[str] = mapped_column(String(10), default="open")
    closed_reason: Mapped[str] = mapped_column(Text(), default="")
    revision: Mapped[int] = mapped_column(default=0)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class PeerMatch(Timestamped, Base):
    """A champion proposed for a request. Nobody gets a contact before both have agreed.

    ``reasons`` are keys of the reasons why they fit, as they were true on the day. A match fills a
    place of the champion's capacity while it waits, and after the introduction until either side
    has said what came of it; ``outcome`` is what counts.
    """

    __tablename__ = "peer_matches"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("asker_token_hash"),
        UniqueConstraint("champion_token_hash"),
        one_of("state", MATCH_MOVES, name="state_known"),
        one_of("outcome", PEER_OUTCOMES, name="outcome_known"),
        one_of("asker_outcome", PEER_OUTCOMES, name="asker_outcome_known"),
        one_of("champion_outcome", PEER_OUTCOMES, name="champion_outcome_known"),
        CheckConstraint("asking_id <> champion_id", name="two_employers"),
        CheckConstraint(
            "state <> 'introduced' OR (asker_agreed_at IS NOT NULL "
            "AND champion_agreed_at IS NOT NULL AND introduced_at IS NOT NULL)",
            name="introduced_when_both_agreed",
        ),
        CheckConstraint("state <> 'ended' OR outcome IS NOT NULL", name="ended_has_outcome"),
        Index(
            "uq_peer_matches_request",
            "request_id",
            unique=True,
            sqlite_where=sql("state IN ('proposed', 'introduced')"),
            postgresql_where=sql("state IN ('proposed', 'introduced')"),
        ),
        Index("ix_peer_matches_champion_id", "champion_id", "state"),
        Index("ix_peer_matches_asking_id", "asking_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    request_id: Mapped[int] = mapped_column(ForeignKey("peer_requests.id"))
    asking_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    champion_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    reasons: Mapped[list[str]] = mapped_column(JsonDocument())
    score: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="proposed")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime())
    asker_token_hash: Mapped[str] = mapped_column(String(64))
    champion_token_hash: Mapped[str] = mapped_column(String(64))
    asker_agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    champion_agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    introduced_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    declined_by: Mapped[str] = mapped_column(String(10), default="")
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    outcome_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    asker_outcome: Mapped[str | None] = mapped_column(String(12))
    champion_outcome: Mapped[str | None] = mapped_column(String(12))
    # When the first of the two said so.
    said_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    outcome: Mapped[str | None] = mapped_column(String(12))
    outcome_words: Mapped[str] = mapped_column(Text(), default="")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class NetworkTie(Base):
    """That two employers are connected in a way: since when, and how often. Kept by a job.

    ``low_id`` is the smaller key, so that each pair is there once.
    """

    __tablename__ = "network_ties"
    __table_args__ = (
        UniqueConstraint("low_id", "high_id", "kind"),
        one_of("kind", TIE_KINDS, name="kind_known"),
        CheckConstraint("low_id < high_id", name="low_before_high"),
        CheckConstraint("times >= 1", name="times_positive"),
        Index("ix_network_ties_high_id", "high_id"),
    )

    low_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    high_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    kind: Mapped[str] = mapped_column(String(10))
    since: Mapped[date] = mapped_column(Date())
    until: Mapped[date] = mapped_column(Date())
    times: Mapped[int]


class NetworkSnapshot(Base):
    """The measures of the network as they stood on a day: each quarter's end, and today.

    Sector and district are empty for the whole; ``measures`` holds figures and the layout of the
    picture.
    """

    __tablename__ = "network_snapshots"
    __table_args__ = (UniqueConstraint("day", "sector", "district"),)

    day: Mapped[date] = mapped_column(Date())
    sector: Mapped[str] = mapped_column(String(30), default="")
    district: Mapped[str] = mapped_column(String(40), default="")
    measures: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    made_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
