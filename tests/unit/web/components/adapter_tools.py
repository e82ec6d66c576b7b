"""What the adapters share: reading fixture options, and refusing those that we leave out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup as Written

Options = Mapping[str, Any]
Call = tuple[str, str, dict[str, Any]]


class UnsupportedError(Exception):
    """A fixture uses an option that our macro leaves out."""


def said(options: Any, text: str = "text", html: str = "html") -> Any:
    """What is written: markup when the option is HTML."""
    if not options:
        return None
    if options.get(html):
        return Written(options[html])  # noqa: S704 - the published markup
    return options.get(text)


def attributes(value: Any) -> dict[str, Any] | None:
    return dict(value) if value else None


def take(options: Options, **names: str) -> dict[str, Any]:
    return {ours: options[theirs] for ours, theirs in names.items() if theirs in options}


def only(options: Options, *known: str) -> None:
    extra = {key for key, value in options.items() if value not in (None, "", {}, [])} - set(known)
    if extra:
        raise UnsupportedError(", ".join(sorted(extra)))


def common(options: Options) -> dict[str, Any]:
    out = take(options, classes="classes")
    if options.get("attributes"):
        out["attrs"] = attributes(options["attributes"])
    return out


def group(options: Options) -> dict[str, Any]:
    """Label, hint, error, form group: what every field has."""
    label = options.get("label") or {}
    form_group = options.get("formGroup") or {}
    only(form_group, "classes", "attributes")
    only(label, "text", "html", "classes", "isPageHeading")
    for part in ("hint", "errorMessage"):
        only(options.get(part) or {}, "text", "html")
    return {
        "name": options["name"],
        "label": said(label) or "",
        "hint": said(options.get("hint")),
        "error": said(options.get("errorMessage")),
        "label_class": label.get("classes", ""),
        "heading": label.get("isPageHeading", False),
        "group_class": form_group.get("classes", ""),
        "group_attrs": attributes(form_group.get("attributes")),
        "describedby": options.get("describedBy", ""),
        **take(options, id="id"),
        **common(options),
    }


def i18n(options: Options, **names: str) -> dict[str, str]:
    """Translated messages travel as attributes of the wrapper."""
    out = {}
    for option, key in names.items():
        message = options.get(option)
        if isinstance(message, dict):
            out |= {f"data-i18n.{key}.{rule}": text for rule, text in message.items()}
        elif message:
            out[f"data-i18n.{key}"] = message
    return out
