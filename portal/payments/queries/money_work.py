"""Why work is not an output yet, for a page of sessions and deliveries at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    ScalarSelect,
    Select,
    String,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from portal.caseload.models import (
    Attendance,
    Case,
    CaseMilestone,
    Confirmation,
    Delivery,
    DiagnosticSession,
)
from portal.caseload.rules.stages import Milestone
from portal.db import current_session
from portal.employers.models import Employer, EmployerChange
from portal.employers.rules.facts import FACTS, unplain
from portal.kernel.clock import london
from portal.payments.models import Contract, Output, Rate, RateCardVersion, Subcontractor
from portal.payments.rules.freezing import Moment, freeze
from portal.payments.rules.rates import RateCard
from portal.payments.rules.readiness import (
    WORDS,
    Agreement,
    Judged,
    Lack,
    Missing,
    Work,
    agreement_on,
    judge,
)
from portal.payments.rules.words import BONUS, ENGAGEMENT
from portal.programme.models import ProgrammeSetting
from portal.programme.rules import default_values

_NOBODY: Final = Judged((Missing(Lack.CONFIRMATION, WORDS[Lack.CONFIRMATION]),), None, None)


@dataclass(slots=True)
class _Attending:
    case: str
    employer: str
    asked: str | None
    confirmed: bool
    diagnostic: bool
    engaged: bool
    now: dict[str, Any]
    trail: list[Moment] = field(default_factory=list)


@dataclass(slots=True)
class _Piece:
    programme: str
    organisation_id: int
    fully_funded: bool
    sme_limit: int
    employers: dict[int, _Attending] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unready:
    """What a piece of work lacks, judged for the employer that comes nearest.

    ``asked`` says how its confirmation stands: None where nobody has asked yet.
    """

    judged: Judged
    case: str
    employer: str
    asked: str | None


def unready(
    work: Sequence[tuple[str, int, str, date]],
) -> dict[tuple[str, int], Unready]:
    """What each piece of work lacks; work: kind (session or delivery), key, output type, day.

    Says the same as ``service.outputs.readiness`` of each, with two statements for all of them.
    """
    if not work:
        return {}
    pieces = _pieces(
        [key for kind, key, _type, _day in work if kind == "session"],
        [key for kind, key, _type, _day in work if kind == "delivery"],
    )
    agreements, cards = _terms(
        {piece.programme for piece in pieces.values()},
        {piece.organisation_id for piece in pieces.values()},
    )
    found = {}
    for kind, key, output_type, day in work:
        piece = pieces.get((kind, key))
        if piece is not None:
            found[(kind, key)] = _nearest(
                piece,
                output_type,
                day,
                agreements.get(piece.programme, []),
                cards.get(piece.programme, {}),
            )
    return found


def _nearest(
    piece: _Piece,
    output_type: str,
    day: date,
    agreements: Sequence[Agreement],
    cards: dict[int, RateCard],
) -> Unready:
    """Of confirmed employers, where there are any: the first that can be paid for, or the first."""
    confirmed = [one for one in piece.employers.values() if one.confirmed]
    agreement = agreement_on(agreements, organisation_id=piece.organisation_id, day=day)
    first: Unready | None = None
    for one in confirmed or piece.employers.values():
        judged = judge(
            Work(
                output_type,
                day,
                withdrawn=False,
                confirmed=bool(confirmed),
                diagnostic=one.diagnostic,
                engaged=one.engaged,
                fully_funded=piece.fully_funded,
            ),
            freeze(one.trail, one.now, day=day),
            agreement=agreement,
            cards=cards,
            sme_limit=piece.sme_limit,
        )
        said = Unready(judged, one.case, one.employer, one.asked)
        if not judged.missing:
            return said
        first = first or said
    return first or Unready(_NOBODY, "", "", None)


def _pieces(
    session_ids: Collection[int], delivery_ids: Collection[int]
) -> dict[tuple[str, int], _Piece]:
    """Work with its employers, their facts and the history of these; one statement."""
    work = union_all(_sessions(session_ids), _attendances(delivery_ids)).subquery()
    diagnostic = exists().where(
        CaseMilestone.case_id == Case.id,
        CaseMilestone.kind == Milestone.DIAGNOSTIC.value,
        CaseMilestone.withdrawn_at.is_(None),
    )
    name = func.coalesce(func.nullif(Employer.trading_name, ""), Employer.name)
    facts = [getattr(Employer, field).label(f"fact_{field}") for field in FACTS]
    rows = current_session().execute(
        select(
            work,
            Case.programme,
            Case.reference.label("case_reference"),
            Employer.id.label("employer_id"),
            name.label("employer"),
            diagnostic.label("diagnostic"),
            _engaged().label("engaged"),
            _sme_limit(work.c.day).label("sme_limit"),
            EmployerChange.at,
            EmployerChange.version,
            EmployerChange.changes,
            *facts,
        )
        .join(Case, Case.id == work.c.case_id)
        .join(Employer, Employer.id == work.c.employer_id)
        .outerjoin(EmployerChange, EmployerChange.employer_id == Employer.id)
        .order_by(
            work.c.kind,
            work.c.id,
            work.c.attended.desc(),
            func.lower(name),
            work.c.place,
            EmployerChange.version,
        )
    )
    return _gathered(rows.mappings())


def _gathered(rows: Iterable[Any]) -> dict[tuple[str, int], _Piece]:
    """Pieces of work from rows in which each stands once for every change of an employer."""
    usual = int(default_values()["sme_limit"])
    found: dict[tuple[str, int], _Piece] = {}
    for row in rows:
        key = (row["kind"], row["id"])
        piece = found.get(key)
        if piece is None:
            limit = usual if row["sme_limit"] is None else row["sme_limit"]
            piece = found[key] = _Piece(
                row["programme"], row["organisation_id"], row["fully_funded"], limit
            )
        one = piece.employers.get(row["employer_id"])
        if one is None:
            now = {name: row[f"fact_{name}"] for name in FACTS}
            one = piece.employers[row["employer_id"]] = _Attending(
                row["case_reference"],
                row["employer"],
                row["asked"],
                row["asked"] == "confirmed",
                row["diagnostic"],
                row["engaged"],
                now,
            )
        if row["changes"] is not None:
            _follow(one.trail, row)
    return found


def _follow(trail: list[Moment], row: Any) -> None:
    """The next moment of an employer's history: what it was, with what this change made of it."""
    before: Any = trail[-1].facts if trail else dict.fromkeys(FACTS)
    changed = {name: unplain(name, after) for name, (_old, after) in row["changes"].items()}
    trail.append(Moment(london(row["at"]).date(), row["version"], {**before, **changed}))


