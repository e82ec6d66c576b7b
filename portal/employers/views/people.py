"""Who acts for an employer."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.db import unit_of_work
from portal.employers import queries, service
from portal.employers.access import is_owner, may_invite_first_owner, may_read
from portal.employers.forms import EmptyForm, FirstOwnerForm, InviteForm
from portal.employers.views import blueprint
from portal.employers.views.record import profile_or_404
from portal.kernel.clock import utc_now
from portal.kernel.ids import token_hash
from portal.kernel.result import Err, Ok
from portal.web.access import current_actor, forget_actor
from portal.web.security import limiter


@blueprint.get("/<employer>/people")
def people(employer: str) -> ResponseReturnValue:
    """Owners, members, invitations and requests."""
    if may_invite_first_owner(current_actor(), employer):
        return _page(employer, FirstOwnerForm(data={"email": request.args.get("email", "")}))
    return _page(employer, InviteForm())


def _page(employer: str, form: InviteForm | FirstOwnerForm) -> str:
    profile = profile_or_404(employer)
    owner = is_owner(current_actor(), employer)
    found = queries.people(profile.id)
    brings = isinstance(form, FirstOwnerForm) and not any(one.role == "owner" for one in found)
    return render_template(
        "employers/people.html",
        profile=profile,
        form=form,
        people=found,
        invitations=queries.open_invitations(profile.id) if owner or brings else [],
        requests=queries.open_requests(profile.id) if owner else [],
        owner=owner,
        brings_owner=brings,
    )


@blueprint.post("/<employer>/people/invite")
@limiter.limit("30/hour")
def invite(employer: str) -> ResponseReturnValue:
    """Send an invitation."""
    if may_invite_first_owner(current_actor(), employer):
        return _invite_first_owner(employer)
    form = InviteForm()
    if not form.validate_on_submit():
        return _page(employer, form)
    actor = current_actor()
    assert actor.user_id is not None  # noqa: S101 - an owner is signed in
    with unit_of_work():
        result = service.invite_member(
            reference=employer,
            email=form.email.data,
            role=form.role.data,
            by=actor.user_id,
            by_name=actor.name or "A colleague",
        )
    if isinstance(result, Err):
        form.refuse(result.problem)
        return _page(employer, form)
    flash(f"Invitation sent to {form.email.data}.", "success")
    return _back(employer)


def _invite_first_owner(employer: str) -> ResponseReturnValue:
    form = FirstOwnerForm()
    actor = current_actor()
    if actor.user_id is None or not form.validate_on_submit():
        return _page(employer, form)
    with unit_of_work():
        result = service.invite_first_owner(
            reference=employer,
            email=form.email.data,
            by=actor.user_id,
            by_name=actor.name or "Your adviser",
        )
    if isinstance(result, Err):
        form.refuse(result.problem)
        return _page(employer, form)
    flash(f"Invitation sent to {form.email.data}.", "success")
    return _back(employer)


@blueprint.post("/<employer>/people/invitations/<int:invitation_id>/withdraw")
def withdraw_invitation(employer: str, invitation_id: int) -> ResponseReturnValue:
    """End an invitation's link."""
    by = current_actor().user_id
    assert by is not None  # noqa: S101 - an owner is signed in
    with unit_of_work():
        result = service.withdraw_invitation(reference=employer, invitation_id=invitation_id, by=by)
    return _told(employer, result, "Invitation withdrawn.")


@blueprint.post("/<employer>/people/requests/<int:request_id>")
def decide_request(employer: str, request_id: int) -> ResponseReturnValue:
    """Approve or decline a request to join."""
    by = current_actor().user_id
    assert by is not None  # noqa: S101 - an owner is signed in
    approve = request.form.get("decision") == "approve"
    with unit_of_work():
        result = service.decide_request(
            reference=employer, request_id=request_id, approve=approve, by=by
        )
    return _told(employer, result, "Request approved." if approve else "Request declined.")


@blueprint.post("/<employer>/people/<int:membership_id>/role")
def change_role(employer: str, membership_id: int) -> ResponseReturnValue:
    """Make a member an owner, or an owner a member."""
    by = current_actor().user_id
    assert by is not None  # noqa: S101 - an owner is signed in
    with unit_of_work():
        result = service.change_role(
            reference=employer,
            membership_id=membership_id,
            role=request.form.get("role", ""),
            by=by,
        )
    return _told(employer, result, "Role changed.")


@blueprint.post("/<employer>/people/<int:membership_id>/remove")
def remove_member(employer: str, membership_id: int) -> ResponseReturnValue:
    """Take somebody off the employer."""
    by = current_actor().user_id
    assert by is not None  # noqa: S101 - an owner is signed in
    with unit_of_work():
        result = service.remove_member(reference=employer, membership_id=membership_id, by=by)
    return _told(employer, result, "They can no longer act for this employer.")


def _told(employer: str, result: Ok[object] | Err, done: str) -> Response:
    if isinstance(result, Err):
        flash(result.problem.message, "error")
    else:
        flash(done, "success")
    forget_actor()
    return _back(employer)


def _back(employer: str) -> Response:
    if not may_read(current_actor(), {"employer": employer}):
        return redirect(url_for("employers.index"))
    return redirect(url_for("employers.people", employer=employer))


@blueprint.route("/invitation/<token>", methods=["GET", "POST"])
@limiter.limit("60/hour")
def invitation(token: str) -> ResponseReturnValue:
    """Accept an invitation; a stranger is asked to sign in or register first."""
    actor = current_actor()
    found = queries.invitation_by_hash(token_hash(token))
    alive = (
        found is not None
        and found[0].accepted_at is None
        and found[0].withdrawn_at is None
        and found[0].expires_at > utc_now()
    )
    form = EmptyForm()
    if actor.user_id is not None and form.validate_on_submit():
        with unit_of_work():
            result = service.accept_invitation(
                token=token, user_id=actor.user_id, email=actor.email or ""
            )
            reference = None if isinstance(result, Err) else result.value.reference
        if isinstance(result, Ok):
            forget_actor()
            flash("You have joined your employer.", "success")
            return redirect(url_for("employers.show", employer=reference))
        form.refuse(result.problem)
    name = found[1] if found is not None and alive else None
    status = 200 if alive or form.errors else 404
    return (
        render_template(
            "employers/invitation.html", form=form, name=name, alive=alive, here=request.path
        ),
        status,
    )
