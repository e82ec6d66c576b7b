"""A load generator that costs little: plain sockets, one loop, a process of its own.

Servers under test share two cores with whoever asks them, so what asking costs is taken from them.
One request here is a connect, a send, a few reads and no parsing but the status and the length: a
small part of what asyncio's streams need. ``busy`` in the result says what share of a core it used.

    answer = load(port, [[request], …], seconds=2.0)     one list of requests for each client
    python -m tests.bench.load < plan.json               the same, in a process of its own

A connection carries one request, as between a buffering proxy and a sync worker of gunicorn.
"""

from __future__ import annotations

import base64
import errno
import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
PATIENCE = 30.0
_READ = 262_144
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class Exchange:
    """One request and what has come back so far. Times are of the monotonic clock."""

    request: bytes
    due: float
    tag: Any
    socket: socket.socket
    sent: int = 0
    received: int = 0
    head: bytes = b""
    body: list[bytes] | None = None

    @property
    def status(self) -> int:
        """What the first line says; 0 where it says nothing."""
        word = self.head[9:12]
        return int(word) if word.isdigit() else 0

    def is_whole(self) -> bool:
        """Whether as many bytes came as the head promised."""
        head, found, _rest = self.head.partition(b"\r\n\r\n")
        at = head.lower().find(b"content-length:")
        if not found or at < 0:
            return bool(found)
        promised = int(head[at + 15 :].split(b"\r\n", 1)[0])
        return self.received == len(head) + 4 + promised


Done = Callable[[Exchange, str], None]


@dataclass
class Generator:
    """Exchanges with one server. ``done`` is told of each one's end, with a fault or none."""

    port: int
    done: Done
    open: dict[int, Exchange] = field(default_factory=dict)
    poll: select.epoll = field(default_factory=select.epoll)

    def send(self, request: bytes, *, due: float, tag: Any, keep_body: bool = False) -> None:
        """Begin an exchange; its time counts from when it was due."""
        plug = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        plug.setblocking(False)
        exchange = Exchange(request, due, tag, plug, body=[] if keep_body else None)
        code = plug.connect_ex((HOST, self.port))
        if code not in {0, errno.EINPROGRESS}:
            plug.close()
            self.done(exchange, errno.errorcode.get(code, str(code)))
            return
        self.open[plug.fileno()] = exchange
        self.poll.register(plug.fileno(), select.EPOLLOUT)

    def turn(self, wait: float) -> None:
        """Take part in whatever is ready, waiting so many seconds at most for the first."""
        for number, event in self.poll.poll(max(0.0, wait)):
            exchange = self.open.get(number)
            if exchange is None:
                continue
            try:
                if event & select.EPOLLOUT:
                    self._write(number, exchange)
                elif self._read(exchange):
                    whole = exchange.is_whole()
                    self._end(number, exchange, "" if whole else "cut short")
            except OSError as error:
                self._end(number, exchange, repr(error))

    def _write(self, number: int, exchange: Exchange) -> None:
        exchange.sent += exchange.socket.send(exchange.request[exchange.sent :])
        if exchange.sent == len(exchange.request):
            self.poll.modify(number, select.EPOLLIN)

    def _read(self, exchange: Exchange) -> bool:
        """Read what is there; whether that was the end."""
        try:
            piece = exchange.socket.recv(_READ)
        except BlockingIOError:
            return False
        if not piece:
            return True
        if not exchange.received or b"\r\n\r\n" not in exchange.head:
            exchange.head += piece
        if exchange.body is not None:
            exchange.body.append(piece)
        exchange.received += len(piece)
        return False

    def _end(self, number: int, exchange: Exchange, fault: str) -> None:
        del self.open[number]
        self.poll.unregister(number)
        exchange.socket.close()
        self.done(exchange, fault)

    def give_up_late(self) -> None:
        """End whatever has waited longer than anybody would."""
        now = time.monotonic()
        for number, exchange in list(self.open.items()):
            if now - exchange.due > PATIENCE:
                self._end(number, exchange, "no answer in time")

    def close(self) -> None:
        """Leave everything as it is."""
        for exchange in self.open.values():
            exchange.socket.close()
        self.open.clear()
        self.poll.close()


@dataclass
class Answers:
    """What came of a load: seconds of each good answer, in order of length, and the faults."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    lasted: float = 0.0
    busy: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Good answers a second."""
        return len(self.seconds) / self.lasted if self.lasted else 0.0

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the answers came; endless without an answer."""
        return percentile(self.seconds, share)

    def fault(self, words: str) -> None:
        """Count a failure, and keep the first few in words."""
        self.errors += 1
        if len(self.faults) < 3:
            self.faults.append(words)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which a share (0 to 1) of sorted values lie; endless where there is none."""
    if not ordered:
        return float("inf")
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def closed_loop(
    port: int, clients: Sequence[Sequence[bytes]], *, seconds: float, expect: int = 200
) -> Answers:
    """Each client sends its requests in turn, the next as soon as the last is answered."""
    answers = Answers()
    places = [0] * len(clients)
    until = time.monotonic() + seconds

    def done(exchange: Exchange, fault: str) -> None:
        now = time.monotonic()
        if fault or exchange.status != expect:
            answers.fault(fault or f"{exchange.status} {exchange.head[:160]!r}")
        else:
            answers.seconds.append(now - exchange.due)
        if now < until and answers.errors < 50:
            following(exchange.tag, now)

    generator = Generator(port, done)

    def following(client: int, now: float) -> None:
        requests = clients[client]
        request = requests[places[client] % len(requests)]
        places[client] += 1
        generator.send(request, due=now, tag=client)

    begun, used = time.monotonic(), time.process_time()
    for client in range(len(clients)):
        following(client, time.monotonic())
    while generator.open:
        generator.turn(0.5)
        generator.give_up_late()
    answers.lasted = time.monotonic() - begun
    answers.busy = (time.process_time() - used) / answers.lasted
    generator.close()
    answers.seconds.sort()
    return answers


def load(
    port: int, clients: Sequence[Sequence[bytes]], *, seconds: float, expect: int = 200
) -> Answers:
    """The same in a process of its own.

    Raises:
        subprocess.CalledProcessError: when that did not come to its end.
    """
    plan = {
        "port": port,
        "clients": [[base64.b64encode(one).decode() for one in each] for each in clients],
        "seconds": seconds,
        "expect": expect,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        cwd=_ROOT,
        input=json.dumps(plan),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Answers(**json.loads(done.stdout))


def main() -> None:
    """Read a plan, make the load, print what came of it."""
    plan = json.load(sys.stdin)
    clients = [[base64.b64decode(one) for one in each] for each in plan["clients"]]
    answers = closed_loop(plan["port"], clients, seconds=plan["seconds"], expect=plan["expect"])
    answers.seconds = [round(value, 6) for value in answers.seconds]
    print(json.dumps(vars(answers)))


if __name__ == "__main__":
    main()
