"""Every kind of picture on one page, with made-up figures; for demonstrations only."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.reports.access import reader
from portal.reports.rules.examples import gallery
from portal.web.access import Predicate

blueprint = Blueprint("reports_gallery", __name__)
ROUTES: dict[str, Predicate] = {"reports_gallery.pictures": reader}


@blueprint.get("/reports/pictures")
def pictures() -> ResponseReturnValue:
    """The gallery."""
    section = gallery()
    tables = {table.key: table for table in section.tables}
    return render_template("reports/gallery.html", section=section, tables=tables)
