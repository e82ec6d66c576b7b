"""The forms about paying: a run, what the bank paid, and what is taken or given back."""

from __future__ import annotations

from wtforms.validators import Optional

from portal.kernel.clock import today
from portal.payments.rules.words import MOST_PENCE
from portal.web.forms import (
    DateField,
    Form,
    HiddenField,
    PoundsField,
    StringField,
    TextAreaField,
)


class RunForm(Form):
    """Make a run of what was shown: ``claims`` are references, ``total`` their pence."""

    claims = HiddenField()
    total = HiddenField()
    process_on = DateField(
        "Bank processing day",
        hint="The working day on which Bacs works on the file. Send it a working day before; the "
        "money arrives the working day after.",
        required="Enter the bank processing day",
    )

    @property
    def references(self) -> list[str]:
        """The claims that were shown."""
        return [one for one in (self.claims.data or "").split(",") if one]

    @property
    def pence(self) -> int | None:
        """The total that was shown; None when the field is not a number."""
        text = self.total.data or ""
        return int(text) if text.isdecimal() and len(text) < len(str(10**15)) else None


class PaidForm(Form):
    """What the bank says: the day, and its reference."""

    paid_on = DateField(
        "Paid on",
        hint="The day the money left the account, as on the bank statement",
        required="Enter the day it was paid",
        latest=today,
    )
    reference = StringField(
        "Bank's reference",
        hint="As on the bank statement or in the bank's report",
        required="Enter the bank's reference",
        max_length=40,
        width=20,
        spellcheck=False,
    )


class CorrectionForm(Form):
    """Take money back, or give it back. ``seen`` is the last entry that was shown."""

    seen = HiddenField(validators=[Optional()])
    pence = PoundsField(
        "Amount",
        required="Enter the amount",
        minimum=1,
        maximum=MOST_PENCE,
    )
    reason = TextAreaField(
        "Reason",
        hint="The provider reads it, and it stays in the ledger",
        required="Say why",
        max_length=1000,
        rows=4,
    )

    @property
    def last_seen(self) -> int:
        """The number of the last entry that was shown; 0 when it is missing."""
        text = self.seen.data or ""
        return int(text) if text.isdecimal() and len(text) < len(str(10**15)) else 0
