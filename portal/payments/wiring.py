"""Ties payment to the application: pages, access, menu, and what follows from confirmed work."""

from __future__ import annotations

from flask import Flask

from portal.caseload.merging import MergePolicy, register_merge_guard, register_merge_policy
from portal.caseload.panels import (
    register_case_panel,
    register_confirmed,
    register_milestone,
    register_withdraw_guard,
    register_withdrawn,
)
from portal.caseload.queries import CaseFacts
from portal.employers.panels import Panel, register_held_records
from portal.integrations.jobs import register_daily, register_handler
from portal.payments import held
from portal.payments.access import ROUTES
from portal.payments.places import money_places, register_money_nav
from portal.payments.service import claims_telling, contracts, hooks, merging, outputs, proving
from portal.payments.service import remittance as remittance_service
from portal.payments.views import (
    blueprint,
    budget,
    check_runs,
    claim_changes,
    claim_lines,
    claims,
    contract_changes,
    decisions,
    ledger,
    money,
    output_pages,
    overrides,
    paying,
    paying_files,
    rate_changes,
    readiness,
    remittance,
    review,
    review_deciding,
    samples,
    second_person,
    what_if,
)
from portal.web.access import Actor, register_routes

_JOURNEYS = (
    output_pages,
    readiness,
    claim_changes,
    claim_lines,
    claims,
    check_runs,
    overrides,
    contract_changes,
    second_person,
    rate_changes,
    what_if,
    ledger,
    paying,
    paying_files,
    remittance,
    review,
    review_deciding,
    samples,
    decisions,
    money,
    budget,
)


def wire(app: Flask) -> None:
    """Install the feature."""
    for journey in _JOURNEYS:
        assert journey.blueprint is blueprint  # noqa: S101 - imported for their routes
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    register_handler(app, remittance_service.KIND, remittance_service.draw)
    _wire_contracts(app)
    _wire_claims(app)
    app.jinja_env.globals["money_places"] = money_places
    register_money_nav(app)
    _wire_outputs(app)


def _close_periods() -> None:
    contracts.close_due()


def _wire_contracts(app: Flask) -> None:
    """Months of claims close by themselves."""
    register_daily(app, "payments.close_periods", _close_periods)


def _remind_of_deadlines() -> None:
    claims_telling.remind_of_deadlines()


def _wire_claims(app: Flask) -> None:
    """Providers are told in time that a month closes."""
    register_daily(app, "payments.deadlines", _remind_of_deadlines)


def _verify() -> None:
    proving.prove("daily")


def _arise() -> None:
    outputs.arise_due()


def _case_panel(case: CaseFacts, actor: Actor) -> Panel | None:
    """The card on a case's page: what of it can be claimed."""
    found = readiness.summary(case, actor)
    if found is None:
        return None
    return Panel("What can be claimed", found.text, found.href, found.meta, found.tint)


def _wire_outputs(app: Flask) -> None:
    """Outputs arise from cases, go with them, and are merged and shown with employers."""
    register_confirmed(app, hooks.confirmed)
    register_milestone(app, hooks.milestone_noted)
    register_withdraw_guard(app, hooks.may_not_withdraw)
    register_withdrawn(app, hooks.withdrawn)
    register_daily(app, "payments.outputs", _arise)
    # Last of the day's work about money, so that it proves what the others wrote.
    register_daily(app, "payments.verify", _verify)
    register_case_panel(app, _case_panel, order=35)
    # The frozen name and facts stay as they were; only whose output it is moves.
    policy = MergePolicy(
        "outputs.employer_id",
        "Work that can be paid for",
        merging.words,
        merging.COLUMNS,
        follows=("case_id",),
    )
    register_merge_policy(app, policy)
    register_merge_guard(app, merging.engaged_twice)
    register_held_records(app, *held.RECORDS)
