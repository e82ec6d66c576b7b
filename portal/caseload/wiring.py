"""Ties the caseload to the application: pages, access, menu, whom a provider serves."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, url_for

from portal.accounts.service import register_leaving_guard
from portal.caseload import held, queries
from portal.caseload.access import ROUTES, caseworkers, may_read, sees_team
from portal.caseload.panels import Panel, register_case_panel
from portal.caseload.service import assigning, merge_rules
from portal.caseload.service import evidence as evidence_service
from portal.caseload.service import reminders as reminders_service
from portal.caseload.service.confirmations import remind_due
from portal.caseload.service.referrals import expire_due
from portal.caseload.views import assigning as assigning_views
from portal.caseload.views import (
    blueprint,
    case,
    case_changes,
    confirmations,
    consultations,
    contacts,
    evidence,
    follow_up,
    home,
    lists,
    merging,
    onward,
    outcomes,
    referral_files,
    referral_opening,
    referral_sources,
    referrals,
    referring,
    reminders,
    sessions,
    support,
    support_recording,
    team,
    timeline_links,
)
from portal.employers.panels import (
    register_employer_panel,
    register_held_records,
    register_timeline_links,
)
from portal.employers.queries import EmployerProfile
from portal.integrations.jobs import register_daily, register_handler
from portal.web.access import Actor, provider_staff, register_actor_part, register_routes
from portal.web.navigation import NavEntry, register_home, register_nav

_JOURNEYS = (
    assigning_views,
    case,
    case_changes,
    contacts,
    home,
    lists,
    merging,
    confirmations,
    consultations,
    evidence,
    follow_up,
    onward,
    outcomes,
    referral_files,
    referral_opening,
    referral_sources,
    referrals,
    referring,
    reminders,
    sessions,
    support,
    support_recording,
    team,
)


class ServedEmployers:
    """The employers a person's providers serve; asks once for each reference it is asked about."""

    def __init__(self, organisations: frozenset[int]) -> None:
        self._organisations = organisations
        self._known: dict[str, bool] = {}

    def __contains__(self, reference: object) -> bool:
        """Whether one of the providers works with the employer, or was the last that did."""
        if not isinstance(reference, str):
            return False
        if reference not in self._known:
            self._known[reference] = queries.serves(self._organisations, reference)
        return self._known[reference]


def _served_part(actor: Actor) -> Actor:
    if not provider_staff(actor, {}) or not actor.organisations:
        return actor
    return replace(actor, served=ServedEmployers(actor.organisations))


def _remind() -> None:
    remind_due()


def _begins_at(actor: Actor) -> str | None:
    """Advisers and managers begin with what is due."""
    return url_for("caseload.home") if provider_staff(actor, {}) else None


_CASE_PAGES = (
    *("caseload.case_list", "caseload.case", "caseload.log_contact", "caseload.next_action"),
    *("caseload.move_stage", "caseload.close", "caseload.reopen", "caseload.waiting"),
    "caseload.case_contact",
)


def _case_card(profile: EmployerProfile, actor: Actor) -> Panel | None:
    """On the employer's page, for those who work on its case or read it: where the case stands."""
    if not caseworkers(actor, {}):
        return None
    case = queries.open_case_of(profile.id)
    if case is None or not may_read(actor, case):
        return None
    return Panel(
        f"Case: {case.stage.label.lower()}",
        f"With {case.adviser_name or 'nobody yet'}, {case.organisation_name}",
        url_for("caseload.case", case=case.reference),
        tint=True,
    )


def _wire_casework(app: Flask) -> None:
    register_home(app, _begins_at, order=15)
    register_employer_panel(app, _case_card, order=1)
    register_nav(
        app,
        NavEntry(
            "Today",
            "caseload.home",
            show=lambda actor: provider_staff(actor, {}),
            order=5,
            endpoints=("caseload.home",),
        ),
        NavEntry(
            "Cases",
            "caseload.case_list",
            show=lambda actor: caseworkers(actor, {}),
            order=6,
            endpoints=_CASE_PAGES,
        ),
    )


def wire(app: Flask) -> None:
    """Install the feature."""
    for journey in _JOURNEYS:
        assert journey.blueprint is blueprint  # noqa: S101 - imported for their routes
    register_actor_part(app, _served_part)
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    _wire_sessions(app)
    _wire_referrals(app)
    _wire_casework(app)
    _wire_evidence(app)
    _wire_support(app)
    _wire_follow_ups(app)
    _wire_managers(app)


def _wire_sessions(app: Flask) -> None:
    register_daily(app, "caseload.remind_confirmations", _remind)
    register_case_panel(app, consultations.case_panel, order=20)
    register_case_panel(app, sessions.case_panel, order=30)
    register_employer_panel(app, confirmations.employer_panel, order=5)


_REFERRAL_PAGES = (
    *("caseload.referrals", "caseload.referral", "caseload.referral_new", "caseload.case_new"),
    *("caseload.referral_accept", "caseload.referral_decline", "caseload.referral_assign"),
    *("caseload.referral_file", "caseload.referral_batch", "caseload.source*"),
)


def _expire() -> None:
    expire_due()


def _wire_referrals(app: Flask) -> None:
    register_daily(app, "caseload.expire_referrals", _expire)
    entry = NavEntry(
        "Referrals",
        "caseload.referrals",
        show=lambda actor: caseworkers(actor, {}),
        order=7,
        endpoints=_REFERRAL_PAGES,
    )
    register_nav(app, entry)


def _wire_evidence(app: Flask) -> None:
    app.jinja_env.globals.update(evidence.TEMPLATE_WORDS)
    register_handler(app, evidence_service.SCAN_KIND, evidence_service.scan)
    register_daily(app, "caseload.scan_evidence", evidence_service.scan_what_waits)
    register_case_panel(app, evidence.case_panel, order=70)
    register_timeline_links(app, timeline_links.KINDS, timeline_links.find)
    register_held_records(app, *held.RECORDS)


def _wire_managers(app: Flask) -> None:
    merge_rules.register_own(app)
    register_leaving_guard(app, assigning.holds_open_cases)
    entry = NavEntry(
        "Team",
        "caseload.team",
        show=lambda actor: sees_team(actor, {}),
        order=45,
        endpoints=(
            *("caseload.team*", "caseload.reassign", "caseload.leaver", "caseload.invite"),
            "caseload.merge*",
        ),
    )
    register_nav(app, entry)


def _wire_follow_ups(app: Flask) -> None:
    register_daily(app, "caseload.reminders", reminders_service.remind)
    register_case_panel(app, reminders.follow_up_panel, order=50)
    register_case_panel(app, reminders.outcomes_panel, order=60)
    register_employer_panel(app, reminders.employer_panel, order=40)


def _wire_support(app: Flask) -> None:
    register_case_panel(app, support.support_panel, order=40)
    register_case_panel(app, onward.onward_panel, order=60)
    entry = NavEntry(
        text="Support",
        endpoint="caseload.support_list",
        show=lambda actor: caseworkers(actor, {}),
        order=40,
        endpoints=("caseload.support*",),
    )
    register_nav(app, entry)
