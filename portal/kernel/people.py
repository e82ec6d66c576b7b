"""Who makes a change, as it is kept with what they changed."""

from __future__ import annotations

from dataclasses import dataclass

NAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change; the name is kept with it, as it was on the day."""

    user_id: int | None
    name: str
    email: str | None = None

    @property
    def shown(self) -> str:
        """A name to show, never empty and never too long to keep."""
        return (self.name or self.email or "Somebody")[:NAME_LENGTH]


# The portal itself, for what it does on a schedule.
PORTAL = Author(None, "The portal")
