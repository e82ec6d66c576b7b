"""An employer's timeline: everything anyone allowed did, one stream, filtered, to take away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.employers.access import may_see_all_held
from portal.employers.panels import timeline_links
from portal.employers.queries.timeline import TimelineFilter, timeline_lines, timeline_page
from portal.employers.rules.timeline import KINDS
from portal.employers.views import blueprint
from portal.kernel.clock import london
from portal.web.access import current_actor
from portal.web.downloads import csv_response

_LONGEST: Final = 100
_SHOWN: Final = 1_000
_ALL_KINDS: Final = [{"value": key, "text": words} for key, words in KINDS.items()]
_PAGES: Final = (
    ("show", "Overview"),
    ("timeline", "Timeline"),
    ("people", "People"),
    ("history", "History"),
    ("held_data", "What is held"),
)


def employer_pages(reference: str, here: str) -> list[dict[str, Any]]:
    """The pages of one employer that the person may open, for the menu above them."""
    all_held = may_see_all_held(current_actor(), {"employer": reference})
    return [
        {
            "text": text,
            "href": url_for(f"employers.{endpoint}", employer=reference),
            "active": here == endpoint,
        }
        for endpoint, text in _PAGES
        if all_held or endpoint != "held_data"
    ]


def _asked(args: MultiDict[str, str]) -> tuple[TimelineFilter, dict[str, str]]:
    """The filter in the address, and what is wrong with it by field."""
    wrong: dict[str, str] = {}

    def day(name: str) -> date | None:
        text = args.get(name, "").strip()
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            wrong[name] = "Enter a real date, like 2026-03-27"
            return None

    start, end = day("from"), day("to")
    if start and end and end < start:
        wrong["to"] = "The last day must be the same as or after the first"
    asked = TimelineFilter(
        kinds=tuple(kind for kind in dict.fromkeys(args.getlist("kind")) if kind in KINDS),
        person=args.get("person", "").strip()[:_LONGEST],
        start=start,
        end=end,
        words=args.get("q", "").strip()[:_LONGEST],
    )
    return asked, wrong


def _address(asked: TimelineFilter) -> dict[str, Any]:
    """The filter as it stands in an address."""
    return {
        "kind": list(asked.kinds) or None,
        "person": asked.person or None,
        "from": asked.start.isoformat() if asked.start else None,
        "to": asked.end.isoformat() if asked.end else None,
        "q": asked.words or None,
    }


def _days(lines: Any) -> Iterator[tuple[str, list[Any]]]:
    """Lines by London day; each with its time and as much of its text as is shown."""
    current: date | None = None
    some: list[Any] = []
    for line in lines:
        at = london(line.at)
        if at.date() != current:
            if current is not None:
                yield f"{current.day} {current:%B %Y}", some
            current, some = at.date(), []
        text = line.text if len(line.text) <= _SHOWN else f"{line.text[:_SHOWN]} …"
        some.append((line, f"{at:%H:%M}", text, KINDS.get(line.kind, line.kind)))
    if current is not None:
        yield f"{current.day} {current:%B %Y}", some


@blueprint.get("/<employer>/timeline")
def timeline(employer: str) -> ResponseReturnValue:
    """A page of the stream, newest first."""
    asked, wrong = _asked(request.args)
    before = request.args.get("before", "")
    page = timeline_page(employer, None if asked.is_empty else asked, before=before)
    if page is None:
        abort(404)
    links = timeline_links((line.subject for line in page.lines if line.subject), current_actor())
    address = _address(asked)
    return render_template(
        "employers/timeline.html",
        reference=employer,
        name=page.employer_name,
        days=list(_days(page.lines)),
        links=links,
        kinds=_ALL_KINDS,
        asked=asked,
        wrong=wrong,
        page_has_errors=bool(wrong),
        names=sorted({line.by_name for line in page.lines}),
        first_href=url_for("employers.timeline", employer=employer, **address) if before else None,
        older_href=page.next_before
        and url_for("employers.timeline", employer=employer, before=page.next_before, **address),
        export_href=url_for("employers.timeline_export", employer=employer, **address),
    )


@blueprint.get("/<employer>/timeline.csv")
def timeline_export(employer: str) -> ResponseReturnValue:
    """The filtered stream as a table."""
    asked, _wrong = _asked(request.args)
    page = timeline_page(employer, asked, before="")
    if page is None:
        abort(404)
    rows = (
        (line.at, KINDS.get(line.kind, line.kind), line.title, line.text, line.by_name)
        for line in timeline_lines(page.employer_id, asked)
    )
    return csv_response(
        f"timeline-{page.employer_name}", ("When", "Kind", "What", "Details", "By"), rows
    )
