"""Who may read which report, and how much of it."""

from __future__ import annotations

from typing import Protocol

from portal.reports.rules.scope import View
from portal.web.access import (
    Actor,
    Predicate,
    any_of,
    employer_member,
    employer_owner,
    has_role,
    provider_staff,
    public,
)

full_reader = has_role("lep_officer", "lep_manager")
lep_manager = has_role("lep_manager")
provider_reader = provider_staff
provider_manager = has_role("provider_manager")
statistics_reader = has_role("evaluator")
reader = any_of(full_reader, provider_reader, statistics_reader)
# Statistics are frozen by their release; nobody freezes them again.
freezer = any_of(full_reader, provider_manager)


class Readable(Protocol):
    """What says in which views a kind of report exists."""

    @property
    def views(self) -> frozenset[View]:
        """The views it is made for."""


class Kept(Protocol):
    """What says whose eyes a copy of a report is for."""

    @property
    def kind(self) -> str:
        """Frozen, or a print."""

    @property
    def view(self) -> View:
        """How much of the records it shows."""

    @property
    def organisation_id(self) -> int | None:
        """The provider whose work it shows, where it shows one's."""

    @property
    def made_by(self) -> int | None:
        """Who kept it."""


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


def views_open_to(actor: Actor) -> frozenset[View]:
    """The views of frozen reports that a person may open."""
    view = view_of(actor)
    if view is View.FULL:
        return frozenset({View.FULL, View.STATISTICS})
    return frozenset() if view is None else frozenset({view})


def may_freeze(actor: Actor) -> bool:
    """Whether a person may freeze what they read: LEP staff, and managers of providers."""
    return freezer(actor, {}) and view_of(actor) in {View.FULL, View.PROVIDER}


def may_read_copy(actor: Actor, copy: Kept) -> bool:
    """Whether a person may open a copy.

    It needs the view it was made in, now: somebody who left the provider, or the LEP, no longer
    opens what they kept. Released statistics are open to LEP staff too. A print is its maker's
    alone.
    """
    if copy.view not in views_open_to(actor):
        return False
    if copy.view is View.PROVIDER and copy.organisation_id not in actor.organisations:
        return False
    return copy.kind == "frozen" or copy.made_by == actor.user_id


ROUTES: dict[str, Predicate] = {
    "reports.mail": reader,
    "reports.mail_change": reader,
    # The signed link in a mail is the key.
    "reports.mail_stop": public,
    "reports.mail_stop_now": public,
    "reports.tokens": lep_manager,
    "reports.token_make": lep_manager,
    "reports.token_revoke": lep_manager,
    "reports.records": any_of(full_reader, provider_reader),
    "reports.home": reader,
    "reports.report": reader,
    "reports.definitions": reader,
    "reports.take": reader,
    "reports.file": reader,
    "reports.freeze": freezer,
    "reports.ask_print": reader,
    "reports.copies": reader,
    "reports.copy": reader,
    "reports.copy_definitions": reader,
    "reports.copy_files": reader,
    "reports.copy_take": reader,
    "reports.copy_file": reader,
    "reports.copy_again": reader,
    # Surveys of workers: anybody with the code answers; only the employer's own people see results.
    "reports.pulse_find": public,
    "reports.pulse_start": public,
    "reports.pulse_answer": public,
    "reports.pulse_thanks": public,
    "reports.pulse_waves": employer_member,
    "reports.pulse_new": employer_owner,
    "reports.pulse_wave": employer_member,
    "reports.pulse_close": employer_owner,
    "reports.pulse_stop": employer_owner,
    "reports.pulse_view": employer_member,
    "reports.pulse_poster": employer_member,
    "reports.pulse_qr": employer_member,
    "reports.pulse_csv": employer_member,
}
