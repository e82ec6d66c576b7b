"""The team: who has which work, and what became of the referrals of each source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.access import managers
from portal.caseload.queries import team as queries
from portal.caseload.queries.team import TeamRow
from portal.caseload.rules.team import (
    OPEN_STAGES,
    REACHED,
    RECENT_DAYS,
    Conversion,
    Load,
    added_up,
    converted,
    hours,
    month_key,
    months_until,
    period,
)
from portal.caseload.rules.words import DECLINE_REASONS, SOURCE_KINDS
from portal.caseload.views import blueprint
from portal.kernel.clock import today, utc_now
from portal.programme import queries as programme
from portal.web.access import Actor, current_actor, lep_staff
from portal.web.asked import number_in
from portal.web.downloads import csv_response

Cell = dict[str, Any]
_STEPS = ("accepted", *REACHED)
_YEAR = 12


def scope() -> tuple[frozenset[int] | None, list[tuple[str, str]], str]:
    """Which providers count (None: all), those to choose from, and the one chosen.

    LEP staff see every provider or the one they choose, a manager their own.
    """
    actor = current_actor()
    wanted = request.args.get("provider", "")
    if not lep_staff(actor, {}):
        return actor.organisations, [], ""
    choices = [(str(o.id), o.name) for o in programme.organisations(kind="provider")]
    if wanted in {key for key, _name in choices}:
        return frozenset({int(wanted)}), choices, wanted
    return None, choices, ""


def pages(actor: Actor, active: str) -> list[dict[str, Any]]:
    """The pages about a team."""
    provider = request.args.get("provider") or None
    items = [("team", "Caseload"), ("team_sources", "Referrals by source")]
    if managers(actor, {}):
        items.append(("reassign", "Reassign cases"))
    items.append(("merges", "Merged records"))
    return [
        {
            "text": text,
            "href": url_for(f"caseload.{name}", provider=provider if "team" in name else None),
            "active": name == active,
        }
        for name, text in items
    ]


def _rows(organisations: frozenset[int] | None) -> list[TeamRow]:
    quiet_days = programme.settings().quiet_days
    return queries.workload(organisations, today=today(), now=utc_now(), quiet_days=quiet_days)


@blueprint.get("/team")
def team() -> ResponseReturnValue:
    """Open cases, what is late and the work done, by person."""
    actor = current_actor()
    organisations, providers, chosen = scope()
    rows = _rows(organisations)
    groups = []
    for (key, name), of_provider in groupby(
        rows, lambda row: (row.organisation_id, row.organisation)
    ):
        shown = [_line(row, actor) for row in of_provider]
        groups.append({"id": key, "name": name, "rows": shown})
    total = added_up(row.load for row in rows)
    return render_template(
        "caseload/team/team.html",
        pages=pages(actor, "team"),
        groups=groups,
        total=_figures(total, {"provider": chosen} if chosen else {}, "everybody"),
        total_load=total,
        providers=providers,
        chosen=chosen,
        stages=OPEN_STAGES,
        quiet_days=programme.settings().quiet_days,
        recent_days=RECENT_DAYS,
        is_manager=managers(actor, {}),
        may_invite=may_invite(actor),
    )


def may_invite(actor: Actor) -> str | None:
    """The role of those whom somebody invites; None for whoever may invite nobody."""
    if managers(actor, {}):
        return "adviser"
    return "provider_manager" if {"lep_manager", "administrator"} & actor.roles else None


def _line(row: TeamRow, actor: Actor) -> Cell:
    key = "none" if row.user_id is None else str(row.user_id)
    where = {"provider": str(row.organisation_id), "adviser": key}
    line = _figures(row.load, where, row.name)
    managed = managers(actor, {}) and row.organisation_id in actor.organisations
    line |= {
        "name": "Nobody has it" if row.user_id is None else row.name,
        "note": "" if row.active else "Account closed",
        "reassign": url_for("caseload.reassign", adviser=key) if managed and row.load.open else "",
        "leave": "",
    }
    if managed and row.adviser and row.active and row.user_id != actor.user_id:
        line["leave"] = url_for("caseload.leaver", user=row.user_id)
    return line


def _figures(load: Load, where: dict[str, str], whose: str) -> Cell:
    def cell(number: int, words: str, **narrowed: str) -> Cell:
        values = {"adviser": "all", **where, **narrowed}
        href = url_for("caseload.case_list", **values) if number else ""  # type: ignore[arg-type]
        return {"number": number, "href": href, "words": f"{words}, {whose}", "label": words}

    asked = url_for("caseload.confirmations") if load.unconfirmed else ""
    return {
        "open": cell(load.open, "open cases"),
        "stages": [
            cell(load.stages[stage], f"at {stage.label}", stage=stage.value)
            for stage in OPEN_STAGES
        ],
        "attention": [
            cell(load.overdue, "Next action overdue", view="overdue"),
            cell(load.no_next, "No next action", view="no_next_action"),
            cell(load.quiet, "No contact lately", view="quiet"),
            {
                "number": load.unconfirmed,
                "href": asked,
                "words": f"confirmations overdue, {whose}",
                "label": "Confirmations overdue",
            },
        ],
        "work": [
            ("Contacts", load.contacts),
            ("Time", hours(load.minutes)),
            ("Sessions", load.sessions),
            ("Support", load.deliveries),
        ],
    }


@blueprint.get("/team/export.csv")
def team_export() -> Response:
    """The same figures as a table to take away."""
    rows = _rows(scope()[0])
    header = [
        "Provider",
        "Adviser",
        "Open cases",
        *(f"At {stage.label}" for stage in OPEN_STAGES),
        "Next action overdue",
        "No next action",
        f"No contact for {programme.settings().quiet_days} days",
        "Confirmations overdue",
        f"Contacts in {RECENT_DAYS} days",
        f"Minutes in {RECENT_DAYS} days",
        "Sessions this month",
        "Deliveries this month",
    ]
    total = added_up(row.load for row in rows)
    lines = [(row.organisation, "" if row.user_id is None else row.name, row.load) for row in rows]

    def table() -> Iterator[list[Any]]:
        for provider, name, load in [*lines, ("All", "Everybody", total)]:
            stages = [load.stages[stage] for stage in OPEN_STAGES]
            late = [load.overdue, load.no_next, load.quiet, load.unconfirmed]
            work = [load.contacts, load.minutes, load.sessions, load.deliveries]
            yield [provider, name or "Nobody has it", load.open, *stages, *late, *work]

    return csv_response(f"team-{today().isoformat()}", header, table())


def _asked() -> dict[str, Any]:
    """The period and the sources asked for; what makes no sense is read as if it were not there."""
    months = months_until(today())
    known = {month_key(month): month for month in months}
    last = known.get(request.args.get("to", ""), months[0])
    first = known.get(request.args.get("from", ""), months[_YEAR - 1])
    kind, source = request.args.get("kind", ""), request.args.get("source", "")
    usable = source.isdecimal() and number_in(source) is not None
    return {
        "months": [(month_key(month), f"{month:%B %Y}") for month in months],
        "first": min(first, last),
        "last": max(first, last),
        "kind": kind if kind in SOURCE_KINDS else "",
        "source": source if usable else "",
    }


def _conversion(asked: dict[str, Any]) -> tuple[list[Conversion], Conversion]:
    first: date = asked["first"]
    start, end = period(first, asked["last"])
    found = queries.arrivals(
        scope()[0],
        start=start,
        end=end,
        kind=asked["kind"],
        source_id=int(asked["source"]) if asked["source"] else None,
    )
    return converted(found)


@blueprint.get("/team/sources")
def team_sources() -> ResponseReturnValue:
    """What became of the referrals that came in a period, by source."""
    asked = _asked()
    rows, total = _conversion(asked)
    _organisations, providers, chosen = scope()
    return render_template(
        "caseload/team/sources.html",
        pages=pages(current_actor(), "team_sources"),
        rows=[_shown(row) for row in rows],
        total=_shown(total),
        asked=asked,
        first=month_key(asked["first"]),
        last=month_key(asked["last"]),
        kinds=[("", "Every kind"), *SOURCE_KINDS.items()],
        sources=[("", "Every source"), *queries.sources()],
        providers=providers,
        chosen=chosen,
        export=url_for("caseload.team_sources_export", **request.args.to_dict()),  # type: ignore[arg-type]
    )


def _shown(row: Conversion) -> Cell:
    return {
        "name": row.source,
        "kind": SOURCE_KINDS.get(row.kind, ""),
        "received": row.received,
        "accepted": row.accepted,
        "declined": row.statuses["declined"],
        "expired": row.statuses["expired"],
        "waiting": row.statuses["waiting"],
        "reasons": _reasons(row),
        "steps": [
            (stage.label, row.rate(stage), _days(row.median_days(stage))) for stage in REACHED
        ],
        "accepted_days": _days(row.median_days("accepted")),
    }


def _reasons(row: Conversion) -> list[tuple[str, int]]:
    ordered: Iterable[tuple[str, int]] = sorted(row.reasons.items(), key=lambda item: -item[1])
    return [(DECLINE_REASONS[reason], count) for reason, count in ordered]


def _days(days: float | None) -> str:
    if days is None:
        return ""
    return "1 day" if days == 1 else f"{days:g} days"


@blueprint.get("/team/sources.csv")
def team_sources_export() -> Response:
    """The same figures as a table to take away."""
    asked = _asked()
    rows, total = _conversion(asked)
    header = ["Source", "Kind", "Received", "Accepted", "Declined", "Expired", "Waiting"]
    header += [f"Declined: {words}" for words in DECLINE_REASONS.values()]
    header += [f"Reached {stage.label}" for stage in REACHED]
    header += ["Median days to acceptance"]
    header += [f"Median days to {stage.label}" for stage in REACHED]

    def table() -> Iterator[list[Any]]:
        for row in [*rows, total]:
            states = [row.statuses[name] for name in ("declined", "expired", "waiting")]
            yield [
                *(row.source, SOURCE_KINDS.get(row.kind, ""), row.received, row.accepted),
                *states,
                *(row.reasons[reason] for reason in DECLINE_REASONS),
                *(row.reached[stage] for stage in REACHED),
                *(row.median_days(step) for step in _STEPS),
            ]

    name = f"referrals-{month_key(asked['first'])}-{month_key(asked['last'])}"
    return csv_response(name, header, table())
