"""Referring an employer: by staff, by a partner's own link, by the employer itself."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.forms.referrals import (
    PartnerReferralForm,
    ReferralForm,
    SelfReferralForm,
)
from portal.caseload.queries import referral_sources as queries
from portal.caseload.queries.referral_likeness import Hit, hits
from portal.caseload.service import referrals as service
from portal.caseload.service.referral_sources import self_referral_source
from portal.caseload.views import blueprint
from portal.caseload.views.referral_support import (
    as_reference,
    chosen_provider,
    hit_href,
    identity_of,
    provider_choices,
    scope_of,
    source_choices,
    typed_identity,
)
from portal.db import unit_of_work
from portal.kernel.people import Author
from portal.kernel.result import Err
from portal.programme import queries as programme
from portal.web.access import current_actor, current_author
from portal.web.security import limiter

_SHOWN = 5
_THANKS = "referred"


def _shown(found: list[Hit]) -> list[dict[str, str]]:
    return [
        {
            "text": hit.name,
            "hint": ": ".join(part for part in (hit.hint, hit.why) if part),
            "href": hit_href(hit),
        }
        for hit in found
    ]


@blueprint.get("/referrals/duplicates.json")
@limiter.limit("240/minute")
def referral_suggest() -> ResponseReturnValue:
    """What the person may know of that looks like the employer being typed."""
    found = hits(typed_identity(), scope_of(current_actor()), limit=_SHOWN)
    return jsonify(results=_shown(found))


@blueprint.route("/referrals/new", methods=["GET", "POST"])
def referral_new() -> ResponseReturnValue:
    """Write down a referral that reached us."""
    actor = current_actor()
    providers = provider_choices(actor)
    form = ReferralForm()
    form.offer("sector", programme.settings().sector_choices)
    form.offer("source", source_choices())
    form.offer("provider", providers)
    found: list[Hit] = []
    if form.validate_on_submit():
        found = hits(identity_of(form), scope_of(actor), limit=_SHOWN)
        if not found or form.anyway.data:
            made = _receive(
                form,
                queries.source_of(form.source.data),
                channel="form",
                by=current_author(),
                organisation_id=chosen_provider(form.provider, providers, actor),
            )
            if made is not None:
                flash("The referral was taken in.", "success")
                return redirect(url_for("caseload.referral", referral=made))
    return render_template(
        "caseload/referrals/new.html",
        form=form,
        providers=providers,
        everything=scope_of(actor).everything,
        hits=_shown(found),
    )


def _receive(
    form: Any,
    source: queries.ReferralSource | None,
    *,
    channel: str,
    by: Author,
    organisation_id: int | None = None,
) -> str | None:
    """The new referral's reference; None when it was refused, which the form then says."""
    with unit_of_work():
        source = source or self_referral_source()
        done = service.receive(
            given=form.to_given(),
            source=source,
            channel=channel,
            by=by,
            organisation_id=organisation_id,
        )
        made = None if isinstance(done, Err) else done.value.reference
    if isinstance(done, Err):
        form.refuse(done.problem)
    return made


@blueprint.route("/refer", methods=["GET", "POST"])
@limiter.limit("10/hour", methods=["POST"])
def refer_public() -> ResponseReturnValue:
    """An employer asks for support itself, without an account."""
    source = queries.self_source()
    if source is not None and source.closed_at is not None:
        return render_template("caseload/referrals/refer_closed.html"), 404
    return _public(SelfReferralForm(), source, "public", "caseload/referrals/refer_public.html")


@blueprint.route("/refer/<code>", methods=["GET", "POST"])
@limiter.limit("60/minute")
@limiter.limit("60/hour", methods=["POST"])
def refer_link(code: str) -> ResponseReturnValue:
    """A partner refers an employer through its own link, without an account."""
    source = queries.source_by_code(as_reference(code))
    if source is None:
        # One answer, whether the link was withdrawn or never was.
        return render_template("caseload/referrals/refer_closed.html"), 404
    return _public(PartnerReferralForm(), source, "link", "caseload/referrals/refer_link.html")


def _public(
    form: Any, source: queries.ReferralSource | None, channel: str, template: str
) -> ResponseReturnValue:
    """A public form. Nothing on it tells what is known about an employer."""
    form.offer("sector", programme.settings().sector_choices)
    name = "" if source is None else source.name
    if form.validate_on_submit():
        given = form.to_given()
        by = Author(None, given.referrer_name, given.referrer_email)
        made = _receive(form, source, channel=channel, by=by)
        if made is not None:
            session[_THANKS] = [made, channel, request.path]
            return redirect(url_for("caseload.refer_thanks"))
    return render_template(template, form=form, source_name=name)


@blueprint.get("/refer/thanks")
def refer_thanks() -> ResponseReturnValue:
    """The reference of what was just sent, and what happens next."""
    sent = session.get(_THANKS)
    if not sent:
        return redirect(url_for("caseload.refer_public"))
    reference, channel, again = sent
    return render_template(
        "caseload/referrals/thanks.html",
        reference=reference,
        itself=channel == "public",
        again=again,
        days=programme.settings().referral_working_days,
    )
