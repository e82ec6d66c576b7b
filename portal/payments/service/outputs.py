"""Outputs arise from work: nobody types them in.

Both ways in are idempotent: a session or a delivery makes at most one output, whoever asks, and
however often. Called inside a unit of work, except for ``arise_due``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.exc import IntegrityError

from portal.caseload import queries as caseload
from portal.caseload.rules.stages import Milestone
from portal.db import audit, current_session, unit_of_work
from portal.employers import queries as employers
from portal.employers.rules.facts import FACTS
from portal.kernel.clock import utc_now
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import Output
from portal.payments.queries import outputs as found
from portal.payments.queries.outputs import Origin
from portal.payments.rules.freezing import Frozen, explain, freeze, kept_facts, missing_facts
from portal.payments.rules.rates import Price, card_on
from portal.payments.rules.rates import price as priced
from portal.payments.rules.words import ENGAGEMENT, OUTPUT_TYPES
from portal.payments.service.ledger import decide
from portal.programme import queries as programme

NOT_YET = "not_yet"


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is missing before work can be paid for, in words; nothing when it can.

    ``frozen`` and ``price`` are given as far as they are known.
    """

    missing: tuple[str, ...]
    frozen: Frozen | None = None
    price: Price | None = None
    employer_id: int | None = None
    case_id: int | None = None
    contract_id: int | None = None
    card_id: int | None = None

    @property
    def is_ready(self) -> bool:
        """Whether an output can arise now."""
        return not self.missing


def arise_for_session(session_id: int, by: Author) -> Ok[Output] | Err:
    """The engagement that a confirmed in-depth session makes, or what is missing."""
    known = found.output_of(session_id=session_id)
    if known is not None:
        return Ok(known)
    origin = found.session_origin(session_id)
    if origin is None:
        return Err(Problem("no_session", "There is no such session"))
    return _arise(origin, by, session_id=session_id)


def arise_for_delivery(delivery_id: int, by: Author) -> Ok[Output] | Err:
    """The output that a delivery confirmed by an employer makes, or what is missing."""
    known = found.output_of(delivery_id=delivery_id)
    if known is not None:
        return Ok(known)
    origin = found.delivery_origin(delivery_id)
    if origin is None:
        return Err(Problem("no_delivery", "There is no such delivery"))
    return _arise(origin, by, delivery_id=delivery_id)


def arise_due(by: Author = PORTAL) -> int:
    """Let every output arise that can: what was missing may have come since. How many arose."""
    count = 0
    for session_id in found.sessions_without_output():
        with unit_of_work():
            count += isinstance(arise_for_session(session_id, by), Ok)
    for delivery_id in found.deliveries_without_output():
        with unit_of_work():
            count += isinstance(arise_for_delivery(delivery_id, by), Ok)
    return count


def withdraw(*, output: Output, reason: str, by: Author) -> Ok[Output] | Err:
    """The work behind an output was withdrawn; refused while a claim holds it."""
    line = found.holding_line(output.id)
    if line is not None:
        return Err(
            Problem(
                "on_a_claim",
                "This is on a claim already. Take it out of the claim, or ask the LEP to reject "
                "it, before withdrawing the record",
            )
        )
    output.withdrawn_at, output.withdrawn_reason = utc_now(), reason[:500]
    decide(
        action="output.withdrawn",
        subject=f"output:{output.reference}",
        by=by,
        detail={"reason": output.withdrawn_reason},
    )
    current_session().flush()
    return Ok(output)


def readiness(origin: Origin) -> Readiness:
    """Whether an output can arise from a piece of work, and if not exactly what is missing."""
    missing: list[str] = []
    if origin.withdrawn:
        missing.append("the record was withdrawn")
    if not origin.confirmed:
        missing.append("the employer has not confirmed it")
    if not origin.employers:
        return Readiness(tuple(missing))
    judged = [_judge(origin, employer, case) for employer, case in origin.employers]
    # A delivery needs one employer that can be paid for: the first that can, else the largest.
    best = next((one for one in judged if one.is_ready), judged[0])
    return Readiness(
        (*missing, *best.missing),
        best.frozen,
        best.price,
        best.employer_id,
        best.case_id,
        best.contract_id,
        best.card_id,
    )


