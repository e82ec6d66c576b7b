"""Outputs arise from work: nobody types them in.

Both ways in are idempotent: a session or a delivery makes at most one output, whoever asks, and
however often. Called inside a unit of work, except for ``arise_due``.

Whoever lets an output arise or withdraws it first holds what whoever answers for, or withdraws,
the work holds: the case of a session, the delivery itself. So an output never outlives its work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.exc import IntegrityError

from portal.db import audit, current_session, unit_of_work
from portal.employers import queries as employers
from portal.employers.rules.facts import FACTS
from portal.kernel.clock import utc_now
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import Output, OutputMiss
from portal.payments.queries import claims, misses, origins
from portal.payments.queries import outputs as found
from portal.payments.queries.origins import Attending, Origin
from portal.payments.rules.freezing import Frozen, Moment, explain, freeze, kept_facts
from portal.payments.rules.rates import Price
from portal.payments.rules.readiness import (
    WORDS,
    Lack,
    Missing,
    Work,
    agreement_on,
    judge,
)
from portal.payments.rules.words import ENGAGEMENT, OUTPUT_TYPES
from portal.payments.service.ledger import decide
from portal.programme import queries as programme

NOT_YET = "not_yet"
# What the day of the work has decided: nothing that is added makes it claimable.
HOPELESS = "hopeless"
LOOK_AGAIN: Final = timedelta(days=30)
ON_A_CLAIM = "on_a_claim"
_ENGAGED = Problem(NOT_YET, WORDS[Lack.ENGAGED])


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is missing before work can be paid for; nothing when it can.

    ``frozen`` and ``price`` are given as far as they are known. ``hopeless``: the day has decided
    it for every employer of the work.
    """

    missing: tuple[Missing, ...]
    frozen: Frozen | None = None
    price: Price | None = None
    employer: Attending | None = None
    contract_id: int | None = None
    card_id: int | None = None
    diagnostic: tuple[str, Any] | None = None
    hopeless: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether an output can arise now."""
        return not self.missing

    @property
    def words(self) -> tuple[str, ...]:
        """What is missing, in words."""
        return tuple(one.words for one in self.missing)


def arise_for_session(session_id: int, by: Author) -> Ok[Output] | Err:
    """The engagement that a confirmed in-depth session makes, or what is missing."""
    known = found.output_of(session_id=session_id)
    if known is not None:
        return Ok(known)
    if not origins.hold_session(session_id):
        return Err(Problem("no_session", "There is no such session"))
    return _arise(origins.session_origin(session_id), by, session_id=session_id)


def arise_for_delivery(delivery_id: int, by: Author) -> Ok[Output] | Err:
    """The output that a delivery confirmed by an employer makes, or what is missing."""
    known = found.output_of(delivery_id=delivery_id)
    if known is not None:
        return Ok(known)
    if not origins.hold_delivery(delivery_id):
        return Err(Problem("no_delivery", "There is no such delivery"))
    return _arise(origins.delivery_origin(delivery_id), by, delivery_id=delivery_id)


def arise_due(by: Author = PORTAL) -> int:
    """Let every output arise that can: what was missing may have come since. How many arose.

    Work that cannot be paid for as it is, whatever is added, is looked at again only once
    something it rests on has changed, or after a month.
    """
    common = misses.common_mark()
    count = 0
    for session in filter(_is_due, misses.sessions(common)):
        with unit_of_work():
            done = arise_for_session(session.id, by)
            count += isinstance(done, Ok)
            _keep_miss(done, session.mark, session_id=session.id)
    for delivery in filter(_is_due, misses.deliveries(common)):
        with unit_of_work():
            done = arise_for_delivery(delivery.id, by)
            count += isinstance(done, Ok)
            _keep_miss(done, delivery.mark, delivery_id=delivery.id)
    return count


def _is_due(candidate: misses.Candidate) -> bool:
    if candidate.missed_at is None or candidate.mark != candidate.missed_mark:
        return True
    return utc_now() - candidate.missed_at >= LOOK_AGAIN


def _keep_miss(done: Ok[Output] | Err, mark: str, **subject: int) -> None:
    if isinstance(done, Ok) or done.problem.code != HOPELESS:
        return
    kept = misses.miss_of(**subject)
    if kept is None:
        current_session().add(OutputMiss(mark=mark, looked_at=utc_now(), **subject))
    else:
        kept.mark, kept.looked_at = mark, utc_now()


def held_by_claim(output: Output) -> Problem | None:
    """Why the work behind an output cannot be withdrawn: a claim holds it, or None.

    The contract is held first, as by whoever claims, so that the answer stays true. What was paid
    and came back to the last penny holds no more.
    """
    claims.contract_to_change(output.contract_id)
    holder = found.holder(output.id)
    if holder is None or holder.is_over:
        return None
    where = f"This is on the claim for {holder.period:%B %Y} ({holder.claim_reference})"
    if holder.was_paid:
        words = f"{where} and was paid. The LEP has to take the money back before it is withdrawn"
    elif holder.line_state == "approved":
        words = f"{where} and was approved, so it can only be withdrawn once it was paid back"
    else:
        words = f"{where}. Take it out of that claim, or ask the LEP to reject it, first"
    return Problem(ON_A_CLAIM, words)


def withdraw(*, output: Output, reason: str, by: Author) -> Ok[Output] | Err:
    """The work behind an output was withdrawn; refused while a claim holds it."""
    problem = held_by_claim(output)
    if problem is not None:
        return Err(problem)
    held = found.output_to_change(output.id)
    if held.withdrawn_at is not None:
        return Ok(held)
    held.withdrawn_at, held.withdrawn_reason = utc_now(), reason[:500]
    _note("output.withdrawn", held, by, {"reason": held.withdrawn_reason})
    current_session().flush()
    return Ok(held)


def readiness(origin: Origin) -> Readiness:
    """Whether an output can arise from a piece of work, and if not exactly what is missing.

    A delivery needs one confirmed employer that can be paid for: the first that can counts, and
    where none can it is said of the first.
    """
    if not origin.employers:
        return Readiness((Missing(Lack.CONFIRMATION, WORDS[Lack.CONFIRMATION]),))
    judged = []
    for attending in origin.employers:
        judged.append(_judge(origin, attending))
        if judged[-1].is_ready:
            return judged[-1]
    hopeless = all(any(one.fixed for one in each.missing) for each in judged)
    return replace(judged[0], hopeless=hopeless)


def _judge(origin: Origin, attending: Attending) -> Readiness:
    frozen = frozen_on(attending.employer_id, origin)
    diagnostic = origins.diagnostic_of(attending.case_id)
    engaged = found.engaged_programmes([attending.employer_id])
    agreement = agreement_on(
        found.agreements([origin.organisation_id], [origin.programme]),
        organisation_id=origin.organisation_id,
        day=origin.occurred_on,
    )
    judged = judge(
        Work(
            origin.output_type,
            origin.occurred_on,
            withdrawn=origin.withdrawn,
            confirmed=origin.confirmed,
            diagnostic=diagnostic is not None,
            engaged=(origin.programme, attending.employer_id) in engaged,
            fully_funded=origin.fully_funded,
        ),
        frozen,
        agreement=agreement,
        cards=found.published_cards(origin.programme),
        sme_limit=programme.settings(on=origin.occurred_on).sme_limit,
    )
    return Readiness(
        judged.missing,
        frozen,
        judged.price,
        attending,
        None if agreement is None else agreement.id,
        judged.card_id,
        diagnostic if origin.output_type == ENGAGEMENT else None,
    )


def frozen_on(employer_id: int, origin: Origin) -> Frozen:
    """An employer's facts as they count for a piece of work."""
    profile = employers.employer_profile_by_id(employer_id)
    if profile is None:
        raise LookupError(f"Employer {employer_id} is missing")
    now: dict[str, Any] = {field: getattr(profile, field) for field in FACTS}
    trail = [Moment(*step) for step in employers.facts_trail(employer_id)]
    return freeze(trail, now, day=origin.occurred_on)


