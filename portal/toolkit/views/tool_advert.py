"""The job-advert checker."""

from __future__ import annotations

from portal.toolkit.forms.advert import TOO_SHORT, AdvertForm
from portal.toolkit.rules import advert, advert_text
from portal.toolkit.views import blueprint
from portal.toolkit.views.tools import refilled, tool_page
from portal.web.security import limiter

_FEWEST_WORDS = 5


@blueprint.route("/tools/advert", methods=["GET", "POST"])
@limiter.limit("60/minute", methods=["POST"])
def tool_advert() -> str:
    """What an advert says, and leaves out, for somebody who wants part-time hours."""
    form = AdvertForm(data=refilled("advert"))
    if not form.validate_on_submit():
        return tool_page("advert", form)
    inputs = form.inputs()
    pasted = advert_text.read(inputs["text"], inputs["title"] or "")
    if pasted.words < _FEWEST_WORDS:
        form.refuse(TOO_SHORT)
        return tool_page("advert", form)
    return tool_page("advert", form, inputs=inputs, outcome=advert.outcome(pasted))
