"""One report as a page."""

from __future__ import annotations

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from portal.kernel.clock import today
from portal.reports.access import may_read, view_of
from portal.reports.rules.scope import Scope, View
from portal.reports.service.building import builder_of
from portal.reports.views import blueprint
from portal.web.access import current_actor


@blueprint.get("/reports/<key>")
def report(key: str) -> ResponseReturnValue:
    """Any report, as of now."""
    actor = current_actor()
    view, builder = view_of(actor), builder_of(key)
    if builder is None or view is None or not may_read(actor, builder):
        abort(404)
    day = today()
    provider = min(actor.organisations) if view is View.PROVIDER else None
    scope = Scope(day.replace(month=1, day=1), day, view=view, provider=provider)
    return render_template("reports/report.html", report=builder.build(scope), builder=builder)
