"""`make soak`: an hour of everything at once, and whether it could go on so for ever.

    python -m tests.bench.soak --minutes 60 --share 0.7
    python -m tests.bench.soak --minutes 3 --kind postgresql --employers 1000

On a filled programme (kept where BENCH_DATABASES says) the web server, as deploy/ starts it, and a
worker run as processes of their own. First the limit is measured: eight people who never wait. Then
requests arrive by themselves, at random, at a share of that, whether or not earlier ones have been
answered. Each minute is a line; at the end every finding, and exit status 1 when one is not fine.
An interrupt (130) ends it tidily with what is known by then.
"""

from __future__ import annotations

import argparse
import heapq
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.load import Exchange, Generator, percentile
from tests.bench.soak_cookies import Jar
from tests.bench.soak_mix import Kind, Mix, Step
from tests.bench.soak_verdict import Minute, verdict
from tests.bench.soak_watch import Watch
from tests.bench.support import environment_for
from tests.bench.support_programme import Programme, programme, remove_unkept
from tests.bench.support_server import _wait_for
from tests.support.databases import ROOT
from tests.support.ports import free_port

WORKERS = 2
AT_ONCE = 8
LEFT_SECONDS = 60.0
_KEPT_FAULTS = 5


@dataclass
class Tally:
    """What came back since the last minute, and since the beginning."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    faults: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    due: int = 0

    def fault(self, kind: Kind, words: str) -> None:
        """Count a failure; the first few are kept in words."""
        self.errors += 1
        if len(self.faults) < _KEPT_FAULTS:
            self.faults.append(f"{kind.name}: {words}")

    def minute(self) -> tuple[list[float], int]:
        """Everything since the last call, in order of length."""
        found, errors = sorted(self.seconds), self.errors
        self.seconds, self.errors = [], 0
        return found, errors


class People:
    """Sends what the mix says, and whatever follows from an answer."""

    def __init__(self, mix: Mix, port: int) -> None:
        self.mix = mix
        self.jar = Jar()
        self.tally = Tally()
        self.number = 0
        self.generator = Generator(port, self._done)
        self.after: Any = None

    def begin(self, due: float) -> None:
        """One more thing arrives."""
        kind = self.mix.pick()
        kind.under_way += 1
        self.number += 1
        self._send(kind, kind.begin(self.number), due)

    def _send(self, kind: Kind, step: Step, due: float) -> None:
        self.tally.due += 1
        keep = step.then is not None
        request = self.jar.dressed(step.request)
        self.generator.send(request, due=due, tag=(kind, step), keep_body=keep)

    def _done(self, exchange: Exchange, fault: str) -> None:
        kind, step = exchange.tag
        self.jar.take(step.request, exchange.head)
        now = time.monotonic()
        if fault or exchange.status != step.expect:
            kind.under_way -= 1
            self.tally.fault(kind, fault or f"{exchange.status} {exchange.head[:120]!r}")
        else:
            self.tally.seconds.append(now - exchange.due)
            self.tally.kinds[kind.name] += 1
            if step.then is not None and self._go_on(kind, step.then, exchange, now):
                return
            kind.under_way -= 1
        if self.after is not None:
            self.after(now)

    def _go_on(
        self, kind: Kind, then: Callable[[bytes], Step], exchange: Exchange, now: float
    ) -> bool:
        """Send what follows from an answer; False where it does not say what was expected."""
        try:
            step = then(b"".join(exchange.body or ()))
        except ValueError as error:
            self.tally.fault(kind, f"an answer that is none: {error}")
            return False
        self._send(kind, step, now)
        return True

    def limit(self, seconds: float) -> float:
        """Things a second that eight people do who never wait."""
        done = 0
        until = time.monotonic() + seconds

        def again(now: float) -> None:
            nonlocal done
            done += 1
            if now < until:
                self.begin(now)

        self.after = again
        begun = time.monotonic()
        for _ in range(AT_ONCE):
            self.begin(begun)
        while self.generator.open:
            self.generator.turn(0.5)
            self.generator.give_up_late()
        self.after = None
        return done / (time.monotonic() - begun)


def arrivals(rate: float, *, seed: int = 1) -> Iterator[float]:
    """Seconds from the start at which things arrive at random, so many a second on average."""
    chance, at = random.Random(seed), 0.0
    while True:
        at += chance.expovariate(rate)
        yield at


class Soak:
    """One run on one filled programme."""

    def __init__(self, filled: Programme, people: People, watch: Watch) -> None:
        self.filled, self.people, self.watch = filled, people, watch
        self.minutes: list[Minute] = []
        self.interrupted = False
        self.missing = 0.0

    def stop(self, *_signal: object) -> None:
        """End before the next request."""
        self.interrupted = True

    def run(self, *, rate: float, minutes: float) -> None:
        """Let things arrive until the time is up; a line each minute."""
        begun, number = time.monotonic(), self.people.number
        # A run of a few minutes has a line more often, so that its end can be told from its start.
        each = min(60.0, 10.0 * minutes)
        end, line = begun + 60 * minutes, begun + each
        coming = arrivals(rate)
        waiting = [begun + next(coming)]
        while not self.interrupted and (now := time.monotonic()) < end:
            while waiting[0] <= now:
                self.people.begin(heapq.heappop(waiting))
                heapq.heappush(waiting, begun + next(coming))
            if now >= line:
                self.note(begun)
                self.people.generator.give_up_late()
                line += each
            self.people.generator.turn(min(waiting[0], line, end) - time.monotonic())
        # Where this process itself came too late, fewer things were begun than should have been.
        expected = rate * (time.monotonic() - begun)
        self.missing = max(0.0, expected - (self.people.number - number))
        while self.people.generator.open:
            self.people.generator.turn(0.5)
            self.people.generator.give_up_late()
        self.note(begun)

    def note(self, begun: float) -> None:
        """What is seen now, as a line."""
        seconds, errors = self.people.tally.minute()
        if not seconds and not errors:
            return
        queue, outbox = self.watch.waiting()
        self.minutes.append(
            Minute(
                (time.monotonic() - begun) / 60,
                len(seconds),
                errors,
                percentile(seconds, 0.5) * 1000,
                percentile(seconds, 0.99) * 1000,
                self.watch.memory(),
                queue,
                outbox,
                self.watch.connections(),
            )
        )
        print(self.minutes[-1].line(), flush=True)

    def left(self) -> int:
        """What is not done though nobody asks for anything any more."""
        until = time.monotonic() + (LEFT_SECONDS if not self.interrupted else 1)
        while (left := sum(self.watch.waiting())) and time.monotonic() < until:
            time.sleep(0.5)
        return left


@contextmanager
def running(filled: Programme, folder: Path) -> Iterator[tuple[int, Watch]]:
    """Web server and worker as processes; gives the port and what watches them."""
    port = free_port()
    environment = {
        **os.environ,
        **environment_for(filled.url, folder),
        # As it is installed: the queue of a test lives in memory, where no worker sees it.
        "PORTAL_ENV": "development",
        "DEMO": "false",
        "WEB_CONCURRENCY": str(WORKERS),
        "BIND": f"127.0.0.1:{port}",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    commands = {
        "web": ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--log-level", "error",
                "wsgi:app"],
        "worker": ["flask", "worker"],
    }  # fmt: skip
    with (folder / "soak.log").open("wb") as log:
        started = {
            name: subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=environment, stdout=log, stderr=log,
                start_new_session=True,
            )
            for name, command in commands.items()
        }  # fmt: skip
        try:
            _wait_for(port, started["web"])
            pids = {name: process.pid for name, process in started.items()}
            yield port, Watch(filled.url, folder / "queue.db", pids)
        finally:
            for process in started.values():
                process.terminate()
            for process in started.values():
                try:
                    process.wait(timeout=40)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (60)")
    parser.add_argument("--share", type=float, default=0.7, help="of the measured limit (0.7)")
    parser.add_argument("--kind", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--employers", type=int, default=10_000, help="in the programme (10,000)")
    asked = parser.parse_args(given)
    if asked.minutes <= 0 or not 0 < asked.share <= 2 or asked.employers < 1_000:
        parser.error("--minutes above 0, --share of 0 to 2, --employers 1000 or more")
    return asked


def soak(asked: argparse.Namespace, folder: Path) -> int:
    """The whole; returns the exit status."""
    filled = programme(asked.kind, asked.employers)
    mix = Mix(filled.app(folder), filled)
    with running(filled, folder) as (port, watch):
        people = People(mix, port)
        trial = max(3.0, min(30.0, 6 * asked.minutes))
        people.limit(trial / 3)
        limit = people.limit(trial)
        people.tally = Tally()
        rate = limit * asked.share
        print(
            f"{filled.employers:,} employers on {filled.kind}, {WORKERS} web processes, 1 worker. "
            f"The limit is {limit:.1f} things a second ({AT_ONCE} people who never wait); "
            f"{asked.minutes:g} minutes at {rate:.1f}, load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        run = Soak(filled, people, watch)
        before = {name: signal.signal(name, run.stop) for name in (signal.SIGINT, signal.SIGTERM)}
        try:
            run.run(rate=rate, minutes=asked.minutes)
            left = run.left()
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)
    due = people.tally.due + round(run.missing)
    findings = verdict(run.minutes, due=due, left=left, faults=tuple(people.tally.faults))
    for kind, count in people.tally.kinds.most_common():
        print(f"{count:>9,}  {kind}")
    for finding in findings:
        print(finding.line())
    if run.interrupted:
        print("Interrupted: what stands above is of a part of the run")
        return 130
    return 0 if all(finding.fine for finding in findings) else 1


def main() -> int:
    """Run it and clean up."""
    asked = arguments()
    os.environ.setdefault("PORTAL_ENV", "test")
    with tempfile.TemporaryDirectory(prefix="portal-soak-") as folder:
        try:
            return soak(asked, Path(folder))
        except KeyboardInterrupt:
            print("Interrupted before it began")
            return 130
        finally:
            remove_unkept()


if __name__ == "__main__":
    sys.exit(main())
