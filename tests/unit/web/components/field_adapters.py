"""The same as adapters.py, for the components that stand in forms."""

from __future__ import annotations

from typing import Any

from .adapter_tools import (
    Call,
    Options,
    UnsupportedError,
    attributes,
    common,
    group,
    i18n,
    only,
    said,
    take,
)


def character_count(o: Options) -> Call:
    kw = group(o)
    kw.pop("describedby")
    words = i18n(
        o,
        charactersUnderLimitText="characters-under-limit",
        charactersAtLimitText="characters-at-limit",
        charactersOverLimitText="characters-over-limit",
        wordsUnderLimitText="words-under-limit",
        wordsAtLimitText="words-at-limit",
        wordsOverLimitText="words-over-limit",
    )
    if o.get("textareaDescriptionText") and not (o.get("maxlength") or o.get("maxwords")):
        raise UnsupportedError("a description of a limit that only the script knows")
    kw |= take(o, maxlength="maxlength", maxwords="maxwords", count="countType", rows="rows")
    kw |= take(o, value="value", threshold="threshold", spellcheck="spellcheck")
    kw |= take(o, message="textareaDescriptionText")
    kw["message_class"] = (o.get("countMessage") or {}).get("classes", "")
    kw["group_attrs"] = {**(kw["group_attrs"] or {}), **words}
    return "character_count", "character_count", kw


def choices(o: Options, *, box: bool) -> dict[str, Any]:
    fieldset = o.get("fieldset")
    legend = (fieldset or {}).get("legend") or {}
    form_group = o.get("formGroup") or {}
    only(form_group, "classes", "attributes")
    items = []
    for item in o.get("items") or []:
        if not item:
            items.append(item)
            continue
        if item.get("divider"):
            items.append({"divider": item["divider"]})
            continue
        label = item.get("label") or {}
        only(label, "classes")
        only(item.get("hint") or {}, "text", "html")
        entry = {
            "value": item.get("value", ""),
            "text": said(item),
            "hint": said(item.get("hint")),
            "conditional": said({"html": (item.get("conditional") or {}).get("html")}),
            "label_class": label.get("classes"),
            "attrs": item.get("attributes"),
            "exclusive": item.get("behaviour") == "exclusive",
        }
        entry |= {k: item[k] for k in ("id", "name", "checked", "disabled") if k in item}
        items.append(entry)
    return {
        "name": o["name"],
        "items": items,
        "legend": said(legend) if fieldset else None,
        "legend_class": legend.get("classes", ""),
        "heading": legend.get("isPageHeading", False),
        "hint": said(o.get("hint")),
        "error": said(o.get("errorMessage")),
        "fieldset": bool(fieldset),
        "fieldset_class": (fieldset or {}).get("classes", ""),
        "fieldset_attrs": (fieldset or {}).get("attributes"),
        "describedby": (fieldset or {}).get("describedBy")
        or (o.get("describedBy", "") if box else ""),
        "group_class": form_group.get("classes", ""),
        "group_attrs": attributes(form_group.get("attributes")),
        **take(o, id="idPrefix"),
        **common(o),
    }


def checkboxes(o: Options) -> Call:
    return "checkboxes", "checkboxes", choices(o, box=True) | {"values": o.get("values") or ()}


def radios(o: Options) -> Call:
    return "radios", "radios", choices(o, box=False) | take(o, value="value")


def date_input(o: Options) -> Call:
    fieldset = o.get("fieldset")
    legend = (fieldset or {}).get("legend") or {}
    form_group = o.get("formGroup") or {}
    only(form_group, "classes", "attributes")
    known = ("day", "month", "year")
    given = [i for i in o.get("items") or [] if i]
    parts = []
    for name, item in [(i["name"], i) for i in given] or [
        (n, o.get(n, {"name": n})) for n in known
    ]:
        if item:
            parts.append(part({**take(o.get(name) or {}, value="value"), **item}, name))
    kw = {
        "id": o["id"],
        "legend": said(legend) if fieldset else None,
        "legend_class": legend.get("classes", ""),
        "heading": legend.get("isPageHeading", False),
        "values": o.get("values"),
        "hint": said(o.get("hint")),
        "error": said(o.get("errorMessage")),
        "wrong": wrong_parts(parts),
        "prefix": o.get("namePrefix", ""),
        "parts": parts,
        "fieldset": bool(fieldset),
        "fieldset_class": (fieldset or {}).get("classes", ""),
        "fieldset_attrs": (fieldset or {}).get("attributes"),
        "describedby": (fieldset or {}).get("describedBy", ""),
        "group_class": form_group.get("classes", ""),
        "group_attrs": attributes(form_group.get("attributes")),
        **common(o),
    }
    return "date_input", "date_input", kw


