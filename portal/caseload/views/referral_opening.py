"""Opening a case: accepting a referral, or for an employer that an adviser found."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.forms.referrals import NewCaseForm, OpeningForm
from portal.caseload.queries import adviser_choices, referral_sources
from portal.caseload.queries.referral_likeness import EmployerMatch, employers_like
from portal.caseload.queries.referrals import ReferralFacts
from portal.caseload.rules.referral_likeness import Identity
from portal.caseload.rules.words import SOURCE_KINDS
from portal.caseload.rules.working_days import add_working_days, left_in_words
from portal.caseload.service import referral_opening as service
from portal.caseload.service.referral_opening import Opening
from portal.caseload.views import blueprint
from portal.caseload.views.referral_support import (
    as_reference,
    decides,
    identity_of,
    load_referral,
    open_words,
    provider_choices,
    source_choices,
)
from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.kernel.clock import today
from portal.kernel.result import Err
from portal.programme import queries as programme
from portal.programme.rules import suggested_district
from portal.web.access import current_actor, current_author

_ENTRIES = 5
_ENTRY_LIKE = 60
_FIRST_CALL = 2


def _offer(form: OpeningForm, organisation_ids: list[int], wanted: Identity) -> list[EmployerMatch]:
    """Give the form its choices: records that may be the one, register entries, or a new one."""
    actor, settings = current_actor(), programme.settings()
    found = employers_like(wanted)
    choices: list[tuple[Any, ...]] = []
    for match in found:
        parts = (match.postcode, settings.district_title(match.district), match.why)
        said = open_words(match, actor)
        hint = " · ".join([*parts, *([said] if said else [])])
        choices.append((f"employer:{match.reference}", match.shown, hint))
    numbers = {match.company_number for match in found if match.company_number}
    name = wanted.company_number or next(iter(wanted.names), "")
    for entry in employers.search_register(name, limit=_ENTRIES) if name else []:
        if entry.score < _ENTRY_LIKE or entry.company_number in numbers:
            continue
        said = f"In the public register: {entry.address or 'no address'}"
        choices.append((f"entry:{entry.id}", entry.current_name, said))
    last = "None of these: make a new record" if choices else "Make a new record"
    form.offer("employer", [*choices, (service.NEW, last, "From the details below")])
    if not choices:
        form.employer.data = service.NEW
        form.employer.raw_data = [service.NEW]
    form.offer("district", settings.district_choices)
    form.offer("adviser", adviser_choices(organisation_ids))
    return found


def _asks(form: OpeningForm) -> bool:
    """Whether there is anything to choose from but a new record."""
    return form.employer.offered() != {service.NEW}


def _first(actor_id: int | None, organisation_ids: list[int]) -> dict[str, Any]:
    """What a form begins with: a call in two working days, by whoever fills it in."""
    own = str(actor_id) in dict(adviser_choices(organisation_ids))
    return {
        "adviser": str(actor_id) if own else None,
        "next_kind": "call",
        "next_due_on": add_working_days(today(), _FIRST_CALL),
    }


def _opening(form: OpeningForm) -> Opening:
    return Opening(
        employer=form.employer.data,
        details=form.to_details(),
        contact=form.to_contact(),
        adviser_id=int(form.adviser.data),
        next_action=form.to_action(),
    )


@blueprint.route("/referrals/<referral>/accept", methods=["GET", "POST"])
def referral_accept(referral: str) -> ResponseReturnValue:
    """Accept a referral: say which employer it is, and a case is opened."""
    facts = load_referral(referral)
    if not decides(current_actor(), facts):
        abort(404)
    if not facts.is_waiting:
        return redirect(url_for("caseload.referral", referral=facts.reference))
    organisations = [facts.organisation_id or 0]
    form = OpeningForm(data=_from_referral(facts, organisations))
    found = _offer(form, organisations, identity_of(form))
    if form.validate_on_submit():
        with unit_of_work():
            done = service.accept(
                reference=facts.reference, opening=_opening(form), by=current_author()
            )
            case = None if isinstance(done, Err) else done.value.reference
        if case is not None:
            flash("The referral was accepted and a case is open.", "success")
            return redirect(url_for("caseload.case", case=case))
        if isinstance(done, Err):
            # What was taken meanwhile stands in the list now.
            found = _offer(form, organisations, identity_of(form))
            form.refuse(done.problem)
    return render_template(
        "caseload/referrals/accept.html",
        referral=facts,
        form=form,
        left=left_in_words(today(), facts.expires_on),
        sector=programme.settings().sector_title(facts.sector) if facts.sector else "",
        busy=[match for match in found if match.open_with is not None],
        asked=_asks(form),
    )


def _from_referral(facts: ReferralFacts, organisations: list[int]) -> dict[str, Any]:
    return {
        "name": facts.employer_name,
        "trading_name": facts.trading_name,
        "company_number": facts.company_number or "",
        "postcode": facts.postcode or "",
        "district": suggested_district(facts.postcode, programme.settings().area),
        "contact_name": facts.contact_name,
        "contact_job": facts.contact_job,
        "contact_email": facts.contact_email,
        "contact_phone": facts.contact_phone,
        **_first(current_actor().user_id, organisations),
    }


@blueprint.route("/cases/new", methods=["GET", "POST"])
def case_new() -> ResponseReturnValue:
    """Open a case for an employer that nobody referred."""
    actor = current_actor()
    providers = provider_choices(actor)
    if not providers:
        abort(404)
    every = [int(key) for key, _name in providers]
    form = NewCaseForm(data=_first(actor.user_id, every))
    form.offer("provider", providers)
    form.offer("source", _sources())
    found = []
    if request.method == "POST":
        found = _offer(form, every, identity_of(form))
    else:
        _offer(form, every, Identity(()))
        _from_employer(form)
    if form.validate_on_submit():
        done = _open_new(form, providers)
        if not isinstance(done, Err):
            flash("The case is open.", "success")
            return redirect(url_for("caseload.case", case=done))
        found = _offer(form, every, identity_of(form))
        form.refuse(done.problem)
    return render_template(
        "caseload/referrals/case_new.html",
        form=form,
        providers=providers,
        busy=[match for match in found if match.open_with is not None],
        asked=_asks(form),
    )


def _sources() -> list[tuple[str, str]]:
    return [each for each in source_choices() if each[1] != SOURCE_KINDS["self_referral"]]


def _from_employer(form: NewCaseForm) -> None:
    """Begin with an employer the provider served before, where the address names one."""
    reference = as_reference(request.args.get("employer", ""))
    profile = employers.employer_profile(reference) if reference in current_actor().served else None
    if profile is None:
        return
    form.employer.choices = [(f"employer:{profile.reference}", profile.display_name)]
    form.employer.data = f"employer:{profile.reference}"
    for name in ("name", "trading_name", "company_number", "postcode", "district"):
        form[name].data = getattr(profile, name) or ""


def _open_new(form: NewCaseForm, providers: list[tuple[str, str]]) -> str | Err:
    source = referral_sources.source_of(form.source.data) if form.source.data else None
    source_id = None if source is None else source.id
    with unit_of_work():
        done = service.open_without_referral(
            opening=_opening(form),
            organisation_id=int(form.provider.data or providers[0][0]),
            source_id=source_id,
            by=current_author(),
        )
        return done if isinstance(done, Err) else done.value.reference