def _judge(origin: Origin, employer_id: int, case_id: int) -> Readiness:
    frozen = _frozen(employer_id, origin.occurred_on)
    missing = missing_facts(frozen)
    if origin.output_type == ENGAGEMENT:
        if Milestone.DIAGNOSTIC not in caseload.held_milestones(case_id):
            missing.append("the diagnostic is not completed")
        if found.engagement_of(employer_id, origin.programme) is not None:
            missing.append("this business was engaged before: it counts once")
    contract = found.contract_for(
        organisation_id=origin.organisation_id,
        programme=origin.programme,
        day=origin.occurred_on,
    )
    if contract is None:
        missing.append("the provider had no contract in force on that day")
    price, card_id, problem = _price(origin, frozen)
    if problem is not None:
        missing.append(problem)
    return Readiness(
        tuple(missing),
        frozen,
        price,
        employer_id,
        case_id,
        None if contract is None else contract.id,
        card_id,
    )


def _frozen(employer_id: int, day: date) -> Frozen:
    profile = employers.employer_profile_by_id(employer_id)
    if profile is None:
        raise LookupError(f"Employer {employer_id} is missing")
    now: dict[str, Any] = {field: getattr(profile, field) for field in FACTS}
    return freeze(employers.facts_on(employer_id, day), now, day=day)


def _price(origin: Origin, frozen: Frozen) -> tuple[Price | None, int | None, str | None]:
    cards = found.published_cards(origin.programme)
    card = card_on(list(cards.values()), origin.occurred_on)
    if card is None:
        return None, None, "no rate card was in force on that day"
    card_id = next(key for key, value in cards.items() if value is card)
    tier = frozen.values["size_tier"]
    if tier is None:
        return None, card_id, None
    worth = priced(
        [card],
        output_type=origin.output_type,
        tier=tier,
        hard_to_reach=frozen.is_hard_to_reach,
        occurred_on=origin.occurred_on,
    )
    if isinstance(worth, Problem):
        return None, card_id, "the rate card has no rate for this kind of work and size"
    if worth.total == 0:
        kind = OUTPUT_TYPES[origin.output_type].lower()
        return None, card_id, f"the rate card pays nothing for this: {kind}"
    return worth, card_id, None


def _arise(
    origin: Origin, by: Author, *, session_id: int | None = None, delivery_id: int | None = None
) -> Ok[Output] | Err:
    if origin.output_type not in OUTPUT_TYPES:
        return Err(Problem(NOT_YET, "This kind of work is not paid for"))
    ready = readiness(origin)
    if ready.missing or ready.frozen is None or ready.price is None or ready.contract_id is None:
        return Err(Problem(NOT_YET, "; ".join(ready.missing) or "something is missing"))
    values = ready.frozen.values
    settings = programme.settings(on=origin.occurred_on)
    output = Output(
        programme=origin.programme,
        contract_id=ready.contract_id,
        organisation_id=origin.organisation_id,
        output_type=origin.output_type,
        employer_id=ready.employer_id,
        case_id=ready.case_id,
        session_id=session_id,
        delivery_id=delivery_id,
        adviser_id=origin.adviser_id,
        occurred_on=origin.occurred_on,
        employer_name=values["trading_name"] or values["name"],
        sector=values["sector"],
        district=values["district"],
        size_tier=values["size_tier"],
        hard_to_reach=ready.frozen.is_hard_to_reach,
        facts={
            **kept_facts(ready.frozen),
            "words": {
                "sector": settings.sector_title(values["sector"]),
                "district": settings.district_title(values["district"]),
            },
        },
        card_id=ready.card_id,
        base_pence=ready.price.base,
        bonus_pence=ready.price.bonus,
        explanation=explain(output_type=origin.output_type, frozen=ready.frozen, price=ready.price),
    )
    session = current_session()
    try:
        with session.begin_nested():
            session.add(output)
            session.flush()
    except IntegrityError:
        # Somebody let it arise at the same moment, or the business was engaged meanwhile.
        known = found.output_of(session_id=session_id, delivery_id=delivery_id)
        if known is not None:
            return Ok(known)
        return Err(Problem(NOT_YET, "this business was engaged before: it counts once"))
    _note(output, by)
    return Ok(output)


def _note(output: Output, by: Author) -> None:
    detail = {
        "type": output.output_type,
        "base_pence": output.base_pence,
        "bonus_pence": output.bonus_pence,
        "occurred_on": output.occurred_on.isoformat(),
    }
    subject = f"output:{output.reference}"
    decide(action="output.arose", subject=subject, by=by, detail=detail)
    audit.record(action="output.arose", subject=subject, detail=detail, actor_id=by.user_id)
