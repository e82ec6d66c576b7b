"""Bringing in the resources that the portal comes with; running it again changes nothing twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.db import current_session
from portal.kernel.people import PORTAL
from portal.toolkit.models import Resource
from portal.toolkit.queries import resources as found
from portal.toolkit.rules.content_file import SeedResource
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.service import resources

_NOTE = "Came with the portal"


@dataclass(slots=True)
class Loaded:
    """How many resources were added, brought up to date, unchanged, or left as edited here."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: int = 0


def load(seeds: Iterable[SeedResource]) -> Loaded:
    """Add or bring up to date every resource.

    One that somebody has edited, taken back or retired here keeps what readers see: the new text
    becomes its latest version for an editor to look at.
    """
    loaded = Loaded()
    for seed in seeds:
        _load(seed, loaded)
    return loaded


def _load(seed: SeedResource, loaded: Loaded) -> None:
    resource = found.to_change_by_slug(seed.key)
    if resource is None:
        _add(seed)
        loaded.added += 1
        return
    if resource.seed_hash == seed.digest:
        loaded.unchanged += 1
        return
    untouched = resource.seed_hash is not None and _untouched(resource)
    resource.seed_hash = seed.digest
    if resource.state == ResourceState.RETIRED.value:
        loaded.kept += 1
        return
    written = resources.save_version(
        reference=resource.reference,
        revision=resource.revision,
        content=seed.content,
        change_note=_NOTE,
        by=PORTAL,
    )
    assert not isinstance(written, list), (seed.key, written)  # noqa: S101 - checked as it was read
    if untouched and resource.latest_number != resource.published_number:
        resources.make_public(resource, PORTAL, _NOTE)
        loaded.updated += 1
    else:
        loaded.kept += 1


def _add(seed: SeedResource) -> None:
    made = resources.create(kind=seed.format, content=seed.content, by=PORTAL)
    assert not isinstance(made, list), (seed.key, made)  # noqa: S101 - checked as it was read
    resource = made.value
    resource.slug, resource.seed_hash = seed.key, seed.digest
    current_session().flush()
    resources.make_public(resource, PORTAL, _NOTE)


def _untouched(resource: Resource) -> bool:
    """Whether readers see what the portal came with, and nobody has written anything since."""
    if resource.state != ResourceState.PUBLISHED.value:
        return False
    latest = resources.version_of(resource, resource.latest_number)
    return latest.by is None and resource.latest_number == resource.published_number
