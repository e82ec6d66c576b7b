"""What may become of a resource: draft, in testing with employers, published, retired."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.kernel.result import Problem


class ResourceState(StrEnum):
    """How far a resource has come."""

    DRAFT = "draft"
    TESTING = "testing"
    PUBLISHED = "published"
    RETIRED = "retired"

    @property
    def label(self) -> str:
        """The state on screen."""
        return LABELS[self]

    @property
    def is_public(self) -> bool:
        """Whether anybody may read it."""
        return self is ResourceState.PUBLISHED


LABELS: Final[Mapping[ResourceState, str]] = {
    ResourceState.DRAFT: "Draft",
    ResourceState.TESTING: "In testing",
    ResourceState.PUBLISHED: "Published",
    ResourceState.RETIRED: "Retired",
}
# Resources are tested with employers before publication (file 004, Strand 2), so no draft is
# published directly. One that is published stays so while a later version is written and tested,
# and is published again with it.
MOVES: Final[Mapping[ResourceState, frozenset[ResourceState]]] = {
    ResourceState.DRAFT: frozenset({ResourceState.TESTING, ResourceState.RETIRED}),
    ResourceState.TESTING: frozenset(
        {ResourceState.DRAFT, ResourceState.PUBLISHED, ResourceState.RETIRED}
    ),
    ResourceState.PUBLISHED: frozenset({ResourceState.PUBLISHED, ResourceState.RETIRED}),
    ResourceState.RETIRED: frozenset({ResourceState.DRAFT}),
}
# Feedback from this many employers before a resource is published. A judgement of our own: one
# opinion is an anecdote, and a pilot has few businesses to ask.
LEAST_TESTS: Final = 2


def refused(now: ResourceState, then: ResourceState) -> Problem | None:
    """Why a resource cannot move on so, if it cannot."""
    if then in MOVES[now]:
        return None
    return Problem(
        "resource_state",
        f"A resource that is “{now.label.lower()}” cannot become “{then.label.lower()}”",
    )


def not_tested_enough(answered: int, reason: str) -> Problem | None:
    """Why a resource cannot be published yet: too little feedback, and no reason to go without."""
    if answered >= LEAST_TESTS or reason.strip():
        return None
    return Problem(
        "not_tested",
        f"Feedback from {LEAST_TESTS} employers comes first; there is feedback from {answered}. "
        "Ask employers to test it, or say why it is published without",
        "reason",
    )
