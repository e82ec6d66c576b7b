"""One employer's own network: with whom it is connected, and how. Nobody else's ties are shown."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, url_for

from portal.employers import queries as employers
from portal.network.queries import graph as queries
from portal.network.queries.graph import Person
from portal.network.rules.graph_picture import around
from portal.network.rules.graph_report import own_reading
from portal.network.rules.words import TIE_KINDS
from portal.network.views import blueprint
from portal.programme import queries as programme
from portal.programme.rules import ProgrammeSettings
from portal.web.access import current_actor
from portal.web.asked import asked_number

_A_PAGE = 50


@blueprint.get("/employers/<employer>/network/picture")
def employer_network(employer: str) -> str:
    """The employer in the middle, those it is connected with around it, and all of them listed."""
    profile = employers.employer_profile(employer)
    if profile is None:
        abort(404)
    own = profile.reference in current_actor().employers
    rows = _rows(profile.id)
    page = max(1, asked_number("page", 1))
    total = len(rows or ())
    return render_template(
        "network/graph/employer.html",
        profile=profile,
        own=own,
        is_in=rows is not None,
        rows=(rows or [])[(page - 1) * _A_PAGE : page * _A_PAGE],
        offset=(page - 1) * _A_PAGE,
        table=[[f"{n}: {row['name']}", row["times"]] for n, row in enumerate(rows or [], 1)],
        kinds=TIE_KINDS,
        picture=around([row["times"] for row in rows or []]).as_data(),
        reading=own_reading([row["kinds"] for row in rows or []], who="You" if own else "It"),
        earlier=_page_at(employer, page - 1) if page > 1 else None,
        later=_page_at(employer, page + 1) if page * _A_PAGE < total else None,
    )


def _page_at(employer: str, page: int) -> str:
    return url_for("network.employer_network", employer=employer, page=page)


def _rows(employer_id: int) -> list[dict[str, Any]] | None:
    """Everybody it is connected with, those most often met first; None outside the network."""
    found: dict[int, dict[str, Any]] = {}
    for key, kind, since, until, times in queries.ties_with(employer_id):
        row = found.setdefault(key, {"times": 0, "kinds": [], "since": since, "until": until})
        row["times"] += times
        row["kinds"].append(kind)
        row["since"] = min(row["since"], since)
        row["until"] = max(row["until"], until)
    people = queries.people({employer_id, *found})
    if employer_id not in people:
        return None
    unnamed = any(people[key].name is None for key in found if key in people)
    settings = programme.settings() if unnamed else None
    lines = [
        {
            **row,
            "kinds": [kind for kind in TIE_KINDS if kind in row["kinds"]],
            "name": _name(people[key], settings),
            "reference": people[key].reference if people[key].name else None,
        }
        for key, row in found.items()
        if key in people
    ]
    return sorted(lines, key=lambda row: (-row["times"], row["name"], row["since"]))


def _name(one: Person, settings: ProgrammeSettings | None) -> str:
    """What peers may know of a member: each field only where it is shown."""
    if one.name or settings is None:
        return one.name or "A member"
    words = "A member"
    if "sector" in one.shows:
        words += f" in {settings.sector_title(one.sector).lower()}"
    if "district" in one.shows:
        words += f", {settings.district_title(one.district)}"
    return words
