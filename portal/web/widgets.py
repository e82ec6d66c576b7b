"""Renders form fields through the component macros.

The macros live in one small Jinja environment of their own, compiled once a process, so a field
renders the same in a page, a job or a test without an application round it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

if TYPE_CHECKING:
    from wtforms import Field

TEMPLATES: Final = Path(__file__).resolve().parents[2] / "templates"
ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)

Macro = Callable[..., Markup]


@cache
def component(name: str, file: str | None = None) -> Macro:
    """The macro ``name`` of templates/components/``file``.html (by default the same name)."""
    template = ENVIRONMENT.get_template(f"components/{file or name}.html")
    return cast("Macro", getattr(template.module, name))


def first_error(field: Any) -> str:
    """The message shown beside a field: the first one."""
    return str(field.errors[0]) if field.errors else ""


def _shared(field: Any, options: dict[str, Any]) -> dict[str, Any]:
    """What every macro of a field takes; options given in the page win."""
    own = getattr(field, "options", None)
    out = {
        "id": field.id,
        "label": field.label.text,
        "hint": field.description or None,
        "error": first_error(field),
    }
    if own:
        out.update(own)
    out.update(options)
    return out


def _grouped(field: Any, options: dict[str, Any]) -> dict[str, Any]:
    out = _shared(field, options)
    out["legend"] = out.pop("label")
    if "label_class" in out:
        out["legend_class"] = out.pop("label_class")
    return out


class TextWidget:
    """A one-line box of the given type."""

    def __init__(self, kind: str = "text") -> None:
        self.kind = kind

    def __call__(self, field: Field, **options: Any) -> Markup:
        """Render the field; ``options`` are the macro's parameters."""
        shared = _shared(field, options)
        return component("input")(field.name, value=_value(field), type=self.kind, **shared)


class PasswordWidget:
    """A password box with a Show button; never shown again after a mistake."""

    def __call__(self, field: Field, **options: Any) -> Markup:
        """Render the field."""
        return component("password_input")(field.name, **_shared(field, options))


class TextAreaWidget:
    """A box of several lines; counts down when the field has a limit worth showing."""

    def __call__(self, field: Field, **options: Any) -> Markup:
        """Render the field."""
        shared = _shared(field, options)
        limit = getattr(field, "max_length", None)
        if not limit or not shared.pop("countdown", True):
            return component("textarea")(field.name, value=_value(field), **shared)
        return component("character_count")(
            field.name, value=_value(field), maxlength=limit, count="characters", **shared
        )


class SelectWidget:
    """A drop-down list."""

    def __call__(self, field: Any, **options: Any) -> Markup:
        """Render the field."""
        chosen = field.chosen()
        return component("select")(
            field.name,
            field.select_items(),
            value=next(iter(chosen), None),
            **_shared(field, options),
        )


class RadiosWidget:
    """One of several; ``conditional={value: markup}`` reveals more under a choice."""

    def __call__(self, field: Any, **options: Any) -> Markup:
        """Render the field."""
        items = field.items(options.pop("conditional", None))
        return component("radios")(field.name, items, **_grouped(field, options))


class CheckboxesWidget:
    """Any of several; ``conditional`` as for radios."""

    def __call__(self, field: Any, **options: Any) -> Markup:
        """Render the field."""
        items = field.items(options.pop("conditional", None))
        return component("checkboxes")(field.name, items, **_grouped(field, options))


class TickWidget:
    """One box to tick, its label beside it."""

    def __call__(self, field: Any, **options: Any) -> Markup:
        """Render the field."""
        shared = _shared(field, options)
        item = {
            "value": "y",
            "text": shared.pop("label"),
            "checked": bool(field.data),
            "label_class": shared.pop("label_class", ""),
            "conditional": shared.pop("conditional", None),
            "attrs": shared.pop("attrs", None),
        }
        return component("checkboxes")(field.name, [item], **shared)


class DateWidget:
    """Day, month and year boxes."""

    def __call__(self, field: Any, **options: Any) -> Markup:
        """Render the field."""
        shared = _grouped(field, options)
        return component("date_input")(
            prefix=field.name, values=field.typed(), wrong=field.wrong, **shared
        )


class FileWidget:
    """A file to send."""

    def __call__(self, field: Field, **options: Any) -> Markup:
        """Render the field."""
        return component("file_upload")(field.name, **_shared(field, options))


def _value(field: Any) -> str | None:
    value = field._value()  # noqa: SLF001 - WTForms' own way to ask what stands in the box
    return value if value != "" else None


_KINDS: Final = {"PasswordField": "password", "EmailField": "email", "TelField": "tel"}


def foreign(field: Any, **options: Any) -> Markup:
    """Render a plain WTForms field, such as a library's own sign-in form holds."""
    kind = type(field).__name__
    widget_name = type(field.widget).__name__
    if widget_name == "PasswordInput":
        return PasswordWidget()(field, **options)
    if widget_name == "CheckboxInput":
        return TickWidget()(field, **options)
    if widget_name == "TextArea":
        return component("textarea")(field.name, value=_value(field), **_shared(field, options))
    if hasattr(field, "iter_choices"):
        items = [
            {"value": str(c.value), "text": c.label, "checked": c.selected, "selected": c.selected}
            for c in field.iter_choices()
        ]
        if kind == "SelectField":
            return component("select")(field.name, items, **_shared(field, options))
        return component("radios")(field.name, items, **_grouped(field, options))
    return TextWidget(_KINDS.get(kind, "text"))(field, **options)
