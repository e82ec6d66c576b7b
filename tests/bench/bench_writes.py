"""What a safe write costs: completing with its roll-ups, and one row that everybody changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import select, update

from portal.db import audit, audit_chain, unit_of_work
from portal.diagnostics import service
from portal.diagnostics.models import Response
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.result import freeze
from portal.diagnostics.rules.schema import Profile
from portal.diagnostics.rules.values import answers_from_document
from portal.diagnostics.service import completing
from portal.kernel.clock import today
from portal.kernel.people import PORTAL
from portal.kernel.result import Ok
from tests.bench.harness import Measure, Timings, interleaved, paired_ratio
from tests.bench.support import (
    KINDS,
    NAMES,
    database_of,
    portal_on,
    seed_employers,
    session_cookie,
    workplace,
)
from tests.bench.support_contention import contest
from tests.factories.diagnostics import answers_to_the_end
from tests.support.contender import make_counter, read_counter

GOAL = 1.8
EMPLOYERS = 3000


def measures(*, quick: bool = False) -> Iterator[Measure]:
    """Every measure of writes of `make bench`."""
    rounds, times = (5, 6) if quick else (11, 10)
    for kind in KINDS:
        with workplace() as folder, portal_on(kind, folder) as app:
            yield from _completing(app, kind, rounds, times)
            yield _chained(app, kind, rounds)
    for kind in KINDS:
        with workplace() as folder, portal_on(kind, folder) as app:
            yield _contended(app, kind, folder, 1000 if quick else 5000, 2 if quick else 3)


# Completing --------------------------------------------------------------------------------------


class Completions:
    """Responses ready to be completed, each for an employer of its own, as many as are needed."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        # Every third of the seeded employers has a response already, of which nothing is counted.
        self.fresh = (n for n in itertools.count() if n % 3)
        self.again = (n for n in itertools.count() if n % 3 == 1 and n > EMPLOYERS // 2)
        questionnaire = load_catalogue().latest()
        assert questionnaire is not None
        profile = Profile("hospitality", "small")
        self.document = document = _document(answers_to_the_end(questionnaire, profile))
        self.worst = _document(answers_to_the_end(questionnaire, profile, worst=True))
        self.frozen = freeze(
            questionnaire, profile, answers_from_document(questionnaire, document),
            completed_on=today(),
        )  # fmt: skip

    def ready(self, count: int, *, again: bool) -> list[int]:
        """The keys of so many responses with every answer given."""
        employers = [next(self.again if again else self.fresh) + 1 for _ in range(count)]
        if again:
            # What stood before has other scores, or nothing would leave the histograms.
            _complete_all(self._answered(employers, self.worst))
        keys = self._answered(employers, self.document)
        self._counted()
        return keys

    def _counted(self) -> None:
        """Let PostgreSQL count rows, as it does by itself every minute: triggers keep the plans
        that they made for empty tables until it has.
        """
        database = database_of(self.app)
        if not database.is_sqlite:
            with database.engine.connect() as connection:
                connection.exec_driver_sql("ANALYZE")
                connection.commit()

    def _answered(self, employers: list[int], document: dict[str, Any]) -> list[int]:
        """Responses of these employers with these answers, not completed yet."""
        with unit_of_work() as session:
            started = [
                service.start(
                    sector="hospitality", size_tier="small", district="leeds", employer_id=employer
                ).value
                for employer in employers
            ]
            session.execute(
                update(Response)
                .where(Response.reference.in_(started))
                .values(answers=document, revision=1)
            )
            keys = session.scalars(select(Response.id).where(Response.reference.in_(started)))
            return list(keys)


def _document(answers: dict[str, Any]) -> dict[str, Any]:
    return {
        key: {"v": value, "r": 1, "at": "2026-11-01T09:00:00+00:00", "by": "visitor"}
        for key, value in answers.items()
    }


def _complete_all(keys: list[int]) -> None:
    for key in keys:
        with unit_of_work():
            done = service.complete(response_id=key, by=PORTAL)
        assert isinstance(done, Ok), done


def _timed(
    ready: Callable[[], list[int]], patches: dict[str, dict[str, Any]], rounds: int
) -> dict[str, Timings]:
    """Time completing under each set of replaced parts; making ready is not timed."""
    waiting: dict[str, list[int]] = {}

    seconds: dict[str, list[float]] = {name: [] for name in patches}

    def work(name: str) -> Callable[[int], None]:
        def run(_number: int) -> None:
            with ExitStack() as replaced:
                for part, value in patches[name].items():
                    replaced.enter_context(patch.object(completing, part, value))
                _complete_all(waiting.pop(name))

        return run

    for number in range(rounds + 1):
        waiting.update({name: ready() for name in patches})
        one = interleaved(1, {name: work(name) for name in patches}, warm=0, seed=20261122 + number)
        for name, timing in one.items():
            seconds[name].extend(timing.seconds)
    return {name: Timings(tuple(each[1:])) for name, each in seconds.items()}


def _completing(app: Flask, kind: str, rounds: int, times: int) -> Iterator[Measure]:
    session_cookie(app)
    seed_employers(app, EMPLOYERS)
    completions = Completions(app)

    def nothing(*_args: Any, **_values: Any) -> None:
        """In place of counting."""

    written = {
        "freeze": lambda *_a, **_v: completions.frozen,
        "missing_answers": lambda *_a: (),
    }
    patches = {
        "whole": {},
        "whole without": {"count_for_employer": nothing},
        "write": written,
        "write without": {**written, "count_for_employer": nothing},
    }
    for again, words in ((False, "first time"), (True, "taken again")):
        with app.app_context():
            timed = _timed(
                lambda again=again: completions.ready(times, again=again),
                patches,
                rounds,
            )
        yield Measure(
            f"Completion write, {words}, {NAMES[kind]}",
            timed["write"].median / times * 1000,
            "ms",
            ratio=paired_ratio(timed["write"], timed["write without"]),
            goal=GOAL,
            peer="without roll-ups",
            note="scores known beforehand",
        )
        yield Measure(
            f"Completing, scores worked out, {words}, {NAMES[kind]}",
            timed["whole"].median / times * 1000,
            "ms",
            ratio=paired_ratio(timed["whole"], timed["whole without"]),
            goal=GOAL,
            peer="without roll-ups",
        )


# The chain of the audit trail ---------------------------------------------------------------------


def _chained(app: Flask, kind: str, rounds: int) -> Measure:
    """One change that is put on record and committed, linked into the chain and not."""

    def work(*, linked: bool) -> Callable[[int], None]:
        def run(_number: int) -> None:
            with ExitStack() as replaced, app.app_context():
                if not linked:
                    replaced.enter_context(
                        patch.object(audit_chain, "append_links", lambda *_any: None)
                    )
                for number in range(50):
                    with unit_of_work():
                        audit.record(action="bench.done", subject=f"thing:{number}")

        return run

    timed = interleaved(
        rounds, {"chain": work(linked=True), "none": work(linked=False)}, seed=20261122
    )
    return Measure(
        f"A change put on record and linked, {NAMES[kind]}",
        timed["chain"].median / 50 * 1000,
        "ms",
        ratio=paired_ratio(timed["chain"], timed["none"]),
        peer="without the chain",
    )


# One row that everybody changes ------------------------------------------------------------------


def _contended(app: Flask, kind: str, folder: Path, changes: int, rounds: int) -> Measure:
    database = database_of(app)
    make_counter(database)
    rates: dict[str, list[float]] = {"portal": [], "driver": []}
    errors = lost = 0
    for number in range(rounds):
        order = ("portal", "driver") if number % 2 == 0 else ("driver", "portal")
        for way in order:
            before = read_counter(database)
            result = contest(way, database.url, folder, changes=changes)
            rates[way].append(result.per_second)
            if way == "portal":
                errors += result.errors
                lost += before + result.changes - result.errors - read_counter(database)
    timed = {name: Timings(tuple(each)) for name, each in rates.items()}
    return Measure(
        f"{changes:,} contended changes, lost, {NAMES[kind]}",
        lost + errors,
        "",
        goal=0,
        floor=paired_ratio(timed["portal"], timed["driver"]),
        floor_name="of the bare driver's pace",
        note=f"{rounds} runs, {timed['portal'].median:,.0f} a second, {errors} errors",
    )
