"""What the pages about referrals share: whose referrals, which one, and choices of forms."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for

from portal.caseload.queries import referral_sources, referrals
from portal.caseload.queries.referral_likeness import EmployerMatch, Hit
from portal.caseload.queries.referrals import ReferralFacts, Scope
from portal.caseload.rules.referral_likeness import Identity, identity
from portal.kernel.ids import normalise_reference
from portal.programme import queries as programme
from portal.web.access import Actor, current_actor, lep_staff, provider_staff


def scope_of(actor: Actor) -> Scope:
    """Whose referrals a person sees."""
    if lep_staff(actor, {}):
        return Scope(everything=True)
    return Scope(everything=False, organisations=actor.organisations)


def as_reference(text: str) -> str:
    """A reference from an address, made comparable; empty when it cannot be one."""
    reference = normalise_reference(text)
    return reference if reference.isascii() and reference.isalnum() else ""


def load_referral(reference: str) -> ReferralFacts:
    """The referral in the address, to read; 404 when it is absent or another provider's."""
    referral = referrals.referral_facts(as_reference(reference))
    # The same answer whether it is absent or another's: a guess learns nothing.
    if referral is None or not scope_of(current_actor()).holds(referral.organisation_id):
        abort(404)
    return referral


def decides(actor: Actor, referral: ReferralFacts) -> bool:
    """Whether a person accepts: the staff of the provider it was sent to."""
    return provider_staff(actor, {}) and referral.organisation_id in actor.organisations


def may_decline(actor: Actor, referral: ReferralFacts) -> bool:
    """Whether a person declines: its provider's staff, or LEP staff while it has no provider."""
    unassigned = referral.organisation_id is None and lep_staff(actor, {})
    return decides(actor, referral) or unassigned


def provider_choices(actor: Actor) -> list[tuple[str, str]]:
    """Providers to send to: a provider's own, or every one for LEP staff."""
    everything = scope_of(actor).everything
    return [
        (str(each.id), each.name)
        for each in programme.organisations(kind="provider")
        if everything or each.id in actor.organisations
    ]


def chosen_provider(field: Any, choices: list[tuple[str, str]], actor: Actor) -> int | None:
    """The provider chosen; the only one there is needs no choosing."""
    if len(choices) == 1:
        return int(choices[0][0])
    if field.data:
        return int(field.data)
    return None if scope_of(actor).everything or not choices else int(choices[0][0])


def typed_identity() -> Identity:
    """The employer described in the address, for suggestions while typing."""
    return identity(
        request.args.get("name", "")[:160],
        request.args.get("trading_name", "")[:160],
        company_number=request.args.get("company_number", "")[:20],
        postcode=request.args.get("postcode", "")[:20],
    )


def identity_of(form: Any) -> Identity:
    """The employer described in a form."""
    name = form["employer_name"] if "employer_name" in form else form["name"]
    return identity(
        name.data,
        form["trading_name"].data,
        company_number=form["company_number"].data or "",
        postcode=form["postcode"].data or "",
    )


def hit_href(hit: Hit) -> str:
    """Where a suggestion leads."""
    if hit.kind == "referral":
        return url_for("caseload.referral", referral=hit.reference)
    if hit.kind == "case":
        return url_for("caseload.case", case=hit.reference)
    return url_for("employers.show", employer=hit.reference)


def open_words(match: EmployerMatch, actor: Actor) -> str:
    """What a person may know of the open case of an employer."""
    if match.open_with is None:
        return ""
    if match.open_with in actor.organisations and provider_staff(actor, {}):
        return f"has an open case with you ({match.open_case})"
    if lep_staff(actor, {}):
        names = programme.organisation_names([match.open_with])
        return f"has an open case with {names[match.open_with]}"
    return "has an open case with another provider"


def source_choices() -> list[tuple[str, str]]:
    """Open sources to choose from."""
    return referral_sources.source_choices()