def _sme_limit(day: ColumnElement[date]) -> ScalarSelect[Any]:
    """What the programme had set on the day of the work; none where it set none of its own."""
    return (
        select(ProgrammeSetting.value)
        .where(ProgrammeSetting.key == "sme_limit", ProgrammeSetting.effective_from <= day)
        .order_by(ProgrammeSetting.effective_from.desc(), ProgrammeSetting.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _engaged() -> ColumnElement[bool]:
    return exists().where(
        Output.employer_id == Employer.id,
        Output.programme == Case.programme,
        Output.output_type == ENGAGEMENT,
        Output.withdrawn_at.is_(None),
    )


def _sessions(ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            literal("session", String()).label("kind"),
            DiagnosticSession.id.label("id"),
            DiagnosticSession.held_on.label("day"),
            Case.id.label("case_id"),
            Case.employer_id.label("employer_id"),
            Case.organisation_id.label("organisation_id"),
            Confirmation.state.label("asked"),
            literal(value=False, type_=Boolean()).label("fully_funded"),
            literal(0).label("attended"),
            literal(0).label("place"),
        )
        .join(Case, Case.id == DiagnosticSession.case_id)
        .outerjoin(
            Confirmation,
            and_(Confirmation.session_id == DiagnosticSession.id, Confirmation.state != "replaced"),
        )
        .where(DiagnosticSession.id.in_(ids))
    )


def _attendances(ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            literal("delivery", String()),
            Delivery.id,
            Delivery.delivered_on,
            Attendance.case_id,
            Attendance.employer_id,
            Delivery.organisation_id,
            Confirmation.state,
            Delivery.funding == "fully_funded",
            Attendance.attended,
            Attendance.id,
        )
        .join(Attendance, Attendance.delivery_id == Delivery.id)
        .outerjoin(
            Confirmation,
            and_(Confirmation.attendance_id == Attendance.id, Confirmation.state != "replaced"),
        )
        .where(Delivery.id.in_(ids))
    )


