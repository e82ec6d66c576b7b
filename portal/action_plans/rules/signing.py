"""Who has signed a plan: the employer, the adviser, or both on the same content."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Side(StrEnum):
    """For whom somebody signs."""

    EMPLOYER = "employer"
    ADVISER = "adviser"

    @property
    def other(self) -> Side:
        """The side that is still to sign when this one has."""
        return Side.ADVISER if self is Side.EMPLOYER else Side.EMPLOYER


class Standing(StrEnum):
    """What the signatures on one version come to. Agreed is signed by both sides."""

    DRAFT = "draft"
    ADVISER = "adviser"
    EMPLOYER = "employer"
    AGREED = "agreed"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return _WORDS[self]


_WORDS = {
    Standing.DRAFT: "Draft",
    Standing.ADVISER: "Signed by the adviser, not yet by the employer",
    Standing.EMPLOYER: "Signed off",
    Standing.AGREED: "Agreed by employer and adviser",
}


def standing(sides: Collection[str]) -> Standing:
    """What these signatures come to."""
    if Side.EMPLOYER in sides:
        return Standing.AGREED if Side.ADVISER in sides else Standing.EMPLOYER
    return Standing.ADVISER if Side.ADVISER in sides else Standing.DRAFT
