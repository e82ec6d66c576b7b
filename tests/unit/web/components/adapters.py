"""Puts govuk-frontend's fixture options into our macros' parameters, component by component.

Our macros take flat keywords, its templates take nested dictionaries; nothing else is done here.
Options a macro does not have raise ``UnsupportedError`` so that no fixture passes by being ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import field_adapters as fields
from .adapter_tools import Call, Options, UnsupportedError, common, i18n, only, said, take


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
        "text": said(o) or "",
        **take(o, role="role", describedby="describedBy"),
        **common(o),
    }
    return "fieldset", "fieldset", kw


def hint(o: Options) -> Call:
    return "hint", "hint", {"text": said(o) or "", **take(o, id="id"), **common(o)}


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
            raise UnsupportedError("a page link with an empty name")
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
        raise UnsupportedError("the interruption variant")
    kw = {
        "title": said(o, "titleText", "titleHtml"),
        "text": said(o) or "",
        **take(o, heading_level="headingLevel"),
        **common(o),
    }
    return "panel", "panel", kw


def service_navigation(o: Options) -> Call:
    if o.get("slots"):
        raise UnsupportedError("slots for markup")
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


def warning_text(o: Options) -> Call:
    kw = {"text": said(o) or "", **common(o)}
    if o.get("iconFallbackText"):
        kw["prefix"] = o["iconFallbackText"]
    return "warning_text", "warning_text", kw


COMPONENTS: dict[str, Callable[[Options], Call]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        *(
            accordion,
            back_link,
            breadcrumbs,
            button,
            fields.character_count,
            fields.checkboxes,
            fields.date_input,
        ),
        *(
            details,
            error_message,
            error_summary,
            fieldset,
            fields.file_upload,
            hint,
            fields.input,
            inset_text,
        ),
        *(
            label,
            notification_banner,
            pagination,
            panel,
            fields.password_input,
            fields.radios,
            fields.select,
        ),
        *(
            service_navigation,
            skip_link,
            summary_list,
            table,
            tabs,
            tag,
            task_list,
            fields.textarea,
        ),
        warning_text,
    )
}
