"""One claim as its page shows it, in the same number of statements however long it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Subquery,
    and_,
    case,
    exists,
    func,
    or_,
    select,
)

from portal.accounts.models import User
from portal.caseload.models import Case
from portal.db import current_session
from portal.kernel.clock import today
from portal.payments.models import (
    CheckOverride,
    CheckResult,
    Claim,
    ClaimLine,
    Contract,
    Output,
    Payment,
)
from portal.payments.rules.claims import (
    CHECK_FILTERS,
    FAIL,
    LOOK,
    PAGE,
    PASS,
    LineFilter,
)
from portal.payments.rules.states import ClaimState, LineState
from portal.programme.models import Organisation

_GONE: Final = (LineState.REJECTED.value, LineState.REMOVED.value)


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """A claim with its contract, its provider, its payment and its newest run of checks."""

    id: int
    reference: str
    contract_id: int
    contract_reference: str
    contract_title: str
    total_cap: int
    open_from: date
    organisation_id: int
    organisation_name: str
    period: date
    number: int
    state: ClaimState
    submitted_at: datetime | None
    submitted_name: str
    decided_at: datetime | None
    revision: int
    run: int
    in_run: bool
    paid_on: date | None
    bank_reference: str | None
    payment_reference: str | None

    @property
    def title(self) -> str:
        """What the claim is called."""
        more = f", claim {self.number}" if self.number > 1 else ""
        return f"{self.period:%B %Y}{more}"

    @property
    def is_draft(self) -> bool:
        """Whether it is still the provider's own."""
        return self.state is ClaimState.DRAFT

    @property
    def is_open(self) -> bool:
        """Whether anything can still become of its lines."""
        return self.state in {ClaimState.DRAFT, ClaimState.SUBMITTED, ClaimState.QUERIED}


