"""Money: pricing and checking outputs, a long claim from building to approval, a long ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import patch

from flask import Flask
from rapidfuzz import fuzz, process
from sqlalchemy import delete, select, update

from portal.caseload.rules.working_days import is_working_day
from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.employers.rules.names import match_name
from portal.kernel import clock
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.payments.models import CheckResult, Claim, ClaimLine, Decision, LedgerEntry, Output
from portal.payments.queries import checks as kept
from portal.payments.rules.checks import KINDS as CHECKS
from portal.payments.rules.checks import Finding
from portal.payments.rules.freezing import Frozen, Moment, explain, freeze
from portal.payments.rules.rates import RateCard
from portal.payments.rules.readiness import Agreement, Work, judge
from portal.payments.rules.words import ENGAGEMENT, SIZE_TIERS
from portal.payments.service import checks, claims, reviewing
from portal.payments.service.proving import verify
from tests.bench.harness import Measure, interleaved, paired_ratio
from tests.bench.support import (
    KINDS,
    NAMES,
    database_of,
    plain_connection,
    portal_on,
    statements_of,
    workplace,
)
from tests.bench.support_payments import HASHED, MONTH, Books, fill_ledger

GOAL = 3.0
# After the month that is claimed, and the same on every machine.
DAY = datetime(2026, 10, 5, 10, 0, tzinfo=UTC)


class _UndoError(Exception):
    """Nothing of a round is kept, so that each round does the same work."""


@contextmanager
def _undone(app: Flask) -> Iterator[PortalSession]:
    """A unit of work that comes to its end and is then rolled back."""
    with app.app_context(), suppress(_UndoError), unit_of_work() as session:
        yield session
        session.flush()
        raise _UndoError


def measures(*, quick: bool = False) -> Iterator[Measure]:
    """Every measure of money of `make bench`."""
    outputs, lines, entries, rounds = (
        (1000, 500, 50_000, 3) if quick else (10_000, 5000, 1_000_000, 5)
    )
    yield _pricing(outputs, rounds)
    for kind in KINDS:
        with workplace() as folder, portal_on(kind, folder) as app, clock.freeze(DAY):
            books = Books(app, outputs)
            yield _checking(books, kind, outputs, rounds)
            yield from _claiming(books, kind, lines, rounds)
    for kind in KINDS:
        with workplace() as folder, portal_on(kind, folder) as app:
            yield _verifying(app, kind, entries, 3)


# Pricing -----------------------------------------------------------------------------------------


def _frozen(number: int) -> tuple[dict[str, Any], list[Moment]]:
    """An employer's record with three saved changes, as it is read for one output."""
    now = {
        "name": f"Example Employer {number}",
        "trading_name": None,
        "sector": "retail",
        "sic_codes": ["47110"],
        "district": "leeds",
        "postcode": "LS1 1AA",
        "headcount": 10 + number % 200,
        "headcount_on": date(2026, 8, 1),
        "size_tier": tuple(SIZE_TIERS)[number % 4],
        "iip_status": "not_accredited",
        "iip_on": date(2026, 8, 1),
        "iip_evidence": "Said on the phone",
        "training_answer": "no" if number % 2 else None,
        "training_on": date(2026, 8, 1) if number % 2 else None,
        "training_last_on": None,
        "training_note": "Said on the phone" if number % 2 else "",
    }
    first = {**now, "iip_status": None, "iip_on": None}
    trail = [
        Moment(date(2026, 5, 1), 1, first),
        Moment(date(2026, 8, 1), 2, now),
        Moment(date(2026, 10, 1), 3, {**now, "headcount": 5}),
    ]
    return now, trail


def _pricing(count: int, rounds: int) -> Measure:
    """Freezing, judging, pricing and explaining; the floor looks two amounts up."""
    prices = {(ENGAGEMENT, tier): 60_000 for tier in SIZE_TIERS}
    bonuses = dict.fromkeys(SIZE_TIERS, 15_000)
    cards = {1: RateCard(1, date(2026, 4, 1), prices, bonuses)}
    agreement = Agreement(1, 1, date(2026, 4, 1), date(2028, 3, 31))
    day = date(2026, 9, 3)
    known = [_frozen(number) for number in range(count)]
    work = Work(ENGAGEMENT, day, withdrawn=False, confirmed=True, diagnostic=True, engaged=False)

    def ours(_number: int) -> int:
        total = 0
        for now, trail in known:
            frozen: Frozen = freeze(trail, now, day=day)
            judged = judge(work, frozen, agreement=agreement, cards=cards, sme_limit=250)
            assert judged.price is not None
            explain(output_type=ENGAGEMENT, frozen=frozen, price=judged.price)
            total += judged.price.total
        return total

    def floor(_number: int) -> int:
        total = 0
        for _now, trail in known:
            facts = next(moment.facts for moment in reversed(trail) if moment.on <= day)
            total += prices[(ENGAGEMENT, facts["size_tier"])]
            if facts["iip_status"] == "not_accredited" and facts["training_answer"] == "no":
                total += bonuses[facts["size_tier"]]
        return total

    assert ours(0) == floor(0)
    timed = interleaved(rounds, {"ours": ours, "floor": floor})
    return Measure(
        f"Pricing {count:,} outputs, facts frozen, explained",
        timed["ours"].median * 1000,
        "ms",
        floor=paired_ratio(timed["ours"], timed["floor"]),
        floor_name="two look-ups each",
        note=f"{timed['ours'].median / count * 1e6:.0f} µs each",
    )


