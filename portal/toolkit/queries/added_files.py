"""Files that editors have added to a resource."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.db import current_session
from portal.toolkit.models import Resource, ResourceFile


@dataclass(frozen=True, slots=True)
class AddedLine:
    """A file as those who manage the resource see it."""

    reference: str
    state: str
    words: str
    file_name: str
    media_type: str
    size_bytes: int
    sha256: str | None
    failure: str | None
    created_at: datetime


def live_of(resource_id: int) -> list[AddedLine]:
    """Files beside a resource that were not taken away, in the order in which they came."""
    rows: Any = current_session().execute(
        select(
            ResourceFile.reference,
            ResourceFile.state,
            ResourceFile.words,
            ResourceFile.file_name,
            ResourceFile.media_type,
            ResourceFile.size_bytes,
            ResourceFile.sha256,
            ResourceFile.failure,
            ResourceFile.created_at,
        )
        .where(
            ResourceFile.resource_id == resource_id,
            ResourceFile.kind == "added",
            ResourceFile.state != "withdrawn",
        )
        .order_by(ResourceFile.id)
    )
    return [AddedLine(*row) for row in rows]


def to_change(reference: str) -> ResourceFile | None:
    """A file, held until the unit of work ends."""
    return current_session().scalar(
        select(ResourceFile)
        .where(ResourceFile.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def waiting(reference: str) -> str | None:
    """Where a file is stored that waits for its scan."""
    return current_session().scalar(
        select(ResourceFile.storage_key).where(
            ResourceFile.reference == reference, ResourceFile.state == "queued"
        )
    )


def resource_of(reference: str) -> str | None:
    """The reference of the resource that a file stands beside."""
    return current_session().scalar(
        select(Resource.reference)
        .join(ResourceFile, ResourceFile.resource_id == Resource.id)
        .where(ResourceFile.reference == reference)
    )
