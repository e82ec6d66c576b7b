"""Many outputs at once, straight to the tables, for claims of thousands of lines."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select

from portal.caseload.models import Case, Confirmation, DiagnosticSession
from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_token, token_hash
from portal.payments.models import Contract, Output, RateCardVersion
from tests.factories.caseload import Provider
from tests.factories.payments import PROGRAMME

_serial = itertools.count(1)


def _spelt(number: int) -> str:
    """A name of its own for each number, unlike the others: two made-up words."""
    heads = ("Aire", "Calder", "Wharfe", "Nidd", "Swale", "Ure", "Don", "Rother", "Derwent", "Esk")
    tails = (
        "bakery",
        "care",
        "inn",
        "grocer",
        "kitchen",
        "lodge",
        "press",
        "stores",
        "tea",
        "yard",
    )
    letters = "abcdefghij"
    middle = "".join(letters[int(digit)] for digit in f"{number:05d}")
    return f"{middle[::-1]}{heads[number % 10]} {tails[number // 10 % 10]} {middle}"


def make_many_outputs(
    provider: Provider,
    contract: Contract,
    card: RateCardVersion,
    count: int,
    *,
    month: date = date(2026, 10, 1),
    pence: int = 60_000,
) -> list[int]:
    """Confirmed engagements of as many employers, each with an output; their keys."""
    session = current_session()
    numbers = [next(_serial) for _ in range(count)]
    days = [month + timedelta(days=number % 28) for number in range(count)]
    employers = _made(
        Employer,
        [
            {
                "name": _spelt(number),
                "sic_codes": ["56101"],
                "sector": "hospitality",
                "district": "leeds",
                "postcode": f"LS{number % 97 + 1} {number // 97 % 10}A{_letter(number)}",
                "headcount": 24,
                "headcount_on": date(2026, 9, 1),
                "size_tier": "small",
                "search_text": _spelt(number),
            }
            for number in numbers
        ],
    )
    cases = _made(
        Case,
        [
            {
                "employer_id": employer,
                "organisation_id": provider.organisation.id,
                "programme": PROGRAMME,
                "adviser_id": provider.adviser.id,
                "stage": "diagnostic",
            }
            for employer in employers
        ],
    )
    sessions = _made(
        DiagnosticSession,
        [
            {
                "case_id": case,
                "held_on": day,
                "minutes": 90,
                "mode": "face_to_face",
                "by_name": "Example Adviser",
            }
            for case, day in zip(cases, days, strict=True)
        ],
    )
    _made(
        Confirmation,
        [
            {
                "employer_id": employer,
                "case_id": case,
                "session_id": held,
                "to_name": "Example Owner",
                "to_email": "owner@example.org",
                "token_hash": token_hash(new_token()),
                "due_on": month + timedelta(days=60),
                "state": "confirmed",
                "answered_at": utc_now(),
                "answered_name": "Example Owner",
            }
            for employer, case, held in zip(employers, cases, sessions, strict=True)
        ],
    )
    outputs = _made(
        Output,
        [
            {
                "programme": PROGRAMME,
                "contract_id": contract.id,
                "organisation_id": provider.organisation.id,
                "output_type": "engagement",
                "employer_id": employer,
                "case_id": case,
                "session_id": held,
                "adviser_id": provider.adviser.id,
                "occurred_on": day,
                "employer_name": _spelt(number),
                "sector": "hospitality",
                "district": "leeds",
                "size_tier": "small",
                "hard_to_reach": False,
                "facts": {"values": {"headcount": 24, "headcount_on": "2026-09-01"}},
                "card_id": card.id,
                "base_pence": pence,
                "bonus_pence": 0,
                "explanation": "Engagement, small employer (24 employees on 1 September 2026), "
                "card 1 in force from 1 April 2026: £600.00; no bonus: not hard to reach",
            }
            for employer, case, held, day, number in zip(
                employers, cases, sessions, days, numbers, strict=True
            )
        ],
    )
    session.expire_all()
    return outputs


def _letter(number: int) -> str:
    return "ABDEFGHJLN"[number // 970 % 10]


def _made(model: Any, rows: list[dict[str, Any]]) -> list[int]:
    """Rows added many at a time; their keys, in order."""
    session = current_session()
    before = session.scalar(select(model.id).order_by(model.id.desc()).limit(1)) or 0
    session.execute(insert(model), rows)
    return list(session.scalars(select(model.id).where(model.id > before).order_by(model.id)))