# Writing: the same rows by the bare driver -------------------------------------------------------

_KEPT = (Claim, ClaimLine, CheckResult, LedgerEntry, Decision)


@dataclass
class Written:
    """Rows as they stand in tables, and a statement for each table that writes them again."""

    tables: list[tuple[str, list[list[Any]]]]

    def again(self, connection: Any) -> None:
        """All of it in one transaction, which is then undone."""
        connection.execute("BEGIN")
        try:
            cursor = connection.cursor()
            for statement, rows in self.tables:
                cursor.executemany(statement, rows)
        finally:
            connection.execute("ROLLBACK")


def _kept(app: Flask, claim: Claim) -> Written:
    """What a claim wrote, read in the transaction that wrote it."""
    sqlite = database_of(app).engine.dialect.name == "sqlite"
    tables = []
    for model in _KEPT:
        table: Any = model.__table__
        query = select(table)
        if model is Claim:
            query = query.where(table.c.id == claim.id)
        elif model is Decision:
            query = query.where(table.c.subject == f"claim:{claim.reference}")
        else:
            query = query.where(table.c.claim_id == claim.id)
        rows = current_session().execute(query).all()
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        marks = ", ".join(["?" if sqlite else "%s"] * len(table.columns))
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"
        tables.append((statement, [[_plain(value) for value in row] for row in rows]))
    return Written(tables)


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, datetime | date):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return value


def _claiming(books: Books, kind: str, lines: int, rounds: int) -> Iterator[Measure]:
    """Building, sending and approving; the floor inserts the rows that are left at the end."""
    app = books.app
    written: list[Written] = []
    with app.app_context(), unit_of_work() as session:
        # As many outputs as the claim is to hold; the others wait for another month.
        session.execute(
            update(Output).where(Output.id > lines).values(occurred_on=date(2026, 10, 1))
        )

    def ours(_number: int) -> None:
        with _undone(app):
            claim = _whole_life(books)
            if not written:
                written.append(_kept(app, claim))

    def known(_number: int) -> None:
        with patch.object(checks, "run", _findings_known):
            ours(0)

    ours(0)
    connection = plain_connection(database_of(app).url)
    assert len(written[0].tables[1][1]) == lines

    def floor(_number: int) -> None:
        written[0].again(connection)

    timed = interleaved(rounds, {"ours": ours, "known": known, "floor": floor})
    connection.close()
    count = sum(len(rows) for _statement, rows in written[0].tables)
    yield Measure(
        f"Claim of {lines:,} lines built to approved, {NAMES[kind]}",
        timed["known"].median * 1000,
        "ms",
        ratio=paired_ratio(timed["known"], timed["floor"]),
        goal=GOAL,
        peer="plain inserts",
        note=f"{count:,} rows, what the checks find known beforehand",
    )
    yield Measure(
        f"The same, checks worked out twice, {NAMES[kind]}",
        timed["ours"].median * 1000,
        "ms",
        floor=paired_ratio(timed["ours"], timed["floor"]),
        floor_name="plain inserts",
    )


def _findings_known(claim: Claim, _by: Author) -> checks.CheckRun:
    """Keep that every line passed every check, without looking."""
    ids = list(
        current_session().scalars(select(ClaimLine.id).where(ClaimLine.claim_id == claim.id))
    )
    findings = [Finding(key, "pass", words, line) for line in ids for key, words in CHECKS.items()]
    number = kept.last_run(claim.id) + 1
    checks._keep(claim, number, findings, {})
    return checks.CheckRun(number, len(ids), len(findings), 0, 0)


def _whole_life(books: Books) -> Claim:
    built = claims.build(contract_id=books.contract_id, period=MONTH, by=books.manager)
    assert isinstance(built, Ok), built
    claim = built.value.claim
    sent = claims.submit(reference=claim.reference, revision=claim.revision, by=books.manager)
    assert isinstance(sent, Ok), sent
    ids = current_session().scalars(select(ClaimLine.id).where(ClaimLine.claim_id == claim.id))
    done = reviewing.approve(reference=claim.reference, line_ids=list(ids), by=books.officer)
    assert isinstance(done, Ok), done
    return claim


