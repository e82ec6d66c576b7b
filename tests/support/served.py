"""An app of this process, served to a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

_GIVEN = "tests.given"


class _Handler(WSGIRequestHandler):
    """Closes what it was giving also where the browser leaves in the middle.

    A browser that goes to another page drops what it was still fetching. Where that happens while
    this server looks for what is left of the request, it forgets to close the answer, and a file
    that is being sent stays open until Python collects it: a warning, and so a failed test, at a
    moment that nobody can foresee.
    """

    def connection_dropped(
        self, error: BaseException, environ: dict[str, Any] | None = None
    ) -> None:
        if environ and _GIVEN in environ:
            environ[_GIVEN].close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve `app` from threads of this process; give "127.0.0.1:port"."""

    def kept(environ, start_response):
        answer = app(environ, start_response)
        # Closed once, whoever comes first.
        closing = environ[_GIVEN] = ExitStack()
        closing.callback(answer.close)
        return _Given(answer, closing)

    server = make_server("127.0.0.1", 0, kept, threaded=True, request_handler=_Handler)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


class _Given:
    """What the app answers, and how it is closed."""

    def __init__(self, answer, closing: ExitStack) -> None:
        self._answer = answer
        self.close = closing.close

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)
