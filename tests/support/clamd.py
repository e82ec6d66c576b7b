"""A small server that speaks clamd's INSTREAM as the real one does."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class _Line(socketserver.BaseRequestHandler):
    """One conversation."""

    server: _Server

    def _exactly(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            part = self.request.recv(length - len(data))
            if not part:
                break
            data += part
        return data

    def handle(self) -> None:
        if self._exactly(10) != b"zINSTREAM\0":
            self.request.sendall(b"UNKNOWN COMMAND\0")
            return
        received = b""
        while length := int.from_bytes(self._exactly(4), "big"):
            if len(received) + length > self.server.most:
                self.request.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
            received += self._exactly(length)
        self.server.seen.append(received)
        answer = b"stream: OK\0"
        if EICAR in received:
            answer = b"stream: Eicar-Signature FOUND\0"
        if self.server.says is not None:
            answer = self.server.says
        self.request.sendall(answer)


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Remembers what it was sent."""

    allow_reuse_address = True
    daemon_threads = True
    seen: list[bytes]
    says: bytes | None = None
    most = 5_000_000


class _LocalServer(_Server):
    """The same on a socket file."""

    address_family = socketserver.UnixStreamServer.address_family

    def server_bind(self) -> None:
        self.socket.bind(self.server_address)


@contextmanager
def clamd(path: Path | None = None) -> Iterator[_Server]:
    """A server on a free port of this machine, or on a socket file."""
    made = _Server(("127.0.0.1", 0), _Line) if path is None else _LocalServer(str(path), _Line)
    made.seen = []
    with made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()
