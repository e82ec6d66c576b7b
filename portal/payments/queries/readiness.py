"""Where an employer's engagement and each of its deliveries stand on the way to being paid.

However much work there is, it is the same few statements: the record with its history, sessions,
deliveries, contracts, rate cards.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import Select, and_, exists, literal, select

from portal.caseload.models import (
    Attendance,
    Case,
    CaseMilestone,
    Confirmation,
    Delivery,
    DiagnosticSession,
)
from portal.caseload.rules.stages import Milestone
from portal.caseload.rules.support import FULLY_FUNDED
from portal.db import current_session
from portal.employers.models import Employer, EmployerChange
from portal.employers.rules.facts import FACTS, unplain
from portal.kernel.clock import london, today
from portal.payments.models import Claim, ClaimLine, Contract, Output
from portal.payments.queries.outputs import agreements, published_cards
from portal.payments.rules.freezing import Frozen, Moment, freeze
from portal.payments.rules.outputs import OutputState, state_of
from portal.payments.rules.rates import Price
from portal.payments.rules.readiness import WORDS, Lack, Missing, Work, agreement_on, judge
from portal.payments.rules.words import ENGAGEMENT, OUTPUT_TYPES
from portal.programme import queries as programme

_GONE: Final = ("rejected", "removed")


@dataclass(frozen=True, slots=True)
class Arisen:
    """The output that arose from a piece of work, and the claim it is on."""

    reference: str
    pence: int
    explanation: str
    organisation_id: int
    contract_owner: int
    open_from: date
    state: OutputState
    claim_reference: str | None
    period: date | None


@dataclass(frozen=True, slots=True)
class Done:
    """A session or a delivery as recorded; ``record`` is what its employer is asked about."""

    kind: str
    reference: str
    title: str
    occurred_on: date
    organisation_id: int
    programme: str
    case_reference: str
    record: str
    withdrawn: bool
    confirmation: str | None
    fully_funded: bool
    diagnostic: bool
    arisen: Arisen | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one piece of work stands: the output that arose, or all that is missing.

    ``done`` is None for an engagement whose session is not recorded yet.
    """

    output_type: str
    done: Done | None
    arisen: Arisen | None
    missing: tuple[Missing, ...]
    frozen: Frozen | None
    price: Price | None

    @property
    def is_ready(self) -> bool:
        """Whether nothing is missing, though the output has not arisen yet."""
        return self.arisen is None and not self.missing


@dataclass(frozen=True, slots=True)
class Known:
    """An employer's record as it stands and its history."""

    now: Mapping[str, Any]
    trail: tuple[Moment, ...]


def employer_record(employer_id: int) -> Known:
    """The facts of an employer and every earlier state of them, in one statement."""
    facts = [getattr(Employer, field).label(f"now_{field}") for field in FACTS]
    rows = (
        current_session()
        .execute(
            select(*facts, EmployerChange.at, EmployerChange.version, EmployerChange.changes)
            .outerjoin(EmployerChange, EmployerChange.employer_id == Employer.id)
            .where(Employer.id == employer_id)
            .order_by(EmployerChange.version)
        )
        .mappings()
        .all()
    )
    trail: list[Moment] = []
    held: dict[str, Any] = dict.fromkeys(FACTS)
    for row in rows:
        if row["version"] is not None:
            after = {field: unplain(field, said[1]) for field, said in row["changes"].items()}
            held = held | after
            trail.append(Moment(london(row["at"]).date(), row["version"], held))
    return Known({field: rows[0][f"now_{field}"] for field in FACTS}, tuple(trail))


_holding = and_(ClaimLine.output_id == Output.id, ClaimLine.state.not_in(_GONE))
_ARISEN: Final = (
    *(Output.reference, Output.base_pence, Output.bonus_pence, Output.explanation),
    *(Output.organisation_id, Contract.organisation_id, Contract.open_from),
    *(Output.withdrawn_at, ClaimLine.state, Claim.state, Claim.reference, Claim.period),
)


