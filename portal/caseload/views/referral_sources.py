"""Keeping the sources of referrals, and the link of each."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.access import keeps_sources
from portal.caseload.forms.referrals import EmptyForm, SourceForm
from portal.caseload.queries import referral_sources as queries
from portal.caseload.rules.words import SOURCE_KINDS
from portal.caseload.service import referral_sources as service
from portal.caseload.views import blueprint
from portal.caseload.views.referral_support import as_reference, scope_of
from portal.db import unit_of_work
from portal.kernel.result import Err, Ok
from portal.web.access import current_actor, current_author

_SELF_CHOICE = ("self_referral", SOURCE_KINDS["self_referral"])
_ACTS: dict[str, tuple[Callable[..., Ok[queries.ReferralSource] | Err], str]] = {
    "close": (service.close_source, "The source is closed. What it sent stays."),
    "reopen": (service.reopen_source, "The source is open again."),
    "link": (service.give_link, "The source has a new link. An earlier one no longer works."),
    "unlink": (service.withdraw_link, "The link no longer works."),
}


@blueprint.get("/referrals/sources")
def sources() -> str:
    """Every source, what it sent, and its link."""
    actor = current_actor()
    return render_template(
        "caseload/referrals/sources.html",
        rows=queries.source_rows(scope_of(actor)),
        kinds=SOURCE_KINDS,
        keeps=keeps_sources(actor, {}),
        form=EmptyForm(),
    )


@blueprint.route("/referrals/sources/new", methods=["GET", "POST"])
def source_new() -> ResponseReturnValue:
    """Add a source."""
    form = SourceForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.add_source(**_values(form), by=current_author())
        if not isinstance(done, Err):
            flash("The source was added. Give it a link if it is to refer by itself.", "success")
            return redirect(url_for("caseload.sources"))
        form.refuse(done.problem)
    return render_template("caseload/referrals/source.html", form=form, source=None)


@blueprint.route("/referrals/sources/<source>", methods=["GET", "POST"])
def source_edit(source: str) -> ResponseReturnValue:
    """Put a source right."""
    found = _load(source)
    form = SourceForm(obj=found)
    if found.kind == _SELF_CHOICE[0]:
        form.offer("kind", [_SELF_CHOICE])
    if form.validate_on_submit():
        with unit_of_work():
            done = service.change_source(
                reference=found.reference, **_values(form), by=current_author()
            )
        if not isinstance(done, Err):
            flash("Saved.", "success")
            return redirect(url_for("caseload.sources"))
        form.refuse(done.problem)
    return render_template("caseload/referrals/source.html", form=form, source=found)


@blueprint.post("/referrals/sources/<source>/<any(close,reopen,link,unlink):act>")
def source_act(source: str, act: str) -> ResponseReturnValue:
    """Close or reopen a source; give it a link, or end the one it has."""
    found = _load(source)
    if EmptyForm().validate_on_submit():
        work, said = _ACTS[act]
        with unit_of_work():
            done = work(reference=found.reference, by=current_author())
        if isinstance(done, Err):
            flash(done.problem.message, "error")
        else:
            flash(said, "success")
    return redirect(url_for("caseload.sources"))


def _load(reference: str) -> queries.ReferralSource:
    return queries.source_of(as_reference(reference)) or abort(404)


def _values(form: SourceForm) -> dict[str, str]:
    return {
        name: form[name].data or "" for name in ("kind", "name", "contact_name", "contact_email")
    }
