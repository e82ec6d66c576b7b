"""One output with everything that was frozen on it, and its life from arising to being paid."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.caseload.models import Attendance, Case, Confirmation, Delivery, DiagnosticSession
from portal.db import current_session
from portal.employers.models import Employer
from portal.payments.models import (
    Claim,
    ClaimLine,
    Contract,
    LedgerEntry,
    LineQuery,
    Output,
    Payment,
    RateCardVersion,
)
from portal.payments.rules.outputs import OutputState, state_of
from portal.payments.rules.states import LineState
from portal.programme.models import Organisation

_OWN: Final = (
    *("id", "reference", "output_type", "organisation_id", "employer_name", "occurred_on"),
    *("arose_at", "sector", "district", "size_tier", "hard_to_reach", "facts", "base_pence"),
    *("bonus_pence", "explanation", "withdrawn_at", "withdrawn_reason"),
)


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """An output as its page needs it. Pence; ``contract_owner`` is whose contract it is under."""

    id: int
    reference: str
    output_type: str
    organisation_id: int
    employer_name: str
    occurred_on: date
    arose_at: datetime
    sector: str
    district: str
    size_tier: str
    hard_to_reach: bool
    facts: dict[str, Any]
    base_pence: int
    bonus_pence: int
    explanation: str
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    organisation_name: str
    contract_owner: int
    contract_owner_name: str
    contract_reference: str
    contract_title: str
    open_from: date
    card_reference: str
    card_version: int
    card_from: date
    employer_reference: str
    case_reference: str
    session_reference: str | None
    delivery_reference: str | None
    delivery_title: str | None
    adviser_name: str | None
    answered_name: str | None
    answered_at: datetime | None

    @property
    def pence(self) -> int:
        """What it is worth, in pence."""
        return self.base_pence + self.bonus_pence

    @property
    def subject(self) -> str:
        """The record it arose from, as evidence names it."""
        if self.session_reference is not None:
            return f"session:{self.session_reference}"
        return f"delivery:{self.delivery_reference}"


_prime = aliased(Organisation)
_attended = and_(
    Attendance.delivery_id == Output.delivery_id, Attendance.employer_id == Output.employer_id
)
_answer = and_(
    Confirmation.case_id == Output.case_id,
    Confirmation.state == "confirmed",
    or_(Confirmation.session_id == Output.session_id, Confirmation.attendance_id == Attendance.id),
)
_FACTS: Final = (
    select(
        *(getattr(Output, name) for name in _OWN),
        Organisation.name.label("organisation_name"),
        Contract.organisation_id.label("contract_owner"),
        _prime.name.label("contract_owner_name"),
        Contract.reference.label("contract_reference"),
        Contract.title.label("contract_title"),
        Contract.open_from,
        RateCardVersion.reference.label("card_reference"),
        RateCardVersion.version.label("card_version"),
        RateCardVersion.effective_from.label("card_from"),
        Employer.reference.label("employer_reference"),
        Case.reference.label("case_reference"),
        DiagnosticSession.reference.label("session_reference"),
        Delivery.reference.label("delivery_reference"),
        Delivery.title.label("delivery_title"),
        User.name.label("adviser_name"),
        Confirmation.answered_name,
        Confirmation.answered_at,
    )
    .join(Contract, Contract.id == Output.contract_id)
    .join(Organisation, Organisation.id == Output.organisation_id)
    .join(_prime, _prime.id == Contract.organisation_id)
    .join(RateCardVersion, RateCardVersion.id == Output.card_id)
    .join(Employer, Employer.id == Output.employer_id)
    .join(Case, Case.id == Output.case_id)
    .outerjoin(DiagnosticSession, DiagnosticSession.id == Output.session_id)
    .outerjoin(Delivery, Delivery.id == Output.delivery_id)
    .outerjoin(Attendance, _attended)
    .outerjoin(Confirmation, _answer)
    .outerjoin(User, User.id == Output.adviser_id)
)


def output_facts(reference: str) -> OutputFacts | None:
    """The output of this reference, whoever's it is, in one statement."""
    found = current_session().execute(_FACTS.where(Output.reference == reference))
    row = found.mappings().first()
    return None if row is None else OutputFacts(**row)


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line on which an output stood or stands, with its claim and payment."""

    id: int
    state: LineState
    pence: int
    reason: str
    created_at: datetime
    decided_at: datetime | None
    decided_name: str
    claim_reference: str
    claim_state: str
    period: date
    number: int
    submitted_at: datetime | None
    submitted_name: str
    paid_on: date | None
    bank_reference: str | None

    @property
    def claim_title(self) -> str:
        """What its claim is called."""
        more = f", {self.number}" if self.number > 1 else ""
        return f"{self.period:%B %Y}{more}"


def lines_of(output_id: int) -> list[LineFacts]:
    """Every line an output ever stood on, the first first."""
    rows = current_session().execute(
        select(
            *(ClaimLine.id, ClaimLine.state, ClaimLine.pence, ClaimLine.reason),
            *(ClaimLine.created_at, ClaimLine.decided_at, ClaimLine.decided_name),
            *(Claim.reference, Claim.state, Claim.period, Claim.number),
            *(Claim.submitted_at, Claim.submitted_name),
            *(Payment.paid_on, Payment.bank_reference),
        )
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .outerjoin(Payment, Payment.claim_id == Claim.id)
        .where(ClaimLine.output_id == output_id)
        .order_by(ClaimLine.id)
    )
    found: list[LineFacts] = []
    for row in rows:
        key, state, *rest = row
        found.append(LineFacts(key, LineState(state), *rest))
    return found


def state_by_lines(lines: Collection[LineFacts], *, withdrawn: bool) -> OutputState:
    """How far an output has come, by the line that holds it."""
    line = next((one for one in lines if one.state.holds_output), None)
    return state_of(
        withdrawn=withdrawn,
        line_state=None if line is None else line.state.value,
        claim_state=None if line is None else line.claim_state,
    )


@dataclass(frozen=True, slots=True)
class QueryFacts:
    """A question about a line, or its answer."""

    line_id: int
    side: str
    words: str
    at: datetime
    by_name: str


def queries_of(line_ids: Collection[int]) -> list[QueryFacts]:
    """What was asked and answered about lines, in order."""
    if not line_ids:
        return []
    rows = current_session().execute(
        select(LineQuery.line_id, LineQuery.side, LineQuery.words, LineQuery.at, LineQuery.by_name)
        .where(LineQuery.line_id.in_(line_ids))
        .order_by(LineQuery.at, LineQuery.id)
    )
    return [QueryFacts(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """One entry of the ledger about a line."""

    sequence: int
    at: datetime
    kind: str
    source: str
    target: str
    pence: int
    reason: str
    by_name: str


def entries_of(line_ids: Collection[int]) -> list[EntryFacts]:
    """Every entry of the ledger about lines, in order."""
    if not line_ids:
        return []
    rows = current_session().execute(
        select(
            *(LedgerEntry.sequence, LedgerEntry.at, LedgerEntry.kind, LedgerEntry.source),
            *(LedgerEntry.target, LedgerEntry.pence, LedgerEntry.reason, LedgerEntry.by_name),
        )
        .where(LedgerEntry.line_id.in_(line_ids))
        .order_by(LedgerEntry.sequence)
    )
    return [EntryFacts(*row) for row in rows]
