"""People to sign in as, and the long things that pages are measured on, in a seeded programme.

Everything is of the same size however many employers there are, so that a page which takes longer
in a larger programme shows what the others' rows cost it: one adviser's cases, a timeline of 2,000
entries, a claim of 5,000 lines. Only the network grows with the programme, as it would.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import select, text, update

from portal.accounts.models import User
from portal.caseload.models import (
    Attendance,
    Case,
    Confirmation,
    Delivery,
    EvidenceFile,
    NextAction,
)
from portal.cli.bulk.loading import Bulk, move_sequences
from portal.cli.bulk.seeding import PROGRAMME
from portal.db import current_session, unit_of_work
from portal.diagnostics import service as diagnostics
from portal.diagnostics.models import Response
from portal.employers.models import Employer, TimelineEntry
from portal.kernel import clock
from portal.kernel.clock import today
from portal.kernel.ids import token_hash
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.network.models import NetworkInvitation, NetworkMember
from portal.network.service import ties
from portal.payments.models import Contract, Output
from portal.payments.rules.ledger import Entry
from portal.payments.service import checks, claims, ledger
from portal.programme.models import Organisation, StaffPost
from tests.bench.bench_payments import _findings_known
from tests.bench.support_payments import FACTS, MONTH
from tests.factories.accounts import make_user
from tests.factories.action_plans import Party, make_party, make_plan

LINES = 5_000
ENTRIES = 2_000
# Cases of the adviser who is measured, and of the provider with a claim.
OWN_CASES, CASES = 200, 700
ANSWERING = 64
_NOW = datetime(2026, 10, 2, 9, 0, tzinfo=UTC)
_CLAIMED = datetime(2026, 10, 5, 10, 0, tzinfo=UTC)
_CAP = 10_000_000_000
_STAFF = {
    "adviser": "adviser",
    "manager": "provider_manager",
    "officer": "lep_officer",
    "head": "lep_manager",
}
_CARE = ("call", "visit", "email")


def add_cast(app: Flask, employers: int) -> dict[str, Any]:
    """Write the cast; gives what a benchmark must know: keys of people, and references."""
    with app.app_context():
        people = _people()
        owner = make_party(name="Example Bakery for measuring Ltd")
        make_plan(owner)
        with unit_of_work():
            provider = _provider(people)
            cases = _own_cases(people["adviser"], provider)
            _results([employer for _key, employer, own in cases if own], owner)
            _timeline(employers, cases[0][1])
            contract = _contract(people, provider)
            _work(contract, provider, cases)
        with clock.freeze(_CLAIMED), unit_of_work():
            claim = _claim(contract, people["manager"])
        _network(employers)
        answering = [_answering(number) for number in range(ANSWERING)]
        return {
            "people": {**people, "owner": owner.owner_id},
            "employer": owner.employer,
            "result": owner.response.reference,
            "timeline": _reference(cases[0][1]),
            "own_cases": [case for _key, _employer, case in cases if case],
            "claim": claim,
            "answering": answering,
        }


def _people() -> dict[str, int]:
    return {
        who: make_user(
            f"{who}@measuring.example", name=f"Example {who}", roles=[role], password=None
        ).id
        for who, role in _STAFF.items()
    }


def _provider(people: dict[str, int]) -> int:
    session = current_session()
    provider = Organisation(kind="provider", name="Example Provider for measuring")
    session.add(provider)
    session.flush()
    for who in ("adviser", "manager"):
        session.add(StaffPost(user_id=people[who], organisation_id=provider.id))
    session.flush()
    return provider.id


def _own_cases(adviser: int, provider: int) -> list[tuple[int, int, str]]:
    """The provider's cases: key, employer, and the reference of those open with the adviser."""
    session = current_session()
    session.execute(update(Case).where(Case.id <= CASES).values(organisation_id=provider))
    session.execute(
        update(Case)
        .where(Case.id <= OWN_CASES, Case.closed_at.is_(None))
        .values(adviser_id=adviser, contact_name="Example Contact", contact_phone="0113 496 0000")
    )
    rows = session.execute(
        select(Case.id, Case.employer_id, Case.reference, Case.adviser_id, Case.closed_at)
        .where(Case.id <= CASES)
        .order_by(Case.id)
    ).all()
    found = [
        (row.id, row.employer_id, row.reference if row.adviser_id == adviser else "")
        for row in rows
        if row.closed_at is None
    ]
    actions = [
        {
            "case_id": key,
            "kind": _CARE[place % 3],
            "what": f"Ask about staff numbers & rota {place}",
            "due_on": today() + timedelta(days=place % 30 - 8),
        }
        for place, (key, _employer, own) in enumerate(found)
        if own and place % 10 != 9
    ]
    _load(NextAction, actions)
    return found


