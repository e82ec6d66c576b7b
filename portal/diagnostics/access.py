"""Who may open which diagnostic."""

from __future__ import annotations

from typing import Protocol

from portal.web.access import (
    Actor,
    any_of,
    employer_member,
    lep_staff,
    provider_staff,
    public,
    serves_employer,
    signed_in,
)


class Holding(Protocol):
    """What decides whose a response is."""

    @property
    def reference(self) -> str:
        """Its public name."""

    @property
    def owner_id(self) -> int | None:
        """The person who holds it."""

    @property
    def employer_reference(self) -> str | None:
        """The employer it is about, once said."""


class CaseOf(Protocol):
    """What decides whose a case is."""

    @property
    def organisation_id(self) -> int:
        """The provider's key."""


_works_with = any_of(employer_member, serves_employer)
_reads = any_of(employer_member, serves_employer, lep_staff)


def may_use(actor: Actor, response: Holding) -> bool:
    """Whether a person may read and answer a response.

    Once it is an employer's, its people may and the advisers whose provider serves it; before, the
    person who holds it; and while nobody does, the browser that began it or followed its link.
    """
    if response.employer_reference is not None:
        return _works_with(actor, {"employer": response.employer_reference})
    if response.owner_id is not None:
        return response.owner_id == actor.user_id
    return response.reference in actor.visitor_responses


def may_read(actor: Actor, response: Holding) -> bool:
    """Whether a person may read a result: those who may answer, and for an employer's LEP staff."""
    if response.employer_reference is not None and lep_staff(actor, {}):
        return True
    return may_use(actor, response)


def is_on_behalf(actor: Actor, response: Holding) -> bool:
    """Whether a person answers for an employer that is not their own."""
    reference = response.employer_reference
    return reference is not None and reference not in actor.employers


def may_answer_for(actor: Actor, employer: str) -> bool:
    """Whether a person may start and answer diagnostics of the employer of this reference."""
    return _works_with(actor, {"employer": employer})


def may_work_on(actor: Actor, case: CaseOf) -> bool:
    """Whether a person works on a case: its provider's staff."""
    return provider_staff(actor, {}) and case.organisation_id in actor.organisations


# A response may belong to a visitor, so these routes are open and `may_use` decides on the record.
ROUTES = {
    "diagnostics.intro": public,
    "diagnostics.start": public,
    "diagnostics.resume": public,
    "diagnostics.go_on": public,
    "diagnostics.page": public,
    "diagnostics.autosave": public,
    "diagnostics.check": public,
    "diagnostics.results": public,
    "diagnostics.keep": public,
    "diagnostics.correct": public,
    "diagnostics.retake": public,
    "diagnostics.withdraw": public,
    "diagnostics.attach": signed_in,
    "diagnostics.keying": signed_in,
    "diagnostics.start_for_employer": _works_with,
    "diagnostics.history": _reads,
    "diagnostics.call_sheet": _reads,
    "diagnostics.blank_call_sheet": any_of(provider_staff, lep_staff),
    # Whose case it is, is decided on the record.
    "diagnostics.together": provider_staff,
}
