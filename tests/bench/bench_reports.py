"""What a report's data costs: kept counts beside SQL over the records, and beside DuckDB.

Run with ``python -m tests.bench --only reports``. The made-up programme of ``flask bench seed``
has 100,000 employers, some 300,000 diagnostics, 1,000,000 contacts and 300,000 outputs. The time is
of the whole report document, pictures and sentences included, so it is more than its data. The
peers answer the very questions that the report puts to the counts, over the records themselves.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from flask import Flask

from portal import create_app
from portal.cli.bulk.seeding import seed
from portal.cli.schema import upgrade
from portal.db import current_session
from portal.db.session import WRITE_OPTION
from portal.kernel.clock import freeze
from portal.reports.facts.install import sql_of
from portal.reports.queries.cells import Wanted
from portal.reports.rules.scope import Scope
from portal.reports.service.building import Builder, builders
from tests.bench.harness import Measure, interleaved, paired_ratio
from tests.bench.support import KINDS, NAMES, database_of, portal_on, settings_for, workplace
from tests.bench.support_reports import Duck, over_records, recorded

EMPLOYERS = int(os.environ.get("BENCH_EMPLOYERS", "100000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
# Two databases of `flask bench seed`, with as many employers and with a tenth, instead of filling
# two anew: "ADDRESS ADDRESS". They are brought up to date first.
SEEDED = os.environ.get("BENCH_SEEDED", "").split()
REPORTS = tuple(os.environ.get("BENCH_REPORTS", "programme diagnostics").split())
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SCOPE = Scope(date(2024, 4, 1), date(2026, 11, 22))
# What the report reads from histograms, over the records: how many stand at which score now.
STANDING = [
    (
        "SELECT s.dimension, r.sector, s.score, count(*) FROM dimension_scores s "
        "JOIN diagnostic_responses r ON r.id = s.response_id WHERE r.status = 'completed' "
        "AND r.is_current AND r.employer_id IS NOT NULL "
        "AND r.questionnaire_key = 'part-time-talent' "
        "GROUP BY 1, 2, 3"
    )
]
# performance.md, Reports: the goals are ratios.
_RAW_GOAL, _DUCK_GOAL, _GROWTH_GOAL = 1 / 40, 1.0, 1.5


@dataclass
class Place:
    """One programme of one size on one database."""

    app: Flask
    employers: int

    def fill(self) -> None:
        engine = database_of(self.app).engine
        with engine.connect().execution_options(**{WRITE_OPTION: True}) as connection:
            with connection.begin():
                seed(connection, employers=self.employers, seed=1, tell=lambda _line: None)
            with connection.begin():
                connection.exec_driver_sql("ANALYZE")

    def build(self, builder: Builder) -> None:
        with self.app.app_context(), freeze(NOW):
            assert builder.build(SCOPE).sections

    def asked(self, builder: Builder) -> list[Wanted]:
        with recorded() as asked:
            self.build(builder)
        return asked

    def raw(self, questions: list[str]) -> None:
        with self.app.app_context():
            connection = current_session().connection()
            for question in questions:
                connection.exec_driver_sql(
                    question.replace("%", "%%") if not self.is_sqlite else question
                ).all()

    @property
    def is_sqlite(self) -> bool:
        return database_of(self.app).is_sqlite


def measures(*, quick: bool = False) -> Iterator[Measure]:
    employers = EMPLOYERS // 20 if quick else EMPLOYERS
    rounds = 2 if quick else ROUNDS
    for kind in KINDS:
        if SEEDED and not SEEDED[0].startswith(kind):
            continue
        with workplace() as folder:
            yield from _on(kind, folder, employers, rounds)


def _on(kind: str, folder: Path, employers: int, rounds: int) -> Iterator[Measure]:
    (folder / "tenth").mkdir()
    with _portals(kind, folder) as (app, small):
        whole, tenth = Place(app, employers), Place(small, employers // 10)
        if not SEEDED:
            whole.fill()
            tenth.fill()
        duck = None
        if importlib.util.find_spec("duckdb") is not None:
            with database_of(app).engine.connect() as connection:
                duck = Duck(connection, folder)
        # Reports are known once an application is built.
        for builder in (item for item in builders() if item.key in REPORTS):
            yield from _report(kind, whole, tenth, duck, builder, rounds)


@contextmanager
def _portals(kind: str, folder: Path) -> Iterator[tuple[Flask, Flask]]:
    """The portal on the larger programme and on the smaller."""
    if SEEDED:
        whole, tenth = (create_app(settings_for(url, folder)) for url in SEEDED)
        for app in (whole, tenth):
            upgrade(database_of(app))
        yield whole, tenth
        return
    with portal_on(kind, folder) as app, portal_on(kind, folder / "tenth") as small:
        yield app, small


def _report(
    kind: str, whole: Place, tenth: Place, duck: Duck | None, builder: Builder, rounds: int
) -> Iterator[Measure]:
    asked = whole.asked(builder)
    with whole.app.app_context():
        sql = sql_of(current_session().connection())
    beside = STANDING if builder.key == "diagnostics" else []
    questions = [over_records(sql, wanted) for wanted in asked] + beside
    contenders = {
        "ours": lambda _n: whole.build(builder),
        "tenth": lambda _n: tenth.build(builder),
    }
    if duck is not None:
        same = duck.questions(asked) + beside
        contenders["duck"] = lambda _n: duck.answer(same)
    timings = interleaved(rounds, contenders)
    once = interleaved(
        1 if rounds < ROUNDS else 2,
        {"ours": contenders["ours"], "raw": lambda _n: whole.raw(questions)},
        warm=0,
    )
    name = f"{builder.key} report, {NAMES[kind]}"
    ours = timings["ours"].median * 1000
    note = f"{whole.employers:,} employers, {len(questions)} questions"
    yield Measure(
        f"{name}, beside the records",
        ours,
        "ms",
        ratio=paired_ratio(once["ours"], once["raw"]),
        peer="SQL over the records",
        goal=_RAW_GOAL,
        note=note,
    )
    if duck is not None:
        yield Measure(
            f"{name}, beside DuckDB",
            ours,
            "ms",
            ratio=paired_ratio(timings["ours"], timings["duck"]),
            peer="DuckDB, the same rows in memory",
            goal=_DUCK_GOAL,
            note=note,
        )
    yield Measure(
        f"{name}, ten times the employers",
        ours,
        "ms",
        ratio=paired_ratio(timings["ours"], timings["tenth"]),
        peer=f"{tenth.employers:,} employers",
        goal=_GROWTH_GOAL,
    )
