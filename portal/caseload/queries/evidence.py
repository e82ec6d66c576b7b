"""Evidence files as plain data, and where else the same file is used."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select

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
        .where(EvidenceFile.scan_state.in_(("waiting", "not_scanned")))
        .order_by(EvidenceFile.id)
        .limit(limit)
    )
    return list(current_session().scalars(query))


def subject_choices(case_id: int, employer_reference: str) -> list[tuple[str, str]]:
    """The case's records that a file may belong to: subject and words, newest first."""
    session = current_session()
    found: list[tuple[Any, str, str]] = []

    def day(value: Any) -> str:
        when = london(value).date() if isinstance(value, datetime) else value
        return f"{when.day} {when:%B %Y}"

    def add(kind: str, rows: Sequence[Any], words: Any) -> None:
        for row in rows:
            when = london(row[1]).date() if isinstance(row[1], datetime) else row[1]
            found.append((when, f"{kind}:{row[0]}", words(row)))

    sessions = select(DiagnosticSession.reference, DiagnosticSession.held_on).where(
        DiagnosticSession.case_id == case_id, DiagnosticSession.withdrawn_at.is_(None)
    )
    add(
        "session",
        session.execute(sessions).all(),
        lambda row: f"In-depth session on {day(row[1])}",
    )
    talks = select(Consultation.reference, Consultation.held_at)
    add(
        "consultation",
        session.execute(talks.where(Consultation.case_id == case_id)).all(),
        lambda row: f"Phone consultation on {day(row[1])}",
    )
    deliveries = (
        select(Delivery.reference, Delivery.delivered_on, Delivery.kind, Delivery.title)
        .join(Attendance, Attendance.delivery_id == Delivery.id)
        .where(Attendance.case_id == case_id, Delivery.withdrawn_at.is_(None))
    )
    add(
        "delivery",
        session.execute(deliveries).all(),
        lambda row: f"{SUPPORT_KINDS.get(row[2], row[2])} on {day(row[1])}: {row[3]}",
    )
    onward = select(ReferralOut.reference, ReferralOut.sent_on, ReferralOut.service)
    add(
        "referral_out",
        session.execute(onward.where(ReferralOut.case_id == case_id)).all(),
        lambda row: f"Referral to {ONWARD_SERVICES.get(row[2], row[2])} on {day(row[1])}",
    )
    later = select(FollowUp.reference, FollowUp.done_on, FollowUp.months)
    add(
        "follow_up",
        session.execute(later.where(FollowUp.case_id == case_id, FollowUp.state == "done")).all(),
        lambda row: f"Follow-up at {row[2]} months, on {day(row[1])}",
    )
    found.sort(key=lambda item: item[0], reverse=True)
    return [(subject, words) for _when, subject, words in found] + [
        (f"employer:{employer_reference}", "Facts about the employer")
    ]
