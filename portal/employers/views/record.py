"""An employer's page, and changing its facts section by section."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.employers import queries, service
from portal.employers.access import is_owner, may_edit
from portal.employers.forms import (
    AccreditationForm,
    DetailsForm,
    EmptyForm,
    SiteForm,
    StaffNumbersForm,
    TrainingForm,
)
from portal.employers.panels import employer_panels
from portal.employers.queries import EmployerProfile, FactChange
from portal.employers.queries.wording import in_words
from portal.employers.rules.facts import LABELS
from portal.employers.views import blueprint
from portal.kernel.clock import today
from portal.kernel.result import Err, Ok
from portal.programme import queries as programme
from portal.web.access import current_actor
from portal.web.asked import number_in

Save = Callable[[int, int | None], Ok[Any] | Err]


def profile_or_404(reference: str) -> EmployerProfile:
    """The employer in the address."""
    profile = queries.employer_profile(reference)
    if profile is None:
        abort(404)
    return profile


@blueprint.get("/<employer>")
def show(employer: str) -> str:
    """The employer's page: its facts, whether it is hard to reach, its people, what comes next."""
    profile = profile_or_404(employer)
    actor = current_actor()
    return render_template(
        "employers/show.html",
        profile=profile,
        words={field: in_words(field, getattr(profile, field)) for field in LABELS},
        hard_to_reach=profile.hard_to_reach(today()),
        people=queries.people(profile.id),
        sites=queries.sites(profile.id),
        panels=employer_panels(profile, actor),
        can_edit=may_edit(actor, employer),
        owner=is_owner(actor, employer),
    )


@blueprint.get("/<employer>/history")
def history(employer: str) -> str:
    """Every change of the employer's facts, newest first."""
    profile = profile_or_404(employer)
    changes = queries.fact_changes(profile.id)
    items = [
        {
            "title": "Record made" if change.version == 1 else "Changed",
            "at": change.at,
            "by": change.by,
            "lines": [
                (LABELS[field], in_words(field, old), in_words(field, new))
                for field, (old, new) in change.changes.items()
            ],
            "first": change.version == 1,
        }
        for change in changes
    ]
    return render_template("employers/history.html", profile=profile, items=items)


@blueprint.route("/<employer>/details", methods=["GET", "POST"])
def details(employer: str) -> ResponseReturnValue:
    """Who the employer is and what it does."""
    profile = profile_or_404(employer)
    form = DetailsForm(obj=profile, districts=programme.settings().district_choices)
    if request.method == "POST" and form.look_up_sic(pressed="find" in request.form):
        return _section("details", profile, form, [])

    def save(version: int, by: int | None) -> Ok[Any] | Err:
        given = form.to_details()
        return service.update_details(reference=employer, version=version, details=given, by=by)

    return _edit("details", profile, form, save)


@blueprint.route("/<employer>/staff-numbers", methods=["GET", "POST"])
def staff_numbers(employer: str) -> ResponseReturnValue:
    """How many people work there."""
    profile = profile_or_404(employer)
    form = StaffNumbersForm(obj=profile)

    def save(version: int, by: int | None) -> Ok[Any] | Err:
        given = form.to_staff()
        return service.update_staff_numbers(reference=employer, version=version, staff=given, by=by)

    return _edit("staff_numbers", profile, form, save)


@blueprint.route("/<employer>/investors-in-people", methods=["GET", "POST"])
def investors_in_people(employer: str) -> ResponseReturnValue:
    """Whether Investors in People has accredited the employer."""
    profile = profile_or_404(employer)
    form = AccreditationForm(obj=profile)

    def save(version: int, by: int | None) -> Ok[Any] | Err:
        return service.update_accreditation(
            reference=employer,
            version=version,
            status=form.iip_status.data,
            on=form.iip_on.data,
            evidence=form.iip_evidence.data,
            by=by,
        )

    return _edit("investors_in_people", profile, form, save)


@blueprint.route("/<employer>/training", methods=["GET", "POST"])
def training(employer: str) -> ResponseReturnValue:
    """Whether staff had vocational training in the last 12 months."""
    profile = profile_or_404(employer)
    form = TrainingForm(obj=profile)

    def save(version: int, by: int | None) -> Ok[Any] | Err:
        return service.update_training(
            reference=employer,
            version=version,
            answer=form.training_answer.data,
            on=form.training_on.data,
            last_on=form.training_last_on.data,
            evidence=form.training_note.data,
            by=by,
        )

    return _edit("training", profile, form, save)


def _edit(page: str, profile: EmployerProfile, form: Any, save: Save) -> ResponseReturnValue:
    if not form.validate_on_submit():
        return _section(page, profile, form, [])
    version = number_in(str(form.version.data)) or 0
    with unit_of_work():
        result = save(version, current_actor().user_id)
    if isinstance(result, Ok):
        flash("Saved.", "success")
        return redirect(url_for("employers.show", employer=profile.reference))
    form.refuse(result.problem)
    changes: list[FactChange] = []
    if result.problem.code == service.CHANGED_MEANWHILE:
        changes = queries.fact_changes(profile.id, after_version=version)
        # Having seen what changed, the same button keeps what was typed.
        form.version.data = str(changes[0].version if changes else profile.version)
    return _section(page, profile, form, changes)


def _section(
    page: str, profile: EmployerProfile, form: Any, changes: list[FactChange]
) -> ResponseReturnValue:
    seen = [
        (change, LABELS[field], in_words(field, old), in_words(field, new))
        for change in changes
        for field, (old, new) in change.changes.items()
        if field in form
    ]
    return render_template(f"employers/{page}.html", profile=profile, form=form, seen=seen)


@blueprint.route("/<employer>/sites", methods=["GET", "POST"])
def sites(employer: str) -> ResponseReturnValue:
    """The places an employer works from."""
    profile = profile_or_404(employer)
    form = SiteForm(districts=programme.settings().district_choices)
    if form.validate_on_submit():
        with unit_of_work():
            result = service.add_site(
                reference=employer,
                name=form.name.data,
                address=form.address.data or "",
                postcode=form.postcode.data,
                district=form.district.data,
                by=current_actor().user_id,
            )
        if isinstance(result, Ok):
            flash("Site added.", "success")
            return redirect(url_for("employers.sites", employer=employer))
        form.refuse(result.problem)
    return render_template(
        "employers/sites.html",
        profile=profile,
        form=form,
        sites=queries.sites(profile.id, withdrawn=True),
        settings=programme.settings(),
    )


@blueprint.post("/<employer>/sites/<int:site>/withdraw")
def withdraw_site(employer: str, site: int) -> ResponseReturnValue:
    """Say that the employer no longer works from a site."""
    if EmptyForm().validate_on_submit():
        with unit_of_work():
            result = service.withdraw_site(
                reference=employer, site_id=site, by=current_actor().user_id
            )
        if isinstance(result, Err):
            abort(404)
        flash("Site withdrawn.", "success")
    return redirect(url_for("employers.sites", employer=employer))
