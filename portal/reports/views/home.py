"""The reports there are for the person looking, and those that were frozen last."""

from __future__ import annotations

from typing import Final

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from portal.reports.access import lep_manager, may_freeze, may_read, view_of, views_open_to
from portal.reports.queries import copies as found
from portal.reports.rules.reading import period_words
from portal.reports.rules.scope import View
from portal.reports.service.building import builders
from portal.reports.views import blueprint
from portal.web.access import current_actor

_LAST: Final = 5
_INTRO: Final = {
    View.FULL: "What the service does, whom it reaches, what it costs and what changes.",
    View.PROVIDER: "What your own work comes to: outputs, reach, and what changed for employers.",
    View.STATISTICS: "Statistics of the service. Small numbers are not shown, to protect people.",
}


@blueprint.get("/reports")
def home() -> ResponseReturnValue:
    """A card for every report that the person may read."""
    actor = current_actor()
    view = view_of(actor)
    if view is None:
        abort(403)
    last = found.frozen(views=views_open_to(actor), organisations=actor.organisations, limit=_LAST)
    return render_template(
        "reports/home.html",
        builders=[one for one in builders() if may_read(actor, one)],
        intro=_INTRO[view],
        may_freeze=may_freeze(actor),
        may_make_tokens=lep_manager(actor, {}),
        statistics=view is View.STATISTICS,
        has_releases=View.STATISTICS in views_open_to(actor),
        frozen=[
            {
                "reference": one.reference,
                "title": one.title,
                "period": period_words(one.first_on, one.last_on),
                "made_at": one.made_at,
            }
            for one in last
        ],
    )
