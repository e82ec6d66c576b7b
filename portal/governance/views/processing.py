"""The record of processing, as a page and as a table to take away. It names nobody."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.db.programmes import settings_here
from portal.governance.rules import processing
from portal.governance.rules.holdings import holdings
from portal.governance.rules.processing import Processing
from portal.governance.rules.retention import classes
from portal.governance.service.retention import periods
from portal.governance.views import blueprint
from portal.web.downloads import csv_response


def _record() -> list[Processing]:
    months = periods()
    words = {
        key: f"{one.title}: {months[key]} months from {one.counts_from}"
        if one.ends and key in months
        else f"{one.title}: kept. {one.why}"
        for key, one in classes().items()
    }
    return processing.record(holdings(), words, processing.document())


@blueprint.get("/governance/processing")
def processing_record() -> ResponseReturnValue:
    """What is done with people's data, why, and on what ground."""
    settings = settings_here()
    return render_template(
        "governance/privacy/processing.html",
        record=_record(),
        controller=settings.controller_name,
        contact=settings.privacy_contact,
        raw=processing.document(),
    )


@blueprint.get("/governance/processing.csv")
def processing_csv() -> ResponseReturnValue:
    """The same as a table."""
    return csv_response("record-of-processing", processing.COLUMNS, [one.row for one in _record()])
