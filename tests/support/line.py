"""A line to a server that can be cut, kept silent and mended, as a network does it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

_CHUNK = 65_536


class Line:
    """Listens on this machine and passes everything on, both ways, unless it is cut or silent."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._open: set[socket.socket] = set()
        self._silent = False
        self._cut = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._listener.accept()
            except OSError:
                return
            if self._cut:
                near.close()
                continue
            self._open.add(near)
            if self._silent:
                # Taken, and never answered.
                continue
            try:
                far = self._connect()
            except OSError:
                near.close()
                continue
            self._open.add(far)
            for here, there in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(here, there), daemon=True).start()

    @staticmethod
    def _pass_on(here: socket.socket, there: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := here.recv(_CHUNK):
                there.sendall(data)
        for end in (here, there):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _drop(self) -> None:
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._open.clear()

    def cut(self) -> None:
        """Every connection breaks off, and new ones too."""
        self._cut = True
        self._drop()

    def silence(self) -> None:
        """Every connection breaks off; new ones are taken and never answered."""
        self._silent = True
        self._drop()

    def mend(self) -> None:
        """New connections are passed on again."""
        self._cut = self._silent = False

    def close(self) -> None:
        """The end of it."""
        self._listener.close()
        self._drop()


@contextlib.contextmanager
def line_to(connect: Callable[[], socket.socket]) -> Iterator[Line]:
    """A line that is taken away at the end."""
    line = Line(connect)
    try:
        yield line
    finally:
        line.close()