def part(item: Options, name: str) -> dict[str, Any]:
    if item.get("name", name) not in ("day", "month", "year"):
        raise UnsupportedError("parts with other names")
    out = take(
        item, label="label", id="id", value="value", classes="classes", inputmode="inputmode"
    )
    out |= take(item, autocomplete="autocomplete", pattern="pattern")
    classes = item.get("classes", "")
    marked = item.get("error") or "govuk-input--error" in classes
    return out | {
        "name": item.get("name", name),
        "attrs": item.get("attributes"),
        "wrong": True if marked else item.get("error"),
    }


def wrong_parts(parts: list[dict[str, Any]]) -> list[str]:
    """Parts marked wrong; when some are only said to be right, the others."""
    marks = {p["name"]: p.pop("wrong") for p in parts}
    if not any(marks.values()) and False in marks.values():
        return [name for name, mark in marks.items() if mark is None]
    return [name for name, mark in marks.items() if mark]


def file_upload(o: Options) -> Call:
    kw = group(o)
    words = i18n(
        o,
        chooseFilesButtonText="choose-files-button",
        noFileChosenText="no-file-chosen",
        multipleFilesChosenText="multiple-files-chosen",
        dropInstructionText="drop-instruction",
        enteredDropZoneText="entered-drop-zone",
        leftDropZoneText="left-drop-zone",
    )
    kw |= take(o, multiple="multiple", disabled="disabled", drop="javascript")
    kw |= take(o, drop_class="wrapperClasses")
    kw["drop_attrs"] = {**words, **(o.get("wrapperAttributes") or {})}
    return "file_upload", "file_upload", kw


def input(o: Options) -> Call:  # noqa: A001 - named as the component
    kw = group(o)
    for affix in ("prefix", "suffix"):
        given = o.get(affix) or {}
        only(given, "text", "html")
        kw[affix] = said(given)
    names = ("value", "inputmode", "autocomplete", "spellcheck", "autocapitalize", "pattern")
    kw |= {name: o[name] for name in (*names, "disabled") if name in o}
    if o.get("type"):
        kw["type"] = o["type"]
    wrapper = o.get("inputWrapper") or {}
    kw["wrapper_class"] = wrapper.get("classes", "")
    kw["wrapper_attrs"] = wrapper.get("attributes")
    return "input", "input", kw


def password_input(o: Options) -> Call:
    kw = group(o)
    words = i18n(
        o,
        showPasswordText="show-password",
        hidePasswordText="hide-password",
        showPasswordAriaLabelText="show-password-aria-label",
        hidePasswordAriaLabelText="hide-password-aria-label",
        passwordShownAnnouncementText="password-shown-announcement",
        passwordHiddenAnnouncementText="password-hidden-announcement",
    )
    kw["group_attrs"] = {**(kw["group_attrs"] or {}), **words}
    kw |= take(o, value="value", show_text="showPasswordText", disabled="disabled")
    kw |= take(o, show_label="showPasswordAriaLabelText")
    kw["button_class"] = (o.get("button") or {}).get("classes", "")
    if o.get("autocomplete"):
        kw["autocomplete"] = o["autocomplete"]
    return "password_input", "password_input", kw


def written(value: Any) -> Any:
    """The published templates write the value False as the word false."""
    return "false" if value is False else value


def select(o: Options) -> Call:
    items = [
        item
        and {
            **{k: written(item[k]) for k in ("value", "text") if k in item},
            **take(item, disabled="disabled", selected="selected"),
            "attrs": item.get("attributes"),
        }
        for item in o.get("items") or []
    ]
    kw = group(o) | {"items": items} | take(o, value="value", disabled="disabled")
    return "select", "select", kw


def textarea(o: Options) -> Call:
    kw = group(o)
    names = ("value", "rows", "autocomplete", "spellcheck", "disabled")
    return "textarea", "textarea", kw | {name: o[name] for name in names if name in o}
