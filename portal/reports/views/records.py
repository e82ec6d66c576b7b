"""The records behind a figure of the programme report, for who may see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.rules.stages import STAGE_TITLES
from portal.caseload.rules.words import CONTACT_KINDS, SESSION_MODES, SUPPORT_KINDS
from portal.caseload.rules.work import NEXT_STEPS
from portal.db.replica import read_aside
from portal.kernel.clock import london
from portal.kernel.money import Money
from portal.network.rules.words import EVENT_MODES
from portal.payments.rules.words import OUTPUT_TYPES
from portal.programme import queries as programme
from portal.programme.rules import ProgrammeSettings
from portal.reports.access import view_of
from portal.reports.queries import records as found
from portal.reports.queries.records import Line
from portal.reports.rules.document import Unit
from portal.reports.rules.programme.data import UNKNOWN
from portal.reports.rules.programme.funnel import STATUSES
from portal.reports.rules.records import KINDS, Asked, asked, source_title
from portal.reports.rules.scope import View
from portal.reports.rules.written import written
from portal.reports.views import blueprint
from portal.web.access import current_actor

_Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Shown:
    """How a kind of record is listed: its headings, its words, and the page of one record."""

    when: str
    title: str
    said: str
    words: _Words | None
    number: str
    write: Callable[[int], str]
    href: Callable[[Line], str]


def _count(value: int) -> str:
    return f"{value:,}"


def _minutes(value: int) -> str:
    return written(value, Unit.MINUTES)


def _pounds(value: int) -> str:
    return Money(value).format()


def _case(line: Line) -> str:
    return url_for("caseload.case", case=line.case)


def _support(line: Line) -> str:
    return url_for("caseload.support", delivery=line.reference)


_STAGES: Final = {stage.value: title for stage, title in STAGE_TITLES.items()}
_SHOWN: Final[Mapping[str, _Shown]] = {
    "cohort": _Shown("Case opened", "Employer", "Stage now", _STAGES, "", _count, _case),
    "arrived": _Shown("Reached on", "Employer", "Stage now", _STAGES, "", _count, _case),
    "employers": _Shown(
        *("First on", "Employer", "District", None, "", _count),
        lambda line: url_for("employers.show", employer=line.reference),
    ),
    "outputs": _Shown(
        *("Day of the work", "Employer", "Output", OUTPUT_TYPES, "Price", _pounds),
        lambda line: url_for("payments.output", output=line.reference),
    ),
    "sessions": _Shown(
        *("Held on", "Employer", "How", SESSION_MODES, "Time", _minutes),
        lambda line: url_for("caseload.session", case=line.case, record=line.reference),
    ),
    "consultations": _Shown(
        *("Held on", "Employer", "Agreed next", NEXT_STEPS, "Time", _minutes),
        lambda line: url_for("caseload.consultation_record", case=line.case, record=line.reference),
    ),
    "contacts": _Shown("Held on", "Employer", "How", CONTACT_KINDS, "Time", _minutes, _case),
    "deliveries": _Shown(
        "Delivered on", "Support", "Kind", SUPPORT_KINDS, "Time", _minutes, _support
    ),
    "support": _Shown(
        "Delivered on", "Employer", "Kind", SUPPORT_KINDS, "People", _count, _support
    ),
    "referrals": _Shown(
        *("Received on", "Employer", "Now", dict(STATUSES), "", _count),
        lambda line: url_for("caseload.referral", referral=line.reference),
    ),
    "events": _Shown(
        *("Held on", "Event", "How", EVENT_MODES, "", _count),
        lambda line: url_for("network.event", reference=line.reference),
    ),
}


@blueprint.get("/reports/records/<what>")
def records(what: str) -> ResponseReturnValue:
    """One page of the records that a figure counts."""
    wanted = asked(what, request.args)
    if wanted is None:
        abort(404)
    actor = current_actor()
    own = None if view_of(actor) is View.FULL else actor.organisations
    if own is not None and KINDS[what].of_all:
        abort(404)
    lines, after = read_aside(lambda: found.lines(wanted, own=own))
    settings, how = programme.settings(), _SHOWN[what]
    words = dict(settings.district_choices) if how.words is None else how.words
    return render_template(
        "reports/records.html",
        asked=wanted,
        how=how,
        rows=[_row(line, how, words) for line in lines],
        has_provider=any(line.provider for line in lines),
        chosen=_chosen(wanted, settings, lines),
        first_href=_page(wanted.at(None)) if wanted.after else None,
        next_href=_page(wanted.at(after)) if after else None,
        back=_report(wanted),
    )


def _page(wanted: Asked) -> str:
    values: dict[str, Any] = dict(wanted.arguments)
    return url_for("reports.records", **values)


def _row(line: Line, how: _Shown, words: _Words) -> tuple[str, str, str, str, str, str]:
    at = line.at
    day = london(at).date() if isinstance(at, datetime) else at
    said = "" if line.said is None else words.get(line.said, line.said)
    number = "" if line.number is None else how.write(line.number)
    return f"{day.day} {day:%B %Y}", how.href(line), line.title, line.provider or "", said, number


def _chosen(wanted: Asked, settings: ProgrammeSettings, lines: list[Line]) -> list[str]:
    """What the list is narrowed to, in words."""
    titles: dict[str, Callable[[str], str]] = {
        "sector": settings.sector_title,
        "size": settings.tier_title,
        "district": settings.district_title,
        "source": lambda key: f"referred by: {source_title(key)}",
        "hard": lambda key: "hard to reach" if key == "yes" else "not hard to reach",
        "provider": lambda _: lines[0].provider or "one provider" if lines else "one provider",
        "contract": lambda _: "one contract",
    }
    return [
        f"{name} not known" if value == UNKNOWN else titles[name](value)
        for name, value in wanted.filters
    ]


def _report(wanted: Asked) -> str:
    """The report that the list belongs to, for the same months and employers."""
    kept: dict[str, Any] = {
        name: value
        for name, value in wanted.filters
        if name in {"sector", "size", "district", "provider"} and value != UNKNOWN
    }
    kept |= {"from": f"{wanted.first:%Y-%m}", "to": f"{wanted.last:%Y-%m}"}
    return url_for("reports.report", key="programme", **kept)
