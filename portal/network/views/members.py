"""The network's first page, its directory, and what an employer shows to others."""

from __future__ import annotations

from typing import Any, Final

from flask import abort, render_template, request, url_for

from portal.kernel.ids import normalise_reference
from portal.network.access import staff
from portal.network.places import is_there
from portal.network.queries import directory as queries
from portal.network.queries import home as news
from portal.network.queries.directory import DirectoryFilter
from portal.network.views import blueprint
from portal.programme import queries as programme
from portal.web.access import current_actor
from portal.web.asked import asked_number
from portal.web.text import clean_line

_A_PAGE: Final = 50
_MOST_PAGES: Final = 10_000
_LONGEST: Final = 100
_NEW: Final = 3


@blueprint.get("/network")
def home() -> str:
    """What the network is, what is new in it, and somebody's own corner."""
    actor = current_actor()
    corners = news.own_corners(actor.employers) if actor.employers else []
    peer = any(corner.member for corner in corners) or staff(actor, {})
    return render_template(
        "network/members/home.html",
        corners=corners,
        peer=peer,
        members=news.how_many(),
        champions=queries.new_champions(limit=_NEW),
        events=news.next_events(limit=_NEW) if is_there("network.event") else [],
        threads=news.latest_threads(limit=_NEW) if peer and is_there("network.thread") else [],
        there={name: is_there(f"network.{name}") for name in ("events", "forum", "awards")},
    )


@blueprint.get("/network/directory")
def directory() -> str:
    """Employers in the network, with the fields that each has opened to others."""
    settings = programme.settings()
    asked = _asked(dict(settings.sector_choices), dict(settings.district_choices))
    number = min(max(asked_number("page", 1), 1), _MOST_PAGES)
    total, rows = queries.search(
        asked, to_peers=reads_as_peer(), limit=_A_PAGE, offset=(number - 1) * _A_PAGE
    )
    return render_template(
        "network/members/directory.html",
        rows=rows,
        total=total,
        asked=asked,
        number=number,
        sectors=settings.sector_choices,
        districts=settings.district_choices,
        chosen=_chosen(asked, dict(settings.sector_choices), dict(settings.district_choices)),
        earlier=_address(asked, page=number - 1) if number > 1 else None,
        later=_address(asked, page=number + 1) if number * _A_PAGE < total else None,
    )


@blueprint.get("/network/members/<reference>")
def member(reference: str) -> str:
    """One employer as others see it."""
    found = queries.entry(normalise_reference(reference), to_peers=reads_as_peer())
    if found is None:
        abort(404)
    return render_template("network/members/member.html", entry=found)


def reads_as_peer() -> bool:
    """Whether the person looking sees what is opened to people of the network only."""
    actor = current_actor()
    return staff(actor, {}) or news.is_peer(actor.employers)


def _asked(sectors: dict[str, str], districts: dict[str, str]) -> DirectoryFilter:
    sector, district = request.args.get("sector", ""), request.args.get("district", "")
    return DirectoryFilter(
        sector=sector if sector in sectors else "",
        district=district if district in districts else "",
        champions=request.args.get("champions") == "1",
        topic=clean_line(request.args.get("topic", ""))[:_LONGEST],
    )


def _values(asked: DirectoryFilter) -> dict[str, Any]:
    found: dict[str, Any] = {
        "sector": asked.sector,
        "district": asked.district,
        "topic": asked.topic,
        "champions": "1" if asked.champions else "",
    }
    return {name: value for name, value in found.items() if value}


def _address(asked: DirectoryFilter, *, page: int = 1, without: str = "") -> str:
    values = {name: value for name, value in _values(asked).items() if name != without}
    if page > 1:
        values["page"] = page
    return url_for("network.directory", **values)


def _chosen(
    asked: DirectoryFilter, sectors: dict[str, str], districts: dict[str, str]
) -> list[dict[str, str]]:
    words = {
        "sector": sectors.get(asked.sector, ""),
        "district": districts.get(asked.district, ""),
        "topic": f"“{asked.topic}”",
        "champions": "Champions only",
    }
    return [{"text": words[name], "href": _address(asked, without=name)} for name in _values(asked)]
