"""Referrals of an employer to other services."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal.caseload.access import may_work
from portal.caseload.forms.onward import OnwardForm, OutcomeForm
from portal.caseload.panels import Panel
from portal.caseload.queries import CaseFacts
from portal.caseload.queries import onward as queries
from portal.caseload.queries.onward import OnwardFacts
from portal.caseload.rules.confirmations import long_day
from portal.caseload.rules.onward import CHASE_AFTER
from portal.caseload.rules.words import ONWARD_OUTCOMES, ONWARD_SERVICES
from portal.caseload.rules.working_days import next_working_day
from portal.caseload.service import onward as service
from portal.caseload.views import blueprint
from portal.caseload.views.loading import load_case, load_own_case
from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.ids import new_token, normalise_reference
from portal.kernel.result import Err
from portal.web.access import Actor, current_actor, current_author
from portal.web.asked import number_in
from portal.web.security import limiter

_SHARED_WORDS: Final = {
    "contact": "their contact’s details",  # noqa: RUF001
    "business": "sector, district and size",
    "reason": "the reason for the referral",
}


@blueprint.route("/cases/<case>/refer-on", methods=["GET", "POST"])
@limiter.limit("60/hour", methods=["POST"])
def referral_out_new(case: str) -> ResponseReturnValue:
    """Send the employer on to another service, with its consent."""
    facts = load_own_case(case)
    form = OnwardForm(data=_begun(facts))
    if form.validate_on_submit():
        with unit_of_work():
            result = service.refer_on(
                case=facts.reference,
                given=form.to_onward(),
                once=form.once.data or "",
                by=current_author(),
            )
            made = None if isinstance(result, Err) else result.value.reference
        if not isinstance(result, Err):
            sent = f" It was sent to {form.contact_email.data}." if form.mail.data else ""
            flash(f"The referral is recorded.{sent}", "success")
            here = url_for("caseload.referral_out", case=facts.reference, record=made)
            return redirect(here)
        form.refuse(result.problem)
    return render_template("caseload/onward/new.html", case=facts, form=form)


@blueprint.get("/cases/<case>/referred-on")
def referrals_out(case: str) -> str:
    """Every referral of a case to other services."""
    facts = load_case(case)
    return render_template(
        "caseload/onward/list.html",
        case=facts,
        rows=queries.of_case(facts.id),
        **_shared(facts),
    )


@blueprint.get("/cases/<case>/refer-on/<record>")
def referral_out(case: str, record: str) -> str:
    """One referral, and what came of it."""
    facts = load_case(case)
    row = _record(facts, record)
    return render_template(
        "caseload/onward/show.html",
        case=facts,
        row=row,
        shares_of_row=[_SHARED_WORDS[key] for key in row.shares],
        **_shared(facts),
    )


@blueprint.route("/cases/<case>/refer-on/<record>/outcome", methods=["GET", "POST"])
def referral_out_outcome(case: str, record: str) -> ResponseReturnValue:
    """Say what came of a referral, or when to chase it again."""
    facts = load_own_case(case)
    row = _record(facts, record)
    form = OutcomeForm(data=_so_far(row))
    if form.validate_on_submit():
        revision = str(form.revision.data or "")
        with unit_of_work():
            result = service.record_outcome(
                reference=row.reference,
                outcome=form.outcome.data,
                on=form.outcome_on.data,
                chase_on=form.chase_on.data,
                note=form.note.data,
                revision=number_in(revision) or 0,
                by=current_author(),
            )
        if not isinstance(result, Err):
            flash("Saved.", "success")
            here = url_for("caseload.referral_out", case=facts.reference, record=row.reference)
            return redirect(here)
        form.refuse(result.problem)
    return render_template(
        "caseload/onward/outcome.html", case=facts, row=row, form=form, **_shared(facts)
    )


def onward_panel(case: CaseFacts, actor: Actor) -> Panel | None:
    """The card of a case: how many referrals, how many wait, which are to be chased."""
    rows = queries.of_case(case.id)
    if not rows:
        if not (case.is_open and may_work(actor, case)):
            return None
        new = url_for("caseload.referral_out_new", case=case.reference)
        return Panel("Refer to another service", "Skills, apprenticeships, careers, finance", new)
    waiting = sum(row.is_waiting for row in rows)
    chase = [row for row in rows if row.is_to_chase(today())]
    lines = Markup("<br>").join(
        f"Chase {row.organisation}: due {long_day(row.chase_on or today())}" for row in chase[:3]
    )
    times = "1 referral" if len(rows) == 1 else f"{len(rows)} referrals"
    return Panel(
        "Referred to other services",
        f"{times}, {waiting} waiting" if waiting else f"{times}, all answered",
        href=url_for("caseload.referrals_out", case=case.reference),
        meta=lines,
        tint=bool(chase),
    )


def _record(case: CaseFacts, reference: str) -> OnwardFacts:
    row = queries.onward_facts(normalise_reference(reference))
    if row is None or row.case_id != case.id:
        abort(404)
    return row


def _begun(case: CaseFacts) -> dict[str, Any]:
    day = today()
    return {
        "once": new_token(),
        "consent_by": case.contact_name,
        "consent_on": day,
        "sent_on": day,
        "chase_on": next_working_day(day + CHASE_AFTER),
    }


def _so_far(row: OnwardFacts) -> dict[str, Any]:
    later: date = next_working_day(today() + CHASE_AFTER)
    return {
        "revision": str(row.revision),
        "outcome": None if row.is_waiting else row.outcome,
        "outcome_on": row.outcome_on or today(),
        "chase_on": later,
        "note": row.outcome_note,
    }


def _shared(case: CaseFacts) -> dict[str, Any]:
    return {
        "services": ONWARD_SERVICES,
        "outcomes": ONWARD_OUTCOMES,
        "day": today(),
        "can_work": may_work(current_actor(), case),
    }
