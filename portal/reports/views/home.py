"""The reports there are for the person looking."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.reports.access import may_read
from portal.reports.service.building import builders
from portal.reports.views import blueprint
from portal.web.access import current_actor


@blueprint.get("/reports")
def home() -> ResponseReturnValue:
    """A card for every report that the person may read."""
    actor = current_actor()
    shown = [builder for builder in builders() if may_read(actor, builder)]
    return render_template("reports/home.html", builders=shown)
