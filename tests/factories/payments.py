"""Contracts, rate cards and confirmed work for tests. Call inside ``with unit_of_work():``."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from portal.accounts.models import User
from portal.caseload.models import (
    Attendance,
    Case,
    Confirmation,
    Delivery,
    DiagnosticSession,
)
from portal.caseload.rules.stages import Milestone
from portal.caseload.service import cases
from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_token, token_hash
from portal.kernel.result import Ok
from portal.payments.models import (
    Contract,
    ContractCap,
    Output,
    Rate,
    RateCardVersion,
    Subcontractor,
)
from portal.payments.rules.ledger import Entry
from portal.payments.rules.periods import month_of
from portal.payments.rules.words import BONUS, ENGAGEMENT, OUTPUT_TYPES, SIZE_TIERS
from portal.payments.service import ledger, outputs
from portal.programme.models import Organisation
from tests.factories.accounts import make_user
from tests.factories.caseload import Provider, author_of, make_case, make_lep_officer
from tests.factories.employers import make_employer

_serial = itertools.count(1)
PROGRAMME = "pilot"
# Example amounts in pence: an SME's engagement pays more than a large employer's.
PRICES: Mapping[tuple[str, str], int] = {
    **{(ENGAGEMENT, tier): 60_000 for tier in ("micro", "small", "medium")},
    (ENGAGEMENT, "large"): 40_000,
    **{(kind, tier): 35_000 for kind in OUTPUT_TYPES if kind != ENGAGEMENT for tier in SIZE_TIERS},
}
BONUSES: Mapping[str, int] = dict.fromkeys(SIZE_TIERS, 15_000)


def make_card(
    effective_from: date = date(2026, 4, 1),
    *,
    prices: Mapping[tuple[str, str], int] | None = None,
    bonuses: Mapping[str, int] | None = None,
    published: bool = True,
    version: int | None = None,
) -> RateCardVersion:
    """A rate card, published by somebody else than its drafter unless told otherwise."""
    session = current_session()
    drafter, publisher = make_user(roles=("lep_manager",)), make_user(roles=("lep_manager",))
    card = RateCardVersion(
        programme=PROGRAMME,
        version=version or next(_serial),
        effective_from=effective_from,
        is_example=True,
        drafted_by=drafter.id,
    )
    session.add(card)
    session.flush()
    for (kind, tier), pence in (prices or PRICES).items():
        session.add(Rate(card_id=card.id, output_type=kind, size_tier=tier, pence=pence))
    for tier, pence in (bonuses or BONUSES).items():
        session.add(Rate(card_id=card.id, output_type=BONUS, size_tier=tier, pence=pence))
    session.flush()
    if published:
        card.state, card.published_by, card.published_at = "published", publisher.id, utc_now()
        session.flush()
    return card


def make_contract(
    organisation: Organisation,
    *,
    total_cap_pence: int = 10_000_000,
    caps: Mapping[str, int] | None = None,
    active: bool = True,
    subcontractor: Organisation | None = None,
    by: User | None = None,
    **changes: Any,
) -> Contract:
    """A provider's contract from April 2026 to March 2028, its budget allocated when active."""
    drafter = by or make_lep_officer("lep_manager")
    starts_on = changes.pop("starts_on", date(2026, 4, 1))
    contract = Contract(
        organisation_id=organisation.id,
        programme=PROGRAMME,
        title=f"Example contract {next(_serial)}",
        starts_on=starts_on,
        ends_on=changes.pop("ends_on", date(2028, 3, 31)),
        total_cap_pence=total_cap_pence,
        state="active" if active else "draft",
        open_from=month_of(starts_on),
        drafted_by=drafter.id,
        activated_at=utc_now() if active else None,
        payee_name="EXAMPLE PROVIDER",
        payee_sort_code="000000",
        payee_account="00000000",
        remittance_email="finance@provider.example",
        **changes,
    )
    session = current_session()
    session.add(contract)
    session.flush()
    for kind, pence in (caps or {}).items():
        session.add(ContractCap(contract_id=contract.id, output_type=kind, cap_pence=pence))
    if subcontractor is not None:
        session.add(
            Subcontractor(
                contract_id=contract.id, organisation_id=subcontractor.id, from_on=starts_on
            )
        )
    session.flush()
    if active:
        movement = ledger.Movement(Entry.ALLOCATE, contract.id, total_cap_pence)
        ledger.append([movement], by=author_of(drafter))
    return contract


