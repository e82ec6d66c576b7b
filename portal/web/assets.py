"""Addresses of built files: styles, scripts, fonts and images under names that carry their hash."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

DIST: Final = Path(__file__).resolve().parents[2] / "static" / "dist"
URL_PREFIX: Final = "/static/"


class AssetsNotBuiltError(RuntimeError):
    """The built files are missing: run `make setup`."""


@cache
def manifest() -> dict[str, str]:
    """Plain name to hashed name, read once a process."""
    try:
        text = (DIST / "manifest.json").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise AssetsNotBuiltError(
            "Styles and scripts are not built yet. Run `make setup` (or `npm run build`)."
        ) from error
    names: dict[str, str] = json.loads(text)
    return names


def _hashed(name: str) -> str:
    try:
        return manifest()[name]
    except KeyError:
        raise LookupError(
            f"No built file is called {name!r}: see static/dist/manifest.json"
        ) from None


def asset_url(name: str) -> str:
    """Address of the built file ``name``, such as ``app.css``; it never goes stale."""
    return URL_PREFIX + _hashed(name)


def asset_path(name: str) -> Path:
    """The built file on disk, for the PDF's fonts and images."""
    return DIST / _hashed(name)
