"""Steps of a step-by-step toolkit, and how far an employer has come with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

# Stands in the place of a step's key once every step was done. It stays when a step is taken back
# or a new version adds one, so that a toolkit is completed once; no key of a heading holds a star.
COMPLETED: Final = "*"


@dataclass(frozen=True, slots=True)
class StepDone:
    """When a step was marked as done, and by whom."""

    at: datetime
    by_name: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an employer has come: steps done of those that the toolkit has now."""

    done: int
    total: int
    completed_at: datetime | None

    @property
    def words(self) -> str:
        """``2 of 5 steps``."""
        return f"{self.done} of {self.total} steps"

    @property
    def is_whole(self) -> bool:
        """Whether every step that the toolkit has now is done."""
        return self.done == self.total


def progress(steps: Sequence[str], done: Mapping[str, StepDone]) -> Progress:
    """How far an employer is; what it did of steps that the toolkit has no more is not counted."""
    mark = done.get(COMPLETED)
    return Progress(
        done=sum(step in done for step in steps),
        total=len(steps),
        completed_at=None if mark is None else mark.at,
    )
