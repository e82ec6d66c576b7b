"""How much slower pages are while plans are printed on the same machine.

The staff's list of employers is fetched by one and by two people again and again from a real
server, in turns alone and beside a worker that prints plans without a pause.
"""

from __future__ import annotations

import random
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from portal.integrations.jobs import WORKER_NICENESS
from tests.bench.harness import Measure
from tests.bench.support import portal_on, seed_employers, session_cookie, workplace
from tests.bench.support_server import ROOT, closed_loop, get_request, server

EMPLOYERS = 20_000
GOAL = 1.5


@contextmanager
def printing() -> Iterator[None]:
    """A process that prints plans until told to stop, with a worker's place in the queue."""
    command = [sys.executable, "-m", "tests.bench.bench_beside", "--print"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)


def print_without_pause() -> None:
    """Print one plan after another; says so once it is warm."""
    import os

    from portal.integrations.pdf import WeasyPrintRenderer
    from tests.bench.bench_pdf import plan_html

    os.nice(WORKER_NICENESS)
    renderer = WeasyPrintRenderer()
    number = 0
    while True:
        number += 1
        renderer.render(plan_html(number))
        if number == 2:
            print("warm", flush=True)


def measures(*, quick: bool = False) -> Iterator[Measure]:
    """Pages beside printing, for one and for two people at once."""
    rounds, seconds = (3, 1.5) if quick else (7, 3.0)
    order = random.Random(20261122)
    with workplace() as folder, portal_on("sqlite", folder) as app:
        cookie = session_cookie(app, roles=["lep_officer"])
        seed_employers(app, EMPLOYERS)
        request = get_request("/employers/", cookie)
        with server("wsgi:app", app.config["SETTINGS"].database_url, folder) as port:
            closed_loop(port, [request] * 2, seconds=1)
            for people in (1, 2):
                alone: list[float] = []
                beside: list[float] = []
                for _ in range(rounds):
                    turns = ["alone", "beside"]
                    order.shuffle(turns)
                    for turn in turns:
                        if turn == "alone":
                            load = closed_loop(port, [request] * people, seconds=seconds)
                            alone.append(load.percentile(0.5))
                        else:
                            with printing():
                                load = closed_loop(port, [request] * people, seconds=seconds)
                            beside.append(load.percentile(0.5))
                        assert not load.errors, load.faults
                pairs = zip(beside, alone, strict=True)
                yield Measure(
                    f"Pages while PDFs print, {people} at once",
                    statistics.median(beside) * 1000,
                    "ms",
                    ratio=statistics.median(b / a for b, a in pairs),
                    goal=GOAL,
                    peer="alone",
                    note=f"median of the staff's list, {EMPLOYERS:,} employers",
                )


if __name__ == "__main__" and "--print" in sys.argv:
    print_without_pause()
