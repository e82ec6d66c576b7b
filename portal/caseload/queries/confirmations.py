"""What employers were asked to confirm, what they said, and what needs an adviser's eye."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from portal.accounts.models import Role, User
from portal.caseload.models import Attendance, Case, Confirmation, Delivery, DiagnosticSession
from portal.caseload.rules.confirmations import Subject, SubjectKind, is_overdue, remind_from
from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.addresses import mailbox
from portal.kernel.clock import today
from portal.kernel.ids import token_hash
from portal.programme.models import Organisation, StaffPost


@dataclass(frozen=True, slots=True)
class ConfirmationFacts:
    """One question to an employer, and its answer where there is one.

    ``overdue``: unanswered after ``due_on``, the last day on which the link works.
    ``link_asked_at``: when the employer asked for a new link, the old one having expired.
    """

    reference: str
    subject: SubjectKind
    record_id: int
    employer_id: int
    case_id: int
    state: str
    due_on: date
    asked_at: datetime
    reminded_at: datetime | None
    link_asked_at: datetime | None
    answered_at: datetime | None
    answered_name: str
    words: str
    overdue: bool
    to_name: str
    to_email: str

    @property
    def standing(self) -> str:
        """Its state, or ``overdue``."""
        return "overdue" if self.overdue else self.state


def _facts(row: Confirmation) -> ConfirmationFacts:
    of_session = row.session_id is not None
    return ConfirmationFacts(
        reference=row.reference,
        subject="session" if of_session else "attendance",
        record_id=(row.session_id if of_session else row.attendance_id) or 0,
        employer_id=row.employer_id,
        case_id=row.case_id,
        state=row.state,
        due_on=row.due_on,
        asked_at=row.asked_at,
        reminded_at=row.reminded_at,
        link_asked_at=row.link_asked_at,
        answered_at=row.answered_at,
        answered_name=row.answered_name,
        words=row.words,
        overdue=is_overdue(row.state, row.due_on, today=today()),
        to_name=row.to_name,
        to_email=row.to_email,
    )


def _column(subject: str) -> Any:
    return {"session": Confirmation.session_id, "attendance": Confirmation.attendance_id}[subject]


def of_subjects(subject: SubjectKind, ids: Collection[int]) -> dict[int, ConfirmationFacts]:
    """The question that counts for each session or attendance; absent where nobody was asked."""
    if not ids:
        return {}
    rows = current_session().scalars(
        select(Confirmation).where(_column(subject).in_(set(ids)), Confirmation.state != "replaced")
    )
    return {facts.record_id: facts for facts in map(_facts, rows)}


def earlier_of(subject: SubjectKind, record_id: int) -> list[ConfirmationFacts]:
    """Questions that were replaced by later ones, newest first."""
    rows = current_session().scalars(
        select(Confirmation)
        .where(_column(subject) == record_id, Confirmation.state == "replaced")
        .order_by(Confirmation.asked_at.desc(), Confirmation.id.desc())
    )
    return [_facts(row) for row in rows]


def by_token(token: str) -> ConfirmationFacts | None:
    """The question whose link, or whose reminder's link, carries this token."""
    hashed = token_hash(token)
    row = current_session().scalar(
        select(Confirmation).where(
            or_(Confirmation.token_hash == hashed, Confirmation.reminder_hash == hashed)
        )
    )
    return None if row is None else _facts(row)


def by_reference(reference: str) -> ConfirmationFacts | None:
    """The question of this reference."""
    row = current_session().scalar(select(Confirmation).where(Confirmation.reference == reference))
    return None if row is None else _facts(row)


def of_employer(employer_id: int, *, waiting_only: bool = False) -> list[ConfirmationFacts]:
    """What an employer was asked, unanswered first, then newest first."""
    wanted = ("awaiting",) if waiting_only else ("awaiting", "confirmed", "disputed")
    rows = current_session().scalars(
        select(Confirmation)
        .where(Confirmation.employer_id == employer_id, Confirmation.state.in_(wanted))
        .order_by(
            case((Confirmation.state == "awaiting", 0), else_=1),
            Confirmation.asked_at.desc(),
            Confirmation.id.desc(),
        )
    )
    return [_facts(row) for row in rows]


