"""Which districts lie beside each other: a small table, kept as data."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

_FILE: Final = Path(__file__).parents[1] / "data" / "neighbours.yaml"
Pairs = frozenset[frozenset[str]]


def parse_neighbours(values: Any) -> Pairs:
    """The table as sets of two; ValueError says what is wrong with it."""
    rows = values.get("pairs") if isinstance(values, dict) else None
    if not isinstance(rows, list):
        raise ValueError("neighbours: a list of pairs is missing")  # noqa: TRY004 - bad data
    found: set[frozenset[str]] = set()
    for row in rows:
        pair = frozenset(map(str, row)) if isinstance(row, list) else frozenset()
        if len(pair) != 2 or len(row) != 2:  # noqa: PLR2004 - two districts
            raise ValueError(f"neighbours: {row!r} is no pair of districts")
        if pair in found:
            raise ValueError(f"neighbours: {sorted(pair)} stands there twice")
        found.add(pair)
    return frozenset(found)


@cache
def neighbours() -> Pairs:
    """The pairs of districts that share a boundary."""
    return parse_neighbours(yaml.safe_load(_FILE.read_text(encoding="utf-8")))


def unknown_districts(pairs: Pairs, known: Iterable[str]) -> list[str]:
    """Districts in the table that the programme does not have."""
    return sorted({key for pair in pairs for key in pair} - set(known))