def make_hard_to_reach(**changes: Any) -> Employer:
    """An employer that both answers, with evidence, make hard to reach."""
    on = changes.pop("on", today() - timedelta(days=30))
    return make_employer(
        iip_status="not_accredited",
        iip_on=on,
        iip_evidence="Said on the phone",
        training_answer="no",
        training_on=on,
        training_note="Said on the phone",
        **changes,
    )


def make_confirmed_session(
    provider: Provider,
    employer: Employer | None = None,
    *,
    held_on: date | None = None,
    confirmed: bool = True,
    diagnostic: bool = True,
    case: Case | None = None,
) -> DiagnosticSession:
    """An in-depth session with a completed diagnostic, confirmed by the employer."""
    session = current_session()
    case = case or make_case(provider, employer)
    day = held_on or today()
    made = DiagnosticSession(
        case_id=case.id,
        held_on=day,
        minutes=90,
        mode="face_to_face",
        present=[{"name": "Example Owner", "job": "Owner", "side": "employer"}],
        by=provider.adviser.id,
        by_name=provider.adviser.name,
    )
    session.add(made)
    session.flush()
    for kind, wanted in ((Milestone.SESSION, True), (Milestone.DIAGNOSTIC, diagnostic)):
        if wanted:
            cases.note_milestone(
                case=case, kind=kind, subject=f"{kind}:{made.reference}", by=provider.author
            )
    if confirmed:
        _confirm(case, session_id=made.id)
    return made


def make_confirmed_delivery(
    provider: Provider,
    *employers: Employer,
    kind: str = "workshop",
    delivered_on: date | None = None,
    confirmed: bool = True,
    attended: int = 8,
) -> Delivery:
    """A delivery attended by employers of the provider, each of which confirmed it."""
    session = current_session()
    made = Delivery(
        organisation_id=provider.organisation.id,
        kind=kind,
        design="off_the_peg",
        title="Example workshop",
        audience=["line_managers"],
        delivered_on=delivered_on or today(),
        minutes=120,
        mode="place",
        place="Leeds",
        trainer="Example Trainer",
        funding="fully_funded",
        by=provider.adviser.id,
        by_name=provider.adviser.name,
    )
    session.add(made)
    session.flush()
    for employer in employers or (make_employer(),):
        case = make_case(provider, employer)
        attendance = Attendance(
            delivery_id=made.id,
            employer_id=employer.id,
            case_id=case.id,
            attended=attended,
            sector=employer.sector,
            size_tier=employer.size_tier,
        )
        session.add(attendance)
        session.flush()
        if confirmed:
            _confirm(case, attendance_id=attendance.id)
    return made


def _confirm(case: Case, **subject: int) -> None:
    session = current_session()
    session.add(
        Confirmation(
            employer_id=case.employer_id,
            case_id=case.id,
            to_name="Example Owner",
            to_email="owner@example.org",
            token_hash=token_hash(new_token()),
            due_on=today() + timedelta(days=14),
            state="confirmed",
            answered_at=utc_now(),
            answered_name="Example Owner",
            **subject,
        )
    )
    session.flush()


def make_output(
    provider: Provider, employer: Employer | None = None, *, held_on: date | None = None
) -> Output:
    """An engagement that arose from confirmed work; contract and card must be there."""
    made = make_confirmed_session(provider, employer, held_on=held_on)
    arisen = outputs.arise_for_session(made.id, provider.author)
    assert isinstance(arisen, Ok), arisen
    return arisen.value
