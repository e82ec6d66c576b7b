"""A real gunicorn on 127.0.0.1, and a client light enough not to be what is measured.

Every load is bounded: by seconds, or by a number of requests for each person.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.support import environment_for
from tests.support.databases import ROOT
from tests.support.ports import free_port

HOST = "127.0.0.1"
WORKERS = 2
_PATIENCE = 30.0
# A busy machine takes its time to load an application.
_START = 150.0


@contextmanager
def server(target: str, url: str, folder: Path, **variables: str) -> Iterator[int]:
    """Gunicorn with 2 sync workers serving the target; gives its port."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", target, "--worker-class", "sync",
        "--workers", str(WORKERS), "--bind", f"{HOST}:{port}", "--log-level", "error",
        "--no-control-socket",
    ]  # fmt: skip
    environment = {**os.environ, **environment_for(url, folder), **variables}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("The server ended before it answered")
        try:
            with socket.create_connection((HOST, port), timeout=_PATIENCE) as probe:
                # Any answer will do: the workers are up.
                probe.sendall(b"GET /health HTTP/1.0\r\n\r\n")
                if probe.recv(12):
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("The server did not answer in time")


def get_request(path: str, cookie: str) -> bytes:
    """A GET as bytes."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nCookie: session={cookie}\r\n"
        "Connection: close\r\n\r\n"
    ).encode()


def post_request(path: str, cookie: str, values: Mapping[str, str]) -> bytes:
    """A form sent as bytes."""
    body = urlencode(values)
    return (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nCookie: session={cookie}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    ).encode()


async def send(port: int, request: bytes) -> tuple[int, bytes]:
    """The status and body of one answer on a connection of its own, as behind a plain proxy."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(request)
        await writer.drain()
        answer = await asyncio.wait_for(reader.read(-1), _PATIENCE)
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


@dataclass
class Load:
    """What came of a load: seconds of each answer, and how many were not 200."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    lasted: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        """Answers that were as they should be."""
        return len(self.seconds)

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.done / self.lasted if self.lasted else 0.0

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the answers came."""
        ordered = sorted(self.seconds) or [float("inf")]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def note(self, begun: float, status: int, body: bytes) -> None:
        """Count one answer."""
        if status == 200:
            self.seconds.append(time.perf_counter() - begun)
        else:
            self.fault(f"{status} {body[:80]!r}")

    def fault(self, words: str) -> None:
        """Count one failure and keep the first few in words."""
        self.errors += 1
        if len(self.faults) < 3:
            self.faults.append(words)


Person = Callable[[Load, float], Awaitable[None]]


def run_people(people: Sequence[Person], *, seconds: float) -> Load:
    """Let everybody act at once until the time is up; each is told when that is."""
    load = Load()

    async def everybody() -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(person(load, until) for person in people))

    begun = time.perf_counter()
    asyncio.run(everybody())
    load.lasted = time.perf_counter() - begun
    return load


def closed_loop(port: int, requests: Sequence[bytes], *, seconds: float) -> Load:
    """One client for each request, sending it again as soon as the answer is there."""

    def client(request: bytes) -> Person:
        async def act(load: Load, until: float) -> None:
            while time.perf_counter() < until:
                begun = time.perf_counter()
                try:
                    load.note(begun, *await send(port, request))
                except (OSError, ValueError, IndexError, TimeoutError) as error:
                    load.fault(repr(error))

        return act

    return run_people([client(request) for request in requests], seconds=seconds)


def answers_of(
    work: Callable[[int], Load], servers: Mapping[str, int], *, rounds: int, seed: int = 20261122
) -> dict[str, list[Load]]:
    """Load each server once a round, in random order, after a short untimed start."""
    order = random.Random(seed)
    loads: dict[str, list[Load]] = {name: [] for name in servers}
    names = list(servers)
    for number in range(rounds + 1):
        order.shuffle(names)
        for name in names:
            load = work(servers[name])
            if number:
                loads[name].append(load)
    return loads
