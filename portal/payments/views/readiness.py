"""What of the work with an employer can be claimed, and what exactly is missing where it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import abort, render_template, url_for

from portal.caseload.queries import CaseFacts, case_facts
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.money import Money
from portal.payments.access import lep_finance, may_look, may_see_claim, may_see_output
from portal.payments.queries import readiness as queries
from portal.payments.queries.readiness import Of, Standing
from portal.payments.rules.freezing import short_day
from portal.payments.rules.outputs import COLOURS, OutputState, when_claimable
from portal.payments.rules.readiness import Lack, Missing
from portal.payments.rules.words import ENGAGEMENT, OUTPUT_TYPES
from portal.payments.views import blueprint
from portal.payments.views.outputs import address_of
from portal.web.access import Actor, current_actor, provider_staff

# Where a fact of the employer's record is put right.
_FACTS: Final = {
    Lack.SECTOR: "employers.details",
    Lack.AREA: "employers.details",
    Lack.SIZE: "employers.staff_numbers",
}
_ADVICE: Final = {
    Lack.CONTRACT: "Ask the LEP, or the provider whose subcontractor you are",
    Lack.CARD: "The LEP publishes the rates. It arises by itself once there are any",
    Lack.RATE: "The LEP decides what is paid for",
}


@blueprint.get("/cases/<case>/claimable")
def readiness(case: str) -> str:
    """The engagement of a case's employer and each delivery: claimable, claimed, or what lacks."""
    actor = current_actor()
    facts = case_facts(normalise_reference(case))
    if facts is None or not _may_open(actor, facts):
        abort(404)
    return render_template(
        "payments/outputs/readiness.html",
        case=facts,
        items=[_item(one, facts, actor) for one in _standings(facts, actor)],
        employer=address_of("employers.show", employer=facts.employer_reference),
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """The readiness of a case in a card's words."""

    text: str
    href: str
    meta: str
    tint: bool


def summary(case: CaseFacts, actor: Actor) -> Summary | None:
    """What a card on the case's page says; None for those who do not see money."""
    if not may_look(actor, {}) or not _may_open(actor, case):
        return None
    found = _standings(case, actor)
    engagement, deliveries = found[0], found[1:]
    counted = {"arisen": 0, "missing": 0}
    for one in deliveries:
        if one.arisen is None or one.arisen.state is not OutputState.WITHDRAWN:
            counted["missing" if one.arisen is None else "arisen"] += 1
    parts = []
    if counted["arisen"]:
        parts.append(_counted(counted["arisen"], "delivery counts", "deliveries count"))
    if counted["missing"]:
        parts.append(_counted(counted["missing"], "delivery does not yet", "deliveries do not yet"))
    return Summary(
        f"Engagement: {_in_short(engagement)}",
        url_for("payments.readiness", case=case.reference),
        ", ".join(parts),
        tint=engagement.arisen is None and len(engagement.missing) == 1,
    )


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _in_short(engagement: Standing) -> str:
    arisen = engagement.arisen
    if arisen is not None:
        when = f", claim for {arisen.period:%B %Y}" if arisen.period else ""
        return f"{arisen.state.label.lower()}{when}, {Money(arisen.pence)}"
    if engagement.is_ready:
        return "nothing is missing"
    if len(engagement.missing) == 1:
        return f"one thing is missing, {engagement.missing[0].words}"
    return f"{len(engagement.missing)} things are missing"


def _may_open(actor: Actor, case: CaseFacts) -> bool:
    return lep_finance(actor, {}) or _works(actor, case)


def _works(actor: Actor, case: CaseFacts) -> bool:
    return provider_staff(actor, {}) and case.organisation_id in actor.organisations


def _standings(case: CaseFacts, actor: Actor) -> list[Standing]:
    key, diagnostic = queries.case_programme(case.id)
    of = Of(case.employer_id, case.organisation_id, key, diagnostic)
    own = None if lep_finance(actor, {}) else actor.organisations
    return queries.standings(of, organisations=own)


def _item(one: Standing, case: CaseFacts, actor: Actor) -> dict[str, Any]:
    """One piece of work as the page shows it."""
    done, arisen = one.done, one.arisen
    return {
        "title": "Engagement" if one.output_type == ENGAGEMENT else done.title if done else "",
        "kind": OUTPUT_TYPES[one.output_type],
        "day": None if done is None else done.occurred_on,
        "work": _work(one),
        "state": _state(one),
        "arisen": None if arisen is None else _arisen(one, actor),
        "missing": [_missing(gap, one, case, actor) for gap in one.missing],
        "price": None if one.price is None else Money(one.price.total).format(),
        "bonus": _bonus(one, case, actor),
    }


def _state(one: Standing) -> tuple[str, str]:
    if one.arisen is not None:
        return one.arisen.state.label, COLOURS[one.arisen.state]
    if one.is_ready:
        return "Ready", "blue"
    return ("One thing missing", "yellow") if len(one.missing) == 1 else ("Not yet", "grey")


def _work(one: Standing) -> str | None:
    if one.done is None:
        return None
    if one.output_type == ENGAGEMENT:
        return address_of(
            "caseload.session", case=one.done.case_reference, record=one.done.reference
        )
    return address_of("caseload.support", delivery=one.done.reference)


def _arisen(one: Standing, actor: Actor) -> dict[str, Any]:
    arisen, done = one.arisen, one.done
    assert arisen is not None and done is not None  # noqa: S101, PT018 - as the caller asked
    sees = may_see_claim(actor, arisen.contract_owner)
    shown = may_see_output(actor, deliverer=arisen.organisation_id, owner=arisen.contract_owner)
    waits = ""
    if arisen.state is OutputState.READY:
        waits = when_claimable(
            occurred_on=done.occurred_on, open_from=arisen.open_from, today=today()
        )
    return {
        "href": url_for("payments.output", output=arisen.reference) if shown else None,
        "pence": arisen.pence,
        "explanation": arisen.explanation,
        "claim": f"Claim for {arisen.period:%B %Y}" if arisen.period else "",
        "claim_href": address_of("payments.claim", claim=arisen.claim_reference)
        if sees and arisen.claim_reference
        else None,
        "waits": waits,
    }


def _missing(gap: Missing, one: Standing, case: CaseFacts, actor: Actor) -> dict[str, str | None]:
    """One thing that is missing, where it is put right, and what else is to be known about it."""
    words = f"{gap.words[0].upper()}{gap.words[1:]}"
    note = _ADVICE.get(gap.kind, "")
    if gap.kind in _FACTS and gap.fixed and one.done is not None:
        note = (
            f"So the record said on {short_day(one.done.occurred_on)}, and that day decides: "
            "a change now does not make it claimable"
        )
    if gap.kind is Lack.CONFIRMATION and one.done is not None:
        note = {
            "awaiting": "It was asked and has not answered yet",
            "disputed": "It said that something is wrong with the record",
        }.get(one.done.confirmation or "", "It was not asked yet")
    return {"words": words, "note": note, "href": _mend(gap, one, case, actor)}


def _mend(gap: Missing, one: Standing, case: CaseFacts, actor: Actor) -> str | None:
    if gap.fixed or not _works(actor, case):
        return None
    if gap.kind in _FACTS:
        return address_of(_FACTS[gap.kind], employer=case.employer_reference)
    if gap.kind is Lack.SESSION and case.is_open:
        return address_of("caseload.session_new", case=case.reference)
    if gap.kind is Lack.DIAGNOSTIC:
        return address_of("diagnostics.call_sheet", employer=case.employer_reference)
    if gap.kind is Lack.CONFIRMATION and one.done is not None:
        return address_of(
            "caseload.ask_confirmation",
            case=one.done.case_reference,
            what="session" if one.output_type == ENGAGEMENT else "attendance",
            record=one.done.record,
        )
    return None


def _bonus(one: Standing, case: CaseFacts, actor: Actor) -> dict[str, Any] | None:
    """Whether the bonus for the hard to reach comes on top, and what would have to be known."""
    if one.output_type != ENGAGEMENT or one.arisen is not None or one.frozen is None:
        return None
    links = []
    if _works(actor, case) and one.frozen.reach.status == "not_counted_yet":
        for first, endpoint, words in (
            ("iip_status", "employers.investors_in_people", "Investors in People"),
            ("training_answer", "employers.training", "Training"),
        ):
            href = address_of(endpoint, employer=case.employer_reference)
            if href and (one.done is None or not one.frozen.knows(first)):
                links.append({"words": words, "href": href})
    return {"words": one.frozen.reach.explanation, "links": links}
