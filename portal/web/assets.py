"""Addresses of built files: styles, scripts, fonts and images under names that carry their hash."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

from flask import Flask, Response, request, send_from_directory
from werkzeug.security import safe_join

DIST: Final = Path(__file__).resolve().parents[2] / "static" / "dist"
URL_PREFIX: Final = "/static/"
_PACKED: Final = (".css", ".js", ".svg")
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


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


def send_built(filename: str) -> Response:
    """A built file, packed where the browser takes that: a fifth of the bytes for a slow line."""
    if not filename.endswith(_PACKED):
        return send_from_directory(DIST, filename)
    path = safe_join(str(DIST), f"{filename}.gz")
    packed = (
        "gzip" in request.accept_encodings.values() and path is not None and Path(path).is_file()
    )
    if packed:
        kind = _TYPES[Path(filename).suffix]
        response = send_from_directory(DIST, f"{filename}.gz", mimetype=kind)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = send_from_directory(DIST, filename)
    response.vary.add("Accept-Encoding")
    return response


def init_assets(app: Flask) -> None:
    """Serve built files so; behind a proxy that serves them itself this is not asked."""
    app.view_functions["static"] = send_built
