"""How many people resources reached, by resource, audience, sector, campaign and month."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.toolkit.queries import reach_report as queries
from portal.toolkit.queries.reach_report import ReachFilter
from portal.toolkit.rules.reach_report import (
    DEFINITIONS,
    GROUPS,
    OVERLAPPING,
    Report,
    kinds_shown,
    report,
)
from portal.toolkit.rules.words import AUDIENCES, FORMATS, REACH_KINDS, SECTORS
from portal.toolkit.views import blueprint
from portal.web.downloads import csv_response, xlsx_response

_MOST_LINES = 100


@blueprint.get("/reach")
def reach() -> str:
    """The report on screen."""
    wanted, wrong = _filter()
    group = _group()
    made = report(queries.cells(wanted), group=group)
    chosen = _chosen()
    return render_template(
        "toolkit/reach.html",
        made=made,
        lines=made.lines[:_MOST_LINES],
        left_out=max(0, len(made.lines) - _MOST_LINES),
        kinds=kinds_shown(group),
        names=REACH_KINDS,
        definitions=DEFINITIONS,
        group=group,
        groups=GROUPS,
        overlapping=group in OVERLAPPING,
        wanted=wanted,
        wrong=wrong,
        chosen=chosen,
        choices=_choices(),
        csv=url_for("toolkit.reach_export", kind="csv", **_arguments()),
        xlsx=url_for("toolkit.reach_export", kind="xlsx", **_arguments()),
    )


@blueprint.get("/reach/export.<any(csv,xlsx):kind>")
def reach_export(kind: str) -> ResponseReturnValue:
    """The same as a table to take away, with what each column counts."""
    wanted, _wrong = _filter()
    group = _group()
    made = report(queries.cells(wanted), group=group)
    kinds = kinds_shown(group)
    header = [GROUPS[group], *(REACH_KINDS[each] for each in kinds)]
    name = f"reach-by-{group}-{wanted.since.isoformat()}-to-{wanted.until.isoformat()}.{kind}"
    respond = csv_response if kind == "csv" else xlsx_response
    return respond(name, header, _rows(made, kinds))


def _rows(made: Report, kinds: tuple[str, ...]) -> list[list[Any]]:
    lines = [*made.lines, made.total]
    rows: list[list[Any]] = [[line.words, *(line.count(kind) for kind in kinds)] for line in lines]
    rows.append([])
    rows.extend([f"{REACH_KINDS[kind]}: {DEFINITIONS[kind]}"] for kind in kinds)
    return rows


def _group() -> str:
    group = request.args.get("by", "resource")
    return group if group in GROUPS else "resource"


def _filter() -> tuple[ReachFilter, str]:
    """What was asked for; a day that is none is left out, and said."""
    wrong = ""
    days = {}
    for name in ("since", "until"):
        text = request.args.get(name, "").strip()
        try:
            days[name] = date.fromisoformat(text) if text else None
        except ValueError:
            days[name] = None
            wrong = "Enter days like 2026-04-01"
    now = today()
    year_ago = now.replace(year=now.year - 1, day=min(now.day, 28))
    since, until = days["since"] or year_ago, days["until"] or now
    if since > until:
        since, until = until, since
        wrong = "The days were the other way round, so they were swapped"
    return (
        ReachFilter(
            since,
            until,
            audience=_known("audience", AUDIENCES),
            sector=_known("sector", SECTORS),
            format=_known("format", FORMATS),
            campaign=normalise_reference(request.args.get("campaign", "")[:40]),
        ),
        wrong,
    )


def _known(name: str, choices: Any) -> str:
    value = request.args.get(name, "")
    return value if value in choices else ""


def _arguments(**without: str) -> dict[str, Any]:
    names = ("by", "since", "until", "audience", "sector", "format", "campaign")
    return {
        name: request.args[name][:40]
        for name in names
        if request.args.get(name) and name not in without
    }


def _choices() -> dict[str, list[tuple[str, str]]]:
    return {
        "by": list(GROUPS.items()),
        "audience": [("", "Every audience"), *AUDIENCES.items()],
        "sector": [("", "Every sector"), *SECTORS.items()],
        "format": [("", "Every format"), *FORMATS.items()],
        "campaign": [("", "Every campaign and none"), *queries.campaign_choices()],
    }


def _chosen() -> list[dict[str, str]]:
    """What narrows the report, each with the address without it."""
    words = {"audience": AUDIENCES, "sector": SECTORS, "format": FORMATS}
    return [
        {
            "text": choices[request.args[name]],
            "href": url_for("toolkit.reach", **_arguments(**{name: ""})),
        }
        for name, choices in words.items()
        if request.args.get(name) in choices
    ]
