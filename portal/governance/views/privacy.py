"""The privacy notice, for everybody, in all its versions."""

from __future__ import annotations

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from portal.db.programmes import settings_here
from portal.governance.rules import notices
from portal.governance.rules.retention import told
from portal.governance.service.retention import periods
from portal.governance.views import blueprint
from portal.kernel.clock import today


def _page(version: int) -> str:
    settings = settings_here()
    fill = {"controller": settings.controller_name, "contact": settings.privacy_contact}
    found = notices.notice(version, today(), fill, told(periods()))
    if found is None:
        abort(404)
    known = notices.published(today())
    return render_template(
        "governance/privacy/notice.html", notice=found, versions=known, latest=known[0][0]
    )


@blueprint.get("/privacy")
def privacy() -> ResponseReturnValue:
    """What is kept, why, for how long, who sees it, and what people can ask for."""
    known = notices.published(today())
    # Before the first day, such as under a clock that is set back, the first version is shown.
    return _page(known[0][0]) if known else abort(404)


@blueprint.get("/privacy/versions/<int:number>")
def privacy_version(number: int) -> ResponseReturnValue:
    """The notice as it was."""
    return _page(number)
