"""A process that raises one counter, through the portal's units of work or the bare driver.

    python -m tests.bench.support_contention WAY URL THREADS TIMES GATE

starts when the file GATE is there and prints when it began and ended, in seconds of the clock that
all processes share, and how many changes failed.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from tests.bench.support import plain_connection
from tests.support.contender import bare_app, increment
from tests.support.databases import ROOT

PROCESSES = 2
THREADS = 5


@dataclass(frozen=True)
class Contest:
    """What came of it."""

    seconds: float
    errors: int
    changes: int

    @property
    def per_second(self) -> float:
        return self.changes / self.seconds


def contest(way: str, url: str, folder: Path, *, changes: int) -> Contest:
    """Let processes of several threads make so many changes at once."""
    gate = folder / f"gate-{uuid.uuid4().hex}"
    each = changes // (PROCESSES * THREADS)
    command = [
        sys.executable, "-m", "tests.bench.support_contention",
        way, url, str(THREADS), str(each), str(gate),
    ]  # fmt: skip
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    while len(list(folder.glob(f"{gate.name}.*"))) < PROCESSES:
        if any(process.poll() for process in running):
            raise RuntimeError("A process ended before the start")
        time.sleep(0.01)
    gate.touch()
    ends = [process.communicate(timeout=300)[0].split() for process in running]
    begun = min(float(end[0]) for end in ends)
    done = max(float(end[1]) for end in ends)
    return Contest(done - begun, sum(int(end[2]) for end in ends), each * PROCESSES * THREADS)


def through_portal(url: str) -> Callable[[], Callable[[], None]]:
    """One change as a user action makes it."""
    app = bare_app(url)

    def worker() -> Callable[[], None]:
        def change() -> None:
            with app.app_context():
                increment()

        return change

    return worker


def through_driver(url: str) -> Callable[[], Callable[[], None]]:
    """The same statements, by hand, on one connection a thread."""
    sqlite = make_url(url).get_backend_name() == "sqlite"
    mark = "?" if sqlite else "%s"
    begin = "BEGIN IMMEDIATE" if sqlite else "BEGIN"
    shown = "SELECT id, value FROM contended_counters WHERE id = 1"
    read = shown if sqlite else f"{shown} FOR UPDATE"
    write = f"UPDATE contended_counters SET value = {mark} WHERE id = 1"

    def worker() -> Callable[[], None]:
        run = plain_connection(url).execute

        def change() -> None:
            run(shown).fetchone()
            run(begin)
            value = run(read).fetchone()[1]
            run(write, (value + 1,))
            run("COMMIT")

        return change

    return worker


def main() -> None:
    """Wait for the gate, then change as fast as the others let one."""
    way, url, threads, times = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    gate = Path(sys.argv[5])
    worker = (through_portal if way == "portal" else through_driver)(url)
    errors: list[str] = []
    changes = [worker() for _ in range(threads)]

    def work(change: Callable[[], None]) -> None:
        for _ in range(times):
            try:
                change()
            except Exception as error:
                errors.append(repr(error))

    running = [threading.Thread(target=work, args=(change,)) for change in changes]
    Path(f"{gate}.{uuid.uuid4().hex}").touch()
    while not gate.exists():
        time.sleep(0.002)
    begun = time.monotonic()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    print(begun, time.monotonic(), len(errors))
    sys.stderr.write("\n".join(errors[:3]))


if __name__ == "__main__":
    main()