def _with_output(query: Any, joined: Any) -> Select[Any]:
    with_columns: Select[Any] = (
        query.add_columns(*(c.label(f"o_{at}") for at, c in enumerate(_ARISEN)))
        .outerjoin(Output, joined)
        .outerjoin(Contract, Contract.id == Output.contract_id)
        .outerjoin(ClaimLine, _holding)
        .outerjoin(Claim, Claim.id == ClaimLine.claim_id)
    )
    return with_columns


def _arisen(row: Any) -> Arisen | None:
    found = [getattr(row, f"o_{at}") for at in range(len(_ARISEN))]
    reference, base, bonus, explanation, organisation_id, owner, open_from = found[:7]
    withdrawn_at, line_state, claim_state, claim_reference, period = found[7:]
    if reference is None:
        return None
    state = state_of(
        withdrawn=withdrawn_at is not None, line_state=line_state, claim_state=claim_state
    )
    return Arisen(
        *(reference, base + bonus, explanation, organisation_id, owner, open_from),
        *(state, claim_reference, period),
    )


_SESSIONS: Final = _with_output(
    select(
        DiagnosticSession.reference,
        DiagnosticSession.held_on,
        DiagnosticSession.withdrawn_at,
        Case.organisation_id,
        Case.programme,
        Case.reference.label("case_reference"),
        Confirmation.state,
        exists(
            select(literal(1)).where(
                CaseMilestone.case_id == Case.id,
                CaseMilestone.kind == Milestone.DIAGNOSTIC.value,
                CaseMilestone.withdrawn_at.is_(None),
            )
        ).label("diagnostic"),
    )
    .join(Case, Case.id == DiagnosticSession.case_id)
    .outerjoin(
        Confirmation,
        and_(Confirmation.session_id == DiagnosticSession.id, Confirmation.state != "replaced"),
    ),
    Output.session_id == DiagnosticSession.id,
).order_by(DiagnosticSession.held_on.desc(), DiagnosticSession.id.desc())
_DELIVERIES: Final = _with_output(
    select(
        Delivery.reference,
        Delivery.kind,
        Delivery.title,
        Delivery.delivered_on,
        Delivery.organisation_id,
        Delivery.funding,
        Delivery.withdrawn_at,
        Case.programme,
        Case.reference.label("case_reference"),
        Attendance.reference.label("record"),
        Confirmation.state,
    )
    .join(Attendance, Attendance.delivery_id == Delivery.id)
    .join(Case, Case.id == Attendance.case_id)
    .outerjoin(
        Confirmation,
        and_(Confirmation.attendance_id == Attendance.id, Confirmation.state != "replaced"),
    ),
    Output.delivery_id == Delivery.id,
).order_by(Delivery.delivered_on.desc(), Delivery.id.desc())


def sessions_of(employer_id: int) -> list[Done]:
    """Every in-depth session with an employer, whoever's, the latest first."""
    rows = current_session().execute(_SESSIONS.where(Case.employer_id == employer_id))
    return [
        Done(
            kind=ENGAGEMENT,
            reference=row.reference,
            title="In-depth session",
            occurred_on=row.held_on,
            organisation_id=row.organisation_id,
            programme=row.programme,
            case_reference=row.case_reference,
            record=row.reference,
            withdrawn=row.withdrawn_at is not None,
            confirmation=row.state,
            fully_funded=False,
            diagnostic=row.diagnostic,
            arisen=_arisen(row),
        )
        for row in rows
    ]


def deliveries_of(employer_id: int) -> list[Done]:
    """Every delivery that an employer attended, whoever's, the latest first."""
    rows = current_session().execute(_DELIVERIES.where(Attendance.employer_id == employer_id))
    return [
        Done(
            kind=row.kind,
            reference=row.reference,
            title=row.title,
            occurred_on=row.delivered_on,
            organisation_id=row.organisation_id,
            programme=row.programme,
            case_reference=row.case_reference,
            record=row.record,
            withdrawn=row.withdrawn_at is not None,
            confirmation=row.state,
            fully_funded=row.funding == FULLY_FUNDED,
            diagnostic=False,
            arisen=_arisen(row),
        )
        for row in rows
        if row.kind in OUTPUT_TYPES
    ]


