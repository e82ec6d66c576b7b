"""Pages of a filled programme from a real server, to 1, 8 and 32 people at once.

Gunicorn with 2 sync workers serves the portal, and a second one every page's lower bound (the same
cookie check, the same reading SQL through the bare driver, one string; for a save one locked
update). Both are loaded in turns, in a new random order each round, by a process of its own; what
is shown is the median of the rounds. BENCH_EMPLOYERS says how large the programme is (10,000).
"""

from __future__ import annotations

import os
import pickle
import random
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from tests.bench.harness import Measure
from tests.bench.load import Answers, load
from tests.bench.support import KINDS, NAMES, database_of, workplace
from tests.bench.support_programme import Programme, programme
from tests.bench.support_served import (
    Shown,
    cookies_of,
    floor_plan,
    request_for,
    savers_of,
    visits_of,
)
from tests.bench.support_server import server

EMPLOYERS = int(os.environ.get("BENCH_EMPLOYERS", "10000"))
CLIENTS = (1, 8, 32)
SPREAD_GOAL = 3.0
# Of one core, where the generator is busiest: it must not be what is measured.
GENERATOR_GOAL = 0.75
_SAVE = Shown("save", "Diagnostic save", "", "answering")


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    employers: int
    rounds: int
    seconds: float


@dataclass
class Load:
    """One page, or its lower bound, and what came of each round."""

    port: int
    clients: list[list[bytes]]
    expect: int
    rounds: list[Answers] = field(default_factory=list)

    def run(self, people: int, seconds: float) -> Answers:
        """Let so many ask at once."""
        picked = [self.clients[number % len(self.clients)] for number in range(people)]
        return load(self.port, picked, seconds=seconds, expect=self.expect)


def measures(*, quick: bool = False) -> Iterator[Measure]:
    """Every page of the issue, on both databases."""
    size = Size(min(EMPLOYERS, 1_000), 1, 0.7) if quick else Size(EMPLOYERS, 3, 2.0)
    for kind in KINDS:
        filled = programme(kind, size.employers)
        with workplace() as folder:
            app = filled.app(folder)
            yield from _on_one_database(app, filled, folder, size)
            database_of(app).dispose()


def _on_one_database(app: Flask, filled: Programme, folder: Path, size: Size) -> Iterator[Measure]:
    cookies = cookies_of(app, filled.cast, answering=max(CLIENTS))
    shown = list(visits_of(app, filled, cookies))
    plans = {page.path.partition("?")[0]: floor_plan(app, page, made) for page, made in shown}
    plan = folder / "floors.pickle"
    plan.write_bytes(pickle.dumps(plans))
    savers = savers_of(app, filled.cast, cookies)
    everything: list[Answers] = []
    with (
        server("wsgi:app", filled.url, folder) as ours,
        server(
            "tests.bench.support_served:floors()", filled.url, folder, BENCH_PLAN=str(plan)
        ) as floor,
    ):
        for page, _visit in shown:
            request = [[request_for(page, cookies)]]
            pair = {"ours": Load(ours, request, 200), "floor": Load(floor, request, 200)}
            yield from _page(page, pair, filled, size, everything)
        pair = {
            "ours": Load(ours, [[one.request(n) for n in range(4)] for one in savers], 302),
            "floor": Load(floor, [[one.bare(n) for n in range(4)] for one in savers], 200),
        }
        yield from _page(_SAVE, pair, filled, size, everything)
    yield from _together(filled, everything)


def _page(
    page: Shown, pair: dict[str, Load], filled: Programme, size: Size, everything: list[Answers]
) -> Iterator[Measure]:
    """One page at each number of people, in turns with its lower bound."""
    order = random.Random(f"{page.key}-{filled.kind}")
    for each in pair.values():
        # A worker's first answers read templates and questionnaires; nobody waits for those.
        each.run(4, min(0.5, size.seconds))
    turns = [(name, people) for name in pair for people in CLIENTS]
    found: dict[tuple[str, int], list[Answers]] = {turn: [] for turn in turns}
    for _ in range(size.rounds):
        order.shuffle(turns)
        for name, people in turns:
            found[name, people].append(pair[name].run(people, size.seconds))
    for people in CLIENTS:
        ours, floor = found["ours", people], found["floor", people]
        everything += ours
        for answers in (*ours, *floor):
            for fault in answers.faults:
                print(f"{page.title}, {filled.kind}: {fault}", file=sys.stderr)
        yield _measure(page, people, ours, floor, filled)


def _measure(
    page: Shown, people: int, ours: list[Answers], floor: list[Answers], filled: Programme
) -> Measure:
    def middle(answers: list[Answers], share: float) -> float:
        return statistics.median(one.percentile(share) for one in answers) * 1000

    pairs = zip(ours, floor, strict=True)
    errors = sum(one.errors for one in (*ours, *floor))
    return Measure(
        f"{page.title}, {people} at once, {NAMES[filled.kind]}",
        statistics.median(one.per_second for one in ours),
        "a second",
        ratio=statistics.median(a.per_second / b.per_second for a, b in pairs),
        peer="of the raw floor served",
        higher_is_better=True,
        note=f"p50 {middle(ours, 0.5):.1f} ms, p99 {middle(ours, 0.99):.1f} ms; the floor's "
        f"{middle(floor, 0.5):.1f} and {middle(floor, 0.99):.1f} ms; {errors} errors in "
        f"{sum(len(one.seconds) for one in ours):,}",
    )


def _together(filled: Programme, everything: list[Answers]) -> Iterator[Measure]:
    errors = sum(one.errors for one in everything)
    asked = sum(len(one.seconds) for one in everything) + errors
    name = NAMES[filled.kind]
    yield Measure(
        f"Errors in every page above, {name}",
        errors,
        "",
        goal=0,
        note=f"of {asked:,} requests; {filled.employers:,} employers",
    )
    yield Measure(
        f"Load generator at its busiest, {name}",
        max(one.busy for one in everything),
        "of a core",
        goal=GENERATOR_GOAL,
        note=f"while the portal answered {max(one.per_second for one in everything):,.0f} a second",
    )
