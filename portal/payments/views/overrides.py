"""Letting failed checks through: asked for, granted or declined by somebody else, and listed."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.result import Err
from portal.payments.access import lep_finance, lep_manager
from portal.payments.forms.claims import DeclineForm, OverrideForm, PressForm
from portal.payments.queries import checks as queries
from portal.payments.queries import claims_findings as found
from portal.payments.queries import claims_pages as pages
from portal.payments.queries.checks import OverrideFacts
from portal.payments.rules.checks import KINDS
from portal.payments.rules.claims import PAGE, read_page
from portal.payments.rules.overrides import STATES
from portal.payments.service import overrides as service
from portal.payments.views import blueprint
from portal.payments.views.claims import load_claim, may_change
from portal.web.access import current_actor, current_author


@blueprint.route("/claims/<claim>/lines/<int:line>/let-through/<kind>", methods=["GET", "POST"])
def override_ask(claim: str, line: int, kind: str) -> ResponseReturnValue:
    """Ask that a failed check of a line be let through until a day."""
    facts = load_claim(claim)
    row = pages.one_line(facts, line)
    if row is None or kind not in KINDS:
        abort(404)
    if not may_change(facts) and not lep_finance(current_actor(), {}):
        abort(404)
    form = OverrideForm()
    if form.validate_on_submit():
        with unit_of_work():
            result = service.ask(
                reference=facts.reference,
                line_id=line,
                kind=kind,
                reason=form.reason.data or "",
                until_on=form.until_on.data,
                by=current_author(),
            )
        if not isinstance(result, Err):
            flash("Asked. A manager of the LEP decides.", "success")
            return redirect(url_for("payments.claim_line", claim=facts.reference, line=line))
        form.refuse(result.problem)
    findings = found.findings(facts, [line]).get(line, [])
    return render_template(
        "payments/claims/override_ask.html",
        claim=facts,
        row=row,
        title=KINDS[kind],
        findings=[one for one in findings if one.kind == kind],
        form=form,
    )


@blueprint.get("/overrides")
def overrides() -> ResponseReturnValue:
    """Every request to let a check through: those that wait first, then what became of others."""
    actor = current_actor()
    own = None if lep_finance(actor, {}) else actor.organisations
    page = read_page(request.args.get("page", ""))
    settled = queries.overrides(own, waiting=False, limit=PAGE + 1, offset=(page - 1) * PAGE)
    return render_template(
        "payments/claims/overrides.html",
        waiting=queries.overrides(own, waiting=True),
        settled=settled[:PAGE],
        page=page,
        older=url_for("payments.overrides", page=page + 1) if len(settled) > PAGE else None,
        newer=url_for("payments.overrides", page=page - 1) if page > 1 else None,
        may_decide=lep_manager(actor, {}),
        reads_all=own is None,
        kinds=KINDS,
        states=STATES,
        form=PressForm(formdata=None),
    )


def _load(override: int) -> OverrideFacts:
    facts = queries.override(override)
    if facts is None:
        abort(404)
    return facts


@blueprint.post("/overrides/<int:override>/grant")
def override_grant(override: int) -> ResponseReturnValue:
    """Let a check through."""
    facts = _load(override)
    if PressForm().validate_on_submit():
        with unit_of_work():
            result = service.grant(override_id=override, by=current_author())
        if isinstance(result, Err):
            flash(result.problem.message, "error")
        else:
            flash(f"{facts.employer_name}: let through until the day that was asked for", "success")
    return redirect(url_for("payments.overrides"))


@blueprint.route("/overrides/<int:override>/decline", methods=["GET", "POST"])
def override_decline(override: int) -> ResponseReturnValue:
    """Do not let a check through, and say why."""
    facts = _load(override)
    form = DeclineForm()
    if form.validate_on_submit():
        with unit_of_work():
            result = service.decline(
                override_id=override, words=form.words.data or "", by=current_author()
            )
        if not isinstance(result, Err):
            flash(f"{facts.employer_name}: not let through", "success")
            return redirect(url_for("payments.overrides"))
        form.refuse(result.problem)
    return render_template(
        "payments/claims/override_decline.html", facts=facts, title=KINDS[facts.kind], form=form
    )