@dataclass(frozen=True, slots=True)
class Of:
    """Whose readiness is asked for: an employer's, by the case of a provider in a programme."""

    employer_id: int
    organisation_id: int
    programme: str
    diagnostic: bool = False


def standings(of: Of, *, organisations: Collection[int] | None) -> list[Standing]:
    """The engagement first, then each delivery, the latest first.

    ``organisations``: those whose work the reader may see, all of it where None. A delivery that
    was withdrawn before anything arose from it is left out.
    """
    sessions, deliveries = sessions_of(of.employer_id), deliveries_of(of.employer_id)
    judge_one = _Judge(of, [*sessions, *deliveries])
    own = [one for one in sessions if _seen(one, organisations)]
    found = [_engagement(of, sessions, own, judge_one)]
    found += [
        judge_one(one, engaged=False)
        for one in deliveries
        if _seen(one, organisations) and (one.arisen is not None or not one.withdrawn)
    ]
    return found


def _seen(done: Done, organisations: Collection[int] | None) -> bool:
    return organisations is None or done.organisation_id in organisations


def _engagement(
    of: Of, sessions: Sequence[Done], own: Sequence[Done], judge_one: _Judge
) -> Standing:
    """The business's engagement: what arose, else what the nearest session lacks."""
    live = [
        one
        for one in sessions
        if one.programme == of.programme
        and one.arisen is not None
        and one.arisen.state is not OutputState.WITHDRAWN
    ]
    if live and live[0] in own:
        return Standing(ENGAGEMENT, live[0], live[0].arisen, (), None, None)
    candidates = [one for one in own if one.programme == of.programme and not one.withdrawn]
    judged = [judge_one(one, engaged=bool(live)) for one in candidates]
    if judged:
        return min(judged, key=lambda one: len(one.missing))
    return judge_one(None, engaged=bool(live))


class _Judge:
    """Judges pieces of work of one employer; reads contracts, cards and the record once."""

    def __init__(self, of: Of, work: Sequence[Done]) -> None:
        self._of = of
        self._known = employer_record(of.employer_id)
        organisations = {of.organisation_id, *(one.organisation_id for one in work)}
        self._agreements = agreements(sorted(organisations), [of.programme])
        self._cards = published_cards(of.programme)
        self._limit = programme.settings().sme_limit

    def __call__(self, done: Done | None, *, engaged: bool) -> Standing:
        if done is not None and done.arisen is not None:
            return Standing(done.kind, done, done.arisen, (), None, None)
        day = today() if done is None else done.occurred_on
        output_type = ENGAGEMENT if done is None else done.kind
        who = self._of.organisation_id if done is None else done.organisation_id
        frozen = freeze(self._known.trail, self._known.now, day=day)
        judged = judge(
            Work(
                output_type,
                day,
                withdrawn=done is not None and done.withdrawn,
                confirmed=done is not None and done.confirmation == "confirmed",
                diagnostic=self._of.diagnostic if done is None else done.diagnostic,
                engaged=engaged,
                fully_funded=done is not None and done.fully_funded,
            ),
            frozen,
            agreement=agreement_on(self._agreements, organisation_id=who, day=day),
            cards=self._cards,
            sme_limit=self._limit,
        )
        missing = judged.missing
        if done is None:
            # Nothing is fixed yet: the day of the session will decide.
            open_still = (
                replace(one, fixed=one.kind in {Lack.ENGAGED, Lack.FUNDING}) for one in missing
            )
            missing = (Missing(Lack.SESSION, WORDS[Lack.SESSION]), *open_still)
        return Standing(output_type, done, None, missing, frozen, judged.price)


def case_programme(case_id: int) -> tuple[str, bool]:
    """The programme of a case, and whether it rests on a completed diagnostic."""
    row = (
        current_session()
        .execute(
            select(
                Case.programme,
                exists(
                    select(literal(1)).where(
                        CaseMilestone.case_id == Case.id,
                        CaseMilestone.kind == Milestone.DIAGNOSTIC.value,
                        CaseMilestone.withdrawn_at.is_(None),
                    )
                ),
            ).where(Case.id == case_id)
        )
        .one()
    )
    return row[0], bool(row[1])
