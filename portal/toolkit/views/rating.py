"""Readers rate a published resource and say what they think; no account is needed.

Reading needs no cookie: the form, which does, is on a page of its own.
"""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.result import Err
from portal.toolkit.access import editors
from portal.toolkit.forms.rating import RatingForm
from portal.toolkit.queries import managing, ratings, resources
from portal.toolkit.queries.resources import ResourceFacts
from portal.toolkit.rules.readers import STARS
from portal.toolkit.rules.words import SECTORS
from portal.toolkit.service import ratings as service
from portal.toolkit.views import blueprint
from portal.web.access import current_actor
from portal.web.security import limiter


def rating_context(facts: ResourceFacts) -> dict[str, Any]:
    """What a resource's page shows of its ratings, and to editors of its standing."""
    actor = current_actor()
    is_editor = editors(actor, {})
    return {
        "rating": facts.rating,
        "comments": ratings.shown_comments(facts.id) if facts.rating_count else [],
        "comment_sectors": SECTORS,
        "stars": STARS,
        "may_rate": not is_editor,
        "tested": managing.is_tested(facts.id) if is_editor else True,
        "manage_href": url_for("toolkit.resource_manage", reference=facts.reference)
        if is_editor
        else None,
    }


@blueprint.route("/toolkit/<slug>/rate", methods=["GET", "POST"])
@limiter.limit("120/hour")
@limiter.limit("10/hour;30/day", methods=["POST"])
def rate(slug: str) -> ResponseReturnValue:
    """Rate a resource, or change what one has said."""
    facts = resources.published(slug)
    if facts is None:
        abort(404)
    actor = current_actor()
    code = request.args.get("c", "")[:12] or None
    here = url_for("toolkit.resource", slug=facts.slug, c=code, _anchor="ratings")
    if editors(actor, {}):
        flash("Resources are rated by those who read them, not by those who write them.", "info")
        return redirect(here)
    given = ratings.given_by(facts.id, actor.user_id) if actor.user_id is not None else None
    begun = {"stars": request.args.get("stars", "")}
    if given is not None:
        begun = {
            "stars": begun["stars"] or str(given.stars),
            "comment": given.comment,
            "sector": given.sector,
        }
    form = RatingForm(data=begun)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.rate(
                slug=facts.slug,
                stars=int(form.stars.data),
                comment=form.comment.data or "",
                sector=form.sector.data or "",
                user_id=actor.user_id,
            )
            waits = not isinstance(done, Err) and done.value.comment_state == "waiting"
        if not isinstance(done, Err):
            thanks = "Thank you. Your rating is counted."
            later = " Others see your comment when somebody has read it." if waits else ""
            flash(f"{thanks}{later}", "success")
            return redirect(here)
        form.refuse(done.problem)
    return render_template(
        "toolkit/rate.html", facts=facts, form=form, here=here, given=given is not None
    )
