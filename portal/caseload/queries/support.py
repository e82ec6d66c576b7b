"""Support delivered, read for its pages, the case's card and the list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select

from portal.caseload.models import Attendance, Case, Confirmation, Delivery
from portal.caseload.rules.support import confirmation_state, earliest_closing
from portal.db import current_session
from portal.employers.models import Employer
from portal.employers.rules.names import telling_words
from portal.kernel.clock import LONDON, today
from portal.kernel.ids import normalise_reference
from portal.programme.models import Organisation

PAGE: Final = 50
FOUND: Final = 12
_MAX_WORDS: Final = 6


@dataclass(frozen=True, slots=True)
class AttendingCase:
    """A case whose employer can be in a delivery's record."""

    id: int
    reference: str
    organisation_id: int
    employer_id: int
    employer_reference: str
    employer_name: str
    sector: str
    size_tier: str | None
    headcount: int | None
    part_time_headcount: int | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class AttendanceFacts:
    """One employer at a delivery, and what it said when it was asked to confirm.

    ``state`` is a key of ``rules.support.CONFIRMATION``. Sector and size tier are those of the day
    it was recorded; the number of employees is today's.
    """

    id: int
    reference: str
    case_id: int
    case_reference: str
    contact_name: str
    contact_email: str
    employer_id: int
    employer_reference: str
    employer_name: str
    attended: int
    part_time_attended: int | None
    sector: str
    size_tier: str | None
    headcount: int | None
    part_time_headcount: int | None
    state: str
    to_name: str | None
    to_email: str | None
    asked_at: datetime | None
    due_on: date | None
    answered_at: datetime | None
    answered_name: str | None
    words: str | None

    @property
    def can_be_asked(self) -> bool:
        """Whether the one button asks it: it has not answered, and its case names whom to ask."""
        waiting = self.state in {"not_asked", "overdue"}
        return waiting and bool(self.contact_name and self.contact_email)


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """One delivery with the employers that attended."""

    id: int
    reference: str
    organisation_id: int
    organisation_name: str
    kind: str
    design: str
    title: str
    audience: tuple[str, ...]
    delivered_on: date
    minutes: int
    mode: str
    place: str
    trainer: str
    funding: str
    notes: str
    by: int | None
    by_name: str
    created_at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    revision: int
    attendances: tuple[AttendanceFacts, ...]

    @property
    def is_withdrawn(self) -> bool:
        """Whether it no longer counts."""
        return self.withdrawn_at is not None

    @property
    def was_asked(self) -> bool:
        """Whether any employer was asked to confirm it; it is not corrected any more then."""
        return any(row.state != "not_asked" for row in self.attendances)

    def counted(self) -> dict[str, int]:
        """How many employers stand at each state of confirmation."""
        states = [row.state for row in self.attendances]
        return {state: states.count(state) for state in dict.fromkeys(states)}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of deliveries is narrowed to; None and False leave it open.

    ``month`` is its first day, ``state`` a key of ``CONFIRMATION`` or ``withdrawn``, ``mine``
    somebody who recorded it or has one of its cases.
    """

    organisation_ids: frozenset[int] | None = None
    kind: str | None = None
    month: date | None = None
    state: str | None = None
    mine: int | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Deliveries of one page, and whether more follow."""

    rows: Sequence[DeliveryFacts]
    more: bool


@dataclass(frozen=True, slots=True)
class SupportSummary:
    """What a case's card says: how often, when last, and what employers have not confirmed."""

    sessions: int
    last_on: date | None
    unconfirmed: int
    disputed: int


def _shown_name() -> ColumnElement[str]:
    return func.coalesce(func.nullif(Employer.trading_name, ""), Employer.name)


_CASE_COLUMNS: dict[str, Any] = {
    "employer_reference": Employer.reference,
    "employer_name": _shown_name(),
    "sector": Employer.sector,
    "size_tier": Employer.size_tier,
    "headcount": Employer.headcount,
    "part_time_headcount": Employer.part_time_headcount,
}


