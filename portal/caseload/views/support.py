"""Support delivered: the list, one record, asking for confirmation, withdrawing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.access import may_read, may_work
from portal.caseload.forms.support import AskForm, WithdrawForm
from portal.caseload.panels import Panel
from portal.caseload.queries import CaseFacts, case_facts
from portal.caseload.queries import evidence as files
from portal.caseload.queries import support as queries
from portal.caseload.queries.support import DeliveryFacts, Filters
from portal.caseload.rules.confirmations import length, long_day
from portal.caseload.rules.support import (
    CONFIRMATION,
    CONFIRMATION_COLOURS,
    odd_day,
    odd_numbers,
)
from portal.caseload.rules.words import (
    AUDIENCES,
    FUNDING,
    SUPPORT_DESIGNS,
    SUPPORT_KINDS,
    SUPPORT_MODES,
)
from portal.caseload.service import support as service
from portal.caseload.views import blueprint
from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.programme import queries as programme
from portal.web.access import Actor, current_actor, current_author, lep_staff
from portal.web.asked import asked_number, number_in
from portal.web.downloads import csv_response
from portal.web.security import limiter

MONTHS_OFFERED: Final = 24
_MOST_PAGES: Final = 10_000
STATES: Final = (*CONFIRMATION.items(), ("withdrawn", "Withdrawn"))
_EXPORT_HEADER: Final = (
    *("Reference", "Date", "Kind", "Design", "Title", "Audience", "Minutes", "Where", "Place"),
    *("Led by", "Funding", "Provider", "Employer", "Case", "Sector", "Size", "Attended"),
    *("Of them part-time", "Confirmation", "Answered by", "Answered on", "What they said"),
    *("Recorded by", "Recorded on", "Withdrawn"),
)


def load_delivery(reference: str) -> DeliveryFacts:
    """The delivery in the address, to read; 404 when it is absent or another provider's."""
    facts = queries.delivery_facts(normalise_reference(reference))
    if facts is None or not may_read(current_actor(), facts):
        abort(404)
    return facts


def load_own_delivery(reference: str) -> DeliveryFacts:
    """The delivery in the address, to change: 404 for all but its provider's staff."""
    facts = load_delivery(reference)
    if not may_work(current_actor(), facts):
        abort(404)
    return facts


@blueprint.get("/support")
def support_list() -> str:
    """The provider's deliveries; the LEP's staff see those of every provider."""
    actor = current_actor()
    filters, chosen = _filters(actor)
    number = min(max(asked_number("page", 1), 1), _MOST_PAGES)
    return render_template(
        "caseload/support/list.html",
        page=queries.deliveries(filters, page=number),
        number=number,
        chosen=chosen,
        months=_months(),
        states=STATES,
        kinds=SUPPORT_KINDS,
        words=CONFIRMATION,
        colours=CONFIRMATION_COLOURS,
        providers=_providers() if lep_staff(actor, {}) else (),
        can_record=bool(actor.organisations) and not lep_staff(actor, {}),
    )


@blueprint.get("/support/export.csv")
@limiter.limit("30/minute")
def support_export() -> ResponseReturnValue:
    """The filtered list as a table, one line for each employer that attended."""
    filters, _chosen = _filters(current_actor())
    found = queries.deliveries(filters, page=None).rows
    lines = (line for facts in found for line in _export_lines(facts))
    return csv_response(f"support-{today().isoformat()}", _EXPORT_HEADER, lines)


@blueprint.get("/support/<delivery>")
def support(delivery: str) -> str:
    """One delivery: what it was, who attended, and whether they have confirmed it."""
    return _show(load_delivery(delivery), AskForm())


@blueprint.post("/support/<delivery>/ask")
@limiter.limit("60/hour")
def support_ask(delivery: str) -> ResponseReturnValue:
    """Ask every employer that is still to be asked, at once."""
    facts = load_own_delivery(delivery)
    form = AskForm()
    if form.validate_on_submit():
        with unit_of_work():
            result = service.ask_all(reference=facts.reference, by=current_author())
        if isinstance(result, Err):
            form.refuse(result.problem)
            return _show(load_delivery(delivery), form)
        asked = "1 employer was" if result.value == 1 else f"{result.value} employers were"
        flash(f"{asked} sent a link to confirm this.", "success")
    return redirect(url_for("caseload.support", delivery=facts.reference))


@blueprint.route("/support/<delivery>/withdraw", methods=["GET", "POST"])
def support_withdraw(delivery: str) -> ResponseReturnValue:
    """Withdraw a delivery, with a reason."""
    facts = load_own_delivery(delivery)
    form = WithdrawForm()
    if form.validate_on_submit():
        with unit_of_work():
            result = service.withdraw(
                reference=facts.reference, reason=form.reason.data, by=current_author()
            )
        if not isinstance(result, Err):
            flash("The record is withdrawn. It stays here, and no longer counts.", "success")
            return redirect(url_for("caseload.support", delivery=facts.reference))
        form.refuse(result.problem)
    return render_template("caseload/support/withdraw.html", facts=facts, form=form)


