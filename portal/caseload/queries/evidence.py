"""Evidence files as plain data, and where else the same file is used."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from portal.caseload.models import (
    Attendance,
    Case,
    Consultation,
    Delivery,
    DiagnosticSession,
    EvidenceFile,
    FollowUp,
    ReferralOut,
)
from portal.caseload.rules.words import EVIDENCE_KINDS, ONWARD_SERVICES, SUPPORT_KINDS
from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.clock import london
from portal.kernel.files import REMOVED_KEY

_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class OtherUse:
    """Another place where the very same file stands as evidence."""

    reference: str
    organisation_id: int
    employer_name: str
    case_reference: str
    kind: str
    uploaded_at: datetime

    @property
    def words(self) -> str:
        """Where it stands, for those who may know."""
        day = london(self.uploaded_at)
        what = EVIDENCE_KINDS.get(self.kind, self.kind).lower()
        return f"{what} of {self.employer_name}, added on {day.day} {day:%B %Y}"


@dataclass(frozen=True, slots=True)
class EvidenceFacts:
    """One file and what it proves. ``same_as`` names other uses of the same bytes."""

    id: int
    reference: str
    employer_id: int
    employer_reference: str
    case_id: int
    case_reference: str
    organisation_id: int
    kind: str
    subject: str
    note: str
    file_name: str
    media_type: str
    size_bytes: int
    sha256: str
    storage_key: str
    scan_state: str
    uploaded_at: datetime
    by_name: str
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    uses: tuple[OtherUse, ...] = ()

    @property
    def kind_words(self) -> str:
        """What it proves, on screen."""
        return EVIDENCE_KINDS.get(self.kind, self.kind)

    @property
    def same_as(self) -> tuple[str, ...]:
        """References of other files with the same content."""
        return tuple(use.reference for use in self.uses)

    @property
    def withdrawn(self) -> bool:
        """Whether it no longer counts."""
        return self.withdrawn_at is not None


_OWN = tuple(
    name
    for name in EvidenceFacts.__slots__
    if name not in {"employer_reference", "case_reference", "uses"}
)


def _select() -> Select[Any]:
    return (
        select(
            *(getattr(EvidenceFile, name) for name in _OWN),
            Employer.reference.label("employer_reference"),
            Case.reference.label("case_reference"),
        )
        .join(Employer, Employer.id == EvidenceFile.employer_id)
        .join(Case, Case.id == EvidenceFile.case_id)
        .order_by(EvidenceFile.uploaded_at.desc(), EvidenceFile.id.desc())
        .limit(_MOST)
    )


def _facts(*conditions: ColumnElement[bool]) -> list[EvidenceFacts]:
    rows = current_session().execute(_select().where(*conditions)).mappings().all()
    uses = _uses({row["sha256"] for row in rows if row["withdrawn_at"] is None})
    return [
        EvidenceFacts(**row, uses=_others(row, uses) if row["withdrawn_at"] is None else ())
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class _Use:
    id: int
    subject: str
    shown: OtherUse


def _uses(hashes: Collection[str]) -> dict[str, list[_Use]]:
    """Live files by their content, in one statement."""
    found: dict[str, list[_Use]] = {}
    if not hashes:
        return found
    rows = current_session().execute(
        select(
            EvidenceFile.sha256,
            EvidenceFile.id,
            EvidenceFile.subject,
            EvidenceFile.reference,
            EvidenceFile.organisation_id,
            func.coalesce(Employer.trading_name, Employer.name),
            Case.reference,
            EvidenceFile.kind,
            EvidenceFile.uploaded_at,
        )
        .join(Employer, Employer.id == EvidenceFile.employer_id)
        .join(Case, Case.id == EvidenceFile.case_id)
        .where(EvidenceFile.sha256.in_(hashes), EvidenceFile.withdrawn_at.is_(None))
        .order_by(EvidenceFile.id)
    )
    for sha256, key, subject, *rest in rows:
        use: Any = rest
        found.setdefault(sha256, []).append(_Use(key, subject, OtherUse(*use)))
    return found


def _others(row: Any, uses: dict[str, list[_Use]]) -> tuple[OtherUse, ...]:
    # One sheet may prove one delivery to each of its employers: that is one use.
    return tuple(
        use.shown
        for use in uses.get(row["sha256"], ())
        if use.id != row["id"] and not (row["subject"] and use.subject == row["subject"])
    )


def of_case(case_id: int) -> list[EvidenceFacts]:
    """A case's files, newest first, withdrawn ones too."""
    return _facts(EvidenceFile.case_id == case_id)


def of_subject(subject: str) -> list[EvidenceFacts]:
    """The files that belong to one record, such as ``delivery:7Q2M4T9KZC``."""
    return _facts(EvidenceFile.subject == subject)


def of_subjects(subjects: Collection[str]) -> dict[str, list[EvidenceFacts]]:
    """The files of several records."""
    found: dict[str, list[EvidenceFacts]] = {}
    if subjects:
        for facts in _facts(EvidenceFile.subject.in_(subjects)):
            found.setdefault(facts.subject, []).append(facts)
    return found


