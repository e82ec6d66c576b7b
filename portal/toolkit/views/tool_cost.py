"""The cost calculator."""

from __future__ import annotations

from portal.kernel.clock import today
from portal.toolkit.forms.cost import CostForm
from portal.toolkit.rules import cost
from portal.toolkit.views import blueprint
from portal.toolkit.views.tools import refilled, tool_page
from portal.web.security import limiter


@blueprint.route("/tools/cost", methods=["GET", "POST"])
@limiter.limit("60/minute", methods=["POST"])
def tool_cost() -> str:
    """What turnover costs, and whether a change would pay."""
    form = CostForm(data=refilled("cost"))
    if not form.validate_on_submit():
        return tool_page("cost", form)
    inputs = form.inputs()
    read = cost.read(inputs, on=today())
    if isinstance(read, tuple):
        for problem in read:
            form.refuse(problem)
        return tool_page("cost", form)
    return tool_page("cost", form, inputs=inputs, outcome=cost.outcome(read))
