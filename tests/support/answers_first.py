"""The portal as it must not be: it says that a form was saved, and saves it a while later.

The control of the kill runs (tests/integration/faults/test_kills.py).
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

from portal import create_app

_LATER_SECONDS = 30.0
app = create_app()
_real = app.wsgi_app


def _hasty(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] != "POST":
        return _real(environ, start_response)
    kept = environ | {"wsgi.input": io.BytesIO(environ["wsgi.input"].read())}
    later = threading.Timer(_LATER_SECONDS, lambda: list(_real(kept, lambda *_args: print)))
    later.daemon = True
    later.start()
    start_response("302 FOUND", [("Location", "/"), ("Content-Length", "0")])
    return [b""]


app.wsgi_app = _hasty  # type: ignore[method-assign]
