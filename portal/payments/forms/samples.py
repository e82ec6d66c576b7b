"""The forms of audit samples."""

from __future__ import annotations

from portal.kernel.clock import today
from portal.payments.rules.samples import LONGEST_SEED, MOST
from portal.web.forms import (
    DateField,
    Form,
    HiddenField,
    IntegerField,
    PoundsField,
    StringField,
    TextAreaField,
)


class DrawForm(Form):
    """What to draw a sample from, how large, and by which seed."""

    from_on = DateField("First day of payment", required="Enter the first day", latest=today)
    until_on = DateField("Last day of payment", required="Enter the last day", latest=today)
    size = IntegerField(
        "How many lines",
        hint="When fewer were paid, all of them are drawn",
        required="Enter how many lines to draw",
        minimum=1,
        maximum=MOST,
    )
    seed = StringField(
        "Seed",
        hint="Decides which lines are drawn. The same seed draws the same lines from the same "
        "payments, so that anybody can repeat it. Keep the one offered, or take one that nobody "
        "here can choose, such as a day's published lottery numbers",
        required="Enter a seed",
        max_length=LONGEST_SEED,
        spellcheck=False,
    )


class FindingForm(Form):
    """What was found about one line; ``seen`` is the finding that was on the page."""

    seen = HiddenField()
    found = PoundsField(
        "How much of it was wrong?",
        hint="£0.00 when all of it was rightly paid",
        required="Enter how much was wrong, 0 if nothing was",
    )
    words = TextAreaField(
        "What you looked at, and what was wrong",
        hint="Needed when something was wrong",
        max_length=2000,
    )
