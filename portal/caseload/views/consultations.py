"""The phone consultation: a form in the order of a conversation, and its record."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.access import may_work
from portal.caseload.forms.work import ConsultationForm, whole
from portal.caseload.panels import Panel
from portal.caseload.queries import CaseFacts, work
from portal.caseload.rules.confirmations import long_day
from portal.caseload.rules.words import CHALLENGES
from portal.caseload.rules.work import (
    NEXT_STEPS,
    WANTS,
    EligibilityLine,
    eligibility,
    words_of,
)
from portal.caseload.service import consultations as service
from portal.caseload.views import blueprint
from portal.caseload.views.loading import load_case, load_own_case
from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.employers.queries import EmployerProfile
from portal.employers.rules.facts import LABELS
from portal.kernel.clock import london, today
from portal.kernel.ids import new_token, normalise_reference
from portal.kernel.result import Err
from portal.programme import queries as programme
from portal.programme.rules import OTHER_SECTOR, OUTSIDE
from portal.web.access import Actor, current_actor, current_author

CHANGED_MEANWHILE = "changed_meanwhile"
_USUAL_MINUTES = 20
_ANSWERS = {
    "accredited": "Accredited",
    "not_accredited": "Not accredited",
    "yes": "Yes",
    "no": "No",
}


@blueprint.route("/cases/<case>/consultation", methods=["GET", "POST"])
def consultation(case: str) -> ResponseReturnValue:
    """Record a phone consultation."""
    facts = load_own_case(case)
    profile = _profile(facts)
    form = ConsultationForm()
    if request.method != "POST":
        _prefill(form, facts, profile)
        return _form_page(facts, profile, form, [])
    if not form.validate_on_submit():
        return _form_page(facts, profile, form, [])
    version = whole(form.version.data)
    with unit_of_work():
        result = service.record(
            reference=facts.reference,
            given=form.to_consulted(),
            answers=form.to_answers(),
            version=version,
            by=current_author(),
            corrects=normalise_reference(form.corrects.data or ""),
            once=form.sent_as,
        )
        kept = None if isinstance(result, Err) else result.value.reference
    if isinstance(result, Err):
        form.refuse(result.problem)
        return _form_page(facts, profile, form, _seen(result.problem.code, form, profile, version))
    flash("The consultation is recorded.", "success")
    return redirect(url_for("caseload.consultation_record", case=facts.reference, record=kept))


def _profile(case: CaseFacts) -> EmployerProfile:
    profile = employers.employer_profile_by_id(case.employer_id)
    assert profile is not None  # noqa: S101 - a case has an employer
    return profile


def _prefill(form: ConsultationForm, case: CaseFacts, profile: EmployerProfile) -> None:
    form.once.data = new_token()[:32]
    form.version.data = str(profile.version)
    form.held_on.data = today()
    form.minutes.data = _USUAL_MINUTES
    form.with_name.data, form.with_job.data = case.contact_name, case.contact_job
    corrects = normalise_reference(request.args.get("corrects", ""))
    earlier = work.consultation(case.id, corrects) if corrects else None
    if earlier is None:
        return
    form.corrects.data = earlier.reference
    form.held_on.data = london(earlier.held_at).date()
    same = (
        *("minutes", "with_name", "with_job", "business", "challenges", "challenges_text"),
        *("tried", "wants", "wants_text", "next_step", "next_step_text"),
    )
    for name in same:
        form[name].data = getattr(earlier, name)
    form.show_chosen(earlier)


def _seen(
    code: str, form: ConsultationForm, profile: EmployerProfile, version: int
) -> list[tuple[Any, str, str, str]]:
    """What others saved on the record since the form was opened, of the facts that it asks."""
    if code != CHANGED_MEANWHILE:
        return []
    changes = employers.fact_changes(profile.id, after_version=version)
    # Having seen what changed, the same button keeps what was typed.
    form.version.data = str(changes[0].version if changes else profile.version)
    return [
        (change, LABELS[field], fact_words(old), fact_words(new))
        for change in changes
        for field, (old, new) in change.changes.items()
        if field in form
    ]


def fact_words(value: Any) -> str:
    """A fact of the employer's record as people read it."""
    if value in (None, ""):
        return "Not given"
    if isinstance(value, date):
        return long_day(value)
    return f"{value:,}" if isinstance(value, int) else _ANSWERS.get(value, str(value))


