"""List, form and question pages against the raw floor and the usual way of building them."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, g, render_template

from portal.db import unit_of_work
from portal.diagnostics import service
from tests.bench import django_peer
from tests.bench.harness import Measure, Timings, interleaved, paired_ratio
from tests.bench.support import (
    KINDS,
    NAMES,
    Visit,
    database_of,
    person_with_cookie,
    portal_on,
    repeated,
    seed_employers,
    session_cookie,
    statements_of,
    visit,
    visit_with,
    workplace,
)
from tests.bench.support_pages import (
    FORMS,
    RowWriter,
    filled,
    list_row,
    mount,
    plain_row,
    plan_of,
    raw_page,
)
from tests.bench.support_server import answers_of, closed_loop, get_request, server

EMPLOYERS = 100_000
FEW = 10
LIST_GOAL = {"sqlite": 4.5, "postgresql": 3.8}
STATEMENTS_GOAL = 6
# At least 2.5 times as fast as an equivalent page of Django.
DJANGO_GOAL = 0.4
_ROW = re.compile(r'<tr class="govuk-table__row">.*?</tr>', re.DOTALL)


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    employers: int
    rounds: int
    times: int
    serving: float


FULL = Size(EMPLOYERS, rounds=15, times=20, serving=4.0)
QUICK = Size(20_000, rounds=5, times=10, serving=1.5)


def measures(*, quick: bool = False) -> Iterator[Measure]:
    """Every page measure of `make bench`."""
    size = QUICK if quick else FULL
    for kind in KINDS:
        with workplace() as folder, portal_on(kind, folder) as app:
            yield from _on_one_database(mount(app), kind, size, folder)
    with workplace() as folder, portal_on("sqlite", folder) as app:
        yield from _forms(mount(app), size)


def _on_one_database(app: Flask, kind: str, size: Size, folder: Path) -> Iterator[Measure]:
    cookie = session_cookie(app, roles=["lep_officer"])
    paths = {"list": "/bench/list"}
    if "employers.index" in app.view_functions:
        paths["staff's employers"] = "/employers/"
    seed_employers(app, FEW)
    few = {name: _count(app, path, cookie) for name, path in paths.items()}
    seed_employers(app, size.employers, start=FEW)
    many = {name: _count(app, path, cookie) for name, path in paths.items()}
    listed = visit(app, paths["list"], cookie)
    usual = visit(app, "/bench/list-usual", cookie)
    floor = _floor(app, listed, write_row=list_row)
    django = _django(database_of(app).url, listed)
    timed = _timed(size, {"ours": listed, "usual": usual, "django": django, "floor": floor})
    milliseconds = timed["ours"].median / size.times * 1000
    over_floor = paired_ratio(timed["ours"], timed["floor"])
    yield Measure(
        f"List page, {NAMES[kind]}",
        milliseconds,
        "ms",
        ratio=over_floor,
        goal=LIST_GOAL[kind],
        peer="raw floor",
        note=f"50 of {size.employers:,} employers, 2 joins",
    )
    yield Measure(
        f"List page vs ORM + gov.uk macros, {NAMES[kind]}",
        milliseconds,
        "ms",
        ratio=paired_ratio(timed["ours"], timed["usual"]),
        peer="ORM + govuk-frontend-jinja",
        floor=over_floor,
    )
    yield Measure(
        f"List page vs Django, {NAMES[kind]}",
        milliseconds,
        "ms",
        ratio=paired_ratio(timed["ours"], timed["django"]),
        goal=DJANGO_GOAL,
        peer="Django, its templates and sessions",
        floor=over_floor,
        note="the same rows and cells, as startproject and a list view make them",
    )
    if "staff's employers" in paths:
        yield _real_list(app, paths["staff's employers"], cookie, kind, size)
    for name in paths:
        yield Measure(
            f"Statements, {name} page, {NAMES[kind]}",
            many[name],
            "SQL",
            goal=STATEMENTS_GOAL if many[name] == few[name] else 0,
            note=f"{few[name]} at {FEW} rows, {many[name]} at {size.employers:,}",
        )
    yield from _question_page(app, kind, size)
    yield from _served(app, kind, size, folder, cookie)


def _django(url: str, ours: Visit) -> Visit:
    """Django's page of the same rows.

    Raises:
        RuntimeError: when they are not the same, and nothing can be compared.
    """
    project, cookies = django_peer.project(url)
    theirs = visit_with(project, "/bench/list", cookies)
    if _ROW.findall(theirs().decode()) != _ROW.findall(ours().decode()):
        raise RuntimeError("Django's list shows other rows than the portal's")
    return theirs


def _real_list(app: Flask, path: str, cookie: str, kind: str, size: Size) -> Measure:
    page = visit(app, path, cookie)
    floor = _floor(app, page, write_row=plain_row)
    timed = _timed(size, {"ours": page, "floor": floor})
    return Measure(
        f"Staff's employers page, {NAMES[kind]}",
        timed["ours"].median / size.times * 1000,
        "ms",
        ratio=paired_ratio(timed["ours"], timed["floor"]),
        goal=LIST_GOAL[kind],
        peer="raw floor",
        note="the portal's own search page, 50 rows",
    )


def _count(app: Flask, path: str, cookie: str) -> int:
    page = visit(app, path, cookie)
    page()
    with statements_of(app) as noted:
        page()
    return len(noted)


def _floor(app: Flask, page: Visit, *, write_row: RowWriter | None = None) -> Visit:
    page()
    with statements_of(app) as noted:
        page()
    return raw_page(app, page, noted, write_row=write_row)


def _timed(size: Size, pages: dict[str, Any]) -> dict[str, Timings]:
    work = {name: repeated(page, size.times) for name, page in pages.items()}
    return interleaved(size.rounds, work, warm=2)


def _question_page(app: Flask, kind: str, size: Size) -> Iterator[Measure]:
    """A real page of the diagnostic, drawn from the questionnaire and what was answered."""
    owner, cookie = person_with_cookie(app)
    with app.app_context(), unit_of_work():
        started = service.start(sector="hospitality", size_tier="small", owner_id=owner).value
    page = visit(app, f"/diagnostic/{started}/page/leadership-1", cookie)
    timed = _timed(size, {"ours": page, "floor": _floor(app, page)})
    yield Measure(
        f"Question page, {NAMES[kind]}",
        timed["ours"].median / size.times * 1000,
        "ms",
        ratio=paired_ratio(timed["ours"], timed["floor"]),
        peer="raw floor",
        note=f"2 questions of the diagnostic, {_statements_of(app, page)} SQL",
    )


def _statements_of(app: Flask, page: Visit) -> int:
    with statements_of(app) as noted:
        page()
    return len(noted)


def _forms(app: Flask, size: Size) -> Iterator[Measure]:
    """49 inputs: the form made and drawn inside a request, and the whole page over its floor."""
    cookie = session_cookie(app)
    for kind, words in (("mixed", "49 inputs, 17 questions"), ("plain", "49 text boxes")):
        whole = visit(app, f"/bench/form/{kind}", cookie)
        usual = visit(app, f"/bench/form-usual/{kind}", cookie)
        pages = _timed(size, {"ours": whole, "usual": usual, "floor": _floor(app, whole)})
        drawn = _drawing(app, kind, size)
        yield Measure(
            f"Form of {words}",
            drawn["ours"].median / size.times * 1000,
            "ms",
            ratio=paired_ratio(drawn["ours"], drawn["usual"]),
            goal=1 / 8,
            peer="govuk-frontend-jinja",
            floor=paired_ratio(drawn["ours"], drawn["floor"]),
            note="the form made and its page drawn",
        )
        yield Measure(
            f"Page of {words}",
            pages["ours"].median / size.times * 1000,
            "ms",
            ratio=paired_ratio(pages["ours"], pages["usual"]),
            peer="govuk-frontend-jinja",
            floor=paired_ratio(pages["ours"], pages["floor"]),
            note="the whole request, signed in",
        )


def _drawing(app: Flask, kind: str, size: Size) -> dict[str, Timings]:
    with app.test_request_context("/bench/form/mixed"):

        def ours(number: int) -> str:
            return render_template("bench/form.html", form=filled(FORMS[kind], number))

        def usual(number: int) -> str:
            return render_template("bench/form_usual.html", form=filled(FORMS[kind], number))

        html = ours(7)
        pieces = html.split(g.csp_nonce)

        def floor(number: int) -> bytes:
            return f"{number}".join(pieces).encode()

        same = [
            name for name in ("radio", "checkbox") if _inputs(html, name) != _inputs(usual(7), name)
        ]
        assert not same, f"The two pages differ in {same}"
        return _timed(size, {"ours": ours, "usual": usual, "floor": floor})


def _inputs(html: str, kind: str) -> int:
    return html.count(f'type="{kind}"')


def _served(app: Flask, kind: str, size: Size, folder: Path, cookie: str) -> Iterator[Measure]:
    """The list from a real server with 2 sync workers, to 8 clients at once."""
    page = visit(app, "/bench/list", cookie)
    page()
    with statements_of(app) as noted:
        html = page().decode()
    plan = folder / "plan.pickle"
    plan.write_bytes(pickle.dumps(plan_of(app, noted, html)))
    url = app.config["SETTINGS"].database_url
    request = get_request("/bench/list", cookie)
    with (
        server("tests.bench.support_pages:served_portal()", url, folder) as ours,
        server(
            "tests.bench.support_pages:served_floor()", url, folder, BENCH_PLAN=str(plan)
        ) as floor,
    ):
        served = answers_of(
            lambda port: closed_loop(port, [request] * 8, seconds=size.serving),
            {"ours": ours, "floor": floor},
            rounds=3,
        )
    yield from _serving_measures(kind, served)


def _serving_measures(kind: str, served: dict[str, Sequence[Any]]) -> Iterator[Measure]:
    rates = {
        name: Timings(tuple(load.per_second for load in loads)) for name, loads in served.items()
    }
    spread = Timings(tuple(load.percentile(0.99) / load.percentile(0.5) for load in served["ours"]))
    errors = sum(load.errors for load in served["ours"])
    yield Measure(
        f"List page served, 8 clients, {NAMES[kind]}",
        rates["ours"].median,
        "pages/s",
        ratio=paired_ratio(rates["ours"], rates["floor"]),
        peer="of the raw floor served",
        higher_is_better=True,
        note="gunicorn, 2 sync workers",
    )
    yield Measure(
        f"List page served, p99 over p50, {NAMES[kind]}",
        spread.median,
        "x",
        goal=3.0 if errors == 0 else 0.0,
        note=f"{errors} errors in {sum(load.done for load in served['ours']):,} pages",
    )
