"""When two deliveries of a day may be one that was recorded twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

# So many of each hundred people in both: more than chance makes of two groups of one employer.
_OVERLAP_PERCENT: Final = 80
_WHOLE: Final = 100


class Twin(Protocol):
    """Another delivery of one provider, day and kind, and an employer that was at both."""

    @property
    def reference(self) -> str:
        """The other output."""

    @property
    def employer(self) -> str:
        """Who was at both."""

    @property
    def here(self) -> int:
        """How many of its people attended this one."""

    @property
    def there(self) -> int:
        """How many attended the other."""

    @property
    def same_title(self) -> bool:
        """Whether both are called the same."""


def overlaps(one: Twin) -> bool:
    """Whether as good as as many people of an employer came to both, or both are called the same.

    Sheets count people and do not name them: a provider may well give one workshop to two groups
    of an employer on one day, and then their numbers differ.
    """
    fewer, more = sorted((one.here, one.there))
    return one.same_title or fewer * _WHOLE >= more * _OVERLAP_PERCENT


def words(twins: Iterable[Twin]) -> str:
    """What is said of the first that overlaps; empty when none does."""
    for one in twins:
        if overlaps(one):
            return (
                f"{one.employer} was at another delivery of this kind on the same day, with "
                f"{one.there:,} people there and {one.here:,} here: see whether output "
                f"{one.reference} is the same delivery"
            )
    return ""