def _terms(
    programmes: Collection[str], organisations: Collection[int]
) -> tuple[dict[str, list[Agreement]], dict[str, dict[int, RateCard]]]:
    """Contracts that may pay them, and published cards, by programme; one statement."""
    other = aliased(Subcontractor)
    delivers = exists().where(
        other.contract_id == Contract.id, other.organisation_id.in_(organisations)
    )
    no_day, no_text = literal(None, Date()), literal(None, String())
    contracts = (
        select(
            literal("contract", String()).label("what"),
            Contract.id.label("id"),
            Contract.programme.label("programme"),
            Contract.organisation_id.label("number"),
            Contract.starts_on.label("begins"),
            Contract.ends_on.label("ends"),
            Subcontractor.organisation_id.label("other"),
            Subcontractor.from_on.label("other_from"),
            Subcontractor.until_on.label("other_until"),
            no_text.label("output_type"),
            no_text.label("tier"),
        )
        .outerjoin(Subcontractor, Subcontractor.contract_id == Contract.id)
        .where(
            Contract.programme.in_(programmes),
            Contract.state.in_(("active", "ended")),
            or_(Contract.organisation_id.in_(organisations), delivers),
        )
    )
    cards = (
        select(
            literal("card", String()),
            RateCardVersion.id,
            RateCardVersion.programme,
            RateCardVersion.version,
            RateCardVersion.effective_from,
            no_day,
            Rate.pence,
            no_day,
            no_day,
            Rate.output_type,
            Rate.size_tier,
        )
        .outerjoin(Rate, Rate.card_id == RateCardVersion.id)
        .where(RateCardVersion.programme.in_(programmes), RateCardVersion.state == "published")
    )
    rows: list[Any] = list(current_session().execute(union_all(contracts, cards)))
    return _agreements(rows), _cards(rows)


def _agreements(rows: Sequence[Any]) -> dict[str, list[Agreement]]:
    known: dict[int, Any] = {}
    deliverers: dict[int, list[tuple[int, date, date | None]]] = {}
    for row in rows:
        if row.what == "contract":
            known[row.id] = row
            if row.other is not None:
                deliverers.setdefault(row.id, []).append(
                    (row.other, row.other_from, row.other_until)
                )
    found: dict[str, list[Agreement]] = {}
    for key, row in known.items():
        agreement = Agreement(key, row.number, row.begins, row.ends, tuple(deliverers.get(key, ())))
        found.setdefault(row.programme, []).append(agreement)
    return found


def _cards(rows: Sequence[Any]) -> dict[str, dict[int, RateCard]]:
    known: dict[int, Any] = {}
    prices: dict[int, dict[tuple[str, str], int]] = {}
    bonuses: dict[int, dict[str, int]] = {}
    for row in rows:
        if row.what == "card":
            known[row.id] = row
            if row.output_type == BONUS:
                bonuses.setdefault(row.id, {})[row.tier] = row.other
            elif row.output_type is not None:
                prices.setdefault(row.id, {})[(row.output_type, row.tier)] = row.other
    found: dict[str, dict[int, RateCard]] = {}
    for key, row in known.items():
        found.setdefault(row.programme, {})[key] = RateCard(
            row.number, row.begins, prices.get(key, {}), bonuses.get(key, {})
        )
    return found
