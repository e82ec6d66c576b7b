"""The report that an address asks for: who reads it, of which time, and of what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import abort, request

from portal.kernel.clock import today
from portal.programme import queries as programme
from portal.programme.rules import ProgrammeSettings
from portal.reports.access import may_read, view_of
from portal.reports.rules.asking import Choices, arguments, scope_of
from portal.reports.rules.document import Report
from portal.reports.rules.scope import Scope, View
from portal.reports.service.building import Builder, builder_of
from portal.reports.service.reading import built
from portal.web.access import Actor, current_actor


@dataclass(frozen=True, slots=True)
class Asked:
    """A report that is asked for. ``scope`` is the question, ``arguments`` the same as an address.

    ``providers`` are those the reader may choose among, by their keys.
    """

    builder: Builder
    view: View
    scope: Scope
    settings: ProgrammeSettings
    providers: Mapping[int, str]

    @property
    def arguments(self) -> dict[str, Any]:
        """What an address of the same question holds."""
        return {"key": self.builder.key, **arguments(self.scope)}

    @property
    def organisation_id(self) -> int | None:
        """The provider whose work is shown, to a reader who sees no more than that."""
        return self.scope.provider if self.view is View.PROVIDER else None

    def build(self, *, to_keep: bool = False) -> Report:
        """The report, all of it as of one moment."""
        return built(self.builder, self.scope, to_keep=to_keep)


def asked_for(key: str) -> Asked:
    """What the address asks for; 404 for a report that is not there for this person."""
    actor = current_actor()
    view, builder = view_of(actor), builder_of(key)
    if builder is None or view is None or not may_read(actor, builder):
        abort(404)
    settings = programme.settings()
    providers = _providers(actor, view)
    choices = Choices(
        sectors=dict(settings.sector_choices),
        sizes=dict(settings.tier_choices),
        districts=dict(settings.district_choices),
        providers=providers,
    )
    # A provider's people always see one provider's work, whatever the address says.
    own = min(actor.organisations) if view is View.PROVIDER else None
    scope = scope_of(request.args, today=today(), view=view, choices=choices, own=own)
    return Asked(builder, view, scope, settings, providers)


def _providers(actor: Actor, view: View) -> dict[int, str]:
    if view is View.STATISTICS:
        return {}
    found = {one.id: one.name for one in programme.organisations(kind="provider")}
    if view is View.FULL:
        return found
    return {key: found.get(key, "Your organisation") for key in sorted(actor.organisations)}
