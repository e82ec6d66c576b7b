"""The same pages and saves at 1,000, 10,000 and 100,000 employers, and what filling those takes.

In process, without a socket, in turns: every size once a round in a random order. A page must cost
at 100,000 employers at most 1.5 times what it costs at 1,000, with as many SQL statements.
BENCH_SIZES names other sizes, the smallest first.
"""

from __future__ import annotations

import io
import os
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder

from portal.db import unit_of_work
from portal.kernel.clock import freeze
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.reports.rules.scope import Scope
from portal.reports.service.building import builders
from tests.bench.harness import Measure, Timings, interleaved, paired_ratio
from tests.bench.support import KINDS, NAMES, database_of, statements_of, workplace
from tests.bench.support_programme import Programme, programme
from tests.bench.support_served import (
    cookies_of,
    question_path,
    savers_of,
    visits_of,
)

SIZES = tuple(int(one) for one in os.environ.get("BENCH_SIZES", "1000 10000 100000").split())
GROWTH_GOAL = 1.5
SEED_GOAL = 10.0
# Long enough for one timing to be exact.
_LONG_ENOUGH = 0.03
_SCOPE = Scope(date(2024, 4, 1), date(2026, 11, 22))
_NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Work = Callable[[int], object]


@dataclass
class Place:
    """A programme, its application, and what is measured in it, by name."""

    filled: Programme
    app: Flask
    works: dict[str, Work]

    def statements(self, name: str) -> int:
        """How many the work sends, asked a second time."""
        self.works[name](1)
        with statements_of(self.app) as noted:
            self.works[name](2)
        return len(noted)


def measures(*, quick: bool = False) -> Iterator[Measure]:
    """Every measure at every size."""
    sizes, rounds = ((SIZES[0], min(SIZES[1], 3_000)), 3) if quick else (SIZES, 11)
    for kind in KINDS:
        filled = [programme(kind, size) for size in sizes]
        yield _seeding(filled[-1])
        with ExitStack() as stack:
            places = [_place(stack, each) for each in filled]
            yield from _grown(places, kind, rounds)
            for place in places:
                database_of(place.app).dispose()


def _seeding(filled: Programme) -> Measure:
    minutes = filled.seconds / 60
    return Measure(
        f"Seeding {filled.employers:,} employers, {NAMES[filled.kind]}",
        minutes,
        "minutes",
        goal=SEED_GOAL,
        note=f"{filled.rows:,} rows, {filled.rows / filled.seconds:,.0f} a second, "
        f"{'in this run' if filled.made_now else 'when the kept one was made'}, "
        f"load {filled.load:g}",
    )


def _place(stack: ExitStack, filled: Programme) -> Place:
    app = filled.app(stack.enter_context(workplace()))
    cookies = cookies_of(app, filled.cast, answering=1)
    works: dict[str, Work] = {page.title: made for page, made in visits_of(app, filled, cookies)}
    saver = savers_of(app, filled.cast, cookies)[0]
    works["Diagnostic save"] = _posts(
        app, question_path(saver.response), saver.cookie, saver.values
    )
    works["Programme report built"] = _report(app)
    works["A case's contact logged"] = _contact(app, filled)
    return Place(filled, app, works)


def _posts(
    app: Flask, path: str, cookie: str, values: Callable[[int], dict[str, str]]
) -> Callable[[int], None]:
    """A form sent without a socket; anything but a redirect is a fault of the benchmark."""

    def send(number: int) -> None:
        builder = EnvironBuilder(
            path=path, method="POST", data=values(number), headers={"Cookie": f"session={cookie}"}
        )
        environ = builder.get_environ()
        builder.close()
        environ["wsgi.errors"] = io.StringIO()
        answered: list[str] = []
        body = app(environ, lambda status, *_rest: answered.append(status))
        b"".join(body)
        close: Any = getattr(body, "close", None)
        if close:
            close()
        if not answered[0].startswith("302"):
            raise RuntimeError(f"{path} answered {answered[0]}")

    return send


def _report(app: Flask) -> Work:
    builder = next(item for item in builders() if item.key == "programme")

    def build(_number: int) -> None:
        with app.app_context(), freeze(_NOW):
            assert builder.build(_SCOPE).sections

    return build


def _contact(app: Flask, filled: Programme) -> Work:
    """What an adviser does most; everything it writes is undone by the next making of the base."""
    from portal.caseload.service import contacts

    case = filled.cast["own_cases"][0]
    by = Author(filled.cast["people"]["adviser"], "Example adviser", "adviser@measuring.example")

    def log(_number: int) -> None:
        with app.app_context(), unit_of_work():
            done = contacts.log(
                reference=case, kind="call", reached=True, minutes=10, with_name="Example Contact",
                summary="Spoke about the rota", at=_NOW, next_action=None, finishes=False,
                action_id=None, by=by,
            )  # fmt: skip
            assert isinstance(done, Ok), done

    return log


def _grown(places: list[Place], kind: str, rounds: int) -> Iterator[Measure]:
    uneven = []
    for name in places[0].works:
        counts = [place.statements(name) for place in places]
        if len(set(counts)) > 1:
            uneven.append(name)
        timed = _timed(places, name, rounds)
        smallest = timed[places[0].filled.employers]
        for place in places[1:]:
            size = place.filled.employers
            yield Measure(
                f"{name}, {size:,} employers, {NAMES[kind]}",
                timed[size].median * 1000,
                "ms",
                ratio=paired_ratio(timed[size], smallest),
                goal=GROWTH_GOAL,
                peer=f"{places[0].filled.employers:,} employers",
                note=f"{smallest.median * 1000:.3g} ms there; SQL {_words(counts)}",
            )
    yield Measure(
        f"Pages whose statements grow, {NAMES[kind]}",
        len(uneven),
        "",
        goal=0,
        note=", ".join(uneven) or f"of {len(places[0].works)}",
    )


def _words(counts: list[int]) -> str:
    return str(counts[0]) if len(set(counts)) == 1 else " / ".join(map(str, counts))


def _timed(places: list[Place], name: str, rounds: int) -> dict[int, Timings]:
    """Seconds of one call at each size, as many calls a timing as make it exact."""
    once = interleaved(3, {"small": places[0].works[name]}, warm=1)["small"]
    times = max(1, min(40, round(_LONG_ENOUGH / max(statistics.median(once.seconds), 1e-6))))

    def several(work: Work) -> Work:
        def run(number: int) -> None:
            for turn in range(times):
                work(number * times + turn)

        return run

    works = {str(place.filled.employers): several(place.works[name]) for place in places}
    found = interleaved(rounds, works, warm=1)
    return {
        int(size): Timings(tuple(value / times for value in timings.seconds))
        for size, timings in found.items()
    }