def _results(employers: list[int], like: Party) -> None:
    """The adviser's employers have whole results, as long as results are."""
    current_session().execute(
        update(Response)
        .where(Response.employer_id.in_(employers), Response.is_current)
        .values(result=like.response.result)
    )


def _load(model: Any, rows: Any, **constants: Any) -> None:
    connection = current_session().connection()
    Bulk(connection, model, **constants).load(rows)
    move_sequences(connection, [model.__table__])


def _timeline(employers: int, longest: int) -> None:
    """Five entries for every employer, and 2,000 for one."""

    def rows() -> Iterator[dict[str, Any]]:
        for number in range(ENTRIES):
            yield _entry(longest, number)
        for employer in range(1, employers + 1):
            for number in range(5):
                yield _entry(employer, number)

    _load(TimelineEntry, rows())


_KINDS = ("contact", "case", "support", "record", "plan", "evidence")


def _entry(employer: int, number: int) -> dict[str, Any]:
    return {
        "employer_id": employer,
        "at": _NOW - timedelta(hours=number * 5),
        "recorded_at": _NOW,
        "kind": _KINDS[number % 6],
        "title": f"Call with Contact & Person {number}",
        "text": "Spoke about supervisors' hours and what the rota allows. " * 3,
        "by_name": f"Example Adviser {number % 3}",
        "subject": f"interaction:{number:010d}",
    }


# Money -------------------------------------------------------------------------------------------


def _contract(people: dict[str, int], provider: int) -> int:
    session = current_session()
    contract = Contract(
        organisation_id=provider,
        programme=PROGRAMME,
        title="Example contract for measuring",
        starts_on=date(2026, 4, 1),
        ends_on=date(2028, 3, 31),
        total_cap_pence=_CAP,
        state="active",
        open_from=date(2026, 4, 1),
    )
    session.add(contract)
    session.flush()
    by = Author(people["officer"], "Example officer", "officer@measuring.example")
    ledger.append([ledger.Movement(Entry.ALLOCATE, contract.id, _CAP)], by=by)
    return contract.id


def _next(model: Any) -> int:
    table = model.__tablename__
    found = current_session().execute(text(f"SELECT max(id) FROM {table}")).scalar()
    return int(found or 0) + 1


