"""The parts of the forum, as they stand in ``data/forum-categories.yaml``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from portal.network.rules.words import TITLE_LENGTH

FILE: Final = Path(__file__).parent.parent / "data" / "forum-categories.yaml"
ABOUT_LENGTH: Final = 300
# Words that stand in addresses of the forum already.
_TAKEN: Final = frozenset({"search", "moderation", "code-of-conduct", "t", "p", "files", "new"})
_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_KNOWN: Final = frozenset({"slug", "title", "about", "dimension", "sector"})


@dataclass(frozen=True, slots=True)
class CategorySeed:
    """One part: by theme (a dimension of the diagnostic), by sector, or for everything."""

    slug: str
    title: str
    about: str
    dimension: str | None
    sector: str | None


def read(text: str) -> list[CategorySeed]:
    """The parts in their order.

    Raises:
        ValueError: for a part that says something wrong, or two with one address or title.
    """
    rows = yaml.safe_load(text)
    if not isinstance(rows, list) or not rows:
        raise ValueError("The file holds no list of categories")
    found = [_category(row) for row in rows]
    for name in ("slug", "title"):
        values = [getattr(one, name) for one in found]
        twice = {value for value in values if values.count(value) > 1}
        if twice:
            raise ValueError(f"Two categories have one {name}: {sorted(twice)}")
    return found


def read_file() -> list[CategorySeed]:
    """The parts that the portal comes with."""
    return read(FILE.read_text(encoding="utf-8"))


def _category(row: Any) -> CategorySeed:
    if not isinstance(row, dict) or row.keys() - _KNOWN or not {"slug", "title"} <= row.keys():
        raise ValueError(f"A category has a slug, a title and {sorted(_KNOWN)}: {row!r}")
    values = {name: str(row.get(name) or "").strip() for name in _KNOWN}
    slug, title = values["slug"], values["title"]
    if not _SLUG.fullmatch(slug) or slug in _TAKEN:
        raise ValueError(f"{slug!r} cannot be the address of a category")
    if not title or len(title) > TITLE_LENGTH or len(values["about"]) > ABOUT_LENGTH:
        raise ValueError(f"{slug}: a title of up to {TITLE_LENGTH}, about up to {ABOUT_LENGTH}")
    return CategorySeed(
        slug, title, values["about"], values["dimension"] or None, values["sector"] or None
    )
