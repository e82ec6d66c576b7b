"""Who may open which diagnostic."""

from __future__ import annotations

from typing import Protocol

from portal.web.access import Actor, employer_member, public, signed_in


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


def may_use(actor: Actor, response: Holding) -> bool:
    """Whether a person may read and answer a response.

    Once it is an employer's, only its people may; before, the person who holds it; and while
    nobody does, the browser that began it or followed its link.
    """
    if response.employer_reference is not None:
        return response.employer_reference in actor.employers
    if response.owner_id is not None:
        return response.owner_id == actor.user_id
    return response.reference in actor.visitor_responses


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
    "diagnostics.start_for_employer": employer_member,
    "diagnostics.history": employer_member,
}
