"""Who may read which report, and how much of it."""

from __future__ import annotations

from typing import Protocol

from portal.reports.rules.scope import View
from portal.web.access import Actor, Predicate, any_of, has_role, provider_staff

full_reader = has_role("lep_officer", "lep_manager")
lep_manager = has_role("lep_manager")
provider_reader = provider_staff
statistics_reader = has_role("evaluator")
reader = any_of(full_reader, provider_reader, statistics_reader)


class Readable(Protocol):
    """What says in which views a kind of report exists."""

    @property
    def views(self) -> frozenset[View]:
        """The views it is made for."""


def view_of(actor: Actor) -> View | None:
    """How much a person sees of reports: the widest view of their roles; None for nobody's."""
    if full_reader(actor, {}):
        return View.FULL
    if provider_reader(actor, {}) and actor.organisations:
        return View.PROVIDER
    if statistics_reader(actor, {}):
        return View.STATISTICS
    return None


def may_read(actor: Actor, builder: Readable) -> bool:
    """Whether a kind of report is made for what the person may see."""
    return view_of(actor) in builder.views


ROUTES: dict[str, Predicate] = {
    "reports.home": reader,
    "reports.report": reader,
}
