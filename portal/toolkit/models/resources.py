"""Resources, what each version of them said, the tags they are found by, and files to take away."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.accounts import models as accounts_models
from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.programme import models as programme_models
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.rules.words import (
    DOWNLOADS,
    FORMATS,
    NAME_LENGTH,
    SUMMARY_LENGTH,
    TAG_KINDS,
    TITLE_LENGTH,
)

assert accounts_models, programme_models  # noqa: S101 - imported so that their tables are known


class Resource(Timestamped, Base):
    """One piece of the toolkit.

    ``published_number`` is the version that readers see; ``latest_number`` may be a later one that
    is being written or tested. Title to ``review_by`` are copies of the version that readers see,
    or of the latest while there is none, so that lists need one table. ``seed_hash`` is that of
    the file the portal came with, and tells whether the file has changed since it was loaded.
    ``stars`` is the sum of all ratings.
    """

    __tablename__ = "resources"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("slug"),
        one_of("format", FORMATS, name="format_known"),
        one_of("state", [state.value for state in ResourceState], name="state_known"),
        CheckConstraint("length(slug) >= 3", name="slug_length"),
        CheckConstraint("latest_number >= 1", name="latest_from_one"),
        CheckConstraint(
            "published_number IS NULL OR published_number BETWEEN 1 AND latest_number",
            name="published_is_a_version",
        ),
        CheckConstraint(
            "state <> 'published' OR (published_number IS NOT NULL AND published_at IS NOT NULL)",
            name="published_has_version",
        ),
        CheckConstraint(
            "(state = 'retired') = (retired_reason IS NOT NULL)", name="retired_has_reason"
        ),
        CheckConstraint("rating_count >= 0 AND stars >= 0", name="ratings_not_negative"),
        Index("ix_resources_state_format", "state", "format"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    slug: Mapped[str] = mapped_column(String(80))
    format: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default=ResourceState.DRAFT.value)
    latest_number: Mapped[int] = mapped_column(default=1)
    published_number: Mapped[int | None]
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    retired_reason: Mapped[str | None] = mapped_column(Text())
    # Another resource to read instead of a retired one.
    replaced_by: Mapped[int | None] = mapped_column(ForeignKey("resources.id"))
    seed_hash: Mapped[str | None] = mapped_column(String(64))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    revision: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    summary: Mapped[str] = mapped_column(String(SUMMARY_LENGTH))
    minutes: Mapped[int]
    illustrative: Mapped[bool] = mapped_column(default=False)
    review_by: Mapped[date] = mapped_column(Date())
    rating_count: Mapped[int] = mapped_column(default=0)
    stars: Mapped[int] = mapped_column(default=0)


class ResourceVersion(Base):
    """What a resource said; never written again.

    ``body`` is Markdown. ``sources`` are dicts with key, title, publisher, year and url (may be
    empty), cited in the body as ``[@key]``. ``audiences`` to ``practices`` are lists of keys; no
    sector and no size mean every one. ``downloads`` are the editable files made of it, ``workbook``
    says what a worksheet holds. ``illustrative`` marks invented people, businesses and figures.
    """

    __tablename__ = "resource_versions"
    __table_args__ = (
        UniqueConstraint("resource_id", "number"),
        CheckConstraint("number >= 1", name="number_from_one"),
        CheckConstraint("minutes BETWEEN 1 AND 240", name="minutes_range"),
    )

    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    summary: Mapped[str] = mapped_column(String(SUMMARY_LENGTH))
    body: Mapped[str] = mapped_column(Text())
    author: Mapped[str] = mapped_column(String(NAME_LENGTH))
    minutes: Mapped[int]
    review_by: Mapped[date] = mapped_column(Date())
    illustrative: Mapped[bool] = mapped_column(default=False)
    audiences: Mapped[list[str]] = mapped_column(JsonDocument())
    sectors: Mapped[list[str]] = mapped_column(JsonDocument())
    sizes: Mapped[list[str]] = mapped_column(JsonDocument())
    dimensions: Mapped[list[str]] = mapped_column(JsonDocument())
    practices: Mapped[list[str]] = mapped_column(JsonDocument())
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument())
    downloads: Mapped[list[str]] = mapped_column(JsonDocument())
    workbook: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument())
    change_note: Mapped[str] = mapped_column(Text(), default="")
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)


class ResourceTag(Base):
    """Something by which the version that readers see is found; every sector is spelled out."""

    __tablename__ = "resource_tags"
    __table_args__ = (
        UniqueConstraint("resource_id", "kind", "value"),
        one_of("kind", TAG_KINDS, name="kind_known"),
        Index("ix_resource_tags_kind_value", "kind", "value", "resource_id"),
    )

    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"))
    kind: Mapped[str] = mapped_column(String(12))
    value: Mapped[str] = mapped_column(String(40))


class ResourceFile(Base):
    """A file of one version to take away: made by the worker, or added by an editor.

    ``kind`` is what it is made as; ``added`` is a file that an editor has put there.
    """

    __tablename__ = "resource_files"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("storage_key"),
        one_of("kind", [*DOWNLOADS, "added"], name="kind_known"),
        one_of("state", ["queued", "ready", "failed", "withdrawn"], name="state_known"),
        CheckConstraint(
            "state <> 'ready' OR (sha256 IS NOT NULL AND size_bytes > 0)", name="ready_has_file"
        ),
        Index("ix_resource_files_version", "resource_id", "number", "kind"),
        # A version has one file of each kind that is made of it, and any number of added ones.
        Index(
            "uq_resource_files_made",
            "resource_id",
            "number",
            "kind",
            unique=True,
            sqlite_where=text("kind <> 'added'"),
            postgresql_where=text("kind <> 'added'"),
        ),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(6))
    state: Mapped[str] = mapped_column(String(10), default="queued")
    file_name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    words: Mapped[str] = mapped_column(String(TITLE_LENGTH), default="")
    size_bytes: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str | None] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(String(200))
    failure: Mapped[str | None] = mapped_column(String(200))
    tries: Mapped[int] = mapped_column(default=0)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ResourceEvent(Base):
    """A line of a resource's life: what became of it, who did it and why. Only appended."""

    __tablename__ = "resource_events"
    __table_args__ = (Index("ix_resource_events_resource_id", "resource_id", "at"),)

    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    what: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    note: Mapped[str] = mapped_column(Text(), default="")
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