def support_panel(case: CaseFacts, actor: Actor) -> Panel | None:
    """The card of a case: how much support, when last, what employers have not confirmed."""
    found = queries.summary_of_case(case.id)
    if not found.sessions:
        if not (case.is_open and may_work(actor, case)):
            return Panel("Support delivered", "None recorded")
        new = url_for("caseload.support_new", case=case.reference)
        return Panel("Record support", "No training, workshop or coaching is recorded yet", new)
    times = "1 delivery" if found.sessions == 1 else f"{found.sessions} deliveries"
    said = [f"{found.disputed} disputed"] if found.disputed else []
    if found.unconfirmed > found.disputed:
        said.append(f"{found.unconfirmed - found.disputed} not confirmed yet")
    return Panel(
        "Support delivered",
        f"{times}, the last on {long_day(found.last_on or today())}",
        href=url_for("caseload.support_list", case=case.reference),
        meta=", ".join(said) or "All confirmed",
        tint=bool(found.disputed),
    )


def _show(facts: DeliveryFacts, form: AskForm) -> str:
    sheets = files.of_subject(f"delivery:{facts.reference}")
    one_each = {sheet.sha256: sheet for sheet in reversed(sheets) if not sheet.withdrawn}
    return render_template(
        "caseload/support/show.html",
        facts=facts,
        form=form,
        sheets=list(one_each.values()),
        warnings=_warnings(facts),
        can_work=may_work(current_actor(), facts) and not facts.is_withdrawn,
        may_repeat=may_work(current_actor(), facts),
        askable=sum(row.can_be_asked for row in facts.attendances),
        settings=programme.settings(),
        length=length(facts.minutes),
        words=CONFIRMATION,
        colours=CONFIRMATION_COLOURS,
        kinds=SUPPORT_KINDS,
        designs=SUPPORT_DESIGNS,
        audience=", ".join(AUDIENCES[key] for key in facts.audience),
        modes=SUPPORT_MODES,
        funding=FUNDING,
    )


def _warnings(facts: DeliveryFacts) -> list[str]:
    """What looks odd and may yet be right."""
    found = [odd_day(facts.delivered_on)]
    found += [
        odd_numbers(
            row.employer_name,
            attended=row.attended,
            part_time=row.part_time_attended,
            headcount=row.headcount,
            part_time_headcount=row.part_time_headcount,
        )
        for row in facts.attendances
    ]
    return [words for words in found if words]


def _filters(actor: Actor) -> tuple[Filters, dict[str, str]]:
    """What the address asks for, within what the person may see; and it as the page shows it."""
    names = ("kind", "month", "state", "mine", "provider", "case")
    asked = {name: request.args.get(name, "") for name in names}
    reader = lep_staff(actor, {})
    chosen = {
        "kind": asked["kind"] if asked["kind"] in SUPPORT_KINDS else "",
        "month": asked["month"] if asked["month"] in dict(_months()) else "",
        "state": asked["state"] if asked["state"] in dict(STATES) else "",
        "mine": "1" if asked["mine"] and not reader else "",
        "provider": asked["provider"]
        if number_in(asked["provider"]) is not None and reader
        else "",
        "case": "",
    }
    case = case_facts(normalise_reference(asked["case"])) if asked["case"] else None
    if case is not None and may_read(actor, case):
        chosen["case"], chosen["employer"] = case.reference, case.employer_name
    seen: frozenset[int] | None = None if reader else actor.organisations
    if chosen["provider"]:
        if chosen["provider"] not in dict(_providers()):
            chosen["provider"] = ""
        else:
            seen = frozenset({int(chosen["provider"])})
    month = chosen["month"]
    filters = Filters(
        organisation_ids=seen,
        kind=chosen["kind"] or None,
        month=date.fromisoformat(f"{month}-01") if month else None,
        state=chosen["state"] or None,
        mine=actor.user_id if chosen["mine"] else None,
        case=chosen["case"] or None,
    )
    return filters, chosen


def _providers() -> list[tuple[str, str]]:
    return [(str(each.id), each.name) for each in programme.organisations(kind="provider")]


def _months() -> list[tuple[str, str]]:
    """The last two years' months, latest first: as they stand in the address, and in words."""
    day, found = today().replace(day=1), []
    for _ in range(MONTHS_OFFERED):
        found.append((f"{day:%Y-%m}", f"{day:%B %Y}"))
        day = date(day.year - (day.month == 1), day.month - 1 or 12, 1)
    return found


def _export_lines(facts: DeliveryFacts) -> Iterator[tuple[Any, ...]]:
    settings = programme.settings()
    for row in facts.attendances:
        yield (
            *(facts.reference, facts.delivered_on, SUPPORT_KINDS[facts.kind]),
            *(SUPPORT_DESIGNS[facts.design], facts.title),
            "; ".join(AUDIENCES[key] for key in facts.audience),
            *(facts.minutes, SUPPORT_MODES[facts.mode], facts.place, facts.trainer),
            *(FUNDING[facts.funding], facts.organisation_name, row.employer_name),
            *(row.case_reference, settings.sector_title(row.sector)),
            settings.tier_title(row.size_tier) if row.size_tier else "",
            *(row.attended, row.part_time_attended, CONFIRMATION[row.state]),
            *(row.answered_name, row.answered_at, row.words, facts.by_name, facts.created_at),
            facts.withdrawn_reason,
        )
