"""The rota predictability score."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.toolkit.forms.rota import RotaForm
from portal.toolkit.rules import rota, rota_file
from portal.toolkit.views import blueprint
from portal.toolkit.views.tools import tool_page
from portal.web.downloads import csv_response
from portal.web.security import limiter

_EXAMPLE = (
    ("Example A", "2026-03-02", "09:00", "13:00", "2026-02-16", ""),
    ("Example A", "2026-03-04", "09:00", "14:30", "2026-02-16", "2026-03-02"),
    ("Example B", "2026-03-06", "18:00", "02:00", "2026-02-16", ""),
)


@blueprint.route("/tools/rota", methods=["GET", "POST"])
@limiter.limit("30/minute", methods=["POST"])
def tool_rota() -> str:
    """How far ahead people know their hours, and how far they can rely on them."""
    form = RotaForm()
    if not form.validate_on_submit():
        return tool_page("rota", form)
    sent = form.file.data
    shifts = rota_file.read(sent.read())
    if isinstance(shifts, list):
        for problem in shifts:
            form.refuse(problem)
        return tool_page("rota", form)
    inputs = rota.as_inputs(shifts, sent.filename or "")
    return tool_page("rota", form, inputs=inputs, outcome=rota.outcome(shifts))


@blueprint.get("/tools/rota/example.csv")
def tool_rota_example() -> ResponseReturnValue:
    """A file to fill in: the columns, and three example shifts."""
    header = [column.title for column in rota_file.COLUMNS]
    return csv_response("example-rota.csv", header, _EXAMPLE)
