"""One business invites another: by its own link, or by a mail; and where such a link leads."""

from __future__ import annotations

from typing import Final

from flask import flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference, token_hash
from portal.kernel.result import Err
from portal.network.forms.members import EmptyForm, InviteForm
from portal.network.queries import home as news
from portal.network.queries import invitations as queries
from portal.network.queries import members
from portal.network.queries.invitations import Door
from portal.network.rules.invitations import MOST_A_DAY, STATE_COLOURS, STATES, day_began
from portal.network.service import invitations as service
from portal.network.views import blueprint
from portal.network.views.profile import CAME_BY, profile_or_404
from portal.web.access import current_actor, current_author
from portal.web.asked import asked_number
from portal.web.security import limiter

_A_PAGE: Final = 50
_LONGEST: Final = 64


@blueprint.route("/employers/<employer>/network/invitations", methods=["GET", "POST"])
def invitations(employer: str) -> ResponseReturnValue:
    """The link to pass on, mails to named businesses, and who came of it."""
    profile = profile_or_404(employer)
    member = members.member_of(profile.id)
    form = InviteForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.invite(employer=profile, invited=form.invited(), by=current_author())
            problems = done if isinstance(done, list) else []
        if not problems:
            flash(f"The invitation is on its way to {form.to_email.data}.", "success")
            return redirect(url_for("network.invitations", employer=profile.reference))
        for problem in problems:
            form.refuse(problem)
    number = min(max(asked_number("page", 1), 1), 10_000)
    counts = queries.counts(profile.id, since=day_began(today()))
    return render_template(
        "network/invitations/list.html",
        profile=profile,
        member=member,
        link=service.own_link(member.link_code) if member else "",
        form=form,
        rows=queries.sent(profile.id, limit=_A_PAGE, offset=(number - 1) * _A_PAGE),
        brought=queries.brought_by(profile.id),
        counts=counts,
        left=max(0, MOST_A_DAY - counts.lately),
        most=MOST_A_DAY,
        states=STATES,
        colours=STATE_COLOURS,
        earlier=_page(profile.reference, number - 1) if number > 1 else None,
        later=_page(profile.reference, number + 1) if number * _A_PAGE < counts.sent else None,
    )


@blueprint.post("/employers/<employer>/network/invitations/<reference>/withdraw")
def invitation_withdraw(employer: str, reference: str) -> ResponseReturnValue:
    """End the link of an invitation."""
    profile = profile_or_404(employer)
    with unit_of_work():
        done = service.withdraw(
            employer=profile, reference=normalise_reference(reference), by=current_author()
        )
    if isinstance(done, Err):
        flash(done.problem.message, "error")
    else:
        flash("The invitation is withdrawn. Its link leads nowhere now.", "success")
    return redirect(url_for("network.invitations", employer=profile.reference))


@blueprint.route("/join/<code>", methods=["GET", "POST"])
@limiter.limit("120/hour")
def invited(code: str) -> ResponseReturnValue:
    """Where an invitation leads: who invites, what the network is, and joining it."""
    code = _code(code)
    door = _door(code)
    if door is None:
        return render_template("network/invitations/closed.html"), 404
    actor = current_actor()
    form = EmptyForm()
    if form.validate_on_submit():
        session[CAME_BY] = code
        return redirect(_next_step(code))
    corners = news.own_corners(actor.employers) if actor.employers else []
    return render_template(
        "network/invitations/invited.html",
        door=door,
        form=form,
        code=code,
        here=url_for("network.invited", code=code),
        inside=[corner for corner in corners if corner.member],
        outside=[corner for corner in corners if not corner.member],
        remembered=session.get(CAME_BY) == code,
    )


@blueprint.post("/join/<code>/no")
@limiter.limit("60/hour")
def invited_decline(code: str) -> ResponseReturnValue:
    """Say no, to this business and to all that might follow."""
    with unit_of_work():
        done = service.decline(token=_code(code))
    if isinstance(done, Err):
        return render_template("network/invitations/closed.html"), 404
    session.pop(CAME_BY, None)
    return render_template("network/invitations/declined.html")


def _code(text: str) -> str:
    return text.replace("\0", "")[:_LONGEST]


def _door(code: str) -> Door | None:
    door = queries.door(token_hash=token_hash(code), link_code=code)
    return door if door is not None and door.state in {"", "sent", "joined"} else None


def _next_step(code: str) -> str:
    """Where somebody goes on who wants to join: an account, a business, or what it shows."""
    actor = current_actor()
    if not actor.is_authenticated:
        return url_for("security.register", next=url_for("network.invited", code=code))
    outside = [one for one in news.own_corners(actor.employers) if not one.member]
    if len(outside) == 1:
        return url_for("network.profile_edit", employer=outside[0].reference)
    if outside:
        return url_for("network.invited", code=code)
    return url_for("employers.find")


def _page(reference: str, number: int) -> str:
    return url_for("network.invitations", employer=reference, page=number)
