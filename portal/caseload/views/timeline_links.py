"""Where a line of an employer's timeline leads, for whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import request

from portal.caseload.queries.timeline_links import KINDS, Place, places
from portal.caseload.views.links import link_to
from portal.web.access import Actor, lep_staff, provider_staff

__all__ = ["KINDS", "find"]


def find(subjects: Sequence[str], actor: Actor) -> Mapping[str, str]:
    """The address of each record that the person may open."""
    employer = str((request.view_args or {}).get("employer", ""))
    found = {s: address for s in subjects if (address := _for_employer(s, employer, actor))}
    reads_all = lep_staff(actor, {})
    if not reads_all and not provider_staff(actor, {}):
        return found
    for place in places(subjects):
        if reads_all or place.organisation_id in actor.organisations:
            address = _for_staff(place)
            if address:
                found[f"{place.kind}:{place.reference}"] = address
    return found


def _for_employer(subject: str, employer: str, actor: Actor) -> str | None:
    """Employers open their files and what they were asked to confirm; the rest is staff's."""
    if employer not in actor.employers:
        return None
    kind, _, reference = subject.partition(":")
    if kind == "evidence":
        return link_to("caseload.evidence_file", reference=reference)
    if kind == "confirmation":
        return link_to("caseload.employer_confirmation", employer=employer, reference=reference)
    return None


_BY_RECORD = {
    "consultation": "caseload.consultation_record",
    "session": "caseload.session",
    "referral_out": "caseload.referral_out",
}


def _for_staff(place: Place) -> str | None:
    reference, case = place.reference, place.case_reference or ""
    if place.kind in _BY_RECORD:
        return link_to(_BY_RECORD[place.kind], case=case, record=reference)
    if place.part is not None:
        return link_to("caseload.support", delivery=place.part)
    others: dict[str, tuple[str, dict[str, str | int]]] = {
        "evidence": ("caseload.evidence_file", {"reference": reference}),
        "referral": ("caseload.referral", {"referral": reference}),
        "follow_up": ("caseload.follow_up", {"case": case, "months": place.months or 0}),
        "outcomes": ("caseload.outcomes", {"case": case}),
    }
    endpoint, values = others.get(place.kind) or ("caseload.case", {"case": case})
    return link_to(endpoint, **values)
