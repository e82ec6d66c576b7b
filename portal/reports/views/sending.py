"""Sending a file of a report, once for as long as it stays the same."""

from __future__ import annotations

import re
from typing import Final

from flask import Response, request

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


def sent(data: bytes, *, filename: str, content_type: str, tag: str, exact: bool) -> Response:
    """The bytes as a file to keep; 304 when the browser's own copy is still right.

    ``tag`` tells one content from another; ``exact`` says that equal tags mean equal bytes.
    """
    response = Response(data, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{_UNSAFE.sub("-", filename)}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(tag, weak=not exact)
    response.make_conditional(request)
    return response