def of_employer(employer_id: int) -> list[EvidenceFacts]:
    """Every file about an employer."""
    return _facts(EvidenceFile.employer_id == employer_id)


def one(reference: str) -> EvidenceFacts | None:
    """The file of this reference, whoever's it is."""
    return next(iter(_facts(EvidenceFile.reference == reference)), None)


def to_change(reference: str) -> EvidenceFile | None:
    """The file's row, locked until the unit of work ends."""
    return current_session().scalar(
        select(EvidenceFile)
        .where(EvidenceFile.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def about_others(facts: EvidenceFacts) -> bool:
    """Whether a file also tells of another employer: the sheet of a session that several attended.

    Such a sheet names other businesses' workers.
    """
    session = current_session()
    same = select(EvidenceFile.id).where(
        EvidenceFile.sha256 == facts.sha256, EvidenceFile.employer_id != facts.employer_id
    )
    if session.scalar(same.limit(1)) is not None:
        return True
    kind, _, reference = facts.subject.partition(":")
    if kind != "delivery" or facts.kind != "attendance_sheet":
        return False
    beside = (
        select(Attendance.id)
        .join(Delivery, Delivery.id == Attendance.delivery_id)
        .where(Delivery.reference == reference, Attendance.employer_id != facts.employer_id)
    )
    return session.scalar(beside.limit(1)) is not None


def live_count(case_id: int) -> int:
    """How many files of a case count."""
    query = select(func.count(EvidenceFile.id)).where(
        EvidenceFile.case_id == case_id, EvidenceFile.withdrawn_at.is_(None)
    )
    return current_session().scalar(query) or 0


def unscanned(*, limit: int = 200) -> list[str]:
    """References of files that no scanner has judged yet, oldest first."""
    query = (
        select(EvidenceFile.reference)
        .where(
            EvidenceFile.scan_state.in_(("waiting", "not_scanned")),
            EvidenceFile.storage_key.not_like(f"{REMOVED_KEY}%"),
        )
        .order_by(EvidenceFile.id)
        .limit(limit)
    )
    return list(current_session().scalars(query))


def added_since(
    since: datetime, *, case_id: int, kind: str, subject: str, sha256: str, uploaded_by: int | None
) -> EvidenceFile | None:
    """A live file with these very marks that was added since an instant."""
    return current_session().scalar(
        select(EvidenceFile).where(
            EvidenceFile.case_id == case_id,
            EvidenceFile.kind == kind,
            EvidenceFile.subject == subject,
            EvidenceFile.sha256 == sha256,
            EvidenceFile.uploaded_by == uploaded_by,
            EvidenceFile.uploaded_at >= since,
            EvidenceFile.withdrawn_at.is_(None),
        )
    )


def _dated(value: date | datetime) -> tuple[date, str]:
    day = london(value).date() if isinstance(value, datetime) else value
    return day, f"{day.day} {day:%B %Y}"


def subject_choices(case_id: int, employer_reference: str) -> list[tuple[str, str]]:
    """The case's records that a file may belong to: subject and words, newest first."""
    found: list[tuple[date, str, str]] = []
    for kind, statement, words in _RECORDS:
        for reference, when, *about in current_session().execute(statement, {"case_id": case_id}):
            day, shown = _dated(when)
            found.append((day, f"{kind}:{reference}", words(shown, *about)))
    found.sort(key=lambda item: item[0], reverse=True)
    return [(subject, words) for _day, subject, words in found] + [
        (f"employer:{employer_reference}", "Facts about the employer")
    ]


_CASE: Final[Any] = bindparam("case_id")
_RECORDS: Final[tuple[tuple[str, Any, Callable[..., str]], ...]] = (
    (
        "session",
        select(DiagnosticSession.reference, DiagnosticSession.held_on).where(
            DiagnosticSession.case_id == _CASE, DiagnosticSession.withdrawn_at.is_(None)
        ),
        lambda day: f"In-depth session on {day}",
    ),
    (
        "consultation",
        select(Consultation.reference, Consultation.held_at).where(Consultation.case_id == _CASE),
        lambda day: f"Phone consultation on {day}",
    ),
    (
        "delivery",
        select(Delivery.reference, Delivery.delivered_on, Delivery.kind, Delivery.title)
        .join(Attendance, Attendance.delivery_id == Delivery.id)
        .where(Attendance.case_id == _CASE, Delivery.withdrawn_at.is_(None)),
        lambda day, kind, title: f"{SUPPORT_KINDS.get(kind, kind)} on {day}: {title}",
    ),
    (
        "referral_out",
        select(ReferralOut.reference, ReferralOut.sent_on, ReferralOut.service).where(
            ReferralOut.case_id == _CASE
        ),
        lambda day, service: f"Referral to {ONWARD_SERVICES.get(service, service)} on {day}",
    ),
    (
        "follow_up",
        select(FollowUp.reference, FollowUp.done_on, FollowUp.months).where(
            FollowUp.case_id == _CASE, FollowUp.state == "done"
        ),
        lambda day, months: f"Follow-up at {months} months, on {day}",
    ),
)
