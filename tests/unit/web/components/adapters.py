"""Puts govuk-frontend's fixture options into our macros' parameters, component by component.

Our macros take flat keywords, its templates take nested dictionaries; nothing else is done here.
Options a macro does not have raise ``Unsupported`` so that no fixture passes by being ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

Options = Mapping[str, Any]
Call = tuple[str, str, dict[str, Any]]


class Unsupported(Exception):  # noqa: N818 - reads as what it says
    """A fixture uses an option that our macro leaves out."""


def said(options: Any, text: str = "text", html: str = "html") -> Any:
    """What is written: markup when the option is HTML."""
    if not options:
        return None
    if options.get(html):
        return Markup(options[html])
    return options.get(text)


def attributes(value: Any) -> dict[str, Any] | None:
    return dict(value) if value else None


def take(options: Options, **names: str) -> dict[str, Any]:
    return {ours: options[theirs] for ours, theirs in names.items() if theirs in options}


def only(options: Options, *known: str) -> None:
    extra = {key for key, value in options.items() if value not in (None, "", {}, [])} - set(known)
    if extra:
        raise Unsupported(", ".join(sorted(extra)))


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
    out = {
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
    return out


GROUP = (
    *("name", "id", "label", "hint", "errorMessage", "formGroup", "classes", "attributes"),
    "describedBy",
)


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


def accordion(o: Options) -> Call:
    words = i18n(
        o,
        hideAllSectionsText="hide-all-sections",
        hideSectionText="hide-section",
        hideSectionAriaLabelText="hide-section-aria-label",
        showAllSectionsText="show-all-sections",
        showSectionText="show-section",
        showSectionAriaLabelText="show-section-aria-label",
    )
    items = [
        item
        and {
            "heading": said(item["heading"]),
            "summary": said(item.get("summary")),
            "content": said(item["content"]),
            "expanded": item.get("expanded"),
        }
        for item in o["items"]
    ]
    kw = {"id": o["id"], "items": items, **take(o, heading_level="headingLevel"), **common(o)}
    if "rememberExpanded" in o:
        kw["remember"] = o["rememberExpanded"]
    kw["attrs"] = {**words, **(o.get("attributes") or {})}
    return "accordion", "accordion", kw


def back_link(o: Options) -> Call:
    kw = common(o)
    if o.get("href"):
        kw["href"] = o["href"]
    if said(o):
        kw["text"] = said(o)
    return "back_link", "back_link", kw


def breadcrumbs(o: Options) -> Call:
    items = [
        {"text": said(i), "href": i.get("href"), "attrs": i.get("attributes")} for i in o["items"]
    ]
    kw = {"items": items, **take(o, collapse="collapseOnMobile", label="labelText"), **common(o)}
    return "breadcrumbs", "breadcrumbs", kw


def button(o: Options) -> Call:
    kw = {
        "text": said(o) or "",
        **take(o, href="href", name="name", value="value", type="type", id="id"),
        **take(o, start="isStartButton", disabled="disabled"),
        **take(o, prevent_double_click="preventDoubleClick"),
        **common(o),
    }
    return "button", "button", kw


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
        raise Unsupported("a description of a limit that only the script knows")
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
        conditional = (item.get("conditional") or {}).get("html")
        entry = {
            "value": item.get("value", ""),
            "text": said(item),
            "hint": said(item.get("hint")),
            "conditional": Markup(conditional) if conditional else None,
            "label_class": label.get("classes"),
            "attrs": item.get("attributes"),
            "exclusive": item.get("behaviour") == "exclusive",
        }
        entry |= {k: item[k] for k in ("id", "name", "checked", "disabled") if k in item}
        items.append(entry)
    kw = {
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
        "describedby": (fieldset or {}).get("describedBy") or (o.get("describedBy", "") if box else ""),
        "group_class": form_group.get("classes", ""),
        "group_attrs": attributes(form_group.get("attributes")),
        **take(o, id="idPrefix"),
        **common(o),
    }
    return kw


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
    for name, item in [(i["name"], i) for i in given] or [(n, o.get(n, {"name": n})) for n in known]:
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
        raise Unsupported("parts with other names")
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


def details(o: Options) -> Call:
    kw = {
        "summary": said(o, "summaryText", "summaryHtml"),
        "text": said(o) or "",
        **take(o, id="id", open="open"),
        **common(o),
    }
    return "details", "details", kw


def error_message(o: Options) -> Call:
    kw = {"text": said(o) or "", **take(o, id="id", prefix="visuallyHiddenText"), **common(o)}
    return "error_message", "error_message", kw


def error_summary(o: Options) -> Call:
    errors = [
        {"text": said(e) or "", "href": e.get("href"), "attrs": e.get("attributes")}
        for e in o.get("errorList") or []
    ]
    kw = {
        "errors": errors,
        "title": said(o, "titleText", "titleHtml") or "",
        "text": said(o, "descriptionText", "descriptionHtml") or "",
        **common(o),
    }
    if "disableAutoFocus" in o:
        kw["autofocus"] = not o["disableAutoFocus"]
    return "error_summary", "error_list", kw


def fieldset(o: Options) -> Call:
    legend = o.get("legend") or {}
    kw = {
        "legend": said(legend) or "",
        "legend_class": legend.get("classes", ""),
        "heading": legend.get("isPageHeading", False),
        "text": Markup(o.get("html") or ""),
        **take(o, role="role", describedby="describedBy"),
        **common(o),
    }
    return "fieldset", "fieldset", kw


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


def hint(o: Options) -> Call:
    return "hint", "hint", {"text": said(o) or "", **take(o, id="id"), **common(o)}


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


def inset_text(o: Options) -> Call:
    return "inset_text", "inset_text", {"text": said(o) or "", **take(o, id="id"), **common(o)}


def label(o: Options) -> Call:
    kw = {"text": said(o) or "", **take(o, for_="for", heading="isPageHeading"), **common(o)}
    return "label", "label", kw


def notification_banner(o: Options) -> Call:
    kw = {
        "text": said(o) or "",
        "title": said(o, "titleText", "titleHtml"),
        "kind": "success" if o.get("type") == "success" else "",
        **take(o, title_id="titleId", heading_level="titleHeadingLevel", role="role"),
        **common(o),
    }
    if "disableAutoFocus" in o:
        kw["autofocus"] = not o["disableAutoFocus"]
    return "notification_banner", "notification_banner", kw


def pagination(o: Options) -> Call:
    def step(link: Any) -> Any:
        if not link or not link.get("href"):
            return None
        return {
            "href": link["href"],
            "text": said(link),
            "label": link.get("labelText"),
            "attrs": link.get("attributes"),
        }

    def page(item: Any) -> Any:
        if not item:
            return item
        if "visuallyHiddenText" in item and not item["visuallyHiddenText"]:
            raise Unsupported("a page link with an empty name")
        return {
            **take(item, number="number", href="href", current="current", ellipsis="ellipsis"),
            "label": item.get("visuallyHiddenText"),
            "attrs": item.get("attributes"),
        }

    kw = {
        "previous": step(o.get("previous")),
        "next": step(o.get("next")),
        "items": [page(i) for i in o.get("items") or []],
        **take(o, label="landmarkLabel"),
        **common(o),
    }
    return "pagination", "pagination", kw


def panel(o: Options) -> Call:
    if "govuk-panel--interruption" in (o.get("classes") or "") or o.get("actions"):
        raise Unsupported("the interruption variant")
    kw = {
        "title": said(o, "titleText", "titleHtml"),
        "text": said(o) or "",
        **take(o, heading_level="headingLevel"),
        **common(o),
    }
    return "panel", "panel", kw


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


def service_navigation(o: Options) -> Call:
    if o.get("slots"):
        raise Unsupported("slots for markup")
    items = [
        i
        and {
            "text": said(i),
            "attrs": i.get("attributes"),
            **{k: i[k] for k in ("href", "active", "current") if k in i},
        }
        for i in o.get("navigation") or []
    ]
    kw = {
        "items": items,
        "label": o.get("navigationLabel") or o.get("menuButtonText") or "Menu",
        **take(o, id="navigationId", collapse="collapseNavigationOnMobile", name="serviceName"),
        **take(o, name_href="serviceUrl", menu_text="menuButtonText", section_label="ariaLabel"),
        **take(o, menu_label="menuButtonLabel", list_class="navigationClasses"),
        **common(o),
    }
    return "service_navigation", "service_navigation", kw


def skip_link(o: Options) -> Call:
    kw = {"text": said(o) or "", **common(o)}
    if o.get("href"):
        kw["href"] = o["href"]
    return "skip_link", "skip_link", kw


def action(a: Options) -> dict[str, Any]:
    return {
        "text": said(a) or "",
        "href": a.get("href", ""),
        "hidden": a.get("visuallyHiddenText"),
        "classes": a.get("classes"),
        "attrs": a.get("attributes"),
    }


def summary_list(o: Options) -> Call:
    rows = []
    for row in o["rows"]:
        if not row:
            rows.append(row)
            continue
        actions = row.get("actions") or {}
        rows.append(
            {
                "key": said(row["key"]),
                "value": said(row.get("value")) or "",
                "actions": [action(a) for a in actions.get("items") or []],
                "classes": row.get("classes"),
                "key_class": row["key"].get("classes"),
                "value_class": (row.get("value") or {}).get("classes"),
                "actions_class": actions.get("classes"),
            }
        )
    kw: dict[str, Any] = {"rows": rows, **common(o)}
    card = o.get("card")
    if card:
        title = card.get("title") or {}
        only(title, "text", "html", "headingLevel")
        kw |= {
            "card": said(title) or "",
            "card_actions": [action(a) for a in (card.get("actions") or {}).get("items") or []],
            "card_class": card.get("classes", ""),
            "card_attrs": card.get("attributes"),
            **take(title, card_level="headingLevel"),
        }
    return "summary_list", "summary_list", kw


def table(o: Options) -> Call:
    def cell(c: Options) -> dict[str, Any]:
        names = ("format", "classes", "colspan", "rowspan")
        own = {name: c[name] for name in names if name in c}
        return {**own, "text": said(c) or "", "attrs": c.get("attributes")}

    kw = {
        "rows": [row and [cell(c) for c in row] for row in o["rows"]],
        "head": [cell(c) for c in o.get("head") or []],
        **take(o, caption="caption", caption_class="captionClasses"),
        **take(o, first_is_header="firstCellIsHeader"),
        **common(o),
    }
    return "table", "table", kw


def tabs(o: Options) -> Call:
    items = [
        i
        and {
            "label": i["label"],
            "id": i.get("id"),
            "content": said(i["panel"]),
            "attrs": i.get("attributes"),
            "panel_attrs": i["panel"].get("attributes"),
        }
        for i in o.get("items") or []
    ]
    kw = {"items": items, **take(o, title="title", id="id", prefix="idPrefix"), **common(o)}
    return "tabs", "tabs", kw


def tag(o: Options) -> Call:
    return "tag", "tag", {"text": said(o) or "", **common(o)}


def task_list(o: Options) -> Call:
    items = []
    for item in o["items"]:
        if not item:
            items.append(item)
            continue
        status = item.get("status") or {}
        badge = status.get("tag") or {}
        only(badge, "text", "html", "classes")
        items.append(
            {
                "title": said(item["title"]),
                "title_class": item["title"].get("classes"),
                "hint": said(item.get("hint")),
                "status": said(status),
                "status_class": status.get("classes"),
                "tag": said(badge),
                "tag_class": badge.get("classes"),
                **take(item, href="href", classes="classes"),
            }
        )
    return "task_list", "task_list", {"items": items, **take(o, prefix="idPrefix"), **common(o)}


def textarea(o: Options) -> Call:
    kw = group(o)
    names = ("value", "rows", "autocomplete", "spellcheck", "disabled")
    return "textarea", "textarea", kw | {name: o[name] for name in names if name in o}


def warning_text(o: Options) -> Call:
    kw = {"text": said(o) or "", **common(o)}
    if o.get("iconFallbackText"):
        kw["prefix"] = o["iconFallbackText"]
    return "warning_text", "warning_text", kw


COMPONENTS: dict[str, Callable[[Options], Call]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        *(accordion, back_link, breadcrumbs, button, character_count, checkboxes, date_input),
        *(details, error_message, error_summary, fieldset, file_upload, hint, input, inset_text),
        *(label, notification_banner, pagination, panel, password_input, radios, select),
        *(service_navigation, skip_link, summary_list, table, tabs, tag, task_list, textarea),
        warning_text,
    )
}
