"""Ties payment to the application: pages, access, menu, and what follows from confirmed work."""

from __future__ import annotations

from flask import Flask

from portal.caseload.merging import MergePolicy, register_merge_guard, register_merge_policy
from portal.caseload.panels import (
    register_confirmed,
    register_milestone,
    register_withdraw_guard,
    register_withdrawn,
)
from portal.employers.panels import register_held_records
from portal.integrations.jobs import register_daily
from portal.payments import held
from portal.payments.access import ROUTES
from portal.payments.places import money_places, register_money_nav
from portal.payments.service import contracts, hooks, merging, outputs
from portal.payments.views import (
    blueprint,
    contract_changes,
    rate_changes,
    what_if,
)
from portal.web.access import register_routes

_JOURNEYS = (contract_changes, rate_changes, what_if)


def wire(app: Flask) -> None:
    """Install the feature."""
    for journey in _JOURNEYS:
        assert journey.blueprint is blueprint  # noqa: S101 - imported for their routes
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    _wire_contracts(app)
    app.jinja_env.globals["money_places"] = money_places
    register_money_nav(app)
    _wire_outputs(app)


def _close_periods() -> None:
    contracts.close_due()


def _wire_contracts(app: Flask) -> None:
    """Months of claims close by themselves."""
    register_daily(app, "payments.close_periods", _close_periods)


def _arise() -> None:
    outputs.arise_due()


def _wire_outputs(app: Flask) -> None:
    """Outputs arise from cases, go with them, and are merged and shown with employers."""
    register_confirmed(app, hooks.confirmed)
    register_milestone(app, hooks.milestone_noted)
    register_withdraw_guard(app, hooks.may_not_withdraw)
    register_withdrawn(app, hooks.withdrawn)
    register_daily(app, "payments.outputs", _arise)
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
