"""Audit samples: what they are drawn from, their lines, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select, and_, case, exists, func, select
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.db import current_session
from portal.payments.models import (
    AuditSample,
    AuditSampleItem,
    CheckOverride,
    CheckResult,
    Claim,
    ClaimLine,
    Contract,
    LedgerEntry,
    Output,
    Payment,
    PaymentRun,
)
from portal.payments.rules.ledger import Entry
from portal.payments.rules.samples import Looked, Population
from portal.payments.rules.sampling import Risk
from portal.payments.rules.states import LineState
from portal.programme.models import Organisation

PAGE: Final = 50


def paid_lines(programme: str, *, from_on: date, until_on: date) -> list[Risk]:
    """Every line paid between two days, both included, with what makes it risky."""
    newest = (
        select(CheckResult.claim_id, func.max(CheckResult.run).label("run"))
        .group_by(CheckResult.claim_id)
        .subquery()
    )
    warned = (
        select(CheckResult.line_id, func.count().label("warnings"))
        .join(
            newest,
            and_(newest.c.claim_id == CheckResult.claim_id, newest.c.run == CheckResult.run),
        )
        .where(CheckResult.result == "warn", CheckResult.line_id.is_not(None))
        .group_by(CheckResult.line_id)
        .subquery()
    )
    overridden = exists().where(
        CheckOverride.output_id == Output.id, CheckOverride.granted_at.is_not(None)
    )
    rows = current_session().execute(
        select(
            ClaimLine.id,
            ClaimLine.pence,
            func.coalesce(warned.c.warnings, 0),
            case((overridden, 1), else_=0),
            Output.bonus_pence,
        )
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .join(Contract, Contract.id == Claim.contract_id)
        .join(Payment, Payment.claim_id == Claim.id)
        .join(Output, Output.id == ClaimLine.output_id)
        .outerjoin(warned, warned.c.line_id == ClaimLine.id)
        .where(
            Contract.programme == programme,
            ClaimLine.state == LineState.APPROVED.value,
            ClaimLine.pence > 0,
            Payment.paid_on >= from_on,
            Payment.paid_on <= until_on,
        )
    )
    return [
        Risk(row[0], row[1], int(row[2]), overridden=bool(row[3]), bonus=row[4] > 0) for row in rows
    ]


def same_draw(
    programme: str, *, seed: str, from_on: date, until_on: date, size: int
) -> AuditSample | None:
    """The sample that was drawn so already."""
    return current_session().scalar(
        select(AuditSample).where(
            AuditSample.programme == programme,
            AuditSample.seed == seed,
            AuditSample.from_on == from_on,
            AuditSample.until_on == until_on,
            AuditSample.size == size,
        )
    )


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """A sample: how it was drawn and by whom, and what it was drawn from."""

    id: int
    reference: str
    programme: str
    seed: str
    from_on: date
    until_on: date
    size: int
    drawn_at: datetime
    drawn_name: str
    population: Mapping[str, Population]
    fingerprint: str


def _facts(row: Any) -> SampleFacts:
    settings: Mapping[str, Any] = row[9]
    return SampleFacts(
        row[0],
        row[1],
        row[2],
        row[3],
        row[4],
        row[5],
        row[6],
        row[7],
        row[8] or "The portal",
        {key: Population(**held) for key, held in settings["population"].items()},
        settings["fingerprint"],
    )


def _samples() -> Select[Any]:
    return select(
        AuditSample.id,
        AuditSample.reference,
        AuditSample.programme,
        AuditSample.seed,
        AuditSample.from_on,
        AuditSample.until_on,
        AuditSample.size,
        AuditSample.created_at,
        User.name,
        AuditSample.settings,
    ).outerjoin(User, User.id == AuditSample.drawn_by)


def sample(reference: str) -> SampleFacts | None:
    """One sample."""
    row = current_session().execute(_samples().where(AuditSample.reference == reference)).first()
    return None if row is None else _facts(row)


def samples(programme: str, *, page: int = 1) -> list[SampleFacts]:
    """Samples, newest first; one more than a page holds when there are more."""
    rows = current_session().execute(
        _samples()
        .where(AuditSample.programme == programme)
        .order_by(AuditSample.id.desc())
        .limit(PAGE + 1)
        .offset((page - 1) * PAGE)
    )
    return [_facts(row) for row in rows]


def looked(sample_ids: Sequence[int]) -> dict[int, dict[str, Looked]]:
    """What was drawn and found by stratum, of several samples."""
    seen = AuditSampleItem.found_at.is_not(None)
    rows = current_session().execute(
        select(
            AuditSampleItem.sample_id,
            AuditSampleItem.stratum,
            func.count(),
            func.count(AuditSampleItem.found_at),
            func.sum(case((seen, AuditSampleItem.pence), else_=0)),
            func.sum(func.coalesce(AuditSampleItem.found_pence, 0)),
        )
        .where(AuditSampleItem.sample_id.in_(sample_ids))
        .group_by(AuditSampleItem.sample_id, AuditSampleItem.stratum)
    )
    found: dict[int, dict[str, Looked]] = {}
    for sample_id, key, *numbers in rows:
        found.setdefault(sample_id, {})[key] = Looked(*(int(number) for number in numbers))
    return found


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """A line of a sample, what was paid for it, what of that came back, and what was found."""

    id: int
    line_id: int
    stratum: str
    pence: int
    found_pence: int | None
    found_words: str
    found_at: datetime | None
    found_name: str | None
    output_type: str
    output_reference: str
    employer_name: str
    occurred_on: date
    explanation: str
    claim_id: int
    claim_reference: str
    organisation_name: str
    decided_by: int | None
    decided_name: str
    payment_reference: str
    paid_on: date | None
    paid_by: int | None
    run_by: int | None
    recovered: int

    @property
    def seen(self) -> str:
        """Which finding this is, so that a later one is not overwritten unseen."""
        return self.found_at.isoformat() if self.found_at is not None else ""


def _came_back() -> Any:
    """Pence of a line that were recovered and not given back."""
    recovered = LedgerEntry.kind == Entry.RECOVER.value
    given_back = LedgerEntry.kind == Entry.ADJUST.value
    signed = case((recovered, LedgerEntry.pence), (given_back, -LedgerEntry.pence), else_=0)
    return (
        select(func.sum(signed))
        .where(LedgerEntry.line_id == ClaimLine.id)
        .correlate(ClaimLine)
        .scalar_subquery()
    )


def _items(sample_id: int) -> Any:
    finder = aliased(User)
    return (
        select(
            AuditSampleItem.id,
            AuditSampleItem.line_id,
            AuditSampleItem.stratum,
            AuditSampleItem.pence,
            AuditSampleItem.found_pence,
            AuditSampleItem.found_words,
            AuditSampleItem.found_at,
            finder.name.label("found_name"),
            Output.output_type,
            Output.reference.label("output_reference"),
            Output.employer_name,
            Output.occurred_on,
            ClaimLine.explanation,
            Claim.id.label("claim_id"),
            Claim.reference.label("claim_reference"),
            Organisation.name.label("organisation_name"),
            ClaimLine.decided_by,
            ClaimLine.decided_name,
            Payment.reference.label("payment_reference"),
            Payment.paid_on,
            Payment.paid_by,
            PaymentRun.made_by.label("run_by"),
            func.coalesce(_came_back(), 0).label("recovered"),
        )
        .join(ClaimLine, ClaimLine.id == AuditSampleItem.line_id)
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .join(Contract, Contract.id == Claim.contract_id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .join(Output, Output.id == ClaimLine.output_id)
        .join(Payment, Payment.claim_id == Claim.id)
        .join(PaymentRun, PaymentRun.id == Payment.run_id)
        .outerjoin(finder, finder.id == AuditSampleItem.found_by)
        .where(AuditSampleItem.sample_id == sample_id)
    )


def _item(row: Any) -> ItemFacts:
    values = dict(row)
    values["recovered"] = int(values["recovered"])
    return ItemFacts(**values)


def items(sample_id: int, *, page: int | None = None) -> list[ItemFacts]:
    """The lines of a sample in the order they were drawn, the riskiest first; a page, or all."""
    query = _items(sample_id).order_by(AuditSampleItem.id)
    if page is not None:
        query = query.limit(PAGE).offset((page - 1) * PAGE)
    return [_item(row) for row in current_session().execute(query).mappings()]


def item(sample_id: int, line_id: int) -> ItemFacts | None:
    """One line of a sample."""
    query = _items(sample_id).where(AuditSampleItem.line_id == line_id)
    row = current_session().execute(query).mappings().first()
    return None if row is None else _item(row)


def next_open(sample_id: int, *, after: int) -> int | None:
    """The next line nobody has looked at, after an item, or else the first such."""
    rows = select(AuditSampleItem.line_id).where(
        AuditSampleItem.sample_id == sample_id,
        AuditSampleItem.found_at.is_(None),
        AuditSampleItem.id != after,
    )
    return current_session().scalar(
        rows.order_by(case((AuditSampleItem.id > after, 0), else_=1), AuditSampleItem.id).limit(1)
    )


def item_to_change(sample_id: int, line_id: int) -> AuditSampleItem | None:
    """A line of a sample, held until the unit of work ends."""
    return current_session().scalar(
        select(AuditSampleItem)
        .where(AuditSampleItem.sample_id == sample_id, AuditSampleItem.line_id == line_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def claim_of(claim_id: int) -> Claim:
    """A claim by key."""
    return current_session().get_one(Claim, claim_id)


def line_output(line_id: int) -> int:
    """The key of a line's output."""
    return (
        current_session().scalars(select(ClaimLine.output_id).where(ClaimLine.id == line_id)).one()
    )
