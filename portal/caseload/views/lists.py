"""Lists of cases: filter, order, page, and take away exactly what is listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.access import managers
from portal.caseload.queries import lists as queries
from portal.caseload.queries.case_sql import Scope
from portal.caseload.queries.lists import EXPORT_COLUMNS, CaseRow, Frame
from portal.caseload.rules.lists import (
    ALL,
    COUNTED,
    MINE,
    NOBODY,
    PAGE,
    SORTS,
    VIEWS,
    CaseFilter,
    read_filter,
    view_title,
)
from portal.caseload.rules.stages import CLOSE_REASONS, STAGE_TITLES
from portal.caseload.views import blueprint
from portal.caseload.views.links import back_query
from portal.caseload.views.rows import action_words, day_words, lines
from portal.kernel.clock import london, today
from portal.programme import queries as programme
from portal.web.access import Actor, current_actor, provider_staff
from portal.web.downloads import csv_response, xlsx_response

_SESSIONS = {
    "none": "",
    "held": "Held, not confirmed",
    "asked": "Confirmation asked for",
    "confirmed": "Confirmed",
    "disputed": "Disputed",
}
_NEIGHBOURS = 2


def scope_of(actor: Actor) -> Scope:
    """Whose cases somebody sees: their providers'; LEP staff every provider's."""
    if provider_staff(actor, {}):
        return Scope(actor.organisations, actor.user_id)
    return Scope(None, actor.user_id)


def default_adviser(actor: Actor) -> str:
    """An adviser begins with their own cases, a manager and LEP staff with everyone's."""
    own = provider_staff(actor, {}) and not managers(actor, {})
    return MINE if own else ALL


