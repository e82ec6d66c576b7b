"""What the parts of the demonstration share: moments, refusals, and one employer's story."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

import click

from portal.caseload.rules.working_days import next_working_day
from portal.cli.demo_employers import Sketch
from portal.kernel import clock
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok

T = TypeVar("T")


def taken(result: Ok[T] | Err) -> T:
    """The value of a step that must succeed; a refusal is a fault in the demonstration itself."""
    if isinstance(result, Err):
        raise click.ClickException(f"The demonstration data is refused: {result.problem.message}")
    return result.value


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of a day, within office hours in summer and in winter."""
    return datetime.combine(day, time(hour, minute), tzinfo=UTC)


@dataclass
class Story:
    """One employer's story as far as it has been told."""

    sketch: Sketch
    adviser: Author
    rng: random.Random
    start: date
    contact: str
    email: str
    case: str = ""
    employer: str = ""
    case_id: int = 0
    agreed: date | None = None
    owner: Author = field(default_factory=lambda: Author(None, ""))
    told: set[str] = field(default_factory=set)

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens."""
        return bool(self.sketch.stops) and self.sketch.stops in self.told

    def tell(self, step: str, after: int, happens: Callable[[Story, date], None]) -> None:
        """Let a step happen so many days after the start, if the story has come so far."""
        day = next_working_day(self.start + timedelta(days=after))
        if self.is_over or day >= clock.today():
            return
        with clock.freeze(at(day, 9 + self.rng.randrange(7), self.rng.randrange(60))):
            happens(self, day)
        self.told.add(step)
