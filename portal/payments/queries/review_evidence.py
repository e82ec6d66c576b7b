"""What stands beside claim lines: the work, the employer's word, files, checks and questions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, String, and_, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.caseload.models import (
    Attendance,
    Case,
    Confirmation,
    Delivery,
    DiagnosticSession,
    EvidenceFile,
)
from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.clock import today
from portal.payments.models import CheckOverride, CheckResult, ClaimLine, LineQuery, Output
from portal.programme.models import Organisation


@dataclass(frozen=True, slots=True)
class Beside:
    """One thing that stands beside a line; what its words are depends on ``what``.

    check and claim: kind, result, words. override: kind, reason, last day, who asked. query: side,
    words, who. file: kind, name, reference, who added it. attending: employer, state of its
    confirmation, who answered, how many attended.
    """

    what: str
    line_id: int
    at: datetime | None
    one: str
    two: str
    three: str
    four: str


@dataclass(frozen=True, slots=True)
class LineEvidence:
    """A line with everything known about it; facts are those frozen on the output."""

    id: int
    explanation: str
    reason: str
    decided_at: datetime | None
    decided_name: str
    output_reference: str
    facts: Mapping[str, Any]
    sector: str
    district: str
    size_tier: str
    hard_to_reach: bool
    occurred_on: date
    case_reference: str
    employer_reference: str
    delivered_by: str
    work_reference: str
    work_title: str
    minutes: int
    mode: str
    place: str
    present: Sequence[Mapping[str, str]]
    recorded_name: str
    recorded_at: datetime
    withdrawn: bool
    is_session: bool
    confirmation: str | None
    confirmed_name: str
    confirmed_at: datetime | None
    confirmation_words: str
    beside: list[Beside] = field(default_factory=list)

    def of(self, what: str) -> list[Beside]:
        """What of one kind stands beside it."""
        return [one for one in self.beside if one.what == what]

    @property
    def speaking(self) -> list[Beside]:
        """Checks that did not simply pass."""
        return self.of("check")

    def let_through(self, kind: str) -> Beside | None:
        """What was granted or asked about a failed check and still counts."""
        return self._override(kind, over=False)

    def was_let_through(self, kind: str) -> Beside | None:
        """What was granted or asked about a failed check, its last day being over."""
        return self._override(kind, over=True)

    def _override(self, kind: str, *, over: bool) -> Beside | None:
        day = today().isoformat()
        found = [
            one
            for one in self.beside
            if one.what == "override" and one.one == kind and (str(one.three) < day) is over
        ]
        return found[-1] if found else None


_COLUMNS: Any = (
    ClaimLine.id,
    ClaimLine.explanation,
    ClaimLine.reason,
    ClaimLine.decided_at,
    ClaimLine.decided_name,
    Output.reference,
    Output.facts,
    Output.sector,
    Output.district,
    Output.size_tier,
    Output.hard_to_reach,
    Output.occurred_on,
    Case.reference,
    Employer.reference,
    Organisation.name,
    func.coalesce(DiagnosticSession.reference, Delivery.reference, ""),
    func.coalesce(Delivery.title, ""),
    func.coalesce(DiagnosticSession.minutes, Delivery.minutes, 0),
    func.coalesce(DiagnosticSession.mode, Delivery.mode, ""),
    func.coalesce(DiagnosticSession.place, Delivery.place, ""),
    DiagnosticSession.present,
    func.coalesce(DiagnosticSession.by_name, Delivery.by_name, ""),
    func.coalesce(DiagnosticSession.created_at, Delivery.created_at),
    DiagnosticSession.withdrawn_at,
    Delivery.withdrawn_at,
    Output.session_id,
    Confirmation.state,
    Confirmation.answered_name,
    Confirmation.answered_at,
    Confirmation.words,
)
# Those of the columns that are taken as they come, in their order.
_TAKEN = tuple(LineEvidence.__dataclass_fields__)[:23]


def evidence(
    line_ids: Collection[int], *, claim_id: int | None = None
) -> tuple[dict[int, LineEvidence], list[Beside]]:
    """Lines with their evidence, and what the checks say of the claim as a whole where it is given.

    Two statements however many lines there are.
    """
    rows = current_session().execute(
        select(*_COLUMNS)
        .join(Output, Output.id == ClaimLine.output_id)
        .join(Case, Case.id == Output.case_id)
        .join(Employer, Employer.id == Output.employer_id)
        .join(Organisation, Organisation.id == Output.organisation_id)
        .outerjoin(DiagnosticSession, DiagnosticSession.id == Output.session_id)
        .outerjoin(Delivery, Delivery.id == Output.delivery_id)
        .outerjoin(
            Confirmation,
            and_(Confirmation.session_id == Output.session_id, Confirmation.state != "replaced"),
        )
        .where(ClaimLine.id.in_(line_ids))
    )
    found = {row[0]: _line(row) for row in rows}
    whole = []
    for one in _beside(line_ids, claim_id):
        if one.what == "claim":
            whole.append(one)
        elif one.line_id in found:
            found[one.line_id].beside.append(one)
    return found, whole


def _line(row: Any) -> LineEvidence:
    values = dict(zip(_TAKEN, row, strict=False))
    values["present"] = row[20] or ()
    return LineEvidence(
        **values,
        withdrawn=row[23] is not None or row[24] is not None,
        is_session=row[25] is not None,
        confirmation=row[26],
        confirmed_name=row[27] or "",
        confirmed_at=row[28],
        confirmation_words=row[29] or "",
    )


def _beside(line_ids: Collection[int], claim_id: int | None) -> list[Beside]:
    streams = (
        _checks(line_ids),
        _overrides(line_ids),
        _queries(line_ids),
        _files(line_ids),
        _attending(line_ids),
        *([_of_claim(claim_id)] if claim_id is not None else []),
    )
    stream = union_all(*streams).subquery()
    rows = current_session().execute(
        select(stream).order_by(stream.c.line_id, stream.c.what, stream.c.at, stream.c.key)
    )
    return [Beside(*row[:7]) for row in rows]


def _stream(what: str, line: Any, at: Any, words: Sequence[Any], key: Any) -> Any:
    return select(
        literal(what).label("what"),
        line.label("line_id"),
        at.label("at"),
        *(
            cast(one, String()).label(name)
            for one, name in zip(words, ("one", "two", "three", "four"), strict=True)
        ),
        cast(key, Integer()).label("key"),
    )


def _newest_run() -> Any:
    later = aliased(CheckResult)
    return (
        select(func.max(later.run))
        .where(later.claim_id == CheckResult.claim_id)
        .correlate(CheckResult)
        .scalar_subquery()
    )


def _checks(line_ids: Collection[int]) -> Any:
    words = (CheckResult.kind, CheckResult.result, CheckResult.words, literal(""))
    return _stream("check", CheckResult.line_id, CheckResult.at, words, CheckResult.id).where(
        CheckResult.line_id.in_(line_ids),
        CheckResult.run == _newest_run(),
        CheckResult.result != "pass",
    )


def _of_claim(claim_id: int) -> Any:
    words = (CheckResult.kind, CheckResult.result, CheckResult.words, literal(""))
    return _stream("claim", literal(0), CheckResult.at, words, CheckResult.id).where(
        CheckResult.claim_id == claim_id,
        CheckResult.line_id.is_(None),
        CheckResult.run == _newest_run(),
        CheckResult.result != "pass",
    )


def _overrides(line_ids: Collection[int]) -> Any:
    asker = aliased(User)
    words = (
        CheckOverride.kind,
        CheckOverride.reason,
        CheckOverride.until_on,
        asker.name,
    )
    return (
        _stream("override", ClaimLine.id, CheckOverride.granted_at, words, CheckOverride.id)
        .select_from(CheckOverride)
        .join(ClaimLine, ClaimLine.output_id == CheckOverride.output_id)
        .join(asker, asker.id == CheckOverride.asked_by)
        .where(ClaimLine.id.in_(line_ids), CheckOverride.declined_at.is_(None))
    )


def _queries(line_ids: Collection[int]) -> Any:
    words = (LineQuery.side, LineQuery.words, LineQuery.by_name, literal(""))
    return _stream("query", LineQuery.line_id, LineQuery.at, words, LineQuery.id).where(
        LineQuery.line_id.in_(line_ids)
    )


def _files(line_ids: Collection[int]) -> Any:
    """Files of the case that belong to this work, or to the case and no other piece of work."""
    of_work = or_(
        EvidenceFile.subject == func.coalesce("session:" + DiagnosticSession.reference, "-"),
        EvidenceFile.subject == func.coalesce("delivery:" + Delivery.reference, "-"),
        and_(
            EvidenceFile.subject.not_like("session:%"), EvidenceFile.subject.not_like("delivery:%")
        ),
    )
    words = (
        EvidenceFile.kind,
        EvidenceFile.file_name,
        EvidenceFile.reference,
        EvidenceFile.by_name,
    )
    return (
        _stream("file", ClaimLine.id, EvidenceFile.uploaded_at, words, EvidenceFile.id)
        .select_from(ClaimLine)
        .join(Output, Output.id == ClaimLine.output_id)
        .outerjoin(DiagnosticSession, DiagnosticSession.id == Output.session_id)
        .outerjoin(Delivery, Delivery.id == Output.delivery_id)
        .join(EvidenceFile, EvidenceFile.case_id == Output.case_id)
        .where(ClaimLine.id.in_(line_ids), EvidenceFile.withdrawn_at.is_(None), of_work)
    )


def _attending(line_ids: Collection[int]) -> Any:
    words = (
        Employer.name,
        func.coalesce(Confirmation.state, "none"),
        func.coalesce(Confirmation.answered_name, ""),
        Attendance.attended,
    )
    return (
        _stream("attending", ClaimLine.id, Confirmation.answered_at, words, Attendance.id)
        .select_from(ClaimLine)
        .join(Output, Output.id == ClaimLine.output_id)
        .join(Attendance, Attendance.delivery_id == Output.delivery_id)
        .join(Employer, Employer.id == Attendance.employer_id)
        .outerjoin(
            Confirmation,
            and_(Confirmation.attendance_id == Attendance.id, Confirmation.state != "replaced"),
        )
        .where(ClaimLine.id.in_(line_ids))
    )