@blueprint.get("/cases")
def case_list() -> ResponseReturnValue:
    """The cases that fit the filters in the address, a page at a time."""
    actor = current_actor()
    scope, default = scope_of(actor), default_adviser(actor)
    wanted = read_filter(request.args, default_adviser=default)
    found = queries.frame(wanted, scope)
    pages = max(-(-min(found.total, COUNTED) // PAGE), 1)
    if wanted.page > pages:
        return redirect(_address(wanted, default, page=pages))
    rows = queries.rows(wanted, scope, many=found.more) if found.total else []
    day = today()
    first = (wanted.page - 1) * PAGE
    return render_template(
        "caseload/list.html",
        wanted=wanted,
        total=min(found.total, COUNTED),
        more=found.more,
        first=first + 1,
        last=first + len(rows),
        rows=lines(rows, day, more=[_more(row, wanted) for row in rows]),
        filters=_filters(found, scope),
        chosen=_chosen(wanted, default, found),
        pages=_pages(wanted, default, pages),
        base=f"{url_for('caseload.case_list')}/",
        back=back_query(_address(wanted, default, page=wanted.page)),
        csv_href=_export(wanted, default, "caseload.case_export"),
        xlsx_href=_export(wanted, default, "caseload.case_export_xlsx"),
        clear_href=url_for("caseload.case_list"),
        may_work=scope.organisations is not None,
        show_adviser=wanted.adviser != MINE,
        new_href=url_for("caseload.case_new") if scope.organisations is not None else None,
        title=view_title(wanted.view, programme.settings().quiet_days),
    )


def _address(wanted: CaseFilter, default: str, **changes: str | int) -> str:
    said = wanted.address(default_adviser=default, **changes)
    return url_for("caseload.case_list", **said)  # type: ignore[arg-type]


def _export(wanted: CaseFilter, default: str, endpoint: str) -> str:
    return url_for(endpoint, **wanted.address(default_adviser=default))  # type: ignore[arg-type]


def _more(row: CaseRow, wanted: CaseFilter) -> str:
    """The last remark of a line: what it waits for, when anybody was reached, whose it is."""
    parts = [row.provider or ""]
    if row.waiting_for:
        parts.append(f"Waiting for: {row.waiting_for}")
    if row.last_contact_at is not None:
        parts.append(f"Last contact {day_words(london(row.last_contact_at).date(), today())}")
    elif wanted.view != "closed":
        parts.append("Never contacted")
    return ". ".join(part for part in parts if part)


def _filters(found: Frame, scope: Scope) -> dict[str, list[tuple[str, str]]]:
    settings = programme.settings()
    filters = {
        "view": [(key, view_title(key, settings.quiet_days)) for key in VIEWS],
        "stage": [("", "Every stage"), *((s.value, title) for s, title in STAGE_TITLES.items())],
        "sector": [("", "Every sector"), *settings.sector_choices],
        "size": [("", "Every size"), *settings.tier_choices],
        "district": [("", "Every district"), *settings.district_choices],
        "source": [("", "Every source"), *found.sources],
        "sort": list(SORTS.items()),
    }
    if scope.organisations is None:
        filters["provider"] = [("", "Every provider"), *found.providers]
    else:
        everyone = [(ALL, "Everyone"), (MINE, "Me"), (NOBODY, "Nobody")]
        others = [choice for choice in found.advisers if choice[0] != str(scope.user_id)]
        filters["adviser"] = [*everyone, *others]
    return filters


def _chosen(wanted: CaseFilter, default: str, found: Frame) -> list[dict[str, str]]:
    """The filters that narrow the list, each with the address of the list without it."""
    settings = programme.settings()
    named = {
        "view": view_title(wanted.view, settings.quiet_days),
        "adviser": {ALL: "Everyone's", MINE: "Mine", NOBODY: "Nobody's"}.get(
            wanted.adviser, dict(found.advisers).get(wanted.adviser, "Another adviser")
        ),
        "provider": dict(found.providers).get(wanted.provider, "Another provider"),
        "stage": {s.value: title for s, title in STAGE_TITLES.items()}.get(wanted.stage, ""),
        "sector": settings.sector_title(wanted.sector),
        "size": settings.tier_title(wanted.size),
        "district": settings.district_title(wanted.district),
        "source": dict(found.sources).get(wanted.source, "Another source"),
        "q": f"“{wanted.q}”",
    }
    empty = {**CaseFilter().address(default_adviser=ALL), "view": "open", "adviser": default}
    said = wanted.address(default_adviser=default)
    return [
        {"text": text, "href": _address(wanted, default, **{name: empty.get(name, "")})}
        for name, text in named.items()
        if name in said
    ]


def _pages(wanted: CaseFilter, default: str, pages: int) -> dict[str, Any] | None:
    """The links to the other pages: first, last, and those beside this one."""
    if pages == 1:
        return None
    shown = {1, pages, *range(wanted.page - _NEIGHBOURS, wanted.page + _NEIGHBOURS + 1)}
    items: list[dict[str, Any]] = []
    before = 0
    for number in sorted(n for n in shown if 1 <= n <= pages):
        if number > before + 1:
            items.append({"ellipsis": True})
        href = _address(wanted, default, page=number)
        items.append({"number": number, "href": href, "current": number == wanted.page})
        before = number
    return {
        "items": items,
        "previous": _address(wanted, default, page=wanted.page - 1) if wanted.page > 1 else None,
        "next": _address(wanted, default, page=wanted.page + 1) if wanted.page < pages else None,
    }


@blueprint.get("/cases/export.csv")
def case_export() -> Response:
    """The whole list that the address asks for, as CSV."""
    return csv_response(_file_name(), EXPORT_COLUMNS, _export_rows())


@blueprint.get("/cases/export.xlsx")
def case_export_xlsx() -> Response:
    """The whole list that the address asks for, as a workbook."""
    return xlsx_response(_file_name(), EXPORT_COLUMNS, _export_rows(), sheet="Cases")


def _file_name() -> str:
    return f"cases-{today().isoformat()}"


def _export_rows() -> Iterator[tuple[Any, ...]]:
    actor = current_actor()
    wanted = read_filter(request.args, default_adviser=default_adviser(actor))
    settings = programme.settings()
    sectors, tiers = dict(settings.sector_choices), dict(settings.tier_choices)
    districts = dict(settings.district_choices)
    stages = {stage.value: title for stage, title in STAGE_TITLES.items()}
    for row in queries.export_rows(wanted, scope_of(actor)):
        values = list(row)
        values[4] = sectors.get(row[4], row[4])
        values[5] = tiers.get(row[5], row[5])
        values[7] = districts.get(row[7], row[7])
        values[11] = stages.get(row[11], row[11])
        values[15] = CLOSE_REASONS.get(row[15] or "", row[15])
        values[16:18] = [action_words(row[16], row[17])]
        values[21] = _SESSIONS.get(values[21], values[21])
        yield tuple(values)
