"""The stuck-ladder check."""

from __future__ import annotations

from flask import request

from portal.toolkit.forms.ladder import LadderForm
from portal.toolkit.rules import ladder
from portal.toolkit.views import blueprint
from portal.toolkit.views.tools import refilled, tool_page
from portal.web.security import limiter


@blueprint.route("/tools/ladder", methods=["GET", "POST"])
@limiter.limit("60/minute", methods=["POST"])
def tool_ladder() -> str:
    """The part-time share at each grade and of promotions, typed or from a file."""
    form = LadderForm(data=refilled("ladder"))
    if request.form.get("do") == "rows":
        form.add_rows()
        return tool_page("ladder", form)
    if not form.validate_on_submit():
        return tool_page("ladder", form)
    sent = form.file.data
    grades = ladder.read_file(sent.read()) if sent else ladder.read(form.rows())
    if isinstance(grades, list):
        for problem in grades:
            form.refuse(problem)
        return tool_page("ladder", form)
    inputs = ladder.as_inputs(grades)
    if sent:
        # What the file said stands in the rows below the result, to be changed and tried again.
        form = LadderForm(formdata=None, data=inputs)
    return tool_page("ladder", form, inputs=inputs, outcome=ladder.outcome(grades))
