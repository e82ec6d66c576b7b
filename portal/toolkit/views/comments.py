"""Comments of readers: staff read each before others see it."""

from __future__ import annotations

from typing import Final

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.toolkit.forms.managing import HideForm
from portal.toolkit.queries import ratings as queries
from portal.toolkit.rules.readers import COMMENT_STATES
from portal.toolkit.rules.words import SECTORS
from portal.toolkit.service import ratings as service
from portal.toolkit.views import blueprint
from portal.web.access import current_author
from portal.web.asked import asked_number

_MOST_PAGES: Final = 1000


@blueprint.get("/toolkit/manage/comments")
def comments() -> str:
    """Comments that wait, or those shown or hidden."""
    return _page(_state(), HideForm(formdata=None))


@blueprint.post("/toolkit/manage/comments/<comment>")
def comment_decide(comment: str) -> ResponseReturnValue:
    """Show a comment to other readers, or hide it with a reason."""
    form = HideForm()
    reference = normalise_reference(comment)
    if not form.validate_on_submit():
        return _page(_state(), form, about=reference)
    shows = request.form.get("decision") == "show"
    with unit_of_work():
        done = (
            service.show(reference=reference, by=current_author())
            if shows
            else service.hide(
                reference=reference, reason=form.reason.data or "", by=current_author()
            )
        )
    if isinstance(done, Err):
        form.refuse(done.problem)
        return _page(_state(), form, about=reference)
    flash("Readers see the comment." if shows else "The comment is not shown.", "success")
    return redirect(url_for("toolkit.comments", state=_state()))


def _state() -> str:
    asked = request.args.get("state", "")
    return asked if asked in COMMENT_STATES else "waiting"


def _page(state: str, form: HideForm, *, about: str = "") -> str:
    number = min(max(asked_number("page", 1), 1), _MOST_PAGES)
    lines, more = queries.comments(state, page=number)
    return render_template(
        "toolkit/manage/comments.html",
        lines=lines,
        more=more,
        number=number,
        state=state,
        states=COMMENT_STATES,
        counts=queries.comment_counts(),
        sectors=SECTORS,
        form=form,
        about=about,
    )
