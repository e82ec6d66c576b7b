"""The register at 100,000 entries: finding an employer, and loading a file.

Run with ``python -m tests.bench.bench_register``. The entries are the sample's rows, repeated with
words and numbers of their own. Search is timed against a LIKE scan of the same table (the peer) and
against one bare full-text statement (the floor); loading against ``csv`` and ``executemany`` into
the same table, index and all, without checks, and into a bare table (the floor).
"""

from __future__ import annotations

import csv
import io
import random
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import text

import portal.employers
from portal.db import Database, current_session, unit_of_work
from portal.employers.queries import search_register
from portal.employers.service import import_register
from tests.bench.harness import Measure, Timings, interleaved, paired_ratio, report
from tests.support import databases

SAMPLE = Path(portal.employers.__file__).parent / "data" / "register-sample.csv"
ENTRIES = 100_000
LOADED = 10_000
ROUNDS = 9
PLACES = ("Leeds", "Bradford", "York", "Wakefield", "Harrogate", "Selby", "Skipton", "Halifax")
SYLLABLES = [first + last for first in "bdfklmnprstv" for last in "aeo"]
QUESTIONS = (
    "sainsburys",
    "Sainsbury's Supermarkets Ltd",
    "03261722",
    "3261722",
    "sansburys",
    "tesco stors",
    "tesco stores leeds",
    "weatherspoon",
    "travel lodge",
    "marks and spencer",
    "services",
    "se",
    "co",
    "care homes leeds",
    "qwertyuiop",
)


def published(count: int, *, seed: int = 1) -> bytes:
    """A file like the published one with this many rows."""
    chance = random.Random(seed)
    rows = list(csv.DictReader(io.StringIO(SAMPLE.read_text("utf-8-sig"), newline="")))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    for number in range(count):
        row = dict(rows[number % len(rows)])
        if number >= len(rows):
            word = "".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))).title()
            parts = row["EmployerName"].split()
            parts.insert(chance.randint(0, 2), chance.choice([word, chance.choice(PLACES)]))
            row["EmployerName"] = row["CurrentName"] = " ".join(parts)
            row["EmployerId"] = f"{seed}-{number}"
            row["CompanyNumber"] = str(chance.randrange(10_000_000, 99_999_999))
        writer.writerow(row)
    return out.getvalue().encode()


def application(kind: str, folder: Path) -> Flask:
    app = Flask("bench")
    Database(databases.new_database(kind, folder)).init_app(app)
    return app


def search_measures(kind: str, folder: Path, *, rounds: int) -> list[Measure]:
    app = application(kind, folder)
    with app.app_context():
        import_register(published(ENTRIES))
        session = current_session()
        like = text(
            "SELECT id, name FROM register_entries WHERE lower(name) LIKE :question LIMIT 10"
        )
        bare = text(
            "SELECT rowid FROM register_search WHERE register_search MATCH :question LIMIT 10"
            if kind == "sqlite"
            else "SELECT entry_id FROM register_search "
            "WHERE words @@ CAST(:question AS tsquery) LIMIT 10"
        )

        def every(ask: Callable[[str], object]) -> Callable[[int], None]:
            def work(_serial: int) -> None:
                for question in QUESTIONS:
                    ask(question)
                    session.commit()

            return work

        def plain_like(question: str) -> object:
            return session.execute(like, {"question": f"%{question.lower()}%"}).all()

        def bare_index(question: str) -> object:
            word = "".join(filter(str.isalnum, question.split(maxsplit=1)[0].lower()))
            quoted = f'"{word}"' if kind == "sqlite" else f"'{word}'"
            return session.execute(bare, {"question": quoted}).all()

        contenders: dict[str, Callable[[int], object]] = {
            "ours": every(search_register),
            "like": every(plain_like),
            "floor": every(bare_index),
        }
        timings = interleaved(rounds, contenders)
        single = interleaved(
            rounds * 3,
            {q: lambda _n, q=q: (search_register(q), session.commit()) for q in QUESTIONS},
        )
        every_time = Timings(tuple(s for timing in single.values() for s in timing.seconds))
        app.extensions["portal_db"].dispose()
    ours = timings["ours"]
    return [
        Measure(
            f"register search at 100,000 ({kind})",
            ours.median / len(QUESTIONS) * 1000,
            "ms",
            ratio=paired_ratio(ours, timings["like"]),
            peer="plain LIKE",
            goal=1.0,
            floor=paired_ratio(ours, timings["floor"]),
            floor_name="one bare index look-up",
            note=f"mean of {len(QUESTIONS)} questions, misspelt and half typed among them",
        ),
        Measure(
            f"register search at 100,000, p95 ({kind})",
            every_time.percentile(0.95) * 1000,
            "ms",
            goal=50.0,
            note="over every question and round",
        ),
    ]


COLUMNS = (
    "EmployerName",
    "EmployerId",
    "CurrentName",
    "Address",
    "PostCode",
    "CompanyNumber",
    "SicCodes",
    "EmployerSize",
)


def naive_import(content: bytes, serial: int, insert: str, connection) -> None:
    """What a script would do: no checks, no normal forms, every row again."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    connection.executemany(
        insert, [(f"n{serial}", *(row[column] for column in COLUMNS)) for row in rows]
    )


NAIVE = (
    "INSERT INTO register_entries (source, name, source_id, current_name, address, postcode, "
    "company_number, sic_codes, size_band, content_hash, search_text) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, json_array(?8), ?9, '', lower(?2))"
)
BARE = "INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def import_measure(folder: Path, *, rounds: int) -> Measure:
    app = application("sqlite", folder)
    content = published(LOADED)
    with app.app_context():

        def ours(serial: int) -> None:
            assert import_register(content, source=f"o{serial}").created == LOADED

        def naive(serial: int) -> None:
            with unit_of_work() as session:
                raw = session.connection().connection.driver_connection
                naive_import(content, serial, NAIVE, raw)

        def bare(serial: int) -> None:
            with sqlite3.connect(folder / "bare.db") as raw:
                raw.execute("CREATE TABLE IF NOT EXISTS bare (a, b, c, d, e, f, g, h, i)")
                naive_import(content, serial, BARE, raw)

        timings = interleaved(rounds, {"ours": ours, "naive": naive, "bare": bare})
        app.extensions["portal_db"].dispose()
    rates = {name: LOADED / timing.median for name, timing in timings.items()}
    return Measure(
        "register import",
        rates["ours"],
        "rows/s",
        ratio=1 / paired_ratio(timings["ours"], timings["naive"]),
        peer="csv + executemany, indexed alike",
        goal=1 / 3,
        floor=1 / paired_ratio(timings["ours"], timings["bare"]),
        floor_name="csv + executemany, bare table",
        higher_is_better=True,
        note=f"{LOADED:,} new rows, checked, searchable by name, number and misspelling",
    )


def measures(*, quick: bool = False) -> list[Measure]:
    rounds = 3 if quick else ROUNDS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            return [
                *search_measures("sqlite", folder, rounds=rounds),
                *search_measures("postgresql", folder, rounds=rounds),
                import_measure(folder, rounds=3 if quick else 5),
            ]
        finally:
            databases.clean_up()


def main() -> int:
    return report(measures())


if __name__ == "__main__":
    raise SystemExit(main())