def _work(contract: int, provider: int, cases: list[tuple[int, int, str]]) -> None:
    """5,000 training sessions of September, each with who came, what they said, and a file."""
    delivery, attendance = _next(Delivery), _next(Attendance)
    numbers = range(LINES)
    over = [cases[n % len(cases)] for n in numbers]
    day = [MONTH + timedelta(days=n % 28) for n in numbers]
    wanted = select(Employer.id, Employer.name).where(Employer.id <= 2 * CASES)
    names = {row.id: row.name for row in current_session().execute(wanted)}
    _load(
        Delivery,
        ({"id": delivery + n, "reference": f"HV{n:08d}", "delivered_on": day[n]} for n in numbers),
        organisation_id=provider, kind="training_session", design="off_the_peg", minutes=90,
        title="Example session", mode="place", trainer="Example Trainer", funding="fully_funded",
        by_name="Example Adviser",
    )  # fmt: skip
    _load(
        Attendance,
        (
            {"id": attendance + n, "reference": f"HA{n:08d}", "delivery_id": delivery + n,
             "employer_id": over[n][1], "case_id": over[n][0]}
            for n in numbers
        ),
        attended=4, sector="retail", size_tier="small",
    )  # fmt: skip
    _load(
        Confirmation,
        (
            {"reference": f"HF{n:08d}", "attendance_id": attendance + n, "employer_id": over[n][1],
             "case_id": over[n][0], "token_hash": token_hash(f"measuring-{n}")}
            for n in numbers
        ),
        to_name="Example Owner", to_email="owner@example.org", due_on=date(2026, 10, 20),
        state="confirmed", answered_at=_NOW, answered_name="Example Owner",
    )  # fmt: skip
    _load(
        EvidenceFile,
        (
            {"reference": f"HE{n:08d}", "employer_id": over[n][1], "case_id": over[n][0],
             "subject": f"delivery:HV{n:08d}", "sha256": f"{n + 1:064x}",
             "storage_key": f"evidence/measuring-{n}"}
            for n in numbers
        ),
        organisation_id=provider, kind="attendance_sheet", file_name="sheet.csv",
        media_type="text/csv", size_bytes=2000, scan_state="clean", scanned_at=_NOW,
        by_name="Example Adviser",
    )  # fmt: skip
    _load(
        Output,
        (
            {"reference": f"HQ{n:08d}", "employer_id": over[n][1], "case_id": over[n][0],
             "delivery_id": delivery + n, "occurred_on": day[n],
             "employer_name": names[over[n][1]], "district": "leeds"}
            for n in numbers
        ),
        programme=PROGRAMME, contract_id=contract, organisation_id=provider,
        output_type="training_session", session_id=None, arose_at=_NOW, sector="retail",
        size_tier="small", hard_to_reach=False, facts=FACTS, card_id=1, base_pence=35_000,
        bonus_pence=0, explanation="Training session, small employer, card 1: £350.00",
    )  # fmt: skip


def _claim(contract: int, manager: int) -> str:
    """Drafted and sent; what the checks find is said beforehand: everything passes."""
    by = Author(manager, "Example manager", "manager@measuring.example")
    with patch.object(checks, "run", _findings_known):
        built = claims.build(contract_id=contract, period=MONTH, by=by)
        assert isinstance(built, Ok), built
        claim = built.value.claim
        assert built.value.added == LINES, built.value
        sent = claims.submit(reference=claim.reference, revision=claim.revision, by=by)
        assert isinstance(sent, Ok), sent
    return claim.reference


# The network and people who answer ---------------------------------------------------------------


def _network(employers: int) -> None:
    """One employer in twenty is a member, and was invited by four who came before it."""
    members = [20 * (n + 1) for n in range(min(2_000, employers // 20))]
    with unit_of_work():
        _load(
            NetworkMember,
            (
                {"employer_id": key, "joined_at": _NOW - timedelta(days=600 - place % 590),
                 "reference": f"HN{place:08d}", "link_code": f"HL{place:08d}"}
                for place, key in enumerate(members)
            ),
            shown=["name", "sector", "district", "about"], about="Example: a shop in a market town",
        )  # fmt: skip
        _load(
            NetworkInvitation,
            (
                {"reference": f"H{back}{place:08d}", "from_employer_id": members[place - back],
                 "token_hash": token_hash(f"invited-{place}-{back}"),
                 "joined_employer_id": members[place],
                 "joined_at": _NOW - timedelta(days=590 - place % 580)}
                for place in range(4, len(members))
                for back in (1, 2, 3, 4)
            ),
            by_name="Example Member", state="joined",
        )  # fmt: skip
    ties.renew()


def _answering(number: int) -> dict[str, Any]:
    """Somebody in the middle of a diagnostic."""
    with unit_of_work():
        person: User = make_user(
            f"answering{number:02d}@measuring.example", name="Example Person", password=None
        )
        started = diagnostics.start(sector="hospitality", size_tier="small", owner_id=person.id)
        return {"person": person.id, "response": started.value}


def _reference(employer: int) -> str:
    found = current_session().scalar(select(Employer.reference).where(Employer.id == employer))
    assert found is not None
    return found
