"""The report of the network for LEP staff: figures, picture, growth, who to invite, and ties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import london
from portal.network.queries import graph as queries
from portal.network.queries.graph import Person, Snapshot
from portal.network.rules.graph_picture import FEWEST_SHOWN, TOGETHER, Cell
from portal.network.rules.graph_report import (
    described,
    quarter_title,
    read,
    reading,
    singles_out,
)
from portal.network.rules.words import TIE_KINDS
from portal.network.service import ties as service
from portal.network.views import blueprint
from portal.programme import queries as programme
from portal.programme.rules import ProgrammeSettings
from portal.web.asked import asked_number
from portal.web.downloads import csv_response

_A_PAGE = 50
_SMALL = (
    "Fewer than 5 members are in this sector and district, and not all of them show their name. "
    "Figures about so few would tell who they are, so there are none."
)


@blueprint.get("/network/report")
def report() -> str:
    """The network as it was worked out last, in figures, words, a picture and lists."""
    settings = programme.settings()
    sector, district = _filter(settings)
    found = queries.latest(sector, district)
    cells = queries.cells()
    page: dict[str, Any] = {
        "found": found,
        "chosen": _chosen(settings, sector, district),
        "sector": sector,
        "district": district,
        "sectors": [("", "Every sector"), *settings.sector_choices],
        "districts": [("", "Every district"), *settings.district_choices],
        "kinds": TIE_KINDS,
        "refused": "",
    }
    if found is not None and (sector or district) and _is_too_small(sector, district, cells, found):
        page["refused"] = _SMALL
    elif found is not None:
        page |= _contents(found, cells, settings, sector=sector, district=district)
    return render_template("network/graph/report.html", **page)


@blueprint.get("/network/report/ties.csv")
def report_ties() -> ResponseReturnValue:
    """Every tie of the report as a table; members without a shown name keep a number only."""
    settings = programme.settings()
    sector, district = _filter(settings)
    cells = queries.cells()
    if (sector or district) and _is_too_small(sector, district, cells, None):
        flash(_SMALL, "error")
        return redirect(url_for("network.report", **_arguments(sector, district)))
    people = queries.people(sector=sector, district=district)
    names = _names(people, cells, settings)
    # By their random references, so that a number says nothing of who came when.
    order = sorted(people.values(), key=lambda one: one.reference)
    numbers = {one.employer_id: number for number, one in enumerate(order, 1)}
    rows = [
        [
            numbers[line.low_id],
            names[line.low_id],
            numbers[line.high_id],
            names[line.high_id],
            TIE_KINDS[line.kind],
            line.since,
            line.until,
            line.times,
        ]
        for line in queries.tie_lines()
        if line.low_id in people and line.high_id in people
    ]
    header = ["Number", "Member", "Other number", "Other member", "How they are connected"]
    return csv_response("network-ties", [*header, "Since", "Last", "How often"], rows)


@blueprint.post("/network/report/renew")
def report_renew() -> ResponseReturnValue:
    """Have everything worked out again soon."""
    with unit_of_work():
        service.renew_soon()
    flash("The report is worked out again within a few minutes.", "success")
    return redirect(url_for("network.report"))


def _filter(settings: ProgrammeSettings) -> tuple[str, str]:
    sector, district = request.args.get("sector", ""), request.args.get("district", "")
    return (
        sector if sector in dict(settings.sector_choices) else "",
        district if district in dict(settings.district_choices) else "",
    )


def _arguments(sector: str, district: str) -> dict[str, Any]:
    return {name: value for name, value in (("sector", sector), ("district", district)) if value}


def _chosen(settings: ProgrammeSettings, sector: str, district: str) -> list[dict[str, str]]:
    chosen = []
    if sector:
        href = url_for("network.report", **_arguments("", district))
        chosen.append({"text": settings.sector_title(sector), "href": href})
    if district:
        href = url_for("network.report", **_arguments(sector, ""))
        chosen.append({"text": settings.district_title(district), "href": href})
    return chosen


def _is_too_small(
    sector: str, district: str, cells: Mapping[Cell, int], found: Snapshot | None
) -> bool:
    """Whether this part of the network is so small that figures would single somebody out."""
    now = sum(
        number
        for cell, number in cells.items()
        if sector in {"", cell[0]} and district in {"", cell[1]}
    )
    then = now if found is None else int(found.measures["members"])
    if min(now, then) >= FEWEST_SHOWN or not max(now, then):
        return False
    shown = [
        one.name is not None for one in queries.people(sector=sector, district=district).values()
    ]
    # Somebody who was there then and is not now cannot be asked.
    return then != now or singles_out(shown)


def _contents(
    found: Snapshot,
    cells: Mapping[Cell, int],
    settings: ProgrammeSettings,
    *,
    sector: str,
    district: str,
) -> dict[str, Any]:
    kept = found.measures
    known = read(kept)
    picture = kept["picture"]
    page = max(1, asked_number("page", 1))
    alone = kept["alone_keys"][(page - 1) * _A_PAGE : page * _A_PAGE]
    labelled = [disc["key"] for disc in picture["discs"] if disc["label"] and disc["key"]]
    lists = (kept["splitting"][:_A_PAGE], kept["between"])
    wanted = {*alone, *labelled, *(line["key"] for lines in lists for line in lines)}
    people = queries.people(wanted)
    names = _names(people, cells, settings)
    earlier = queries.earlier(sector, district, found.day)
    within = _arguments(sector, district)
    return {
        "known": known,
        "reading": reading(known),
        "made_at": london(found.made_at),
        "picture": picture,
        "rows": _picture_rows(picture, kept, names, settings),
        "growth": _growth(found, earlier, narrowed=bool(within)),
        "people": people,
        "names": names,
        "alone": [key for key in alone if key in people],
        "splitting": [line for line in lists[0] if line["key"] in people],
        "between": [line for line in lists[1] if line["key"] in people],
        "earlier_page": _page_at(page - 1, within) if page > 1 else None,
        "later_page": _page_at(page + 1, within)
        if page * _A_PAGE < len(kept["alone_keys"])
        else None,
    }


def _page_at(page: int, within: Mapping[str, Any]) -> str:
    return url_for("network.report", page=page, _anchor="alone", **within)


def _names(
    people: Mapping[int, Person], cells: Mapping[Cell, int], settings: ProgrammeSettings
) -> dict[int, str]:
    """What each member is called here: its name where the directory shows it."""
    in_sector: dict[str, int] = {}
    for (sector, _district), number in cells.items():
        in_sector[sector] = in_sector.get(sector, 0) + number
    return {
        key: one.name
        or described(
            sector=settings.sector_title(one.sector),
            district=settings.district_title(one.district),
            cell=cells.get((one.sector, one.district), 0),
            in_sector=in_sector.get(one.sector, 0),
        )
        for key, one in people.items()
    }


def _growth(found: Snapshot, earlier: list[Snapshot], *, narrowed: bool) -> list[dict[str, Any]]:
    """A line for each quarter, the latest first; without figures where these are of too few."""
    lines = []
    for one in (found, *earlier):
        known = read(one.measures)
        few = narrowed and 0 < known.members < FEWEST_SHOWN
        title = "Now" if one is found else quarter_title(one.day)
        lines.append({"title": title, "known": None if few else known})
    return lines


def _picture_rows(
    picture: Mapping[str, Any],
    kept: Mapping[str, Any],
    names: Mapping[int, str],
    settings: ProgrammeSettings,
) -> list[list[Any]]:
    """The table below the picture: what each number in it stands for."""
    if picture["kind"] == "groups":
        return [_group_row(disc, settings) for disc in picture["discs"]]
    cut_off = {line["key"]: line["cut_off"] for line in kept["splitting"]}
    between = {line["key"]: line["share"] for line in kept["between"]}
    labelled = [disc for disc in picture["discs"] if disc["label"]]
    return [
        [
            f"{disc['label']}: {names.get(disc['key'], 'Left the network')}",
            f"{100 * between.get(disc['key'], 0):.0f}%",
            cut_off.get(disc["key"], 0),
        ]
        for disc in sorted(labelled, key=lambda disc: disc["label"])
    ]


def _group_row(disc: Mapping[str, Any], settings: ProgrammeSettings) -> list[Any]:
    sector, district = disc["cell"]
    words = [settings.sector_title(sector)] if sector else []
    words += [settings.district_title(district)] if district else []
    title = ", ".join(words) if (sector, district) != TOGETHER else "Smaller groups together"
    members = disc["members"] if disc["members"] >= FEWEST_SHOWN else "Fewer than 5"
    return [f"{disc['label']}: {title}", members, disc["inside"], disc["outside"]]
