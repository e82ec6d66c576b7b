"""Money in bulk: ready outputs of one contract, and a ledger of a million entries."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import bindparam, insert, update

from portal.caseload.models import (
    Case,
    Confirmation,
    DiagnosticSession,
    EvidenceFile,
    ReferralSource,
)
from portal.caseload.rules.working_days import is_working_day
from portal.db import unit_of_work
from portal.employers.models import Employer
from portal.kernel.people import Author
from portal.payments.models import Contract, Output, Rate, RateCardVersion
from portal.payments.rules.chain import GENESIS
from portal.payments.rules.ledger import ROUTES, Entry
from portal.payments.rules.words import BONUS, ENGAGEMENT, OUTPUT_TYPES, SIZE_TIERS
from portal.payments.service import ledger
from portal.programme.models import Organisation
from tests.bench.support import database_of, person_with_cookie, plain_connection, seed_employers

MONTH = date(2026, 9, 1)
CAP = 10_000_000_000
# Each has no more sessions on a day than a day holds.
ADVISERS = 150
_NOW = datetime(2026, 10, 2, 9, 0, tzinfo=UTC)
_TIERS = tuple(SIZE_TIERS)
FACTS = {
    "values": {
        "name": "Example Employer Ltd",
        "headcount": 24,
        "headcount_on": "2026-08-01",
        "size_tier": "small",
        "iip_evidence": "Said on the phone",
        "training_note": "Said on the phone",
    },
    "known_later": [],
    "work": {"minutes": 90},
}


# Names as different from one another as those of real businesses are.
_BEGINS = (
    "Bal Cor Dun Fen Gar Hol Kes Lum Mar Nor Pel Quin Ros Sel Tam Ulver Wen Yar Zet Ack Bry Cul"
)
_MIDDLES = "a e i o u ar en il or um as et in ol us am ed ig ox ul ay ew"
_ENDS = (
    "by don ford gate ham ley mere ness ow port ridge shaw ton vale well wick worth beck croft dale"
)
_TRADES = (
    *("Bakery", "Butchers", "Care", "Catering", "Chemist", "Clothing", "Coffee", "Crafts"),
    *("Day Centre", "Diner", "Electricals", "Fashion", "Florist", "Foods", "Furniture", "Garden"),
    *("Grocers", "Hotel", "Inn", "Kitchen", "Lodge", "Market", "Nursing", "Shoes", "Toys"),
)


def _name(number: int) -> str:
    begins, middles, ends = _BEGINS.split(), _MIDDLES.split(), _ENDS.split()
    first = begins[number % 22] + middles[number // 22 % 22] + ends[number // 484 % 20]
    return f"{first} {_TRADES[number % 25]} Ltd"


def _worked_on(number: int) -> date:
    """A working day of the month that is claimed."""
    return _WORKING[number // ADVISERS % len(_WORKING)]


_WORKING = [day for day in (MONTH + timedelta(days=n) for n in range(30)) if is_working_day(day)]


def _postcode(number: int) -> str:
    letters = "ABDEFGHJLN"
    return f"LS{number % 28 + 1} {number // 28 % 9 + 1}{letters[number // 252 % 10]}A"


_EMPLOYERS: Any = Employer.__table__
_RENAME = (
    update(_EMPLOYERS)
    .where(_EMPLOYERS.c.id == bindparam("key"))
    .values(name=bindparam("new"), trading_name=None, postcode=bindparam("code"))
)


class Books:
    """A contract with so many outputs that are ready to be claimed, and who works on them."""

    def __init__(self, app: Flask, count: int) -> None:
        self.app = app
        advisers = [
            person_with_cookie(app, roles=["adviser"], name=f"Example Adviser {n}")[0]
            for n in range(ADVISERS)
        ]
        manager, _cookie = person_with_cookie(
            app, roles=["provider_manager"], name="Example Manager"
        )
        officer, _cookie = person_with_cookie(app, roles=["lep_officer"], name="Example Officer")
        # The first person owns what is seeded.
        seed_employers(app, count)
        self.manager = Author(manager, "Example Manager", "manager@example.org")
        self.officer = Author(officer, "Example Officer", "officer@example.org")
        with app.app_context(), unit_of_work() as session:
            provider = Organisation(kind="provider", name="Example Provider for benchmarks")
            source = ReferralSource(kind="chamber", name="Example Chamber for benchmarks")
            session.add_all([provider, source])
            session.flush()
            self.card_id = _card(session)
            contract = Contract(
                organisation_id=provider.id,
                programme="pilot",
                title="Example contract for benchmarks",
                starts_on=date(2026, 4, 1),
                ends_on=date(2028, 3, 31),
                total_cap_pence=CAP,
                state="active",
                open_from=date(2026, 4, 1),
            )
            session.add(contract)
            session.flush()
            self.contract_id = contract.id
            movement = ledger.Movement(Entry.ALLOCATE, contract.id, CAP)
            ledger.append([movement], by=self.officer)
            names = [{"key": n + 1, "new": _name(n), "code": _postcode(n)} for n in range(count)]
            session.connection().execute(_RENAME, names)
            for model, rows in self._rows(count, provider.id, source.id, advisers):
                for begun in range(0, len(rows), 5000):
                    session.execute(insert(model), rows[begun : begun + 5000])
        with database_of(app).engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()

    def _rows(
        self, count: int, provider: int, source: int, advisers: list[int]
    ) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
        numbers = range(count)
        by = [advisers[n % ADVISERS] for n in numbers]
        yield Case, [_case(n, provider, source, by[n]) for n in numbers]
        yield DiagnosticSession, [_session(n, by[n]) for n in numbers]
        yield Confirmation, [_confirmation(n) for n in numbers]
        yield EvidenceFile, [_file(n, provider) for n in numbers]
        yield Output, [self._output(n, provider, by[n]) for n in numbers]

    def _output(self, number: int, provider: int, adviser: int) -> dict[str, Any]:
        return {
            "id": number + 1,
            "reference": f"T{number:09d}",
            "programme": "pilot",
            "contract_id": self.contract_id,
            "organisation_id": provider,
            "output_type": ENGAGEMENT,
            "employer_id": number + 1,
            "case_id": number + 1,
            "session_id": number + 1,
            "delivery_id": None,
            "adviser_id": adviser,
            "occurred_on": _worked_on(number),
            "arose_at": _NOW,
            "employer_name": _name(number),
            "sector": "retail",
            "district": "leeds",
            "size_tier": _TIERS[number % 3],
            "hard_to_reach": number % 4 == 0,
            "facts": FACTS,
            "card_id": self.card_id,
            "base_pence": 60_000,
            "bonus_pence": 15_000 if number % 4 == 0 else 0,
            "explanation": "Engagement, small employer (24 employees on 1 August 2026), card 1 in "
            "force from 1 April 2026: £600.00; no bonus: nothing is known",
        }


def _card(session: Any) -> int:
    card = RateCardVersion(
        programme="pilot",
        version=1,
        effective_from=date(2026, 4, 1),
        is_example=True,
    )
    session.add(card)
    session.flush()
    for tier in SIZE_TIERS:
        for kind in (*OUTPUT_TYPES, BONUS):
            session.add(Rate(card_id=card.id, output_type=kind, size_tier=tier, pence=60_000))
    session.flush()
    card.state, card.published_at = "published", _NOW
    session.flush()
    key: int = card.id
    return key


def _case(number: int, provider: int, source: int, adviser: int) -> dict[str, Any]:
    return {
        "id": number + 1,
        "reference": f"C{number:09d}",
        "employer_id": number + 1,
        "organisation_id": provider,
        "programme": "pilot",
        "adviser_id": adviser,
        "source_id": source,
        "stage": "support",
        "stage_since": _NOW,
        "opened_at": _NOW,
        "contact_name": "Example Contact",
        "contact_email": "contact@example.org",
        "contact_phone": "0113 496 0000",
    }


def _session(number: int, adviser: int) -> dict[str, Any]:
    return {
        "id": number + 1,
        "reference": f"S{number:09d}",
        "case_id": number + 1,
        "held_on": _worked_on(number),
        "minutes": 90,
        "mode": "face_to_face",
        "by": adviser,
        "by_name": "Example Adviser",
    }


def _confirmation(number: int) -> dict[str, Any]:
    return {
        "reference": f"F{number:09d}",
        "session_id": number + 1,
        "employer_id": number + 1,
        "case_id": number + 1,
        "to_name": "Example Owner",
        "to_email": "owner@example.org",
        "token_hash": f"{number:064x}",
        "due_on": date(2026, 10, 20),
        "state": "confirmed",
        "answered_at": _NOW,
        "answered_name": "Example Owner",
    }


def _file(number: int, provider: int) -> dict[str, Any]:
    return {
        "reference": f"E{number:09d}",
        "employer_id": number + 1,
        "case_id": number + 1,
        "organisation_id": provider,
        "kind": "attendance_sheet",
        "subject": f"session:S{number:09d}",
        "file_name": "sheet.csv",
        "media_type": "text/csv",
        "size_bytes": 2000,
        "sha256": f"{number + 1:064x}",
        "storage_key": f"evidence/{number}",
        "scan_state": "clean",
        "scanned_at": _NOW,
        "by_name": "Example Adviser",
    }


# A long ledger -----------------------------------------------------------------------------------

_STEPS = (Entry.COMMIT, Entry.APPROVE, Entry.PAY)
_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
LINES_A_CLAIM = 500
_COLUMNS = (
    *("id", "sequence", "at", "contract_id", "kind", "source", "target", "pence", "claim_id"),
    *("line_id", "output_id", "about_id", "reason", "by", "by_name", "previous", "hash"),
)
HASHED = _COLUMNS[1:15]


def entries(lines: int, contract: int) -> Iterator[tuple[Any, ...]]:
    """One allocation, then of every line that it was committed, approved and paid."""
    at = _NOW.isoformat()
    previous, sequence = GENESIS, 0

    def made(kind: Entry, pence: int, line: int | None) -> tuple[Any, ...]:
        nonlocal previous, sequence
        sequence += 1
        source, target = ROUTES[kind]
        claim = None if line is None else (line - 1) // LINES_A_CLAIM + 1
        said = (
            *(sequence, at, contract, kind.value, source.value, target.value, pence, claim),
            *(line, line, None, "", None, "Example Officer"),
        )
        text = _ENCODE(dict(zip(HASHED, said, strict=True)))
        before = previous
        previous = hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()
        return (sequence, *said, before, previous)

    yield made(Entry.ALLOCATE, lines * 60_000, None)
    for line in range(1, lines + 1):
        for kind in _STEPS:
            yield made(kind, 60_000, line)


def fill_ledger(app: Flask, count: int) -> int:
    """A ledger of about so many entries with its outputs, claims and lines; how many there are.

    Written past the application: what the tables ask for of other rooms is not there, and nobody
    asks for it when the ledger is verified.
    """
    lines = (count - 1) // len(_STEPS)
    url = database_of(app).url
    connection = plain_connection(url)
    is_sqlite = isinstance(connection, sqlite3.Connection)
    if is_sqlite:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
    else:
        connection.autocommit = False
        connection.execute("SET session_replication_role = replica")
    _write(connection, is_sqlite, "contracts", _contracts())
    _write(connection, is_sqlite, "outputs", _outputs(lines))
    _write(connection, is_sqlite, "claims", _claims(lines))
    _write(connection, is_sqlite, "claim_lines", _lines(lines))
    kept: list[Any] = [None]
    _write(connection, is_sqlite, "ledger_entries", _noting(entries(lines, 1), kept))
    last = kept[0]
    _write(
        connection,
        is_sqlite,
        "chain_heads",
        iter([(("id", "chain", "sequence", "hash")), (1, "ledger", last[1], last[16])]),
    )
    connection.commit()
    if is_sqlite:
        connection.execute("ANALYZE")
    else:
        connection.autocommit = True
        connection.execute("ANALYZE")
    connection.close()
    total: int = last[1]
    return total


def _noting(rows: Iterator[tuple[Any, ...]], kept: list[Any]) -> Iterator[tuple[Any, ...]]:
    yield _COLUMNS
    for row in rows:
        kept[0] = row
        yield row


def _write(connection: Any, is_sqlite: bool, table: str, rows: Iterator[Sequence[Any]]) -> None:
    columns = next(rows)
    names = ", ".join(f'"{name}"' for name in columns)
    if is_sqlite:
        marks = ", ".join("?" * len(columns))
        connection.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",
            ([_sqlite(value) for value in row] for row in rows),
        )
        return
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _sqlite(value: Any) -> Any:
    # As the application stores an instant there: without its zone, to the microsecond.
    if isinstance(value, str) and value.endswith("+00:00"):
        return value[:-6].replace("T", " ") + ".000000"
    return value


_AT = _NOW.isoformat()


def _contracts() -> Iterator[Sequence[Any]]:
    yield (
        *("id", "reference", "organisation_id", "programme", "title", "starts_on", "ends_on"),
        *("total_cap_pence", "state", "open_from", "payee_name", "payee_sort_code"),
        *("payee_account", "remittance_email", "revision", "created_at", "updated_at"),
    )
    yield (
        *(1, "K000000000", 1, "pilot", "Example contract", "2026-04-01", "2028-03-31"),
        *(10_000_000_000, "active", "2026-04-01", "", "", "", "", 1, _AT, _AT),
    )


def _outputs(count: int) -> Iterator[Sequence[Any]]:
    yield (
        *("id", "reference", "programme", "contract_id", "organisation_id", "output_type"),
        *("employer_id", "case_id", "session_id", "occurred_on", "arose_at", "employer_name"),
        *("sector", "district", "size_tier", "hard_to_reach", "facts", "card_id", "base_pence"),
        *("bonus_pence", "explanation", "created_at", "updated_at"),
    )
    for n in range(1, count + 1):
        yield (
            *(n, f"T{n:09d}", "pilot", 1, 1, ENGAGEMENT, n, n, n, "2026-09-03", _AT),
            *("Example Employer", "retail", "leeds", "small", False, "{}", 1, 60_000, 0),
            *("Engagement", _AT, _AT),
        )


def _claims(lines: int) -> Iterator[Sequence[Any]]:
    yield (
        *("id", "reference", "contract_id", "period", "number", "state", "submitted_at"),
        *("submitted_name", "revision", "created_at", "updated_at"),
    )
    for n in range(1, (lines - 1) // LINES_A_CLAIM + 2):
        yield (n, f"M{n:09d}", 1, "2026-09-01", n, "paid", _AT, "Example", 1, _AT, _AT)


def _lines(count: int) -> Iterator[Sequence[Any]]:
    yield (
        *("id", "claim_id", "output_id", "state", "pence", "explanation", "decided_name"),
        *("reason", "created_at", "updated_at"),
    )
    for n in range(1, count + 1):
        claim = (n - 1) // LINES_A_CLAIM + 1
        yield (n, claim, n, "approved", 60_000, "Engagement", "Example", "", _AT, _AT)
