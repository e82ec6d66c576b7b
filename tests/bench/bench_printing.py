"""Plans printed by two workers, from a promise in the outbox to a stored PDF.

The workers are `flask worker` processes on SQLite. The lower bound is two processes that draw the
same documents one after the other, with nothing asked of a database and nothing stored. Both are
timed from their first document to their last, in turns.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from portal.action_plans.models import PlanVersion
from portal.action_plans.queries import active_plan
from portal.action_plans.service.common import plan_or_problem
from portal.action_plans.service.versions import add_version, content_to_print
from portal.db import current_session, unit_of_work
from portal.integrations.jobs import WORKER_NICENESS
from portal.kernel.result import Err
from tests.bench.harness import Measure
from tests.bench.support import environment_for, portal_on, workplace
from tests.factories.action_plans import Party, make_party, make_plan
from tests.support.databases import ROOT

WORKERS = 2
_PATIENCE = 300.0


def measures(*, quick: bool = False) -> Iterator[Measure]:
    """Plans a minute."""
    documents, rounds = (8, 1) if quick else (40, 5)
    order = random.Random(20261122)
    ours: list[float] = []
    floor: list[float] = []
    with workplace() as folder, portal_on("sqlite", folder) as app:
        with app.app_context():
            party = make_party()
            make_plan(party, count=15)
            first = _promise(party, 1)
        text = folder / "document.json"
        text.write_text(_document(app, first[0]), encoding="utf-8")
        _print_all(app, folder, first)
        for _ in range(rounds):
            turns = ["ours", "floor"]
            order.shuffle(turns)
            for turn in turns:
                if turn == "ours":
                    with app.app_context():
                        promised = _promise(party, documents)
                    ours.append(_print_all(app, folder, promised))
                else:
                    floor.append(_draw_all(text, documents))
    pairs = zip(ours, floor, strict=True)
    yield Measure(
        f"Plan PDFs, {WORKERS} workers",
        statistics.median(ours),
        "a minute",
        ratio=statistics.median(a / b for a, b in pairs),
        peer="of drawing alone",
        higher_is_better=True,
        note=f"{documents} plans of 15 actions, stored and noted; drawing alone "
        f"{statistics.median(floor):,.0f} a minute",
    )


def _promise(party: Party, count: int) -> list[int]:
    """So many versions to be printed; the keys of their rows."""
    with unit_of_work() as session:
        plan = plan_or_problem(party.employer)
        content = content_to_print(party.employer)
        assert not isinstance(plan, Err)
        assert not isinstance(content, Err)
        found = []
        for _ in range(count):
            version = add_version(plan, party.employer, content, party.author)
            session.flush()
            found.append(version.id)
    assert active_plan(party.employer) is not None
    return found


def _document(app: Flask, version: int) -> str:
    with app.app_context():
        text = current_session().scalar(
            select(PlanVersion.document).where(PlanVersion.id == version)
        )
    assert text is not None
    return text


def _print_all(app: Flask, folder: Path, versions: Sequence[int]) -> float:
    """Let the workers print what was promised; plans a minute."""
    url = app.config["SETTINGS"].database_url
    # As installed: the queue of a test lives in memory.
    environment = {
        **os.environ, **environment_for(url, folder), "PORTAL_ENV": "development", "DEMO": "false",
    }  # fmt: skip
    command = [sys.executable, "-m", "flask", "worker", "--workers", "1"]
    with _processes(command, environment):
        until = time.monotonic() + _PATIENCE
        while _ready(app, versions) < len(versions):
            if time.monotonic() > until:
                raise RuntimeError("The workers did not print in time")
            time.sleep(0.2)
    return _rate(_moments(app, versions))


@contextmanager
def _processes(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    started = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        for _ in range(WORKERS)
    ]
    try:
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _ready(app: Flask, versions: Sequence[int]) -> int:
    with app.app_context():
        return int(
            current_session().scalar(
                select(func.count()).where(
                    PlanVersion.id.in_(versions), PlanVersion.state == "ready"
                )
            )
            or 0
        )


def _moments(app: Flask, versions: Sequence[int]) -> list[float]:
    with app.app_context():
        found = current_session().scalars(
            select(PlanVersion.ready_at).where(PlanVersion.id.in_(versions))
        )
        return [at.timestamp() for at in found if at is not None]


def _rate(moments: Sequence[float]) -> float:
    """Documents a minute, from each worker's first to the last of all."""
    ordered = sorted(moments)
    if len(ordered) <= WORKERS:
        return 0.0
    # The first of each worker is warm-up.
    counted = ordered[WORKERS - 1 :]
    return 60 * (len(counted) - 1) / (counted[-1] - counted[0])


def _draw_all(text: Path, count: int) -> float:
    """Draw the same document in as many processes; documents a minute."""
    command = [sys.executable, "-m", "tests.bench.bench_printing", "--draw", str(text)]
    each = [str(count // WORKERS + (number < count % WORKERS)) for number in range(WORKERS)]
    started = [
        subprocess.Popen([*command, share], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for share in each
    ]
    moments = []
    for process in started:
        said, _ = process.communicate(timeout=_PATIENCE)
        if process.returncode:
            raise RuntimeError("Drawing failed")
        moments += [float(line) for line in said.split()]
    return _rate(moments)


def draw(text: str, count: int) -> None:
    """In a process of its own: draw, and say when each was done."""
    from portal.action_plans.document import PlanDocument
    from portal.action_plans.pdf_view import render_plan_pdf
    from portal.integrations.pdf import WeasyPrintRenderer

    os.nice(WORKER_NICENESS)
    document = PlanDocument.from_json(Path(text).read_text(encoding="utf-8"))
    renderer = WeasyPrintRenderer()
    for _ in range(count):
        render_plan_pdf(document, renderer)
        print(time.time(), flush=True)


if __name__ == "__main__" and "--draw" in sys.argv:
    draw(sys.argv[2], int(sys.argv[3]))
