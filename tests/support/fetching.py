"""Markup that makes a renderer fetch something, and who counts whether it does."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Listener:
    """A real server on this machine that counts who calls."""

    def __init__(self):
        self.calls = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            with connection:
                connection.sendall(b"HTTP/1.0 302 Found\r\nLocation: file:///etc/hostname\r\n\r\n")

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=5)


def aimed(vector: str, address: str) -> str:
    """A vector with the address that it should fetch."""
    return vector.replace("{{", "{").replace("}}", "}").replace("{u}", address)


_WATCHED: dict[str, int] = {}
_HOOKED: list[bool] = []


def _see(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _WATCHED and str(arguments[0]) in _WATCHED:
        _WATCHED[str(arguments[0])] += 1


@contextmanager
def watched(path: Path) -> Iterator[list[int]]:
    """Count who opens a file of this process; the number is there at the end."""
    if not _HOOKED:
        # There is no way to take it away again: it looks at a dictionary that is empty elsewhere.
        sys.addaudithook(_see)
        _HOOKED.append(True)
    seen: list[int] = []
    _WATCHED[str(path)] = 0
    try:
        yield seen
    finally:
        seen.append(_WATCHED.pop(str(path)))


VECTORS = [
    '<img src="{u}">',
    '<img srcset="{u} 2x" src="{u}">',
    '<link rel="stylesheet" href="{u}">',
    '<link rel="attachment" href="{u}">',
    '<a rel="attachment" href="{u}">x</a>',
    '<link rel="icon" href="{u}">',
    '<base href="{u}"><img src="x.png"><link rel="stylesheet" href="a.css">',
    '<object data="{u}"></object>',
    '<embed src="{u}">',
    '<iframe src="{u}"></iframe>',
    '<video poster="{u}"></video>',
    '<input type="image" src="{u}">',
    "<style>@import '{u}';</style>",
    "<style>body{{background:url('{u}')}}</style>",
    "<style>@font-face{{font-family:f;src:url('{u}')}}p{{font-family:f}}</style><p>x</p>",
    "<style>@page{{background:url('{u}')}}</style>",
    "<style>p::before{{content:url('{u}')}}</style><p>x</p>",
    "<style>ul{{list-style-image:url('{u}')}}</style><ul><li>x</li></ul>",
    "<style>p{{border-image:url('{u}') 3}}</style><p>x</p>",
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="{u}" width="9" height="9"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><use href="{u}#a"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><style>@import "{u}";</style></svg>',
    (
        '<img src=\'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg">'
        '<image href="{u}" width="9" height="9"/></svg>\'>'
    ),
    "<link rel=stylesheet href='data:text/css,@import \"{u}\";'>",
    '<p style="background-image: url({u})">x</p>',
]
