"""The form about a campaign."""

from __future__ import annotations

from portal.toolkit.rules.campaigns import MOST_SENT, NOTE_LENGTH, CampaignDetails
from portal.toolkit.rules.words import AUDIENCES, NETWORKS, SECTORS, TITLE_LENGTH
from portal.web.forms import (
    CheckboxesField,
    DateField,
    Form,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)


class CampaignForm(Form):
    """A campaign; the page offers the resources."""

    title = StringField(
        "Title",
        required="Enter a title",
        max_length=TITLE_LENGTH,
        hint="For staff only. For example: Chamber newsletter, March",
    )
    network = SelectField(
        "Through which kind of network?",
        required="Choose a network",
        blank="Choose",
        choices=list(NETWORKS.items()),
    )
    network_name = StringField("Name of the network", max_length=160)
    resource = SelectField(
        "Where does the link lead?", blank="The whole library", subject="Resource"
    )
    audience = SelectField(
        "For whom is it?", blank="Everybody", choices=list(AUDIENCES.items()), subject="Audience"
    )
    sectors = CheckboxesField(
        "For which sectors?", hint="Leave empty for every sector", choices=list(SECTORS.items())
    )
    starts_on = DateField("When does it start?", required="Enter the day it starts")
    ends_on = DateField("When does it end?", hint="Leave empty if it is open-ended")
    sent_to = IntegerField(
        "How many people does the network send it to?",
        hint="As the network says. You can fill it in later",
        maximum=MOST_SENT,
        example=1200,
    )
    code = StringField(
        "Short code for the link",
        hint="4 to 12 small letters and digits, without 0, 1, i, l and o, which people mix up. "
        "Leave it empty and one is made",
        max_length=12,
        width=10,
        spellcheck=False,
        autocomplete="off",
    )
    note = TextAreaField("Notes", max_length=NOTE_LENGTH, rows=3, countdown=False)
    revision = HiddenField()

    def seen(self) -> int:
        """The revision that was on the page; one that never was where it is not a number."""
        text = self.revision.data or ""
        return int(text) if text.isdecimal() and len(text) < 10 else -1  # noqa: PLR2004 - a key

    def details(self) -> CampaignDetails:
        """The campaign as the service takes it; for a form that is right."""
        starts_on = self.starts_on.data
        assert starts_on is not None  # noqa: S101 - required above
        return CampaignDetails(
            title=self.title.data or "",
            network=self.network.data or "",
            network_name=self.network_name.data or "",
            resource=self.resource.data or "",
            audience=self.audience.data or "",
            sectors=tuple(self.sectors.data or ()),
            starts_on=starts_on,
            ends_on=self.ends_on.data,
            sent_to=self.sent_to.data,
            note=self.note.data or "",
            code=(self.code.data or "").strip().lower() if "code" in self else "",
        )
