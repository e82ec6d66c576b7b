"""What tests serve to a browser is closed once, also where the browser leaves in the middle."""

from __future__ import annotations

import socket
import struct
import threading

from flask import Flask
from werkzeug.wsgi import ClosingIterator

from tests.support.served import served

_ROUNDS = 20
_RESET = struct.pack("ii", 1, 0)


def test_an_answer_is_closed_where_the_browser_leaves() -> None:
    closed: list[None] = []
    all_closed = threading.Semaphore(0)

    def close() -> None:
        closed.append(None)
        all_closed.release()

    app = Flask(__name__)
    app.wsgi_app = _Answers(close)  # type: ignore[method-assign]
    with served(app) as address:
        host, port = address.split(":")
        for _round in range(_ROUNDS):
            client = socket.create_connection((host, int(port)), timeout=10)
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            client.recv(1)
            # The connection is reset while the server looks for the rest of the request.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            client.close()
        for _round in range(_ROUNDS):
            assert all_closed.acquire(timeout=10), f"{len(closed)} of {_ROUNDS} were closed"
    assert len(closed) == _ROUNDS


class _Answers:
    def __init__(self, close) -> None:
        self._close = close

    def __call__(self, environ, start_response):
        start_response("200 OK", [("Content-Length", "10")])
        return ClosingIterator([b"x" * 10], [self._close])
