"""A provider's claims, and the months in which something is ready to be claimed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import and_, case, exists, func, or_, select

from portal.caseload.models import Attendance, Confirmation, Delivery, DiagnosticSession
from portal.caseload.models import Case as CaseRecord
from portal.db import current_session
from portal.payments.models import Claim, ClaimLine, Contract, Output, Payment, Subcontractor
from portal.payments.rules.claims import ORDER, PAGE, Standing
from portal.payments.rules.periods import claim_month, has_ended
from portal.payments.rules.states import ClaimState, LineState
from portal.programme.models import Organisation

_GONE: Final = (LineState.REJECTED.value, LineState.REMOVED.value)
_LIVE: Final = tuple(state.value for state in LineState if state is not LineState.REMOVED)


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim in a list, with its lines by state and pence of those that stand."""

    reference: str
    period: date
    number: int
    contract_title: str
    organisation_name: str
    lines: int
    pence: int
    approved_pence: int
    standing: Standing

    @property
    def title(self) -> str:
        """What the claim is called."""
        more = f", claim {self.number}" if self.number > 1 else ""
        return f"{self.period:%B %Y}{more}"


_COLUMNS: Final[tuple[Any, ...]] = (
    Claim.reference,
    Claim.period,
    Claim.number,
    Contract.title,
    Organisation.name,
    Claim.state,
    Claim.submitted_at,
    Claim.submitted_name,
    Claim.decided_at,
    Payment.id,
    Payment.paid_on,
    Payment.bank_reference,
)


