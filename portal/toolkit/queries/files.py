"""Files to take away: those made of a version by the worker, and those that editors have added."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select

from portal.db import current_session
from portal.toolkit.models import Resource, ResourceFile, ResourceVersion
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.rules.words import DOWNLOADS

ADDED = "added"
_MILLION = 1_000_000
_PUBLISHED = Resource.state == ResourceState.PUBLISHED.value


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One line in the list of downloads; ``ready`` is False while the worker makes it."""

    kind: str
    words: str
    size_bytes: int
    reference: str
    added: bool
    ready: bool
    slug: str

    @property
    def size(self) -> str:
        """The size as people read it: thousands of bytes, or millions with one decimal."""
        if self.size_bytes < _MILLION:
            return f"{max(1, round(self.size_bytes / 1000))} KB"
        return f"{self.size_bytes / _MILLION:.1f} MB"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it is handed out; ``sha256`` is None until it is ready."""

    reference: str
    resource_id: int
    number: int
    file_name: str
    media_type: str
    storage_key: str
    sha256: str | None
    title: str
    slug: str


def ready_files(resource_id: int, number: int) -> list[FileFacts]:
    """What readers of a version take away: what is made of it, then what editors have added.

    Files that the worker still makes, or tries again to make, are in it and not ``ready``. A file
    that was added with an earlier version stays until it is withdrawn.
    """
    rows = current_session().execute(
        select(
            ResourceFile.kind,
            ResourceFile.words,
            ResourceFile.size_bytes,
            ResourceFile.reference,
            ResourceFile.state,
            Resource.slug,
        )
        .join(Resource, Resource.id == ResourceFile.resource_id)
        .where(ResourceFile.resource_id == resource_id, _offered(number))
        .order_by(ResourceFile.id)
    )
    found = [
        FileFacts(
            kind=kind,
            words=words if kind == ADDED else DOWNLOADS[kind],
            size_bytes=size,
            reference=reference,
            added=kind == ADDED,
            ready=state == "ready",
            slug=slug,
        )
        for kind, words, size, reference, state, slug in rows
    ]
    order = [*DOWNLOADS, ADDED]
    return sorted(found, key=lambda one: order.index(one.kind))


def made_file(slug: str, kind: str) -> StoredFile | None:
    """The file that is made of what readers see at an address, ready or not."""
    return _stored(
        Resource.slug == slug,
        ResourceFile.kind == kind,
        ResourceFile.kind != ADDED,
        ResourceFile.number == Resource.published_number,
    )


def added_file(reference: str) -> StoredFile | None:
    """A file that an editor has added to something readers see."""
    return _stored(
        ResourceFile.reference == reference,
        ResourceFile.kind == ADDED,
        ResourceFile.state == "ready",
        ResourceFile.number <= Resource.published_number,
    )


def to_make(reference: str) -> ResourceFile | None:
    """A file, held until the unit of work ends."""
    return current_session().scalar(
        select(ResourceFile)
        .where(ResourceFile.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def kinds_made(resource_id: int, number: int) -> set[str]:
    """The kinds of which a file is known for a version, whatever became of it."""
    return set(
        current_session().scalars(
            select(ResourceFile.kind).where(
                ResourceFile.resource_id == resource_id,
                ResourceFile.number == number,
                ResourceFile.kind != ADDED,
            )
        )
    )


def lacking_files() -> list[str]:
    """The references of what readers see without a file of each kind that is made of it."""
    session = current_session()
    made: dict[int, set[str]] = {}
    for resource_id, kind in session.execute(
        select(ResourceFile.resource_id, ResourceFile.kind)
        .join(Resource, Resource.id == ResourceFile.resource_id)
        .where(_PUBLISHED, ResourceFile.number == Resource.published_number)
    ):
        made.setdefault(resource_id, set()).add(kind)
    rows = session.execute(
        select(Resource.id, Resource.reference, ResourceVersion.downloads)
        .join(
            ResourceVersion,
            and_(
                ResourceVersion.resource_id == Resource.id,
                ResourceVersion.number == Resource.published_number,
            ),
        )
        .where(_PUBLISHED)
        .order_by(Resource.id)
    )
    return [
        reference
        for resource_id, reference, downloads in rows
        if not {"pdf", *downloads} <= made.get(resource_id, set())
    ]


def files_of_published() -> list[ResourceFile]:
    """Every file made of what readers see."""
    return list(
        current_session().scalars(
            select(ResourceFile)
            .join(Resource, Resource.id == ResourceFile.resource_id)
            .where(
                _PUBLISHED,
                ResourceFile.number == Resource.published_number,
                ResourceFile.kind != ADDED,
            )
            .order_by(ResourceFile.id)
        )
    )


def reference_of(resource_id: int) -> str | None:
    """A resource's reference by its key."""
    return current_session().scalar(select(Resource.reference).where(Resource.id == resource_id))


def _offered(number: int) -> ColumnElement[bool]:
    made = and_(
        ResourceFile.kind != ADDED,
        ResourceFile.number == number,
        ResourceFile.state != "withdrawn",
    )
    added = and_(
        ResourceFile.kind == ADDED, ResourceFile.number <= number, ResourceFile.state == "ready"
    )
    return or_(made, added)


def _stored(*conditions: ColumnElement[bool]) -> StoredFile | None:
    row = (
        current_session()
        .execute(
            select(
                ResourceFile.reference,
                ResourceFile.resource_id,
                ResourceFile.number,
                ResourceFile.file_name,
                ResourceFile.media_type,
                ResourceFile.storage_key,
                ResourceFile.sha256,
                ResourceFile.state,
                Resource.title,
                Resource.slug,
            )
            .join(Resource, Resource.id == ResourceFile.resource_id)
            .where(_PUBLISHED, *conditions)
        )
        .first()
    )
    if row is None:
        return None
    reference, resource_id, number, name, media_type, key, sha256, state, title, slug = row
    ready = sha256 if state == "ready" else None
    return StoredFile(reference, resource_id, number, name, media_type, key, ready, title, slug)