def _cases(organisation_ids: Collection[int]) -> Select[Any]:
    columns = [
        (_CASE_COLUMNS[name] if name in _CASE_COLUMNS else getattr(Case, name)).label(name)
        for name in AttendingCase.__slots__
    ]
    return (
        select(*columns)
        .join(Employer, Employer.id == Case.employer_id)
        .where(Case.organisation_id.in_(organisation_ids or {0}))
    )


def _current() -> ColumnElement[bool]:
    since = datetime.combine(earliest_closing(today()), datetime.min.time(), LONDON)
    return or_(Case.closed_at.is_(None), Case.closed_at >= since)


def attending_cases(
    references: Collection[str], organisation_ids: Collection[int]
) -> dict[str, AttendingCase]:
    """The providers' cases of these references that support can be recorded for."""
    if not references:
        return {}
    query = _cases(organisation_ids).where(Case.reference.in_(set(references)), _current())
    rows = current_session().execute(query)
    return {row.reference: AttendingCase(**row._mapping) for row in rows}  # noqa: SLF001 - SQLAlchemy's public name


def find_cases(text: str, organisation_ids: Collection[int]) -> list[AttendingCase]:
    """The providers' cases by words of the employer's name or a reference, open ones first."""
    words = telling_words(text[:200])[:_MAX_WORDS]
    if not words:
        return []
    reference = normalise_reference(text[:40])
    by_name = and_(*(Employer.search_text.contains(word, autoescape=True) for word in words))
    query = (
        _cases(organisation_ids)
        .where(
            _current(),
            or_(by_name, Case.reference == reference, Employer.reference == reference),
        )
        .order_by(Case.closed_at.is_not(None), Employer.name, Case.id)
        .limit(FOUND)
    )
    return [AttendingCase(**row._mapping) for row in current_session().execute(query)]  # noqa: SLF001


_ATTENDANCE_COLUMNS: dict[str, Any] = {
    "case_reference": Case.reference,
    "contact_name": Case.contact_name,
    "contact_email": Case.contact_email,
    "employer_reference": Employer.reference,
    "employer_name": _shown_name(),
    "headcount": Employer.headcount,
    "part_time_headcount": Employer.part_time_headcount,
    "state": Confirmation.state,
    "to_name": Confirmation.to_name,
    "to_email": Confirmation.to_email,
    "asked_at": Confirmation.asked_at,
    "due_on": Confirmation.due_on,
    "answered_at": Confirmation.answered_at,
    "answered_name": Confirmation.answered_name,
    "words": Confirmation.words,
}
_ANSWER = and_(Confirmation.attendance_id == Attendance.id, Confirmation.state != "replaced")


def _attendances(delivery_ids: Collection[int]) -> dict[int, list[AttendanceFacts]]:
    known = _ATTENDANCE_COLUMNS
    columns = [
        (known[name] if name in known else getattr(Attendance, name)).label(name)
        for name in AttendanceFacts.__slots__
    ]
    query = (
        select(Attendance.delivery_id, *columns)
        .join(Case, Case.id == Attendance.case_id)
        .join(Employer, Employer.id == Attendance.employer_id)
        .outerjoin(Confirmation, _ANSWER)
        .where(Attendance.delivery_id.in_(delivery_ids))
        .order_by(Attendance.id)
    )
    found: dict[int, list[AttendanceFacts]] = {}
    day = today()
    for row in current_session().execute(query).mappings():
        values = dict(row)
        delivery_id = values.pop("delivery_id")
        values["state"] = confirmation_state(values["state"], values["due_on"], today=day)
        found.setdefault(delivery_id, []).append(AttendanceFacts(**values))
    return found


def _deliveries(query: Select[Any]) -> list[DeliveryFacts]:
    rows = [dict(row) for row in current_session().execute(query).mappings()]
    attendances = _attendances([row["id"] for row in rows]) if rows else {}
    for row in rows:
        row["audience"] = tuple(row["audience"])
        row["attendances"] = tuple(attendances.get(row["id"], ()))
    return [DeliveryFacts(**row) for row in rows]


