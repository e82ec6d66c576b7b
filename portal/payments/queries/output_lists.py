"""Lists of outputs: narrowed, counted, added up and paged; plain rows, two statements a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.expression import FromClause

from portal.db import current_session
from portal.payments.models import Claim, ClaimLine, Contract, LedgerEntry, Output
from portal.payments.rules.ledger import Entry
from portal.payments.rules.outputs import LATE, PAGE, OutputFilter, OutputState, state_of
from portal.payments.rules.periods import last_day
from portal.payments.rules.states import ClaimState, LineState
from portal.programme.models import Organisation

_o, _c = Output.__table__.c, Contract.__table__.c
_l, _m = ClaimLine.__table__.c, Claim.__table__.c
_GONE = (LineState.REJECTED.value, LineState.REMOVED.value)
_holding = and_(_l.output_id == _o.id, _l.state.not_in(_GONE))
# A free output goes to the first open month; its own, while that is open.
_month: Final = func.coalesce(_m.period, _c.open_from)
_source: Final[FromClause] = (
    Output.__table__.join(Contract.__table__, _c.id == _o.contract_id)
    .outerjoin(ClaimLine.__table__, _holding)
    .outerjoin(Claim.__table__, _m.id == _l.claim_id)
)
_live: Final = _o.withdrawn_at.is_(None)
_STATES: Final[dict[str, ColumnElement[bool]]] = {
    "": _live,
    OutputState.READY.value: and_(_live, _l.id.is_(None)),
    OutputState.DRAFT.value: and_(_live, _l.state == LineState.DRAFT.value),
    OutputState.CLAIMED.value: and_(_live, _l.state == LineState.SUBMITTED.value),
    OutputState.QUERIED.value: and_(_live, _l.state == LineState.QUERIED.value),
    OutputState.APPROVED.value: and_(
        _live, _l.state == LineState.APPROVED.value, _m.state != ClaimState.PAID.value
    ),
    OutputState.PAID.value: and_(
        _live, _l.state == LineState.APPROVED.value, _m.state == ClaimState.PAID.value
    ),
    OutputState.WITHDRAWN.value: _o.withdrawn_at.is_not(None),
    # Months begin on their first day: what lies before that belongs to an earlier one.
    LATE: and_(_live, _o.occurred_on < _month),
}
_worth: Final = _o.base_pence + _o.bonus_pence


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose outputs somebody sees: of these organisations or under their contracts; None: all."""

    organisations: frozenset[int] | None

    @property
    def condition(self) -> ColumnElement[bool] | None:
        """The same in SQL."""
        if self.organisations is None:
            return None
        own = sorted(self.organisations)
        return or_(_o.organisation_id.in_(own), _c.organisation_id.in_(own))


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands round the rows: how many there are, their worth in pence, what can be chosen."""

    total: int
    pence: int
    bonus_pence: int
    contracts: list[tuple[str, str]]
    providers: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class OutputRow:
    """One output in a list; ``contract_owner`` is the organisation whose contract it is under."""

    id: int
    reference: str
    output_type: str
    employer_name: str
    occurred_on: date
    sector: str
    district: str
    size_tier: str
    hard_to_reach: bool
    base_pence: int
    bonus_pence: int
    organisation_name: str
    organisation_id: int
    contract_title: str
    contract_owner: int
    open_from: date
    withdrawn: bool
    line_state: str | None
    claim_state: str | None
    claim_reference: str | None
    period: date | None
    recovered: int

    @property
    def pence(self) -> int:
        """What it is worth, in pence."""
        return self.base_pence + self.bonus_pence

    @property
    def state(self) -> OutputState:
        """How far it has come."""
        return state_of(
            withdrawn=self.withdrawn, line_state=self.line_state, claim_state=self.claim_state
        )


def _conditions(wanted: OutputFilter, scope: Scope) -> list[ColumnElement[bool]]:
    found = [_STATES[wanted.state]]
    own = scope.condition
    if own is not None:
        found.append(own)
    equal = {
        _o.output_type: wanted.kind,
        _o.sector: wanted.sector,
        _o.size_tier: wanted.tier,
        _o.organisation_id: int(wanted.provider) if wanted.provider else "",
        _o.contract_id: int(wanted.contract) if wanted.contract else "",
    }
    found += [column == value for column, value in equal.items() if value != ""]
    month = wanted.first_day
    if month is not None:
        found += [_o.occurred_on >= month, _o.occurred_on <= last_day(month)]
    return found


def frame(wanted: OutputFilter, scope: Scope) -> Frame:
    """The count and worth of a list and the choices of its filters, in one statement."""
    providers = Organisation.__table__.c
    worth = func.coalesce(func.sum(_worth), 0)
    bonus = func.coalesce(func.sum(_o.bonus_pence), 0)
    total = (
        select(literal("total"), func.count(), literal(""), worth, bonus)
        .select_from(_source)
        .where(*_conditions(wanted, scope))
    )
    contracts = select(literal("contract"), _c.id, _c.title, literal(0), literal(0))
    names = (
        select(literal("provider"), providers.id, providers.name, literal(0), literal(0))
        .where(providers.id.in_(select(_o.organisation_id).distinct()))
        .select_from(Organisation.__table__)
    )
    if scope.organisations is not None:
        own = sorted(scope.organisations)
        contracts = contracts.where(
            or_(
                _c.organisation_id.in_(own),
                _c.id.in_(select(_o.contract_id).where(_o.organisation_id.in_(own))),
            )
        )
        names = names.where(
            providers.id.in_(
                select(_o.organisation_id)
                .select_from(Output.__table__.join(Contract.__table__, _c.id == _o.contract_id))
                .where(or_(_o.organisation_id.in_(own), _c.organisation_id.in_(own)))
            )
        )
    found: dict[str, list[tuple[str, str]]] = {"contract": [], "provider": []}
    counted = (0, 0, 0)
    for kind, key, name, pence, more in current_session().execute(
        union_all(total, contracts, names)
    ):
        if kind == "total":
            counted = (int(key), int(pence), int(more))
        else:
            found[kind].append((str(key), name))
    for choices in found.values():
        choices.sort(key=lambda choice: choice[1].lower())
    return Frame(*counted, found["contract"], found["provider"])


_SIGNED: Final = case(
    (LedgerEntry.kind == Entry.RECOVER.value, LedgerEntry.pence), else_=-LedgerEntry.pence
)


def _rows() -> Select[Any]:
    came_back = (
        # PostgreSQL adds whole numbers up to one of another kind.
        select(cast(func.coalesce(func.sum(_SIGNED), 0), BigInteger))
        .where(
            LedgerEntry.line_id == _l.id,
            LedgerEntry.kind.in_((Entry.RECOVER.value, Entry.ADJUST.value)),
        )
        .correlate(ClaimLine.__table__)
        .scalar_subquery()
    )
    names = Organisation.__table__.c
    return select(
        *(_o.id, _o.reference, _o.output_type, _o.employer_name, _o.occurred_on, _o.sector),
        *(_o.district, _o.size_tier, _o.hard_to_reach, _o.base_pence, _o.bonus_pence),
        *(names.name, _o.organisation_id, _c.title, _c.organisation_id, _c.open_from),
        _o.withdrawn_at.is_not(None),
        *(_l.state, _m.state, _m.reference, _m.period),
        came_back,
    ).select_from(_source.join(Organisation.__table__, names.id == _o.organisation_id))


def rows(wanted: OutputFilter, scope: Scope) -> list[OutputRow]:
    """One page of a list, the latest work first, in one statement."""
    query = (
        _rows()
        .where(*_conditions(wanted, scope))
        .order_by(_o.occurred_on.desc(), _o.id.desc())
        .limit(PAGE)
        .offset((wanted.page - 1) * PAGE)
    )
    return [OutputRow(*row) for row in current_session().execute(query)]


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One output in a file: as in a list, and its explanation."""

    row: OutputRow
    explanation: str
    arose_on: Any


def export_rows(wanted: OutputFilter, scope: Scope) -> Iterator[ExportRow]:
    """Every output of a list, whatever the page."""
    query = (
        _rows()
        .add_columns(_o.explanation, _o.arose_at)
        .where(*_conditions(wanted, scope))
        .order_by(_o.occurred_on.desc(), _o.id.desc())
        .execution_options(yield_per=500)
    )
    for row in current_session().execute(query):
        yield ExportRow(OutputRow(*row[:-2]), row[-2], row[-1])
