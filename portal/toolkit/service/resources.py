"""Writing resources and taking them through their life. Versions are never written again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, insert, select

from portal.db import audit, current_session
from portal.integrations.markdown import heading_key
from portal.kernel.clock import utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.toolkit.models import (
    Resource,
    ResourceEvent,
    ResourceTag,
    ResourceTest,
    ResourceVersion,
)
from portal.toolkit.queries import resources as found
from portal.toolkit.rules.content import Content, faults
from portal.toolkit.rules.states import ResourceState, not_tested_enough, refused
from portal.toolkit.rules.words import FORMATS, SECTORS, SIZES, suits

# First parts of other addresses below /toolkit.
RESERVED = frozenset({"manage", "new", "search", "files", "tools", "recommended"})
NO_RESOURCE = Problem("no_resource", "There is no such resource")
STALE = Problem(
    "stale",
    "Somebody else has changed this resource meanwhile. Open it again and look at what they wrote",
)
# Called with a resource whose published version has changed, inside the unit of work: what is made
# of it elsewhere (the search index, files to take away) follows.
_followers: list[Callable[[Resource, ResourceVersion | None], None]] = []


def follow_publication(follower: Callable[[Resource, ResourceVersion | None], None]) -> None:
    """Have a function called with each version that readers begin to see; None when they stop."""
    if follower not in _followers:
        _followers.append(follower)


def create(
    *, kind: str, content: Content, by: Author, organisation_id: int | None = None
) -> Ok[Resource] | list[Problem]:
    """Begin a resource as a draft with its first version."""
    if kind not in FORMATS:
        return [Problem("unknown", "Choose what it is", "format")]
    wrong = faults(content, kind=kind)
    if wrong:
        return wrong
    resource = Resource(
        slug=_free_slug(content.title),
        format=kind,
        organisation_id=organisation_id,
        created_by=by.user_id,
        **_shown(content),
    )
    current_session().add(resource)
    current_session().flush()
    _write(resource, 1, content, "", by)
    _note(resource, "created", by)
    return Ok(resource)


def save_version(
    *, reference: str, revision: int, content: Content, change_note: str, by: Author
) -> Ok[ResourceVersion] | list[Problem]:
    """Keep a text as the next version. Readers go on seeing the published one.

    Refused as ``stale`` where somebody else has written one since it was opened; a text equal to
    the latest version adds none.
    """
    resource = found.to_change(reference)
    if resource is None:
        return [NO_RESOURCE]
    if resource.revision != revision:
        return [STALE]
    if resource.state == ResourceState.RETIRED.value:
        return [Problem("retired", "This resource is retired: bring it back as a draft first")]
    wrong = faults(content, kind=resource.format)
    if wrong:
        return wrong
    latest = version_of(resource, resource.latest_number)
    if found.content_of(latest) == content:
        return Ok(latest)
    resource.latest_number += 1
    version = _write(resource, resource.latest_number, content, change_note, by)
    if resource.published_number is None:
        _show(resource, content)
    resource.revision += 1
    _note(resource, "version", by, change_note)
    return Ok(version)


def restore_version(
    *, reference: str, revision: int, number: int, by: Author
) -> Ok[ResourceVersion] | list[Problem]:
    """Make an earlier version the latest again, as a new one: nothing in between is lost."""
    resource = found.to_change(reference)
    if resource is None or not 1 <= number <= resource.latest_number:
        return [NO_RESOURCE]
    content = found.content_of(version_of(resource, number))
    return save_version(
        reference=reference,
        revision=revision,
        content=content,
        change_note=f"Version {number} brought back",
        by=by,
    )


def begin_testing(*, reference: str, revision: int, by: Author) -> Ok[Resource] | Err:
    """A draft is ready to be tried by employers."""
    return _move(reference, revision, ResourceState.TESTING, "in testing", by)


def back_to_draft(*, reference: str, revision: int, note: str, by: Author) -> Ok[Resource] | Err:
    """Feedback asks for more work, or a retired resource is written anew."""
    return _move(reference, revision, ResourceState.DRAFT, "back to draft", by, note)


def publish(*, reference: str, revision: int, reason: str, by: Author) -> Ok[Resource] | Err:
    """Let everybody read the latest version.

    Enough employers have tested some version of it (see ``LEAST_TESTS``), or ``reason`` says why
    it goes without; the reason stays on record.
    """
    opened = _opened(reference, revision)
    if isinstance(opened, Err):
        return opened
    problem = refused(ResourceState(opened.state), ResourceState.PUBLISHED)
    if problem is None and opened.latest_number == opened.published_number:
        problem = Problem("published_already", "Readers see the latest version already")
    if problem is None:
        problem = not_tested_enough(_answered(opened), reason)
    if problem is not None:
        return Err(problem)
    make_public(opened, by, reason.strip())
    return Ok(opened)


def make_public(resource: Resource, by: Author, note: str) -> None:
    """Readers see the latest version from now on; whoever calls has checked that they may."""
    version = version_of(resource, resource.latest_number)
    resource.state = ResourceState.PUBLISHED.value
    resource.published_number = version.number
    resource.published_at = utc_now()
    resource.revision += 1
    _show(resource, found.content_of(version))
    _tag(resource, version)
    _note(resource, "published", by, note)
    _tell_followers(resource, version)


def retire(
    *, reference: str, revision: int, reason: str, replaced_by: str, by: Author
) -> Ok[Resource] | Err:
    """Take a resource away from readers, say why, and name another to read instead if any."""
    words = reason.strip()
    if not words:
        return Err(Problem("reason_needed", "Say why it is retired", "reason"))
    instead = None
    if replaced_by:
        other = found.published(replaced_by)
        if other is None or other.reference == reference:
            problem = "Choose another published resource, or none"
            return Err(Problem("no_replacement", problem, "replaced_by"))
        instead = other.id
    opened = _opened(reference, revision)
    if isinstance(opened, Err):
        return opened
    problem_found = refused(ResourceState(opened.state), ResourceState.RETIRED)
    if problem_found is not None:
        return Err(problem_found)
    opened.state, opened.retired_reason = ResourceState.RETIRED.value, words
    opened.replaced_by = instead
    opened.revision += 1
    current_session().execute(delete(ResourceTag).where(ResourceTag.resource_id == opened.id))
    _note(opened, "retired", by, words)
    _tell_followers(opened, None)
    return Ok(opened)


def version_of(resource: Resource, number: int) -> ResourceVersion:
    """A version that is known to exist."""
    return (
        current_session()
        .scalars(
            select(ResourceVersion).where(
                ResourceVersion.resource_id == resource.id, ResourceVersion.number == number
            )
        )
        .one()
    )


# Parts ---------------------------------------------------------------------------------------


def _opened(reference: str, revision: int) -> Resource | Err:
    resource = found.to_change(reference)
    if resource is None:
        return Err(NO_RESOURCE)
    return resource if resource.revision == revision else Err(STALE)


def _move(
    reference: str, revision: int, state: ResourceState, what: str, by: Author, note: str = ""
) -> Ok[Resource] | Err:
    opened = _opened(reference, revision)
    if isinstance(opened, Err):
        return opened
    problem = refused(ResourceState(opened.state), state)
    if problem is not None:
        return Err(problem)
    opened.state = state.value
    opened.retired_reason, opened.replaced_by = None, None
    opened.revision += 1
    _note(opened, what, by, note)
    return Ok(opened)


def _answered(resource: Resource) -> int:
    """Employers that have tested what has been written since the last publication."""
    employers = current_session().scalars(
        select(ResourceTest.employer_id)
        .where(
            ResourceTest.resource_id == resource.id,
            ResourceTest.state == "answered",
            ResourceTest.number > (resource.published_number or 0),
        )
        .distinct()
    )
    return len(employers.all())


def _write(
    resource: Resource, number: int, content: Content, change_note: str, by: Author
) -> ResourceVersion:
    values = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(content).items()
    }
    version = ResourceVersion(
        resource_id=resource.id,
        number=number,
        change_note=change_note.strip(),
        by=by.user_id,
        by_name=by.shown,
        **values,
    )
    current_session().add(version)
    current_session().flush()
    return version


def _shown(content: Content) -> dict[str, Any]:
    return {
        "title": content.title,
        "summary": content.summary,
        "minutes": content.minutes,
        "illustrative": content.illustrative,
        "review_by": content.review_by,
    }


def _show(resource: Resource, content: Content) -> None:
    for name, value in _shown(content).items():
        setattr(resource, name, value)


def _tag(resource: Resource, version: ResourceVersion) -> None:
    session = current_session()
    session.execute(delete(ResourceTag).where(ResourceTag.resource_id == resource.id))
    rows = [
        {"resource_id": resource.id, "kind": kind, "value": value}
        for kind, values in (
            ("audience", version.audiences),
            ("sector", suits(version.sectors, SECTORS)),
            ("size", suits(version.sizes, SIZES)),
            ("dimension", version.dimensions),
            ("practice", version.practices),
        )
        for value in values
    ]
    session.execute(insert(ResourceTag), rows)


def _note(resource: Resource, what: str, by: Author, note: str = "") -> None:
    session = current_session()
    session.add(
        ResourceEvent(
            resource_id=resource.id,
            what=what,
            number=resource.latest_number,
            note=note.strip(),
            by=by.user_id,
            by_name=by.shown,
        )
    )
    audit.record(
        action=f"resource.{what.replace(' ', '_')}",
        subject=f"resource:{resource.reference}",
        detail={"number": resource.latest_number},
        actor_id=by.user_id,
    )
    session.flush()


def _tell_followers(resource: Resource, version: ResourceVersion | None) -> None:
    for follower in _followers:
        follower(resource, version)


def _slugs(title: str) -> Iterator[str]:
    base = heading_key(title)[:70].strip("-")
    base = base if len(base) >= 3 else f"resource-{base}"  # noqa: PLR2004 - as the table asks
    yield base
    yield from (f"{base}-{number}" for number in range(2, 100))


def _free_slug(title: str) -> str:
    candidates = list(_slugs(title))
    taken = found.slugs_taken(candidates) | RESERVED
    return next(slug for slug in candidates if slug not in taken)
