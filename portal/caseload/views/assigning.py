"""Cases change hands, somebody leaves, somebody comes."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.access import managers
from portal.caseload.forms.team import CloseForm, InviteForm, ReassignForm
from portal.caseload.queries import assigning as queries
from portal.caseload.queries.assigning import HeldCase
from portal.caseload.rules.stages import STAGE_TITLES, Stage
from portal.caseload.rules.team import OPEN_STAGES, Colleague, Pick, may_be_closed, read_pick
from portal.caseload.service import assigning as service
from portal.caseload.views import blueprint
from portal.caseload.views.team import may_invite, pages
from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.result import Err, Problem
from portal.programme import queries as programme
from portal.web.access import current_actor, current_author
from portal.web.asked import asked_number, number_in

PAGE = 50
_ALL = "all"
_CHANGED = Problem(
    "changed",
    "The list changed while you had it open. Nothing was moved: look at it again, then repeat",
)


def _held(wanted: dict[str, str]) -> list[HeldCase]:
    return queries.held_cases(
        current_actor().organisations,
        adviser=wanted["adviser"],
        stage=wanted["stage"],
        q=wanted["q"],
        limit=service.MOST_AT_ONCE + 1,
    )


def _filters() -> dict[str, str]:
    adviser, stage = request.args.get("adviser", ""), request.args.get("stage", "")
    usable = adviser == "none" or (adviser.isdecimal() and number_in(adviser) is not None)
    return {
        "adviser": adviser if usable else "",
        "stage": stage if stage in set(OPEN_STAGES) else "",
        "q": " ".join(request.args.get("q", "").replace("\x00", "").split())[:100],
    }


@blueprint.route("/team/reassign", methods=["GET", "POST"])
def reassign() -> ResponseReturnValue:
    """Choose cases from a list and give them to a colleague."""
    actor = current_actor()
    wanted = _filters()
    form = ReassignForm()
    form.offer("to", queries.takers(actor.organisations))
    rows = _held(wanted)
    if form.validate_on_submit():
        picks = _picks(rows)
        if isinstance(picks, Err):
            form.refuse(picks.problem)
        else:
            with unit_of_work():
                done = service.reassign(
                    picks=picks,
                    to_id=int(form.to.data),
                    reason=form.reason.data,
                    organisations=actor.organisations,
                    by=current_author(),
                )
            if not isinstance(done, Err):
                number = done.value.count
                what = "1 case is" if number == 1 else f"{number} cases are"
                flash(f"{what} with {done.value.to_name} now. Both were told by mail.", "success")
                return redirect(_after(wanted))
            form.refuse(done.problem)
            rows = _held(wanted)
    return _reassign_page(form, wanted, rows)


def _after(wanted: dict[str, str]) -> str:
    """Where somebody came from: the page of one who leaves, or the team."""
    leaver = request.args.get("leaver", "")
    if leaver.isdecimal() and leaver == wanted["adviser"]:
        return url_for("caseload.leaver", user=int(leaver))
    return url_for("caseload.team")


def _picks(rows: list[HeldCase]) -> list[Pick] | Err:
    """What was ticked; "all" stands for the whole list, if it is as long as it was."""
    if request.form.get("every") == _ALL:
        if request.form.get("count") != str(len(rows)):
            return Err(_CHANGED)
        return [Pick(row.reference, row.adviser_id) for row in rows]
    found = [read_pick(value) for value in request.form.getlist("cases")]
    return [pick for pick in found if pick is not None]


def _reassign_page(form: ReassignForm, wanted: dict[str, str], rows: list[HeldCase]) -> str:
    page = min(max(asked_number("page", 1), 1), max(1, -(-len(rows) // PAGE)))
    ticked = set(request.form.getlist("cases"))
    shown = [
        {
            "row": row,
            "value": Pick(row.reference, row.adviser_id).value,
            "ticked": Pick(row.reference, row.adviser_id).value in ticked,
            "late": row.next_due_on is not None and row.next_due_on < today(),
        }
        for row in rows[(page - 1) * PAGE : page * PAGE]
    ]
    own = current_actor().organisations
    advisers = [("", "Every adviser"), ("none", "Nobody has it"), *queries.holders(own)]
    said: dict[str, Any] = {key: value for key, value in wanted.items() if value}
    if request.args.get("leaver"):
        said["leaver"] = request.args["leaver"]

    def address(number: int) -> str | None:
        inside = 1 <= number <= -(-len(rows) // PAGE)
        return url_for("caseload.reassign", **said, page=number) if inside else None

    return render_template(
        "caseload/team/reassign.html",
        pages=pages(current_actor(), "reassign"),
        form=form,
        wanted=wanted,
        rows=shown,
        total=len(rows),
        most=service.MOST_AT_ONCE,
        every=request.form.get("every") == _ALL or bool(request.args.get("every")),
        advisers=advisers,
        stages=[("", "Every stage"), *((s.value, STAGE_TITLES[Stage(s)]) for s in OPEN_STAGES)],
        action=url_for("caseload.reassign", **said, page=page),
        previous=address(page - 1),
        next=address(page + 1),
        page_has_errors=bool(form.errors),
    )


def _colleague(user: int) -> Colleague:
    found = queries.colleague(user, current_actor().organisations)
    return found if found is not None else abort(404)


@blueprint.route("/team/<int:user>/leave", methods=["GET", "POST"])
def leaver(user: int) -> ResponseReturnValue:
    """What somebody who leaves has in hand, and closing the account once it is in other hands."""
    actor = current_actor()
    person = _colleague(user)
    form = CloseForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.close_leaver(
                user_id=user, organisations=actor.organisations, by=current_author()
            )
        if not isinstance(done, Err):
            flash(f"{done.value}'s account is closed. What they did stays on record.", "success")
            return redirect(url_for("caseload.team"))
        form.refuse(done.problem)
    return render_template(
        "caseload/team/leaver.html",
        person=person,
        form=form,
        held=queries.holding(user, today=today()),
        cases=queries.held_cases(actor.organisations, adviser=str(user), limit=10),
        problem=may_be_closed(person, organisations=actor.organisations, by_id=actor.user_id),
        reassign=url_for("caseload.reassign", adviser=user, leaver=user, every=1),
        case_list=url_for("caseload.case_list", adviser=user),
    )


@blueprint.route("/team/invite", methods=["GET", "POST"])
def invite() -> ResponseReturnValue:
    """Managers invite advisers of their provider, the LEP invites managers of a provider."""
    actor = current_actor()
    role = may_invite(actor)
    if role is None:
        abort(403)
    form = InviteForm()
    providers = [
        (str(each.id), each.name)
        for each in programme.organisations(kind="provider")
        if not managers(actor, {}) or each.id in actor.organisations
    ]
    form.offer("organisation", providers)
    if len(providers) == 1:
        form.organisation.data = providers[0][0]
        form.organisation.raw_data = [providers[0][0]]
    if form.validate_on_submit():
        with unit_of_work():
            done = service.invite(
                email=form.email.data,
                name=form.name.data,
                role=role,
                organisation_id=int(form.organisation.data),
            )
            name = None if isinstance(done, Err) else done.value.name
        if isinstance(done, Err):
            form.refuse(done.problem)
        else:
            flash(f"{name} has an account. A link to choose a password was sent.", "success")
            return redirect(url_for("caseload.team"))
    return render_template("caseload/team/invite.html", form=form, role=role, providers=providers)
