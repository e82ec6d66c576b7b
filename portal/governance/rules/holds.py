"""Legal holds: what may not be deleted for now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SCOPES: Final = ("everything", "class", "employer", "person")
SCOPE_WORDS: Final = {
    "everything": "Everything",
    "class": "One class of records",
    "employer": "One employer",
    "person": "One person with an account",
}


@dataclass(frozen=True, slots=True)
class Holds:
    """The holds that stand, taken together; keys are those of employers and accounts."""

    everything: bool = False
    classes: frozenset[str] = frozenset()
    employers: frozenset[int] = frozenset()
    people: frozenset[int] = frozenset()

    def whole(self, class_key: str) -> bool:
        """Whether nothing of a class may go."""
        return self.everything or class_key in self.classes

    def stops(
        self, class_key: str, *, employers: Iterable[int | None] = (), person: int | None = None
    ) -> bool:
        """Whether a record of these employers and this person must stay."""
        return (
            self.whole(class_key)
            or person in self.people
            or not self.employers.isdisjoint(key for key in employers if key is not None)
        )
