"""Results that an employer keeps: the list, one of them, withdrawing, and two beside each other."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.employers.queries import EmployerProfile
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.toolkit.access import may_keep
from portal.toolkit.forms.tools import WithdrawResultForm
from portal.toolkit.queries import tools as queries
from portal.toolkit.queries.tools import KeptFacts
from portal.toolkit.rules.tools import BY_KEY, STATES, compare
from portal.toolkit.service import tools as service
from portal.toolkit.views import blueprint
from portal.toolkit.views.tools import COLOURS, address_of, available
from portal.web.access import current_actor, current_author


def _profile(employer: str) -> EmployerProfile:
    found = employers.employer_profile(employer)
    return abort(404) if found is None else found


def _kept(employer: str, reference: str) -> KeptFacts:
    found = queries.kept(employer, normalise_reference(reference))
    return abort(404) if found is None else found


@blueprint.get("/employers/<employer>/tools")
def kept_results(employer: str) -> str:
    """What the tools worked out for an employer."""
    profile = _profile(employer)
    rows = queries.kept_of(profile.id)
    standing = [row for row in rows if not row.is_withdrawn]
    counts = {key: sum(row.tool == key for row in standing) for key in BY_KEY}
    return render_template(
        "toolkit/tools/kept_list.html",
        profile=profile,
        rows=rows,
        titles={key: tool.title for key, tool in BY_KEY.items()},
        pairs=[
            (BY_KEY[key].title, [row for row in standing if row.tool == key])
            for key, count in counts.items()
            if count > 1
        ],
        tools=[(tool, address_of(tool, employer)) for tool in available()],
        may_keep=may_keep(current_actor(), employer),
    )


@blueprint.get("/employers/<employer>/tools/<reference>")
def kept_result(employer: str, reference: str) -> str:
    """A kept result as it was on its day."""
    found = _kept(employer, reference)
    others = [
        row
        for row in queries.kept_of(found.employer_id, tool=found.tool)
        if not row.is_withdrawn and row.reference != found.reference
    ]
    tool = BY_KEY[found.tool]
    return render_template(
        "toolkit/tools/kept.html",
        found=found,
        outcome=found.outcome,
        tool=tool,
        others=others,
        may_keep=may_keep(current_actor(), employer),
        again=(
            url_for(f"toolkit.{tool.endpoint}", employer=employer, kept=found.reference)
            if tool in available()
            else None
        ),
        colours=COLOURS,
        states=STATES,
    )


@blueprint.route("/employers/<employer>/tools/<reference>/withdraw", methods=["GET", "POST"])
def withdraw_result(employer: str, reference: str) -> ResponseReturnValue:
    """Take a result back, with the reason."""
    found = _kept(employer, reference)
    form = WithdrawResultForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.withdraw(
                employer=employer,
                reference=found.reference,
                reason=form.reason.data,
                by=current_author(),
            )
        if not isinstance(done, Err):
            flash("The result is withdrawn. It stays on record, marked as withdrawn.", "success")
            return redirect(url_for("toolkit.kept_results", employer=employer))
        form.refuse(done.problem)
    return render_template("toolkit/tools/withdraw.html", found=found, form=form)


@blueprint.get("/employers/<employer>/tools/compare")
def compare_results(employer: str) -> ResponseReturnValue:
    """Two results of one tool beside each other, the earlier first."""
    one, other = (_kept(employer, request.args.get(key, "")) for key in ("first", "second"))
    if one.tool != other.tool or one.reference == other.reference:
        flash("Choose two different results of the same tool.", "error")
        return redirect(url_for("toolkit.kept_results", employer=employer))
    before, after = sorted((one, other), key=lambda kept: kept.at)
    return render_template(
        "toolkit/tools/compare.html",
        before=before,
        after=after,
        tool=BY_KEY[one.tool],
        compared=compare(before.outcome, after.outcome),
    )
