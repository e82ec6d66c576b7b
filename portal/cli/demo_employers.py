"""The employers of the demonstration's caseload: invented, and named as examples."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sketch:
    """One employer's story: who it is, who has the case, since when, and where it ends.

    ``days`` is how long ago it was referred. ``stops`` is the last step that happened, "" for as
    far as the time has come. ``twist`` is what did not go by the book.
    """

    name: str
    code: str
    district: str
    postcode: str
    people: int
    part_time: int
    adviser: int
    source: str
    days: int
    stops: str = ""
    twist: str = ""
    reach: str = "unknown"


DATA = Path(__file__).parent / "data" / "demo-employers.csv"
_NUMBERS = ("people", "part_time", "adviser", "days")


def sketches() -> list[Sketch]:
    """Every story, adviser by adviser; those that became no case come last."""
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Sketch(**{name: int(row[name]) if name in _NUMBERS else row[name] for name in row})  # type: ignore[arg-type]
        for row in rows
    ]