def _arise(
    origin: Origin | None,
    by: Author,
    *,
    session_id: int | None = None,
    delivery_id: int | None = None,
) -> Ok[Output] | Err:
    # Somebody may have let it arise while we waited.
    known = found.output_of(session_id=session_id, delivery_id=delivery_id)
    if known is not None:
        return Ok(known)
    if origin is None or origin.output_type not in OUTPUT_TYPES:
        return Err(Problem(NOT_YET, "This kind of work is not paid for"))
    ready = readiness(origin)
    if ready.missing:
        return Err(Problem(HOPELESS if ready.hopeless else NOT_YET, "; ".join(ready.words)))
    output = _output(origin, ready, session_id=session_id, delivery_id=delivery_id)
    session = current_session()
    try:
        with session.begin_nested():
            session.add(output)
            session.flush()
    except IntegrityError:
        # Somebody let it arise at the same moment, or the business was engaged meanwhile.
        known = found.output_of(session_id=session_id, delivery_id=delivery_id)
        return Err(_ENGAGED) if known is None else Ok(known)
    detail = {
        "type": output.output_type,
        "base_pence": output.base_pence,
        "bonus_pence": output.bonus_pence,
        "occurred_on": output.occurred_on.isoformat(),
    }
    _note("output.arose", output, by, detail)
    return Ok(output)


def _output(
    origin: Origin, ready: Readiness, *, session_id: int | None, delivery_id: int | None
) -> Output:
    if ready.frozen is None or ready.price is None or ready.employer is None:
        raise LookupError("Nothing is missing, but not everything is known")
    values = ready.frozen.values
    settings = programme.settings(on=origin.occurred_on)
    return Output(
        programme=origin.programme,
        contract_id=ready.contract_id,
        organisation_id=origin.organisation_id,
        output_type=origin.output_type,
        employer_id=ready.employer.employer_id,
        case_id=ready.employer.case_id,
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
            "work": _proof(origin, ready),
        },
        card_id=ready.card_id,
        base_pence=ready.price.base,
        bonus_pence=ready.price.bonus,
        explanation=explain(output_type=origin.output_type, frozen=ready.frozen, price=ready.price),
    )


def _proof(origin: Origin, ready: Readiness) -> dict[str, Any]:
    """What proves the work, as plain data: which records, and when. Nobody's name: records have it.

    A name here could not be taken out again when a person asks for that.
    """
    proof: dict[str, Any] = {
        "reference": origin.reference,
        "minutes": origin.minutes,
        "mode": origin.mode,
    }
    if ready.employer is not None and ready.employer.confirmation is not None:
        reference, at = ready.employer.confirmation
        proof["confirmation"] = {"reference": reference, "at": at.isoformat()}
    if ready.employer is not None and ready.employer.attended is not None:
        proof["attended"] = ready.employer.attended
        proof["employers"] = len(origin.employers)
    if ready.diagnostic is not None:
        proof["diagnostic"] = {
            "subject": ready.diagnostic[0],
            "at": ready.diagnostic[1].isoformat(),
        }
    return proof


def _note(action: str, output: Output, by: Author, detail: Mapping[str, Any]) -> None:
    subject = f"output:{output.reference}"
    decide(action=action, subject=subject, by=by, detail=detail)
    audit.record(action=action, subject=subject, detail=detail, actor_id=by.user_id)
