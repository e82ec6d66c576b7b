"""What an employer shows to others: written, looked at as others see it, then opened to them."""

from __future__ import annotations

from typing import Any, Final

from flask import abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.employers.queries import EmployerProfile
from portal.kernel.result import Err
from portal.network.forms.members import EmptyForm, ProfileForm
from portal.network.queries import directory, members
from portal.network.queries.directory import Entry
from portal.network.queries.members import MemberFacts
from portal.network.rules.members import PEERS_ONLY, Profile, faults, visible
from portal.network.rules.words import FIELDS
from portal.network.service import members as service
from portal.network.views import blueprint
from portal.web.access import current_author

# The link somebody came by; it goes once they have joined.
CAME_BY: Final = "network_came_by"


@blueprint.route("/employers/<employer>/network", methods=["GET", "POST"])
def profile_edit(employer: str) -> ResponseReturnValue:
    """Join the network, or change what others see; nothing is shown before it was looked at."""
    profile = profile_or_404(employer)
    record = members.record_of(profile.id)
    form = ProfileForm(data=_filled(record))
    if "again" not in request.form and form.validate_on_submit():
        given = form.profile()
        problems = faults(given)
        if not problems and form.seen.data != given.digest():
            return _preview(profile, record, form, given)
        if not problems:
            with unit_of_work():
                done = service.save(
                    employer=profile,
                    revision=form.at_revision(),
                    profile=given,
                    by=current_author(),
                    came_by=str(session.get(CAME_BY, "")),
                )
                problems = done if isinstance(done, list) else []
        if not problems:
            session.pop(CAME_BY, None)
            flash(_told(record), "success")
            return redirect(url_for("network.profile_edit", employer=profile.reference))
        for problem in problems:
            form.refuse(problem)
    return render_template(
        "network/members/edit.html",
        profile=profile,
        record=record,
        form=form,
        history=members.consents(profile.id),
        fields=FIELDS,
    )


@blueprint.route("/employers/<employer>/network/leave", methods=["GET", "POST"])
def leave(employer: str) -> ResponseReturnValue:
    """Leave the network, after a page that says what that means."""
    profile = profile_or_404(employer)
    form = EmptyForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.leave(employer=profile, by=current_author())
        if isinstance(done, Err):
            flash(done.problem.message, "error")
        else:
            flash("You have left the network. Nothing of your business is shown there.", "success")
        return redirect(url_for("network.profile_edit", employer=profile.reference))
    if not members.is_member(profile.id):
        return redirect(url_for("network.profile_edit", employer=profile.reference))
    return render_template("network/members/leave.html", profile=profile, form=form)


def profile_or_404(reference: str) -> EmployerProfile:
    """The employer in the address."""
    return employers.employer_profile(reference) or abort(404)


def _filled(record: MemberFacts | None) -> dict[str, Any]:
    if record is None:
        return {"revision": "0", "shown": []}
    return {**record.texts, "shown": sorted(record.shown), "revision": str(record.revision)}


def _preview(
    profile: EmployerProfile, record: MemberFacts | None, form: ProfileForm, given: Profile
) -> str:
    """Exactly what the pages of others will hold, made by what makes those pages."""
    award = directory.award_words([profile.id]).get(profile.id, "")
    values = directory.facts_in_words(profile, award) | {
        name: given.text(name) for name in given.texts
    }
    public = Entry("", tuple(visible(given.shown, values, to_peers=False)))
    peers = visible(given.shown, values, to_peers=True)
    return render_template(
        "network/members/preview.html",
        profile=profile,
        entry=public,
        for_peers=[one for one in peers if one.key in PEERS_ONLY],
        # Ticked, but there is nothing to show yet, such as an award that is still to come.
        empty=[
            FIELDS[key]
            for key in FIELDS
            if key in given.shown and key not in {one.key for one in peers}
        ],
        closed=[words for key, words in FIELDS.items() if key not in given.shown],
        carried=[*form.carried(), ("seen", given.digest())],
        form=form,
        joins=record is None or not record.is_in,
    )


def _told(record: MemberFacts | None) -> str:
    if record is None or not record.is_in:
        return "You are in the network. Others see what you have just looked at."
    return "Saved. Others see what you have just looked at."
