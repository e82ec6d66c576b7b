"""Reports by mail: choosing which, and stopping one with a press in the mail itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.result import Err
from portal.reports.forms.mail import EmptyForm, MailForm
from portal.reports.offers import offers
from portal.reports.queries import subscriptions as queries
from portal.reports.service import subscriptions as service
from portal.reports.service.building import builder_of
from portal.reports.views import blueprint
from portal.web.access import current_actor
from portal.web.security import csrf

_DONE: Final[Mapping[str, tuple[Callable[..., Any], str]]] = {
    "subscribe": (service.subscribe, "You get this report by mail each month."),
    "pause": (service.pause, "Paused. Nothing is sent until you resume."),
    "resume": (service.resume, "You get this report by mail again."),
    "stop": (service.stop, "Stopped. This report is not sent to you any more."),
}


@blueprint.get("/reports/mail")
def mail() -> ResponseReturnValue:
    """Every report the person may read, and whether it comes by mail."""
    actor = current_actor()
    if actor.user_id is None:
        abort(403)
    held = queries.of_person(actor.user_id)
    lines = [(one, held.get(one.key)) for one in offers(actor)]
    return render_template(
        "reports/mail.html", lines=lines, email=actor.email, month=today(), form=MailForm()
    )


@blueprint.post("/reports/mail")
def mail_change() -> ResponseReturnValue:
    """Subscribe to a report, pause it, go on, or stop."""
    actor, form = current_actor(), MailForm()
    key = form.report.data or ""
    if actor.user_id is None or not form.validate_on_submit():
        abort(400)
    # Who may read it no longer can still stop it.
    if form.action.data != "stop" and key not in {one.key for one in offers(actor)}:
        abort(404)
    act, words = _DONE[str(form.action.data)]
    with unit_of_work():
        done = act(user_id=actor.user_id, report_key=key)
    if isinstance(done, Err):
        flash(f"{done.problem.message}.", "error")
    else:
        flash(words, "success")
    return redirect(url_for("reports.mail"))


def stop_now(token: str) -> ResponseReturnValue:
    """Stop a report's mail at once.

    A mail program posts here by itself (RFC 8058) and has no form token, so none is asked for: the
    signed link is the key, and all it does is stop mail.
    """
    known = service.read_token(token)
    if isinstance(known, Err):
        return render_template("network/mail/bad_link.html", problem=known.problem), 404
    user_id, key = known.value
    with unit_of_work():
        service.stop(user_id=user_id, report_key=key, why="by_link")
    return _about(key, user_id, token)


@blueprint.get("/reports/mail/stop/<token>")
def mail_stop(token: str) -> ResponseReturnValue:
    """Which mail the link is about, with a button: opening a link changes nothing."""
    known = service.read_token(token)
    if isinstance(known, Err):
        return render_template("network/mail/bad_link.html", problem=known.problem), 404
    user_id, key = known.value
    return _about(key, user_id, token)


def _about(key: str, user_id: int, token: str) -> str:
    builder = builder_of(key)
    return render_template(
        "reports/mail_stop.html",
        title=builder.title if builder is not None else "This report",
        token=token,
        comes=key in queries.of_person(user_id),
        form=EmptyForm(),
    )


csrf.exempt(stop_now)
blueprint.add_url_rule(
    "/reports/mail/stop/<token>", endpoint="mail_stop_now", view_func=stop_now, methods=["POST"]
)
