"""An employer's surveys of its workers: opening, the poster, closing, and what came of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.employers.queries import EmployerProfile
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Ok
from portal.programme import queries as programme
from portal.reports.forms.pulse import ConfirmForm, OpenForm, view_form
from portal.reports.queries import pulse as found
from portal.reports.queries.pulse import WaveFacts
from portal.reports.rules.pulse_privacy import REST_DAYS, SHORTEST_DAYS, settled, steps_shown
from portal.reports.rules.pulse_survey import language, languages, survey
from portal.reports.rules.pulse_waves import Opening, may_close, opens_again, takes_answers
from portal.reports.rules.written import written
from portal.reports.service import pulse as service
from portal.reports.service import pulse_posters as posters
from portal.reports.service.pulse_reports import results_of
from portal.reports.views import blueprint
from portal.web.access import current_actor, current_author, employer_owner
from portal.web.downloads import csv_response


@blueprint.get("/employers/<employer>/pulse")
def pulse_waves(employer: str) -> str:
    """What surveys are for, and those there were."""
    profile = _profile(employer)
    waves = found.waves_of(profile.id)
    closed = [one.closed_on for one in waves if one.state == "closed" and one.closed_on]
    settings = programme.settings()
    return render_template(
        "reports/pulse/waves.html",
        profile=profile,
        waves=waves,
        may_open=_owns(employer) and not any(one.is_open for one in waves),
        opens_again=opens_again(max(closed)) if closed else None,
        day=today(),
        least=settings.minimum_pulse_answers,
        together=settings.minimum_pulse_employers,
        languages=languages(),
        rest=REST_DAYS,
    )


@blueprint.route("/employers/<employer>/pulse/new", methods=["GET", "POST"])
def pulse_new(employer: str) -> ResponseReturnValue:
    """Open a survey."""
    profile = _profile(employer)
    form = OpenForm(data={"invited": profile.headcount, "closes_on": today() + timedelta(days=14)})
    if form.validate_on_submit():
        with unit_of_work():
            done = service.open_wave(
                employer=profile,
                opening=Opening(form.invited.data or 0, form.closes_on.data),
                by=current_author(),
            )
            made = done.value.reference if isinstance(done, Ok) else None
        if made is not None:
            flash("The survey is open. Put the poster where everybody sees it.", "success")
            return redirect(url_for("reports.pulse_wave", employer=employer, wave=made))
        for problem in done if isinstance(done, list) else ():
            form.refuse(problem)
    return render_template(
        "reports/pulse/new.html",
        profile=profile,
        form=form,
        least=programme.settings().minimum_pulse_answers,
    )


@blueprint.get("/employers/<employer>/pulse/<wave>")
def pulse_wave(employer: str, wave: str) -> str:
    """One survey: how to spread it while it is open, its results once it has closed."""
    here = _load(employer, wave)
    if not here.is_open:
        report = results_of(here)
        return render_template("reports/pulse/results.html", wave=here, report=report)
    day = today()
    told = settled(
        answers=here.answers, before=here.answers_before, counted_on=here.counted_on, day=day
    )
    return render_template(
        "reports/pulse/open.html",
        wave=here,
        link=posters.address_of(here.code),
        typed=posters.typed_code(here.code),
        step=steps_shown(told, here.threshold),
        is_over=not takes_answers(state=here.state, closes_on=here.closes_on, day=day),
        views=found.views_of(here.id),
        mine=current_actor().user_id,
        owns=_owns(employer),
        may_close=may_close(opened_on=here.opened_on, day=day),
        from_day=here.opened_on + timedelta(days=SHORTEST_DAYS),
    )


@blueprint.route("/employers/<employer>/pulse/<wave>/close", methods=["GET", "POST"])
def pulse_close(employer: str, wave: str) -> ResponseReturnValue:
    """Close a survey before its last day."""
    here = _load_open(employer, wave)
    form = ConfirmForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.close(reference=here.reference, by=current_author())
        if isinstance(done, Ok):
            flash("The survey is closed.", "success")
            return _to(here)
        form.refuse(done.problem)
    return render_template("reports/pulse/close.html", wave=here, form=form)


@blueprint.route("/employers/<employer>/pulse/<wave>/stop", methods=["GET", "POST"])
def pulse_stop(employer: str, wave: str) -> ResponseReturnValue:
    """Stop a survey and throw away what came."""
    here = _load_open(employer, wave)
    form = ConfirmForm()
    if form.validate_on_submit():
        with unit_of_work():
            service.stop(reference=here.reference, by=current_author())
        flash("The survey is stopped, and its answers are thrown away.", "success")
        return redirect(url_for("reports.pulse_waves", employer=employer))
    return render_template("reports/pulse/stop.html", wave=here, form=form)


@blueprint.route("/employers/<employer>/pulse/<wave>/view", methods=["GET", "POST"])
def pulse_view(employer: str, wave: str) -> ResponseReturnValue:
    """How an owner or a manager sees the practice, under their name."""
    here = _load_open(employer, wave)
    statements = survey(here.survey_version).practice
    actor = current_actor()
    mine = next((one for one in found.views_of(here.id) if one.user_id == actor.user_id), None)
    usual = {"role": "owner" if _owns(employer) else "manager"}
    data: dict[str, Any] = {**mine.answers, "role": mine.role} if mine else usual
    form = view_form(statements, language("en", here.survey_version).questions)(data=data)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.give_view(
                reference=here.reference,
                role=form.role.data or "",
                answers=form.given(),
                by=current_author(),
            )
        if isinstance(done, Ok):
            flash("Your view is kept.", "success")
            return _to(here)
        form.refuse(done.problem)
    return render_template(
        "reports/pulse/view.html", wave=here, form=form, statements=statements, mine=mine
    )


@blueprint.get("/employers/<employer>/pulse/<wave>/poster.pdf")
def pulse_poster(employer: str, wave: str) -> ResponseReturnValue:
    """The poster with the QR code."""
    here = _load(employer, wave)
    done = posters.file_of(here)
    if not isinstance(done, Ok):
        flash(f"{done.problem.message}.", "info")
        return _to(here)
    response = Response(done.value, mimetype="application/pdf")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="survey-poster-{here.reference}.pdf"'
    )
    return response


@blueprint.get("/employers/<employer>/pulse/<wave>/qr.svg")
def pulse_qr(employer: str, wave: str) -> Response:
    """The QR code alone, for a screen or a newsletter."""
    here = _load(employer, wave)
    return Response(posters.qr_of(here.code), mimetype="image/svg+xml")


@blueprint.get("/employers/<employer>/pulse/<wave>/results.csv")
def pulse_csv(employer: str, wave: str) -> Response:
    """The results as a table: nothing that the page does not show."""
    here = _load(employer, wave)
    report = results_of(here) or abort(404)
    rows = [
        (table.title, column.label, row[0], written(value, column.unit))
        for table in report.tables
        for row in table.rows
        for column, value in zip(table.columns[1:], row[1:], strict=True)
    ]
    return csv_response(f"survey-{here.reference}", ("Table", "What", "Of", "Value"), rows)


def _to(here: WaveFacts) -> ResponseReturnValue:
    return redirect(
        url_for("reports.pulse_wave", employer=here.employer_reference, wave=here.reference)
    )


def _owns(employer: str) -> bool:
    return employer_owner(current_actor(), {"employer": employer})


def _profile(employer: str) -> EmployerProfile:
    return employers.employer_profile(employer) or abort(404)


def _load(employer: str, wave: str) -> WaveFacts:
    return found.wave_of(employer, normalise_reference(wave)) or abort(404)


def _load_open(employer: str, wave: str) -> WaveFacts:
    here = _load(employer, wave)
    if not here.is_open:
        abort(404)
    return here