def claim_rows(
    organisation_ids: Collection[int] | None, *, states: Collection[str] = (), page: int = 1
) -> tuple[list[ClaimRow], int]:
    """A page of claims: what waits for the provider first, then newest month first."""
    counts = [
        func.coalesce(func.sum(case((ClaimLine.state == state, 1), else_=0)), 0) for state in _LIVE
    ]
    standing = func.coalesce(
        func.sum(case((ClaimLine.state.not_in(_GONE), ClaimLine.pence), else_=0)), 0
    )
    approved = func.coalesce(
        func.sum(case((ClaimLine.state == "approved", ClaimLine.pence), else_=0)), 0
    )
    # A claim of which the LEP still decides other lines waits for the provider as well.
    waits = func.sum(case((ClaimLine.state == "queried", 1), else_=0)) > 0
    place = case(
        (waits, 0),
        *((Claim.state == state, number) for number, state in enumerate(ORDER)),
        else_=99,
    )
    query = (
        select(*_COLUMNS, standing, approved, func.count().over(), *counts)
        .join(Contract, Contract.id == Claim.contract_id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .outerjoin(Payment, Payment.claim_id == Claim.id)
        .outerjoin(ClaimLine, ClaimLine.claim_id == Claim.id)
        .group_by(Claim.id, *_COLUMNS)
        .order_by(place, Claim.period.desc(), Claim.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    if organisation_ids is not None:
        query = query.where(Contract.organisation_id.in_(organisation_ids))
    if "queried" in states:
        query = query.having(or_(Claim.state.in_(states), waits))
    elif states:
        query = query.where(Claim.state.in_(states))
    rows = current_session().execute(query).all()
    return [_claim_row(row) for row in rows], rows[0][14] if rows else 0


def _claim_row(row: Any) -> ClaimRow:
    lines = {state: int(count) for state, count in zip(_LIVE, row[15:], strict=True)}
    standing = Standing(
        state=ClaimState(row[5]),
        lines=lines,
        submitted_at=row[6],
        submitted_name=row[7],
        decided_at=row[8],
        in_run=row[9] is not None,
        paid_on=row[10],
        bank_reference=row[11],
    )
    return ClaimRow(
        reference=row[0],
        period=row[1],
        number=row[2],
        contract_title=row[3],
        organisation_name=row[4],
        lines=sum(lines.values()),
        pence=int(row[12]),
        approved_pence=int(row[13]),
        standing=standing,
    )


@dataclass(frozen=True, slots=True)
class ReadyMonth:
    """Outputs of one contract that no line holds, by the month they are claimed in; in pence.

    ``draft`` is the reference of the month's draft, where there is one.
    """

    contract: str
    contract_title: str
    month: date
    outputs: int
    pence: int
    late: int
    draft: str | None

    def is_over(self, day: date) -> bool:
        """Whether the month has ended, so that it can be claimed."""
        return has_ended(self.month, today=day)


def ready_months(organisation_ids: Collection[int]) -> list[ReadyMonth]:
    """What is ready to be claimed under some providers' contracts, month by month."""
    held = exists().where(ClaimLine.output_id == Output.id, ClaimLine.state.not_in(_GONE))
    session = current_session()
    rows = session.execute(
        select(
            Contract.reference,
            Contract.title,
            Contract.open_from,
            Output.occurred_on,
            func.count(),
            func.sum(Output.base_pence + Output.bonus_pence),
        )
        .join(Contract, Contract.id == Output.contract_id)
        .where(
            Contract.organisation_id.in_(organisation_ids),
            Contract.state != "draft",
            Output.withdrawn_at.is_(None),
            ~held,
        )
        .group_by(
            Contract.id, Contract.reference, Contract.title, Contract.open_from, Output.occurred_on
        )
        .order_by(Contract.id, Output.occurred_on)
    ).all()
    drafts = {
        (contract, period): reference
        for contract, period, reference in session.execute(
            select(Contract.reference, Claim.period, Claim.reference)
            .join(Contract, Contract.id == Claim.contract_id)
            .where(Contract.organisation_id.in_(organisation_ids), Claim.state == "draft")
        )
    }
    found: dict[tuple[str, date], list[Any]] = {}
    for contract, title, open_from, day, count, pence in rows:
        month = claim_month(occurred_on=day, open_from=open_from)
        sums = found.setdefault((contract, month), [title, 0, 0, 0])
        sums[1] += count
        sums[2] += int(pence)
        sums[3] += count if day < month else 0
    return [
        ReadyMonth(contract, title, month, count, pence, late, drafts.get((contract, month)))
        for (contract, month), (title, count, pence, late) in sorted(
            found.items(), key=lambda item: (item[0][1], item[0][0])
        )
    ]


def contract_of(reference: str) -> Contract | None:
    """The contract of this reference, whoever's it is."""
    return current_session().scalar(select(Contract).where(Contract.reference == reference))


def waiting_work(contract_id: int, organisation_id: int) -> tuple[list[int], list[int]]:
    """Confirmed sessions and deliveries of a contract's providers from which nothing arose yet."""
    session = current_session()
    providers = {organisation_id} | set(
        session.scalars(
            select(Subcontractor.organisation_id).where(Subcontractor.contract_id == contract_id)
        )
    )
    sessions = session.scalars(
        select(DiagnosticSession.id)
        .join(CaseRecord, CaseRecord.id == DiagnosticSession.case_id)
        .where(
            CaseRecord.organisation_id.in_(providers),
            DiagnosticSession.withdrawn_at.is_(None),
            exists().where(
                Confirmation.session_id == DiagnosticSession.id, Confirmation.state == "confirmed"
            ),
            ~exists().where(Output.session_id == DiagnosticSession.id),
        )
        .order_by(DiagnosticSession.held_on, DiagnosticSession.id)
    )
    deliveries = session.scalars(
        select(Delivery.id)
        .where(
            Delivery.organisation_id.in_(providers),
            Delivery.withdrawn_at.is_(None),
            exists().where(
                and_(
                    Attendance.delivery_id == Delivery.id,
                    Confirmation.attendance_id == Attendance.id,
                    Confirmation.state == "confirmed",
                )
            ),
            ~exists().where(Output.delivery_id == Delivery.id),
        )
        .order_by(Delivery.delivered_on, Delivery.id)
    )
    return list(sessions), list(deliveries)