def hold_delivery(attendance_id: int) -> None:
    """Hold the delivery that an employer attended until the unit of work ends."""
    current_session().scalar(
        select(Delivery.id)
        .join(Attendance, Attendance.delivery_id == Delivery.id)
        .where(Attendance.id == attendance_id)
        .with_for_update(of=Delivery)
    )


def confirmation_to_change(reference: str) -> Confirmation | None:
    """A question, locked until the unit of work ends."""
    return current_session().scalar(
        select(Confirmation)
        .where(Confirmation.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def current_to_change(subject: SubjectKind, record_ids: Collection[int]) -> list[Confirmation]:
    """The questions that count for these records, locked."""
    return list(
        current_session().scalars(
            select(Confirmation)
            .where(_column(subject).in_(set(record_ids)), Confirmation.state != "replaced")
            .order_by(Confirmation.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


_SHARED = (
    Case.id.label("case_id"),
    Case.reference.label("case_reference"),
    Case.organisation_id,
    Organisation.name.label("provider_name"),
    Employer.id.label("employer_id"),
    Employer.reference.label("employer_reference"),
    func.coalesce(Employer.trading_name, Employer.name).label("employer_name"),
)


def _with_case(query: Any, on: ColumnElement[bool]) -> Select[Any]:
    joined: Select[Any] = (
        query.join(Case, on)
        .join(Organisation, Organisation.id == Case.organisation_id)
        .join(Employer, Employer.id == Case.employer_id)
    )
    return joined


def _sessions(condition: ColumnElement[bool]) -> list[Subject]:
    query = select(
        *_SHARED,
        DiagnosticSession.id.label("record_id"),
        DiagnosticSession.reference,
        DiagnosticSession.held_on.label("on"),
        DiagnosticSession.minutes,
        DiagnosticSession.mode,
        DiagnosticSession.place,
        DiagnosticSession.present.label("people"),
        DiagnosticSession.withdrawn_at,
    ).where(condition)
    found = []
    query = _with_case(query, Case.id == DiagnosticSession.case_id)
    for row in current_session().execute(query).mappings():
        values = dict(row)
        people = values.pop("people")
        values["present"] = tuple(
            f"{one['name']} ({one['job']})" if one.get("job") else one["name"] for one in people
        )
        values["withdrawn"] = values.pop("withdrawn_at") is not None
        found.append(Subject(kind="session", **values))
    return found


def _attendances(condition: ColumnElement[bool]) -> list[Subject]:
    query = (
        select(
            *_SHARED,
            Attendance.id.label("record_id"),
            Attendance.reference,
            Attendance.attended,
            Delivery.delivered_on.label("on"),
            Delivery.minutes,
            Delivery.mode,
            Delivery.place,
            Delivery.kind.label("support_kind"),
            Delivery.title,
            Delivery.trainer,
            Delivery.withdrawn_at,
        )
        .where(condition)
        .join(Delivery, Delivery.id == Attendance.delivery_id)
    )
    found = []
    query = _with_case(query, Case.id == Attendance.case_id)
    for row in current_session().execute(query).mappings():
        values = dict(row)
        values["withdrawn"] = values.pop("withdrawn_at") is not None
        found.append(Subject(kind="attendance", **values))
    return found


def subjects(kind: SubjectKind, ids: Collection[int]) -> dict[int, Subject]:
    """What is to be confirmed, by key."""
    if not ids:
        return {}
    found = (
        _sessions(DiagnosticSession.id.in_(set(ids)))
        if kind == "session"
        else _attendances(Attendance.id.in_(set(ids)))
    )
    return {subject.record_id: subject for subject in found}


def subjects_of(questions: Sequence[ConfirmationFacts]) -> dict[str, Subject]:
    """What each of these questions is about, by the question's reference."""
    known = {
        kind: subjects(kind, {one.record_id for one in questions if one.subject == kind})
        for kind in ("session", "attendance")
    }
    return {one.reference: known[one.subject][one.record_id] for one in questions}


def subject_by_reference(kind: SubjectKind, reference: str) -> Subject | None:
    """The session or attendance of this reference."""
    found = (
        _sessions(DiagnosticSession.reference == reference)
        if kind == "session"
        else _attendances(Attendance.reference == reference)
    )
    return next(iter(found), None)


def to_remind() -> list[str]:
    """References of the questions whose last day is near and that nobody was reminded of."""
    day = today()
    rows = current_session().execute(
        select(Confirmation.reference, Confirmation.due_on, Confirmation.asked_at)
        .where(
            Confirmation.state == "awaiting",
            Confirmation.reminded_at.is_(None),
            Confirmation.due_on >= day,
        )
        .order_by(Confirmation.due_on, Confirmation.id)
    )
    return [reference for reference, due_on, _asked in rows if remind_from(due_on) <= day]


def is_staff(*, user_id: int | None = None, email: str = "") -> bool:
    """Whether somebody works for a provider or the LEP, and so cannot speak for an employer.

    Either is enough: the key of who is signed in, or an address whose mailbox is that of staff.
    """
    wanted = mailbox(email)
    domain = f"@{wanted.rpartition('@')[2]}"
    near = func.lower(User.email).endswith(domain, autoescape=True)
    rows = current_session().execute(
        select(User.id, User.email)
        .join(StaffPost, StaffPost.user_id == User.id)
        .where(or_(User.id == user_id, near))
    )
    return any(row[0] == user_id or (email and mailbox(row[1]) == wanted) for row in rows)


def who_to_tell(case_id: int, asked_by: int | None) -> tuple[str, str] | None:
    """Name and address of the case's adviser; else of who asked, else of one of its managers."""
    rows = current_session().execute(
        select(User.name, User.email)
        .select_from(Case)
        .join(StaffPost, StaffPost.organisation_id == Case.organisation_id)
        .join(User, User.id == StaffPost.user_id)
        .outerjoin(User.roles.and_(Role.name == "provider_manager"))
        .where(
            Case.id == case_id,
            User.active.is_(True),
            or_(User.id == Case.adviser_id, User.id == asked_by, Role.id.is_not(None)),
        )
        .order_by(case((User.id == Case.adviser_id, 0), (User.id == asked_by, 1), else_=2), User.id)
        .limit(1)
    )
    row = rows.first()
    return None if row is None else (row[0], row[1])


@dataclass(frozen=True, slots=True)
class AttentionRow:
    """A question that was not answered with yes, for the list of those who do the work."""

    facts: ConfirmationFacts
    case_reference: str
    employer_name: str
    adviser_name: str | None


def _open_ones(organisation_ids: Collection[int] | None, adviser_id: int | None) -> Select[Any]:
    query = (
        select(Confirmation)
        .join(Case, Case.id == Confirmation.case_id)
        .join(Employer, Employer.id == Confirmation.employer_id)
        .outerjoin(User, User.id == Case.adviser_id)
        .where(Confirmation.state.in_(("awaiting", "disputed")))
    )
    if organisation_ids is not None:
        query = query.where(Case.organisation_id.in_(set(organisation_ids)))
    if adviser_id is not None:
        query = query.where(Case.adviser_id == adviser_id)
    return query


def attention(
    organisation_ids: Collection[int] | None,
    *,
    adviser_id: int | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[AttentionRow]:
    """Disputed first, then new links wanted, then by the last day; None means every provider's."""
    query = _open_ones(organisation_ids, adviser_id).add_columns(
        Case.reference, func.coalesce(Employer.trading_name, Employer.name), User.name
    )
    rows = current_session().execute(
        query.order_by(
            case(
                (Confirmation.state == "disputed", 0),
                (Confirmation.link_asked_at.is_not(None), 1),
                else_=2,
            ),
            Confirmation.due_on,
            Confirmation.id,
        )
        .limit(limit)
        .offset(offset)
    )
    return [AttentionRow(_facts(row), *rest) for row, *rest in rows]


@dataclass(frozen=True, slots=True)
class AttentionCounts:
    """How many questions stand open, and which of them need somebody."""

    open: int
    disputed: int
    overdue: int
    links_wanted: int


def attention_counts(
    organisation_ids: Collection[int] | None, *, adviser_id: int | None = None
) -> AttentionCounts:
    """The same questions, counted."""
    late = and_(Confirmation.state == "awaiting", Confirmation.due_on < today())
    query = _open_ones(organisation_ids, adviser_id).with_only_columns(
        func.count(Confirmation.id),
        func.count(Confirmation.id).filter(Confirmation.state == "disputed"),
        func.count(Confirmation.id).filter(late),
        func.count(Confirmation.id).filter(
            Confirmation.state == "awaiting", Confirmation.link_asked_at.is_not(None)
        ),
    )
    return AttentionCounts(*current_session().execute(query).one())
