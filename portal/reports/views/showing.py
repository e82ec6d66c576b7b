"""What the pages of a report share: its words for a template, and which ways lead on from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import current_app, url_for

from portal.kernel.clock import today
from portal.reports.rules.asking import arguments, is_over, month_key, months_offered, presets
from portal.reports.rules.document import Drill, Report
from portal.reports.rules.reading import (
    HANDLING,
    VIEW_WORDS,
    is_empty,
    period_words,
    state_words,
)
from portal.reports.rules.scope import View
from portal.reports.rules.shown import shown
from portal.reports.views.source import Asked
from portal.web.access import TABLE_EXTENSION, Actor, current_actor


def parts(report: Report, view: View, *, live: bool) -> dict[str, Any]:
    """What every page of a report says. Only a live one leads to records, which are as of now."""
    sections = shown(report)
    return {
        "report": report,
        "sections": sections,
        "contents": [(one.title, f"#{one.anchor}") for one in sections],
        "period": period_words(report.first, report.last),
        "state": state_words(report),
        "for_whom": VIEW_WORDS[view],
        "handling": HANDLING[view],
        "live": live,
        "empty": is_empty(report),
        "drill_href": _drills(current_actor())
        if live and view is not View.STATISTICS
        else _nowhere,
    }


def _drills(actor: Actor) -> Callable[[Drill | None], str]:
    """What gives the address of the records behind a figure or a row, where the person has one."""
    table = current_app.extensions[TABLE_EXTENSION]

    def address(drill: Drill | None) -> str:
        predicate = None if drill is None else table.get(drill.endpoint)
        if drill is None or predicate is None or not predicate(actor, drill.values):
            return ""
        values: dict[str, Any] = dict(drill.values)
        return url_for(drill.endpoint, **values)

    return address


def _nowhere(_drill: Drill | None) -> str:
    return ""


def filter_parts(asked: Asked) -> dict[str, Any]:
    """The form that asks for another period or fewer employers."""
    scope, settings, day = asked.scope, asked.settings, today()
    chosen = [scope.first_month, scope.last_month]
    months = [(month_key(month), f"{month:%B %Y}") for month in months_offered(day, tuple(chosen))]
    return {
        "asked": asked,
        "scope": scope,
        "months": months,
        "sectors": [("", "Every sector"), *settings.sector_choices],
        "sizes": [("", "Every size"), *settings.tier_choices],
        "districts": [("", "Every district"), *settings.district_choices],
        "providers": _provider_choices(asked),
        "presets": _presets(asked, day),
        "chosen": _chosen(asked),
        "clear_href": url_for("reports.report", **_without(asked, "sector", "size", "district"))
        if scope.filtered
        else None,
        "over": is_over(scope, today=day),
    }


def _provider_choices(asked: Asked) -> list[tuple[str, str]]:
    found = [(str(key), name) for key, name in asked.providers.items()]
    return [("", "Every provider"), *found] if asked.view is View.FULL else found


def _presets(asked: Asked, day: date) -> list[dict[str, Any]]:
    months = (asked.scope.first_month, asked.scope.last_month)
    kept = _without(asked, "from", "to")
    return [
        {
            "text": one.text,
            "href": url_for(
                "reports.report",
                **{**kept, "from": month_key(one.first), "to": month_key(one.last)},
            ),
            "active": (one.first, one.last) == months,
        }
        for one in presets(day)
    ]


def _without(asked: Asked, *names: str) -> dict[str, Any]:
    return {name: value for name, value in asked.arguments.items() if name not in names}


def _chosen(asked: Asked) -> list[dict[str, str]]:
    """The filters in force, each with the address without it."""
    held, settings = arguments(asked.scope), asked.settings
    titles = {
        "sector": settings.sector_title,
        "size": settings.tier_title,
        "district": settings.district_title,
    }
    found = [
        {
            "text": title(held[name]),
            "href": url_for("reports.report", **_without(asked, name)),
        }
        for name, title in titles.items()
        if name in held
    ]
    if asked.view is View.FULL and asked.scope.provider is not None:
        text = asked.providers.get(asked.scope.provider, "One provider")
        href = url_for("reports.report", **_without(asked, "provider"))
        found.append({"text": text, "href": href})
    return found