def _select() -> Select[Any]:
    columns = [
        Organisation.name.label(name) if name == "organisation_name" else getattr(Delivery, name)
        for name in DeliveryFacts.__slots__
        if name != "attendances"
    ]
    return select(*columns).join(Organisation, Organisation.id == Delivery.organisation_id)


def delivery_facts(reference: str) -> DeliveryFacts | None:
    """The delivery of this reference, whoever's it is."""
    return next(iter(_deliveries(_select().where(Delivery.reference == reference))), None)


def delivery_to_change(reference: str) -> Delivery | None:
    """The delivery, locked until the unit of work ends."""
    return current_session().scalar(
        select(Delivery)
        .where(Delivery.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def delivery_sent_before(once: str) -> Delivery | None:
    """What the same form made when it was sent the first time."""
    return current_session().scalar(select(Delivery).where(Delivery.once == once))


def attendances_to_change(delivery_id: int) -> list[Attendance]:
    """The rows of a delivery, whose own lock guards them."""
    return list(
        current_session().scalars(
            select(Attendance)
            .where(Attendance.delivery_id == delivery_id)
            .order_by(Attendance.id)
            .execution_options(populate_existing=True)
        )
    )


def _state_column() -> ColumnElement[Any]:
    overdue = and_(Confirmation.state == "awaiting", Confirmation.due_on < today())
    return case(
        (Confirmation.id.is_(None), "not_asked"), (overdue, "overdue"), else_=Confirmation.state
    )


def _narrowed(query: Select[Any], filters: Filters) -> Select[Any]:
    rows = (
        select(Attendance.id)
        .join(Case, Case.id == Attendance.case_id)
        .where(Attendance.delivery_id == Delivery.id)
    )
    if filters.organisation_ids is not None:
        ids = filters.organisation_ids
        query = query.where(Delivery.organisation_id.in_(ids) if ids else false())
    if filters.kind:
        query = query.where(Delivery.kind == filters.kind)
    if filters.month:
        after = date(
            filters.month.year + filters.month.month // 12, filters.month.month % 12 + 1, 1
        )
        query = query.where(Delivery.delivered_on >= filters.month, Delivery.delivered_on < after)
    if filters.state == "withdrawn":
        query = query.where(Delivery.withdrawn_at.is_not(None))
    elif filters.state:
        such = rows.outerjoin(Confirmation, _ANSWER).where(_state_column() == filters.state)
        query = query.where(Delivery.withdrawn_at.is_(None), such.exists())
    if filters.mine is not None:
        own = rows.where(Case.adviser_id == filters.mine)
        query = query.where(or_(Delivery.by == filters.mine, own.exists()))
    if filters.case:
        query = query.where(rows.where(Case.reference == filters.case).exists())
    return query


def deliveries(filters: Filters, *, page: int | None = 1) -> DeliveryPage:
    """Deliveries, latest first; ``page`` None means all of them."""
    query = _narrowed(_select(), filters).order_by(Delivery.delivered_on.desc(), Delivery.id.desc())
    if page is None:
        return DeliveryPage(_deliveries(query), more=False)
    found = _deliveries(query.limit(PAGE + 1).offset((page - 1) * PAGE))
    return DeliveryPage(found[:PAGE], more=len(found) > PAGE)


def summary_of_case(case_id: int) -> SupportSummary:
    """What the card of a case says about its support; withdrawn deliveries do not count."""
    state = _state_column()
    row = (
        current_session()
        .execute(
            select(
                func.count(Attendance.id),
                func.max(Delivery.delivered_on),
                func.sum(case((state == "confirmed", 0), else_=1)),
                func.sum(case((state == "disputed", 1), else_=0)),
            )
            .join(Delivery, Delivery.id == Attendance.delivery_id)
            .outerjoin(Confirmation, _ANSWER)
            .where(Attendance.case_id == case_id, Delivery.withdrawn_at.is_(None))
        )
        .one()
    )
    return SupportSummary(row[0], row[1], int(row[2] or 0), int(row[3] or 0))
