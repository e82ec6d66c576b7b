"""The library, searched and narrowed as the address says, and what employers might read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import abort, render_template, request, url_for

from portal.caseload.queries import open_cases_of
from portal.diagnostics import queries as diagnostics
from portal.employers import queries as employers
from portal.kernel.ids import normalise_reference
from portal.toolkit.queries import library as queries
from portal.toolkit.queries import steps as step_queries
from portal.toolkit.queries.library import Page, SearchQuestion
from portal.toolkit.rules.search import LONGEST_QUESTION
from portal.toolkit.rules.search_facets import TITLES, choices, known
from portal.toolkit.service import reach, recommending
from portal.toolkit.views import blueprint
from portal.web.access import current_actor
from portal.web.asked import asked_number
from portal.web.kept import each_time
from portal.web.packing import pack_for_visitors
from portal.web.text import clean_line

blueprint.after_request(pack_for_visitors)
_NEIGHBOURS: Final = 2
_MOST_PAGES: Final = 10_000
# Long lists of choices stay folded away until one of them is chosen.
FOLDED: Final = frozenset({"size", "practice"})


@blueprint.get("/toolkit")
def library() -> str:
    """Every published resource, searched and narrowed as the address says."""
    question = _question()
    page = queries.search(question)
    html = render_template(
        "toolkit/library.html",
        page=page,
        words=question.words,
        chosen=_chosen_items(question),
        narrowed=bool(question.chosen),
        clear_href=_address(question, chosen={}) if question.chosen else None,
        pages=_pages(question, page),
        folded=FOLDED,
        longest=LONGEST_QUESTION,
        mine=_recommended_for_me(),
        dimensions=_doors(page),
        carried=carried(),
    )
    each_time(reach.COUNTED, "view")
    return html


@blueprint.get("/employers/<employer>/toolkit")
def recommended(employer: str) -> str:
    """What an employer might read next because of its diagnostic, and the steps it has done."""
    profile = employers.employer_profile(normalise_reference(employer))
    if profile is None:
        abort(404)
    latest = diagnostics.latest_completed(profile.id)
    own = profile.reference in current_actor().employers
    return render_template(
        "toolkit/recommended.html",
        profile=profile,
        own=own,
        latest=latest,
        recommended=recommending.recommended(
            latest.result, sector=profile.sector, size=profile.size_tier
        )
        if latest
        else [],
        begun=step_queries.begun(profile.id),
        cases=[] if own else open_cases_of(profile.id),
    )


def carried() -> dict[str, Any]:
    """What the links of a page carry on: the campaign that led here."""
    code = reach.campaign_code()
    return {"c": code} if code else {}


def _question() -> SearchQuestion:
    chosen = {facet: known(facet, request.args.getlist(facet)) for facet in TITLES}
    number = asked_number("page", 1)
    return SearchQuestion(
        words=clean_line(request.args.get("q", ""))[:LONGEST_QUESTION],
        chosen={facet: values for facet, values in chosen.items() if values},
        page=min(max(number, 1), _MOST_PAGES),
    )


def _address(
    question: SearchQuestion, *, chosen: Mapping[str, Any] | None = None, page: int = 1
) -> str:
    values: dict[str, Any] = dict(question.chosen if chosen is None else chosen)
    if question.words:
        values["q"] = question.words
    if page > 1:
        values["page"] = page
    return url_for("toolkit.library", **values, **carried())


def _chosen_items(question: SearchQuestion) -> list[dict[str, str]]:
    """Each choice with the address that is without it."""
    found = []
    for facet, values in question.chosen.items():
        for value in values:
            rest = {**question.chosen, facet: [one for one in values if one != value]}
            found.append({"text": choices(facet)[value], "href": _address(question, chosen=rest)})
    return found


def _pages(question: SearchQuestion, page: Page) -> dict[str, Any]:
    """The ways to other pages: the first, the last and those beside this one."""
    shown = {1, page.pages, *range(page.number - _NEIGHBOURS, page.number + _NEIGHBOURS + 1)}
    items: list[dict[str, Any]] = []
    before = 0
    for number in sorted(each for each in shown if 1 <= each <= page.pages):
        if number > before + 1:
            items.append({"ellipsis": True})
        href = _address(question, page=number)
        items.append({"number": number, "href": href, "current": number == page.number})
        before = number
    return {
        "items": items,
        "previous": _address(question, page=page.number - 1) if page.number > 1 else None,
        "next": _address(question, page=page.number + 1) if page.number < page.pages else None,
    }


def _doors(page: Page) -> list[tuple[str, str]]:
    """Ways on for somebody who found nothing: every dimension."""
    if page.total:
        return []
    return [
        (text, url_for("toolkit.library", dimension=key, **carried()))
        for key, text in choices("dimension").items()
    ]


def _recommended_for_me() -> list[tuple[str, str]]:
    """The person's own employers: name, and where what is recommended to them stands."""
    actor = current_actor()
    if actor.user_id is None or not actor.employers:
        return []
    return [
        (row.trading_name or row.name, url_for("toolkit.recommended", employer=row.reference))
        for row in employers.employer_rows_of(actor.user_id)
    ]
