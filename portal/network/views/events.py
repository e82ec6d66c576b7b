"""Events that anybody may see: the list, one event, and calendar files."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, abort, render_template, request, url_for

from portal.kernel.clock import utc_now
from portal.kernel.ids import normalise_reference
from portal.network.access import may_run, staff
from portal.network.queries import events as queries
from portal.network.queries.events import PAGE, EventFacts, EventFilter
from portal.network.rules.events import closed_because, when_words
from portal.network.rules.words import EVENT_MODES
from portal.network.service import event_calendar as calendars
from portal.network.service import event_codes as codes
from portal.network.views import blueprint
from portal.programme import queries as programme
from portal.toolkit.rules.words import DIMENSIONS, SECTORS
from portal.web.access import current_actor, lep_staff
from portal.web.asked import asked_number

_KEPT_IN_FEED = timedelta(days=90)


@blueprint.get("/events")
def events() -> str:
    """What is on; or what has been."""
    wanted, series = _filter(), queries.all_series()
    page = max(1, min(asked_number("page", 1), 10_000))
    rows, total = queries.events(wanted, page=page)
    actor = current_actor()
    is_staff = staff(actor, {})
    everywhere = lep_staff(actor, {})
    return render_template(
        "network/events/list.html",
        rows=rows,
        total=total,
        wanted=wanted,
        series=series,
        one_series=next((one for one in series if one.reference == wanted.series), None),
        drafts=queries.drafts(None if everywhere else actor.organisations) if is_staff else [],
        is_staff=is_staff,
        modes={key: EVENT_MODES[key] for key in ("in_person", "online")},
        mode_words=EVENT_MODES,
        sectors=SECTORS,
        dimensions=DIMENSIONS,
        when=when_words,
        earlier=_page(wanted, page - 1) if page > 1 else None,
        later=_page(wanted, page + 1) if page * PAGE < total else None,
        feed=codes.feed_address(wanted.series),
    )


@blueprint.get("/events/<reference>")
def event(reference: str) -> str:
    """One event. The online address is not on this page: only people with a place get it."""
    found = load_event(reference)
    return render_template(
        "network/events/show.html",
        event=found,
        body=codes.body_of(found.body),
        closed=closed_for(found),
        when=when_words(found.starts_at, found.ends_at),
        modes=EVENT_MODES,
        sector_words=", ".join(SECTORS[one] for one in found.sectors if one in SECTORS),
        district_words=district_words(found),
        dimension=DIMENSIONS.get(found.dimension or ""),
        may_run=may_run(current_actor(), found),
    )


@blueprint.get("/events/<reference>/event.ics")
def event_ics(reference: str) -> Response:
    """One event as a calendar file, without its online address."""
    found = load_event(reference)
    if found.state == "draft":
        abort(404)
    data = calendars.calendar_file([calendars.entry_of(found)])
    return ics_response(data, f"event-{found.reference}")


@blueprint.get("/events/feed.ics")
def feed() -> Response:
    """Every event to come and of the last months, for calendars that subscribe."""
    found = queries.for_calendar(
        since=utc_now() - _KEPT_IN_FEED,
        series=normalise_reference(request.args.get("series", ""))[:10],
    )
    return ics_response(
        calendars.calendar_file((calendars.entry_of(one) for one in found), feed=True), "events"
    )


def load_event(reference: str) -> EventFacts:
    """The event in the address; a draft is there for those who run it only."""
    wanted = normalise_reference(reference)
    found = queries.event(wanted) if wanted.isalnum() else None
    if found is None or (found.state == "draft" and not may_run(current_actor(), found)):
        abort(404)
    return found


def district_words(found: EventFacts) -> str:
    """The districts whose employers an event is for; "" where it is for all."""
    if not found.districts:
        return ""
    titles = dict(programme.settings().district_choices)
    return ", ".join(titles[one] for one in found.districts if one in titles)


def suits_words(found: EventFacts) -> list[tuple[str, str]]:
    """Whom an event suits: sectors, districts and its theme, in words."""
    sectors = ", ".join(SECTORS[one] for one in found.sectors if one in SECTORS)
    return [
        ("Sectors", sectors or "Every sector"),
        ("Districts", district_words(found) or "Every district"),
        ("Theme", DIMENSIONS.get(found.theme, "No theme")),
    ]


def closed_for(found: EventFacts) -> Any:
    """Why nobody can register now, if nobody can."""
    return closed_because(
        state=found.state,
        starts_at=found.starts_at,
        closes_at=found.closes_at,
        now=utc_now(),
    )


def ics_response(data: bytes, name: str) -> Response:
    """A calendar file to take away."""
    response = Response(data, content_type=calendars.MEDIA_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    return response


def qr_response(address: str) -> Response:
    """The QR code of an address."""
    return Response(codes.qr_drawing(address), mimetype="image/svg+xml")


def _filter() -> EventFilter:
    args = request.args
    return EventFilter(
        series=normalise_reference(args.get("series", ""))[:10],
        mode=_known(args.get("mode", ""), EVENT_MODES),
        sector=_known(args.get("sector", ""), SECTORS),
        dimension=_known(args.get("dimension", ""), DIMENSIONS),
        past=args.get("when") == "past",
    )


def _known(value: str, choices: Any) -> str:
    return value if value in choices else ""


def _page(wanted: EventFilter, number: int) -> str:
    values: dict[str, Any] = {**wanted.asked(), "page": number}
    return url_for("network.events", **values)
