"""Campaigns through networks, each with a short link and a QR code; and where a link leads."""

from __future__ import annotations

import io
from typing import Any

import qrcode
from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from qrcode.image.svg import SvgPathImage

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.toolkit.access import may_change
from portal.toolkit.forms.campaigns import CampaignForm
from portal.toolkit.queries import campaigns as queries
from portal.toolkit.queries.campaigns import CampaignFacts
from portal.toolkit.rules.words import AUDIENCES, NETWORKS, REACH_KINDS, SECTORS
from portal.toolkit.service import campaigns as service
from portal.toolkit.service import reach
from portal.toolkit.views import blueprint
from portal.web.access import current_actor, current_author
from portal.web.asked import asked_number

_A_PAGE = 50
_MODULE = 12


@blueprint.get("/campaigns")
def campaigns() -> str:
    """Every campaign and what it brought."""
    page = max(1, asked_number("page", 1))
    total = queries.how_many()
    rows = queries.campaigns(limit=_A_PAGE, offset=(page - 1) * _A_PAGE)
    return render_template(
        "toolkit/campaigns/list.html",
        rows=rows,
        networks=NETWORKS,
        total=total,
        earlier=url_for("toolkit.campaigns", page=page - 1) if page > 1 else None,
        later=url_for("toolkit.campaigns", page=page + 1) if page * _A_PAGE < total else None,
    )


@blueprint.route("/campaigns/new", methods=["GET", "POST"])
def campaign_new() -> ResponseReturnValue:
    """Begin a campaign, perhaps for the resource named in the address."""
    form = CampaignForm(
        data={"starts_on": today(), "resource": request.args.get("resource", "")[:80]}
    )
    _offer(form)
    if form.validate_on_submit():
        actor = current_actor()
        organisation = min(actor.organisations, default=None)
        with unit_of_work():
            done = service.add(
                details=form.details(), organisation_id=organisation, by=current_author()
            )
            made = None if isinstance(done, list) else done.value.reference
        if made is not None:
            flash("The campaign has its link and its QR code.", "success")
            return redirect(url_for("toolkit.campaign", reference=made))
        _refuse(form, done)
    return render_template("toolkit/campaigns/edit.html", form=form, campaign=None)


@blueprint.get("/campaigns/<reference>")
def campaign(reference: str) -> str:
    """One campaign: its link to copy, its QR code to print, what it brought by month."""
    found = _load(reference)
    return render_template(
        "toolkit/campaigns/show.html",
        campaign=found,
        link=_link(found),
        months=queries.by_month(found.id),
        networks=NETWORKS,
        audiences=AUDIENCES,
        sector_words=", ".join(SECTORS[sector] for sector in found.sectors),
        kinds=REACH_KINDS,
        may_change=may_change(current_actor(), found),
    )


@blueprint.route("/campaigns/<reference>/edit", methods=["GET", "POST"])
def campaign_edit(reference: str) -> ResponseReturnValue:
    """Put a campaign right; its code stays."""
    found = _load(reference)
    if not may_change(current_actor(), found):
        abort(403)
    form = CampaignForm(obj=found)
    del form.code
    _offer(form, found)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.change(
                reference=found.reference,
                revision=form.seen(),
                details=form.details(),
                by=current_author(),
            )
        if not isinstance(done, list):
            flash("Saved.", "success")
            return redirect(url_for("toolkit.campaign", reference=found.reference))
        _refuse(form, done)
    return render_template("toolkit/campaigns/edit.html", form=form, campaign=found)


@blueprint.get("/campaigns/<reference>/qr.<any(svg,png):kind>")
def campaign_qr(reference: str, kind: str) -> Response:
    """The QR code of a campaign's link: as a drawing for print, or as a picture."""
    found = _load(reference)
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(_link(found))
    file = io.BytesIO()
    if kind == "svg":
        code.make_image(image_factory=SvgPathImage).save(file)
        media_type = "image/svg+xml"
    else:
        code.box_size = _MODULE
        code.make_image().save(file, "PNG")
        media_type = "image/png"
    response = Response(file.getvalue(), mimetype=media_type)
    if request.args.get("download"):
        response.headers["Content-Disposition"] = (
            f'attachment; filename="campaign-{found.code}.{kind}"'
        )
    return response


@blueprint.get("/go/<code>")
def go(code: str) -> ResponseReturnValue:
    """Lead whoever follows a short link to its resource, or to the library."""
    found = service.lead(code.replace("\0", "")[:12])
    if isinstance(found, Err):
        abort(404)
    known, slug = found.value
    reach.count_later("visit", campaign=known)
    if slug is None:
        return redirect(url_for("toolkit.library", c=known))
    return redirect(url_for("toolkit.resource", slug=slug, c=known))


def _link(found: CampaignFacts) -> str:
    return service.short_link(found.code)


def _load(reference: str) -> CampaignFacts:
    return queries.campaign(normalise_reference(reference)) or abort(404)


def _offer(form: CampaignForm, found: CampaignFacts | None = None) -> None:
    choices: list[Any] = queries.published_choices()
    if found is not None and found.resource and not found.resource_published:
        choices.append((found.resource, f"{found.resource_title} (no longer published)"))
    form.offer("resource", choices)


def _refuse(form: CampaignForm, problems: Any) -> None:
    for problem in problems:
        form.refuse(problem)