def _form_page(
    case: CaseFacts,
    profile: EmployerProfile,
    form: ConsultationForm,
    seen: list[tuple[Any, str, str, str]],
) -> str:
    corrects = normalise_reference(form.corrects.data or "")
    return render_template(
        "caseload/consultation/form.html",
        case=case,
        profile=profile,
        form=form,
        seen=seen,
        corrected=work.consultation(case.id, corrects) if corrects else None,
        known=_known(profile),
        eligibility=eligibility_of(profile),
        reach=profile.hard_to_reach(today()),
        part_time_hours=programme.settings().part_time_hours,
    )


def _known(profile: EmployerProfile) -> dict[str, str]:
    """What the record holds already, in a sentence each; empty when it holds nothing."""
    known = {"staff": "", "iip": "", "training": ""}
    if profile.headcount is not None and profile.headcount_on:
        part_time = (
            f", {profile.part_time_headcount:,} of them part-time"
            if profile.part_time_headcount is not None
            else ""
        )
        known["staff"] = (
            f"{profile.headcount:,} people{part_time} ({long_day(profile.headcount_on)})"
        )
    if profile.iip_status and profile.iip_on:
        known["iip"] = f"{_ANSWERS[profile.iip_status]} ({long_day(profile.iip_on)})"
    if profile.training_answer and profile.training_on:
        known["training"] = f"{_ANSWERS[profile.training_answer]} ({long_day(profile.training_on)})"
    return known


def eligibility_of(profile: EmployerProfile) -> list[EligibilityLine]:
    """What the employer may have, by what its record says today."""
    settings = programme.settings()
    return eligibility(
        sector=(settings.sector_title(profile.sector), profile.sector != OTHER_SECTOR),
        district=(settings.district_title(profile.district), profile.district != OUTSIDE),
        headcount=profile.headcount,
        sme_limit=settings.sme_limit,
    )


@blueprint.get("/cases/<case>/consultation/<record>")
def consultation_record(case: str, record: str) -> ResponseReturnValue:
    """One consultation, to read or print."""
    facts = load_case(case)
    found = work.consultation(facts.id, normalise_reference(record))
    if found is None:
        abort(404)
    profile = _profile(facts)
    corrected = work.consultation_by_id(found.corrects_id) if found.corrects_id else None
    return render_template(
        "caseload/consultation/record.html",
        case=facts,
        record=found,
        challenges=words_of(found.challenges, CHALLENGES),
        wants=words_of(found.wants, WANTS),
        next_step=NEXT_STEPS[found.next_step],
        corrected=corrected,
        correction=work.correction_of(found.id),
        others=[one for one in work.consultations_of(facts.id) if one.id != found.id],
        known=_known(profile),
        eligibility=eligibility_of(profile),
        reach=profile.hard_to_reach(today()),
        can_work=may_work(current_actor(), facts) and facts.is_open,
    )


def case_panel(case: CaseFacts, actor: Actor) -> Panel | None:
    """The card on the case's page: done or not, and what it led to."""
    known = work.consultations_of(case.id)
    if known:
        latest = known[0]
        return Panel(
            "Phone consultation",
            NEXT_STEPS[latest.next_step],
            href=url_for(
                "caseload.consultation_record", case=case.reference, record=latest.reference
            ),
            meta=f"With {latest.with_name}, {long_day(london(latest.held_at).date())}",
        )
    if not (case.is_open and may_work(actor, case)):
        return Panel("Phone consultation", "Not done")
    return Panel(
        "Phone consultation",
        "Not done yet. The form leads you through the call.",
        href=url_for("caseload.consultation", case=case.reference),
        tint=True,
    )
