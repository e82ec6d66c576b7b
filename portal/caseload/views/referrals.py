"""The inbox of referrals, one referral, and what is decided about it short of a case."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.forms.referrals import AssignForm, DeclineForm, EmptyForm
from portal.caseload.queries import referral_sources
from portal.caseload.queries import referrals as queries
from portal.caseload.queries.referral_likeness import matches_of
from portal.caseload.queries.referrals import ReferralFilter
from portal.caseload.rules.referrals import CHANNELS, STATUS_COLOURS, STATUSES
from portal.caseload.rules.words import DECLINE_REASONS, SOURCE_KINDS
from portal.caseload.rules.working_days import left_in_words, working_days_left
from portal.caseload.service import referrals as service
from portal.caseload.views import blueprint
from portal.caseload.views.referral_support import (
    decides,
    load_referral,
    may_decline,
    open_words,
    provider_choices,
    scope_of,
)
from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.programme import queries as programme
from portal.web.access import current_actor, current_author
from portal.web.asked import asked_number
from portal.web.downloads import csv_response
from portal.web.text import clean_line

_SOON = 2


def _chosen() -> ReferralFilter:
    """The filter in the address; what is no known choice counts as none."""
    status = request.args.get("status", "waiting")
    channel = request.args.get("channel", "")
    return ReferralFilter(
        status=status if status in {*STATUSES, "all"} else "waiting",
        source=clean_line(request.args.get("source", ""))[:20],
        channel=channel if channel in CHANNELS else "",
        provider=clean_line(request.args.get("provider", ""))[:10],
    )


def _address(chosen: ReferralFilter, **changes: Any) -> dict[str, Any]:
    """The filter as parts of an address, with changes; what is not set is left out."""
    parts = {name: getattr(chosen, name) for name in ReferralFilter.__slots__} | changes
    return {name: value for name, value in parts.items() if value not in ("", None)}


@blueprint.get("/referrals")
def referrals() -> str:
    """What waits for a decision, soonest first; and, by filter, what was decided."""
    actor = current_actor()
    scope, chosen = scope_of(actor), _chosen()
    page = queries.referral_page(scope, chosen, asked_number("page", 1))
    day = today()
    sources = referral_sources.source_choices(closed=True)
    choices = provider_choices(actor)
    titles = dict([*sources, *SOURCE_KINDS.items()])
    tags = [
        ("source", titles.get(chosen.source, chosen.source)),
        ("channel", CHANNELS.get(chosen.channel, "")),
        (
            "provider",
            {"none": "Not sent to a provider", **dict(choices)}.get(chosen.provider, ""),
        ),
    ]
    return render_template(
        "caseload/referrals/list.html",
        page=page,
        chosen=chosen,
        tags=[
            {"text": text, "href": url_for("caseload.referrals", **_address(chosen, **{name: ""}))}
            for name, text in tags
            if text
        ],
        left={row.reference: left_in_words(day, row.expires_on) for row in page.rows},
        urgent={
            row.reference
            for row in page.rows
            if row.is_waiting and working_days_left(day, row.expires_on) <= _SOON
        },
        links={
            name: url_for("caseload.referrals", **_address(chosen, page=number))
            for name, number in (("previous", page.page - 1), ("next", page.page + 1))
            if 1 <= number <= page.pages
        },
        export=url_for("caseload.referral_export", **_address(chosen)),
        statuses=STATUSES,
        colours=STATUS_COLOURS,
        channels=CHANNELS,
        sources=sources,
        providers=choices,
        everything=scope.everything,
        unassigned=queries.unassigned_count() if scope.everything else 0,
    )


@blueprint.get("/referrals/export.csv")
def referral_export() -> ResponseReturnValue:
    """The list with its filter, every line, to take away."""
    header = (
        *("Reference", "Received", "Status", "Last day", "Employer", "Trading name"),
        *("Company number", "Postcode", "Source", "Kind of source", "How it came", "Provider"),
        *("Contact", "Job", "Email", "Telephone", "Decided", "Decided by", "Reason", "Case"),
    )
    rows = (
        (
            *(row.reference, row.received_at, STATUSES[row.status], row.expires_on),
            *(row.employer_name, row.trading_name, row.company_number, row.postcode),
            *(row.source_name, SOURCE_KINDS[row.source_kind], CHANNELS[row.channel]),
            *(row.organisation_name, row.contact_name, row.contact_job),
            *(row.contact_email, row.contact_phone, row.decided_at, row.decided_by_name),
            *(DECLINE_REASONS.get(row.decline_reason or "", ""), row.case_reference),
        )
        for row in queries.every_referral(scope_of(current_actor()), _chosen())
    )
    return csv_response("referrals", header, rows)


@blueprint.get("/referrals/<referral>")
def referral(referral: str) -> str:
    """One referral: what it says, whether the employer is known, and what can be done."""
    return _page(load_referral(referral), AssignForm())


def _page(facts: queries.ReferralFacts, form: AssignForm) -> str:
    actor, settings = current_actor(), programme.settings()
    everything = scope_of(actor).everything
    providers = provider_choices(actor) if everything else []
    form.offer("provider", [each for each in providers if each[0] != str(facts.organisation_id)])
    found = matches_of(facts) if facts.is_waiting else []
    return render_template(
        "caseload/referrals/show.html",
        referral=facts,
        form=form,
        left=left_in_words(today(), facts.expires_on),
        statuses=STATUSES,
        colours=STATUS_COLOURS,
        channels=CHANNELS,
        kinds=SOURCE_KINDS,
        reasons=DECLINE_REASONS,
        sector=settings.sector_title(facts.sector) if facts.sector else "",
        matches=[
            {
                "match": match,
                "district": settings.district_title(match.district),
                "open": open_words(match, actor),
                "own": match.open_with in actor.organisations,
                "readable": everything or match.reference in actor.served,
            }
            for match in found
        ],
        can_decide=facts.is_waiting and decides(actor, facts),
        can_decline=facts.is_waiting and may_decline(actor, facts),
        can_assign=facts.is_waiting and everything and bool(form.provider.choices),
        can_repeat=facts.is_late or facts.status == "expired",
        everything=everything,
    )


@blueprint.post("/referrals/<referral>/assign")
def referral_assign(referral: str) -> ResponseReturnValue:
    """LEP staff send a referral to a provider."""
    facts, form = load_referral(referral), AssignForm()
    form.offer("provider", provider_choices(current_actor()))
    if form.validate_on_submit():
        with unit_of_work():
            done = service.assign(
                reference=facts.reference,
                organisation_id=int(form.provider.data),
                by=current_author(),
            )
        if not isinstance(done, Err):
            flash("The referral was sent to the provider.", "success")
            return redirect(url_for("caseload.referral", referral=facts.reference))
        form.refuse(done.problem)
    return _page(facts, form)


@blueprint.route("/referrals/<referral>/decline", methods=["GET", "POST"])
def referral_decline(referral: str) -> ResponseReturnValue:
    """Turn a referral down, with a reason."""
    facts = load_referral(referral)
    if not may_decline(current_actor(), facts):
        abort(404)
    form = DeclineForm(reason=request.args.get("reason"))
    match = _match(facts, request.args.get("employer", ""))
    if form.validate_on_submit():
        with unit_of_work():
            done = service.decline(
                reference=facts.reference,
                reason=form.reason.data,
                note=form.note.data or "",
                by=current_author(),
                employer_id=match,
            )
        if not isinstance(done, Err):
            flash("The referral was declined.", "success")
            return redirect(url_for("caseload.referrals"))
        form.refuse(done.problem)
    return render_template("caseload/referrals/decline.html", referral=facts, form=form)


def _match(facts: queries.ReferralFacts, reference: str) -> int | None:
    """The employer named in the address, if it is one that the referral may mean."""
    wanted = normalise_reference(reference)
    return next((each.id for each in matches_of(facts) if each.reference == wanted), None)


@blueprint.post("/referrals/<referral>/again")
def referral_again(referral: str) -> ResponseReturnValue:
    """Send an expired referral in once more."""
    facts = load_referral(referral)
    if EmptyForm().validate_on_submit():
        with unit_of_work():
            done = service.refer_again(reference=facts.reference, by=current_author())
            made = None if isinstance(done, Err) else done.value.reference
        if made is not None:
            flash("The referral was sent in again, with a new last day.", "success")
            return redirect(url_for("caseload.referral", referral=made))
        if isinstance(done, Err):
            flash(done.problem.message, "error")
    return redirect(url_for("caseload.referral", referral=facts.reference))
