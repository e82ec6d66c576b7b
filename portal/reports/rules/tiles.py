"""Where the districts stand on the tile map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import yaml

DATA: Final = Path(__file__).resolve().parents[1] / "data" / "tiles.yaml"


@dataclass(frozen=True, slots=True)
class Tile:
    """A district's place: columns and rows from the north-west, halves between two."""

    district: str
    title: str
    column: float
    row: float


@cache
def tiles() -> tuple[Tile, ...]:
    """Every tile, in the order of the file."""
    found = yaml.safe_load(DATA.read_text(encoding="utf-8"))["tiles"]
    return tuple(Tile(**one) for one in found)


def tile_of(label: str) -> Tile | None:
    """The tile of a district's name or key, if it is on the map."""
    wanted = label.strip().casefold()
    return {
        **{one.district: one for one in tiles()},
        **{one.title.casefold(): one for one in tiles()},
    }.get(wanted)