def _checking(books: Books, kind: str, count: int, rounds: int) -> Measure:
    """The checks of a long draft; the floor is their SQL by the bare driver and one plain loop."""
    app = books.app
    with app.app_context(), unit_of_work():
        built = claims.build(contract_id=books.contract_id, period=MONTH, by=books.manager)
        assert isinstance(built, Ok), built
        reference, claim_id = built.value.claim.reference, built.value.claim.id

    def ours(_number: int) -> None:
        with _undone(app) as session:
            checks.run(session.get_one(Claim, claim_id), books.manager)

    with statements_of(app) as noted:
        ours(0)
    connection = plain_connection(database_of(app).url)

    def floor(_number: int) -> None:
        connection.execute("BEGIN")
        cursor = connection.cursor()
        lines: list[Any] = []
        businesses: list[Any] = []
        try:
            for statement, parameters in noted.made:
                if isinstance(parameters, list):
                    assert _plain_checks(lines, businesses) <= count
                    cursor.executemany(statement, parameters)
                    continue
                cursor.execute(statement, parameters)
                rows = cursor.fetchall() if cursor.description is not None else []
                if "charity_number" in statement:
                    businesses = rows
                elif "outputs.hard_to_reach" in statement:
                    lines = rows
        finally:
            connection.execute("ROLLBACK")

    timed = interleaved(rounds, {"ours": ours, "floor": floor})
    connection.close()
    with app.app_context(), unit_of_work() as session:
        withdrawn = claims.withdraw_draft(reference=reference, by=books.manager)
        assert isinstance(withdrawn, Ok)
        session.execute(delete(CheckResult).where(CheckResult.claim_id == claim_id))
        session.execute(delete(ClaimLine).where(ClaimLine.claim_id == claim_id))
    return Measure(
        f"Checking {count:,} outputs, {NAMES[kind]}",
        timed["ours"].median * 1000,
        "ms",
        ratio=paired_ratio(timed["ours"], timed["floor"]),
        goal=GOAL,
        peer="its SQL and a plain loop",
        note=f"ten checks each, {len(noted)} statements",
    )


def _plain_checks(lines: Sequence[Any], businesses: Sequence[Any]) -> int:
    """The same questions as bare comparisons: what is found is counted, and nothing is worded."""
    blocks: dict[str, list[str]] = {}
    names = {}
    for row in businesses:
        name = names[row[0]] = match_name(row[3])
        blocks.setdefault(name.replace(" ", "")[:5], []).append(name)
    begins, ends, last = date(2026, 4, 1), date(2028, 3, 31), date(2026, 9, 30)
    working: dict[date, bool] = {}
    found = 0
    for row in lines:
        day = date.fromisoformat(row[5]) if isinstance(row[5], str) else row[5]
        facts = row[10] if isinstance(row[10], dict) else json.loads(row[10])
        values = facts["values"]
        if day not in working:
            working[day] = is_working_day(day)
        found += (
            row[7] == "other"
            or not begins <= day <= ends
            or day > last
            or bool(row[12])
            or not values["headcount_on"]
            or (row[9] and not (values["iip_evidence"] and values["training_note"]))
            or not working[day]
        )
        name = names[row[3]]
        near = process.extract(
            name,
            blocks[name.replace(" ", "")[:5]],
            scorer=fuzz.ratio,
            processor=None,
            score_cutoff=86,
            limit=None,
        )
        found += len(near) > 1
    return found


# Verifying ---------------------------------------------------------------------------------------


def _verifying(app: Flask, kind: str, count: int, rounds: int) -> Measure:
    total = fill_ledger(app, count)
    url = database_of(app).url

    def ours(_number: int) -> None:
        with app.app_context():
            proof = verify()
        assert proof.fault is None, proof.fault
        assert proof.entries == total

    def floor(_number: int) -> None:
        assert _plain_chain(url) == total

    timed = interleaved(rounds, {"ours": ours, "floor": floor}, warm=0)
    return Measure(
        f"Verifying {total:,} ledger entries, {NAMES[kind]}",
        timed["ours"].median,
        "s",
        ratio=paired_ratio(timed["ours"], timed["floor"]),
        goal=GOAL,
        peer="plain sha256 chain",
        note="chain, balances, caps, every line's story; "
        f"{timed['ours'].median / total * 1e6:.1f} µs an entry",
    )


def _plain_chain(url: Any) -> int:
    """The chain alone, in plain Python over the bare driver: encode, hash, compare."""
    encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
    sha256: Callable[[bytes], Any] = hashlib.sha256
    connection = plain_connection(url)
    names = ", ".join(f'"{name}"' for name in (*HASHED, "hash"))
    previous, count = "0" * 64, 0
    statement = f"SELECT {names} FROM ledger_entries ORDER BY sequence"
    cursor = _streaming(connection)
    cursor.execute(statement)
    while rows := cursor.fetchmany(5000):
        for row in rows:
            said = dict(zip(HASHED, row, strict=False))
            at = said["at"]
            said["at"] = (
                at.astimezone(UTC).isoformat()
                if isinstance(at, datetime)
                else datetime.fromisoformat(at).replace(tzinfo=UTC).isoformat()
            )
            previous = sha256(f"{previous}\n{encode(said)}".encode()).hexdigest()
            assert previous == row[-1]
            count += 1
    connection.close()
    return count


def _streaming(connection: Any) -> Any:
    """A cursor that does not hold every row at once."""
    if hasattr(connection, "prepare_threshold"):
        connection.autocommit = False
        return connection.cursor(name="chain")
    return connection.cursor()
