"""Pages for visitors, given from what is kept and made afresh, in turns in one run.

The kept page is asked for whether it still holds, which is one statement where it shows records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask import Flask

from portal.cli.toolkit import load_toolkit
from portal.db import unit_of_work
from portal.web.kept import KEPT_EXTENSION
from tests.bench.harness import Measure, interleaved, paired_ratio
from tests.bench.support import KINDS, NAMES, portal_on, repeated, visit, workplace
from tests.factories.network import make_event, make_member

PAGES = {
    "Front page": "/",
    "Events": "/events",
    "Directory": "/network/directory",
    "Toolkit": "/toolkit",
}
_MANY, _TIMES = 60, 10
# Half of what making it costs, or keeping it is not worth its rules. The front page reads no record
# and is made in a moment: kept it saves the drawing alone, and has no goal.
_GOAL = 0.5
_NO_GOAL = frozenset({"Front page"})


def measures(*, quick: bool = False) -> Iterator[Measure]:
    """Each page kept over the same page made, on both databases."""
    for kind in KINDS:
        with workplace() as folder, portal_on(kind, folder) as app:
            _fill(app)
            for name, path in PAGES.items():
                yield _page(app, kind, name, path, rounds=5 if quick else 15)


def _fill(app: Flask) -> None:
    with app.app_context():
        with unit_of_work():
            for _ in range(_MANY):
                make_event()
                make_member()
        load_toolkit()


def _page(app: Flask, kind: str, name: str, path: str, *, rounds: int) -> Measure:
    asked, store = visit(app, path), app.extensions[KEPT_EXTENSION]
    # As every browser asks.
    asked.environ["HTTP_ACCEPT_ENCODING"] = "gzip"

    def with_store(kept: bool) -> Callable[[int], None]:
        work = repeated(asked, _TIMES)

        def run(number: int) -> None:
            app.extensions.pop(KEPT_EXTENSION, None)
            if kept:
                app.extensions[KEPT_EXTENSION] = store
            work(number)

        return run

    timed = interleaved(rounds, {"kept": with_store(True), "made": with_store(False)})
    app.extensions[KEPT_EXTENSION] = store
    return Measure(
        f"{name} for visitors, kept, {NAMES[kind]}",
        timed["kept"].median / _TIMES * 1000,
        "ms",
        ratio=paired_ratio(timed["kept"], timed["made"]),
        goal=None if name in _NO_GOAL else _GOAL,
        peer="made afresh",
        note=f"{_MANY} events and members, the toolkit's own resources",
    )