def claim_page(reference: str) -> ClaimPage | None:
    """The claim of this reference, whoever's it is."""
    run = (
        select(func.coalesce(func.max(CheckResult.run), 0))
        .where(CheckResult.claim_id == Claim.id)
        .correlate(Claim)
        .scalar_subquery()
    )
    row = (
        current_session()
        .execute(
            select(
                Claim.id,
                Claim.reference,
                Claim.contract_id,
                Contract.reference.label("contract_reference"),
                Contract.title.label("contract_title"),
                Contract.total_cap_pence.label("total_cap"),
                Contract.open_from,
                Contract.organisation_id,
                Organisation.name.label("organisation_name"),
                Claim.period,
                Claim.number,
                Claim.state,
                Claim.submitted_at,
                Claim.submitted_name,
                Claim.decided_at,
                Claim.revision,
                run.label("run"),
                Payment.id.is_not(None).label("in_run"),
                Payment.paid_on,
                Payment.bank_reference,
                Payment.reference.label("payment_reference"),
            )
            .join(Contract, Contract.id == Claim.contract_id)
            .join(Organisation, Organisation.id == Contract.organisation_id)
            .outerjoin(Payment, Payment.claim_id == Claim.id)
            .where(Claim.reference == reference)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else ClaimPage(**{**row, "state": ClaimState(row["state"])})


def let_through(on: date) -> ColumnElement[bool]:
    """Whether a check result (joined with its line) was let through and that still counts."""
    return exists().where(
        CheckOverride.output_id == ClaimLine.output_id,
        CheckOverride.kind == CheckResult.kind,
        CheckOverride.granted_at.is_not(None),
        CheckOverride.until_on >= on,
    )


def _worst(claim_id: int, run: int) -> Subquery:
    """How bad the worst finding of each line is in one run, of lines with any that did not pass.

    A long claim has tens of thousands of findings, and nearly all of them passed: those are left
    out before anything is joined or grouped.
    """
    rank = case((and_(CheckResult.result == "fail", ~let_through(today())), FAIL), else_=LOOK)
    return (
        select(CheckResult.line_id, func.max(rank).label("rank"))
        .join(ClaimLine, ClaimLine.id == CheckResult.line_id)
        .where(
            CheckResult.claim_id == claim_id,
            CheckResult.run == run,
            CheckResult.result != "pass",
        )
        .group_by(CheckResult.line_id)
        .subquery()
    )


def _rank(worst: Subquery, run: int) -> ColumnElement[int]:
    """The rank of a line: of its worst finding, else whether it was checked at all."""
    # By the same index as the worst: asked by the line alone, each would read all its findings.
    checked = exists().where(
        CheckResult.claim_id == ClaimLine.claim_id,
        CheckResult.run == run,
        CheckResult.line_id == ClaimLine.id,
    )
    return func.coalesce(worst.c.rank, case((checked, PASS), else_=0))


class Part(NamedTuple):
    """Lines of a claim that are alike, and their pence; ``rank`` is 0 where nothing was checked."""

    state: str
    output_type: str
    rank: int
    lines: int
    pence: int


def parts(claim: ClaimPage) -> list[Part]:
    """How the lines of a claim divide, by state, type of output and result of the checks."""
    worst = _worst(claim.id, claim.run)
    rank = _rank(worst, claim.run)
    rows = current_session().execute(
        select(ClaimLine.state, Output.output_type, rank, func.count(), func.sum(ClaimLine.pence))
        .join(Output, Output.id == ClaimLine.output_id)
        .outerjoin(worst, worst.c.line_id == ClaimLine.id)
        .where(ClaimLine.claim_id == claim.id)
        .group_by(ClaimLine.state, Output.output_type, rank)
    )
    return [Part(row[0], row[1], int(row[2]), row[3], int(row[4])) for row in rows]


class LineRow(NamedTuple):
    """A line as lists show it."""

    id: int
    state: str
    pence: int
    explanation: str
    reason: str
    decided_name: str
    decided_at: datetime | None
    output_id: int
    output_reference: str
    output_type: str
    employer_name: str
    occurred_on: date
    case_reference: str
    organisation_id: int
    rank: int
    adviser: str | None


def _lines(claim: ClaimPage) -> tuple[Any, Any]:
    worst = _worst(claim.id, claim.run)
    rank = _rank(worst, claim.run)
    query = (
        select(
            ClaimLine.id,
            ClaimLine.state,
            ClaimLine.pence,
            ClaimLine.explanation,
            ClaimLine.reason,
            ClaimLine.decided_name,
            ClaimLine.decided_at,
            Output.id,
            Output.reference,
            Output.output_type,
            Output.employer_name,
            Output.occurred_on,
            Case.reference,
            Output.organisation_id,
            rank,
            User.name,
        )
        .join(Output, Output.id == ClaimLine.output_id)
        .join(Case, Case.id == Output.case_id)
        .outerjoin(User, User.id == Output.adviser_id)
        .outerjoin(worst, worst.c.line_id == ClaimLine.id)
        .where(ClaimLine.claim_id == claim.id)
        .order_by(Output.occurred_on, Output.reference)
    )
    return query, rank


def _fitting(query: Any, rank: ColumnElement[int], wanted: LineFilter) -> Any:
    """The lines of a query, joined with their outputs, that fit the filters."""
    if wanted.state:
        query = query.where(ClaimLine.state == wanted.state)
    else:
        query = query.where(ClaimLine.state != LineState.REMOVED.value)
    if wanted.check:
        query = query.where(rank == CHECK_FILTERS[wanted.check][1])
    if wanted.q:
        text = wanted.q.lower().replace("/", "//").replace("%", "/%").replace("_", "/_")
        query = query.where(
            or_(
                func.lower(Output.employer_name).like(f"%{text}%", escape="/"),
                Output.reference == wanted.q.upper(),
            )
        )
    return query


def _page_of(claim: ClaimPage, wanted: LineFilter) -> Subquery:
    """The keys of a page of lines, each with the number that fit.

    What a list shows of cases, advisers and checks is looked up for these, not for all 5,000.
    """
    query = (
        select(ClaimLine.id, func.count().over().label("number"))
        .join(Output, Output.id == ClaimLine.output_id)
        .where(ClaimLine.claim_id == claim.id)
        .order_by(Output.occurred_on, Output.reference)
    )
    worst = _worst(claim.id, claim.run)
    if wanted.check:
        query = query.outerjoin(worst, worst.c.line_id == ClaimLine.id)
    fitting = _fitting(query, _rank(worst, claim.run), wanted)
    page: Subquery = fitting.limit(PAGE).offset((wanted.page - 1) * PAGE).subquery()
    return page


def line_rows(claim: ClaimPage, wanted: LineFilter) -> tuple[list[LineRow], int]:
    """A page of lines, and how many fit; an empty page where there are fewer."""
    page = _page_of(claim, wanted)
    query, _rank = _lines(claim)
    query = query.join(page, page.c.id == ClaimLine.id).add_columns(page.c.number)
    rows = current_session().execute(query).all()
    return [LineRow(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def every_line(claim: ClaimPage, wanted: LineFilter) -> Iterator[LineRow]:
    """Every line that fits, for an export."""
    query, rank = _lines(claim)
    for row in current_session().execute(_fitting(query, rank, wanted)):
        yield LineRow(*row)


def one_line(claim: ClaimPage, line_id: int) -> LineRow | None:
    """One line of a claim."""
    query, _rank = _lines(claim)
    row = current_session().execute(query.where(ClaimLine.id == line_id)).first()
    return None if row is None else LineRow(*row)


def pence_by_type(found: Iterable[Part]) -> dict[str, int]:
    """Pence of the lines that stand, by type of output."""
    totals: dict[str, int] = {}
    for part in found:
        if part.state not in _GONE:
            totals[part.output_type] = totals.get(part.output_type, 0) + part.pence
    return totals
