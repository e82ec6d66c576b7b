"""Where lines of an employer's timeline about the caseload lead, found in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Integer, Select, String, bindparam, cast, literal, null, select, union_all

from portal.caseload.models import (
    Attendance,
    Case,
    Confirmation,
    Consultation,
    Delivery,
    DiagnosticSession,
    EvidenceFile,
    FollowUp,
    Interaction,
    OutcomeRecord,
    Referral,
    ReferralOut,
)
from portal.db import current_session


@dataclass(frozen=True, slots=True)
class Place:
    """A record's case and provider; ``part`` is its delivery's reference, if it has one."""

    kind: str
    reference: str
    organisation_id: int | None
    case_reference: str | None
    part: str | None
    months: int | None


_NO_TEXT: Final = cast(null(), String)
_NO_NUMBER: Final = cast(null(), Integer)


def _of(
    kind: str,
    model: Any,
    *,
    organisation: Any = Case.organisation_id,
    case: Any = Case.reference,
    part: Any = _NO_TEXT,
    months: Any = _NO_NUMBER,
) -> Select[Any]:
    return select(
        literal(kind, literal_execute=True).label("kind"),
        model.reference,
        organisation.label("organisation_id"),
        case.label("case_reference"),
        part.label("part"),
        months.label("months"),
    ).where(model.reference.in_(bindparam(kind, expanding=True)))


def _by_case(kind: str, model: Any, **more: Any) -> Select[Any]:
    return _of(kind, model, **more).join(Case, Case.id == model.case_id)


_STATEMENTS: Final[dict[str, Select[Any]]] = {
    "case": _of("case", Case),
    "interaction": _by_case("interaction", Interaction),
    "consultation": _by_case("consultation", Consultation),
    "session": _by_case("session", DiagnosticSession),
    "referral_out": _by_case("referral_out", ReferralOut),
    "follow_up": _by_case("follow_up", FollowUp, months=FollowUp.months),
    "outcomes": _by_case("outcomes", OutcomeRecord),
    "confirmation": _by_case("confirmation", Confirmation),
    "evidence": _by_case("evidence", EvidenceFile),
    "attendance": _by_case("attendance", Attendance, part=Delivery.reference).join(
        Delivery, Delivery.id == Attendance.delivery_id
    ),
    "delivery": _of(
        "delivery",
        Delivery,
        organisation=Delivery.organisation_id,
        case=_NO_TEXT,
        part=Delivery.reference,
    ),
    "referral": _of("referral", Referral, organisation=Referral.organisation_id, case=_NO_TEXT),
}
KINDS: Final = tuple(_STATEMENTS)


def places(subjects: Iterable[str]) -> list[Place]:
    """Where each of these records stands; unknown ones are left out."""
    asked: dict[str, list[str]] = {}
    for subject in subjects:
        kind, _, reference = subject.partition(":")
        if kind in _STATEMENTS:
            asked.setdefault(kind, []).append(reference)
    if not asked:
        return []
    statement = union_all(*(_STATEMENTS[kind] for kind in sorted(asked)))
    return [Place(*row) for row in current_session().execute(statement, asked)]
