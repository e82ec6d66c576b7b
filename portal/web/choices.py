"""Fields that offer choices: radios, check boxes and drop-down lists.

``choices`` are (value, text) or (value, text, hint); values are strings unless ``coerce`` says what
they become. They may be set when the form is made: ``form.sector.choices = …``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

from wtforms.validators import StopValidation

from portal.web import widgets
from portal.web.fields import Choices, Conditional, PortalField
from portal.web.text import clean_line

NOT_OFFERED: Final = "Choose one of the options on the page"


class _ChoiceField(PortalField):
    """What radios, check boxes and lists share."""

    def __init__(
        self,
        label: str | None = None,
        *args: Any,
        choices: Choices = (),
        coerce: Callable[[str], Any] = str,
        divider_before: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, *args, **kwargs)
        self.choices: Choices = choices
        self.coerce = coerce
        self.divider_before = divider_before

    def offered(self) -> set[str]:
        """The values that may be chosen, as they stand in the page."""
        return {str(choice[0]) for choice in self.choices}

    def chosen(self) -> Collection[str]:
        """The values chosen now, as they stand in the page."""
        return () if self.data is None else (str(self.data),)

    def items(self, conditional: Conditional = None) -> list[dict[str, Any]]:
        """The choices as the macros take them."""
        chosen, out = self.chosen(), []
        for value, text, *hint in self.choices:
            key = str(value)
            if key == self.divider_before:
                out.append({"divider": "or"})
            item = {"value": key, "text": text, "checked": key in chosen}
            if hint:
                item["hint"] = hint[0]
            if conditional and key in conditional:
                item["conditional"] = conditional[key]
            out.append(item)
        return out

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep a choice only if it was offered."""
        self.data = None
        value = clean_line(str(valuelist[0])) if valuelist else ""
        if not value:
            return
        if value not in self.offered():
            raise ValueError(NOT_OFFERED)
        self.data = self.coerce(value)

    def pre_validate(self, form: Any) -> None:
        """A choice that was not offered ends the checks."""
        del form
        if self.errors:
            raise StopValidation


class RadioField(_ChoiceField):
    """One of several."""

    widget = widgets.RadiosWidget()


class SelectField(_ChoiceField):
    """One of many; ``blank`` is the text of the empty first line (None: no empty line)."""

    widget = widgets.SelectWidget()

    def __init__(self, *args: Any, blank: str | None = "Choose", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.blank = blank

    def select_items(self) -> list[tuple[str, str]]:
        """The lines of the list."""
        lines = [(str(choice[0]), str(choice[1])) for choice in self.choices]
        return lines if self.blank is None else [("", self.blank), *lines]


class CheckboxesField(_ChoiceField):
    """Any of several, as a list in the order of the page; ``exclusive`` values stand alone."""

    widget = widgets.CheckboxesWidget()

    def __init__(self, *args: Any, exclusive: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.exclusive = exclusive

    def chosen(self) -> Collection[str]:
        """Every value ticked."""
        return {str(value) for value in self.data or ()}

    def items(self, conditional: Conditional = None) -> list[dict[str, Any]]:
        """As for radios, with the boxes that untick the others marked."""
        out = super().items(conditional)
        for item in out:
            if item.get("value") in self.exclusive:
                item["exclusive"] = True
        return out

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep what was offered, in the order of the page, each once."""
        sent = {clean_line(str(value)) for value in valuelist} - {""}
        unknown = sent - self.offered()
        known = [str(choice[0]) for choice in self.choices if str(choice[0]) in sent]
        self.data = [self.coerce(value) for value in known]
        if unknown:
            raise ValueError(NOT_OFFERED)
        if len(known) > 1 and any(value in self.exclusive for value in known):
            texts = {str(choice[0]): str(choice[1]) for choice in self.choices}
            alone = next(texts[value] for value in known if value in self.exclusive)
            raise ValueError(f"Choose either “{alone}” or the other options, not both")
