"""Fifty people who save as they answer, against a real server with 2 sync workers.

First they save once a second each: twenty times the load of fifty people who answer every twenty
seconds. Then eight clients save as fast as they are answered, in turns with a bare WSGI
application that makes one locked update through the driver: the capacity, and its lower bound.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from portal.db import current_session, unit_of_work
from portal.diagnostics import service
from portal.diagnostics.models import Response
from tests.bench.harness import Measure, Timings, paired_ratio
from tests.bench.support import (
    KINDS,
    NAMES,
    person_with_cookie,
    portal_on,
    visit,
    workplace,
)
from tests.bench.support_server import (
    Load,
    Person,
    answers_of,
    closed_loop,
    post_request,
    run_people,
    send,
    server,
)

PEOPLE = 50
EVERY = 1.0
# Fifty people who answer every twenty seconds.
USUAL_LOAD = PEOPLE / 20
CLIENTS = 8
PAGE, QUESTION = "team-1", "staff_total"


@dataclass
class Answerer:
    """One person with a diagnostic of their own; ``saved`` is the last value acknowledged."""

    number: int
    reference: str
    cookie: str
    token: str
    revision: int = 0
    sent: int = 0
    saved: int | None = None
    unsure: list[int] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/diagnostic/{self.reference}/page/{PAGE}/autosave"

    def request(self) -> bytes:
        """The next value, from the revision last seen."""
        self.sent += 1
        values = {
            "csrf_token": self.token,
            "revision": str(self.revision),
            QUESTION: str(self.sent),
        }
        return post_request(self.path, self.cookie, values)


def measures(*, quick: bool = False) -> Iterator[Measure]:
    """Every autosave measure of `make bench`."""
    seconds, slice_seconds, rounds = (6.0, 1.5, 2) if quick else (20.0, 3.0, 3)
    for kind in KINDS:
        with workplace() as folder, portal_on(kind, folder) as app:
            everybody = [_answerer(app, number) for number in range(PEOPLE + CLIENTS)]
            people, apart = everybody[:PEOPLE], everybody[PEOPLE:]
            yield from _measured(app, kind, folder, people, apart, seconds, slice_seconds, rounds)


def _answerer(app: Flask, number: int) -> Answerer:
    owner, cookie = person_with_cookie(app, name=f"Example Person {number}")
    with app.app_context(), unit_of_work():
        reference = service.start(sector="hospitality", size_tier="small", owner_id=owner).value
    html = visit(app, f"/diagnostic/{reference}/page/{PAGE}", cookie)().decode()
    token = html.partition('name="csrf_token" value="')[2].partition('"')[0]
    return Answerer(number, reference, cookie, token)


def _measured(
    app: Flask,
    kind: str,
    folder: Path,
    people: Sequence[Answerer],
    apart: Sequence[Answerer],
    seconds: float,
    slice_seconds: float,
    rounds: int,
) -> Iterator[Measure]:
    url = app.config["SETTINGS"].database_url
    with (
        server("wsgi:app", url, folder) as ours,
        server("tests.bench.support_floor:app()", url, folder) as floor,
    ):
        # A worker's first answers read the questionnaire; nobody is waiting for those.
        _saving_fast(ours, people[:CLIENTS], 1.0)
        paced = run_people([_saving(person, ours) for person in people], seconds=seconds)
        lost = _lost(app, people)
        # The same pace against the bare update: what of the slowest saves is the machine's doing.
        bare_paced = run_people(
            [_paced_bare(apart[number % CLIENTS], number, floor) for number in range(PEOPLE)],
            seconds=seconds / 2,
        )
        yield from _paced_measures(kind, paced, bare_paced, lost, seconds)
        bare = [
            post_request(f"/{person.reference}", person.cookie, {QUESTION: "7"}) for person in apart
        ]

        def fast(port: int) -> Load:
            if port == floor:
                return closed_loop(port, bare, seconds=slice_seconds)
            return _saving_fast(port, people[:CLIENTS], slice_seconds)

        loads = answers_of(fast, {"ours": ours, "floor": floor}, rounds=rounds)
    yield _capacity(kind, loads, _lost(app, people[:CLIENTS]))


def _saving(person: Answerer, port: int) -> Person:
    """Save once every `EVERY` seconds, timed from when each save was due."""

    async def act(load: Load, until: float) -> None:
        due = time.perf_counter() + EVERY * person.number / PEOPLE
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await _save_once(person, port, load, due)
            due += EVERY

    return act


def _paced_bare(person: Answerer, place: int, port: int) -> Person:
    """The same for the bare update, on the rows of people nobody checks."""
    request = post_request(f"/{person.reference}", person.cookie, {QUESTION: "7"})

    async def act(load: Load, until: float) -> None:
        due = time.perf_counter() + EVERY * place / PEOPLE
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            try:
                load.note(due, *await send(port, request))
            except (OSError, ValueError, IndexError, TimeoutError) as error:
                load.fault(repr(error))
            due += EVERY

    return act


async def _save_once(person: Answerer, port: int, load: Load, begun: float) -> None:
    request = person.request()
    value = person.sent
    try:
        status, body = await send(port, request)
    except (OSError, ValueError, IndexError, TimeoutError) as error:
        person.unsure.append(value)
        load.fault(repr(error))
        return
    load.note(begun, status, body)
    if status == 200:
        person.revision = int(json.loads(body)["revision"]["revision"])
        person.saved = value
        person.unsure.clear()


def _saving_fast(port: int, people: Sequence[Answerer], seconds: float) -> Load:
    """Each saves again as soon as the last save is acknowledged."""

    def fast(person: Answerer) -> Person:
        async def act(load: Load, until: float) -> None:
            while (begun := time.perf_counter()) < until:
                await _save_once(person, port, load, begun)

        return act

    return run_people([fast(person) for person in people], seconds=seconds)


def _lost(app: Flask, people: Sequence[Answerer]) -> int:
    """People whose last acknowledged value is not what the database holds."""
    with app.app_context():
        rows = current_session().execute(
            select(Response.reference, Response.answers).where(
                Response.reference.in_([person.reference for person in people])
            )
        )
        kept = {row.reference: row.answers.get(QUESTION, {}).get("v") for row in rows}
    return sum(
        person.saved is not None
        and int(kept[person.reference] or 0) not in {person.saved, *person.unsure}
        for person in people
    )


def _paced_measures(
    kind: str, load: Load, bare: Load, lost: int, seconds: float
) -> Iterator[Measure]:
    for fault in load.faults:
        print(f"autosave {kind}: {fault}", file=sys.stderr)
    yield Measure(
        f"Autosave by {PEOPLE}, errors and lost, {NAMES[kind]}",
        load.errors + lost,
        "",
        goal=0,
        note=f"{load.errors} errors, {lost} lost of {load.done:,} saves in {seconds:.0f} s",
    )
    yield Measure(
        f"Autosave by {PEOPLE}, p99, {NAMES[kind]}",
        load.percentile(0.99) * 1000,
        "ms",
        goal=100,
        floor=load.percentile(0.99) / bare.percentile(0.99),
        floor_name="a bare update at that pace",
        note=f"p50 {load.percentile(0.5) * 1000:.0f} ms; the bare update's p99 "
        f"{bare.percentile(0.99) * 1000:.0f} ms",
    )


def _capacity(kind: str, loads: dict[str, list[Load]], lost: int) -> Measure:
    rates = {name: Timings(tuple(load.per_second for load in each)) for name, each in loads.items()}
    errors = sum(load.errors for each in loads.values() for load in each)
    for fault in {fault for each in loads.values() for load in each for fault in load.faults}:
        print(f"autosave {kind}: {fault}", file=sys.stderr)
    return Measure(
        f"Autosave capacity, {NAMES[kind]}",
        rates["ours"].median,
        "saves/s",
        ratio=rates["ours"].median / USUAL_LOAD,
        goal=20.0,
        peer="50 people, one answer in 20 s",
        floor=paired_ratio(rates["ours"], rates["floor"]),
        floor_name="of a bare update served",
        higher_is_better=True,
        note=f"{CLIENTS} clients, {errors} errors, {lost} lost",
    )
