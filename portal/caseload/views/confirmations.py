"""Asking an employer to confirm, and the pages on which it answers."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload import queries
from portal.caseload.access import may_work
from portal.caseload.forms.confirmations import OTHER, YES, AnswerForm, AskForm, EmptyForm
from portal.caseload.panels import Panel
from portal.caseload.queries import CaseFacts
from portal.caseload.queries import confirmations as found
from portal.caseload.queries.confirmations import ConfirmationFacts
from portal.caseload.rules import confirmations as rules
from portal.caseload.rules.confirmations import Subject, SubjectKind
from portal.caseload.service import confirmations as service
from portal.caseload.views import blueprint
from portal.caseload.views.loading import load_case, load_own_case
from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.employers.queries import EmployerProfile
from portal.kernel.ids import normalise_reference
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.web.access import Actor, current_actor, current_author, lep_staff
from portal.web.asked import asked_number
from portal.web.security import limiter

PAGE_LENGTH = 50


@blueprint.get("/cases/<case>/confirm/<any(session, attendance):what>/<record>")
def ask_confirmation(case: str, what: SubjectKind, record: str) -> ResponseReturnValue:
    """How the question stands, and whom to ask."""
    facts = load_case(case)
    return _ask_page(facts, _subject(facts, what, record), _ask_form(facts))


@blueprint.post("/cases/<case>/confirm/<any(session, attendance):what>/<record>")
@limiter.limit("60/hour")
def send_confirmation(case: str, what: SubjectKind, record: str) -> ResponseReturnValue:
    """Send the link."""
    facts = load_own_case(case)
    about = _subject(facts, what, record)
    form = _ask_form(facts)
    if not form.validate_on_submit():
        return _ask_page(facts, about, form)
    name, email = _chosen(facts, form)
    with unit_of_work():
        locked = queries.case_to_change(facts.reference)
        result = (
            service.ask(
                case=locked,
                subject=what,
                record_id=about.record_id,
                reference=about.reference,
                what=rules.what(about),
                to_name=name,
                to_email=email,
                by=current_author(),
            )
            if locked
            else Err(service.NO_RECORD)
        )
    if isinstance(result, Err):
        problem = result.problem
        form.refuse(problem)
        return _ask_page(facts, about, form)
    flash(f"{name} was sent a link to confirm {rules.what(about)}.", "success")
    here = url_for("caseload.ask_confirmation", case=facts.reference, what=what, record=record)
    return redirect(here)


def _subject(case: CaseFacts, what: SubjectKind, record: str) -> Subject:
    about = found.subject_by_reference(what, normalise_reference(record))
    if about is None or about.case_id != case.id:
        abort(404)
    return about


def _people(case: CaseFacts) -> dict[str, tuple[str, str, str]]:
    """Whom the page offers: key, then name, address and what they are."""
    offered = {}
    if case.contact_email and case.contact_name:
        role = case.contact_job or "Contact for this case"
        offered["contact"] = (case.contact_name, case.contact_email, role)
    for person in employers.people(case.employer_id):
        if person.email.lower() != case.contact_email.lower():
            name = person.name or person.email
            role = "Owner on the portal" if person.role == "owner" else "Member on the portal"
            offered[f"user-{person.user_id}"] = (name, person.email, role)
    return offered


def _ask_form(case: CaseFacts) -> AskForm:
    form = AskForm()
    choices = [
        (key, f"{name}, {email}", role) for key, (name, email, role) in _people(case).items()
    ]
    form.offer("who", [*choices, (OTHER, "Somebody else at the employer", "")])
    if len(choices) == 0 and form.who.data is None:
        form.who.data = OTHER
    return form


def _chosen(case: CaseFacts, form: AskForm) -> tuple[str, str]:
    if form.who.data == OTHER:
        return form.to_name.data, form.to_email.data
    name, email, _role = _people(case)[form.who.data]
    return name, email


def _ask_page(case: CaseFacts, about: Subject, form: AskForm) -> str:
    question = found.of_subjects(about.kind, [about.record_id]).get(about.record_id)
    return render_template(
        "caseload/confirmation/ask.html",
        case=case,
        about=about,
        what=rules.what(about),
        lines=rules.lines(about),
        question=question,
        earlier=found.earlier_of(about.kind, about.record_id),
        standings=rules.STANDINGS,
        form=form,
        can_ask=may_work(current_actor(), case) and not about.withdrawn,
    )


@blueprint.route("/confirm/<token>", methods=["GET", "POST"])
@limiter.limit("120/hour")
@limiter.limit("20/hour", methods=["POST"])
def confirm(token: str) -> ResponseReturnValue:
    """What the link in the mail opens. Opening it changes nothing: only pressing a button does."""
    question = found.by_token(token)
    form = AnswerForm()
    if question is None:
        return render_template("caseload/confirmation/gone.html"), 404
    if form.validate_on_submit():
        actor = current_actor()
        link = Author(None, question.to_name, question.to_email)
        by = current_author() if actor.is_authenticated else link
        if _answer(question, form, by, by_link=True):
            return redirect(url_for("caseload.confirm", token=token))
        question = found.by_token(token) or question
    return _answer_page(question, form, public=True, token=token)


@blueprint.post("/confirm/<token>/new-link")
@limiter.limit("10/hour")
def confirm_new_link(token: str) -> ResponseReturnValue:
    """Tell the adviser that the link has expired and is still wanted."""
    question = found.by_token(token)
    if question is None:
        return render_template("caseload/confirmation/gone.html"), 404
    if EmptyForm().validate_on_submit():
        with unit_of_work():
            result = service.ask_for_link(reference=question.reference)
        if isinstance(result, Err):
            flash(result.problem.message, "info")
    return redirect(url_for("caseload.confirm", token=token))


def _answer(question: ConfirmationFacts, form: AnswerForm, by: Author, *, by_link: bool) -> bool:
    with unit_of_work():
        result = service.answer(
            reference=question.reference,
            agrees=form.answer.data == YES,
            words=form.words.data or "",
            by=by,
            by_link=by_link,
        )
    if isinstance(result, Ok):
        flash("Thank you. Your answer is recorded.", "success")
        return True
    form.refuse(result.problem)
    return False


def _answer_page(question: ConfirmationFacts, form: AnswerForm, **more: Any) -> str:
    about = found.subjects_of([question])[question.reference]
    return render_template(
        "caseload/confirmation/answer.html",
        question=question,
        about=about,
        what=rules.what(about),
        lines=rules.lines(about),
        form=form,
        **more,
    )


@blueprint.get("/employers/<employer>/confirmations")
def employer_confirmations(employer: str) -> ResponseReturnValue:
    """What the employer was asked to confirm, and what it said."""
    profile = employers.employer_profile(employer)
    if profile is None:
        abort(404)
    questions = found.of_employer(profile.id)
    abouts = found.subjects_of(questions)
    rows = [(one, rules.what(abouts[one.reference])) for one in questions]
    return render_template(
        "caseload/confirmation/employer.html", profile=profile, rows=rows, standings=rules.STANDINGS
    )


@blueprint.route("/employers/<employer>/confirmations/<reference>", methods=["GET", "POST"])
def employer_confirmation(employer: str, reference: str) -> ResponseReturnValue:
    """One question, for somebody signed in for the employer."""
    profile = employers.employer_profile(employer)
    question = found.by_reference(normalise_reference(reference))
    if profile is None or question is None or question.employer_id != profile.id:
        abort(404)
    form = AnswerForm()
    if form.validate_on_submit():
        if _answer(question, form, current_author(), by_link=False):
            return redirect(request.path)
        question = found.by_reference(question.reference) or question
    return _answer_page(question, form, public=False, profile=profile)


@blueprint.get("/confirmations")
def confirmations() -> ResponseReturnValue:
    """Every question that was not answered with yes, what needs somebody first."""
    actor = current_actor()
    organisations = None if lep_staff(actor, {}) else actor.organisations
    whose = _whose(actor)
    adviser = actor.user_id if whose == "mine" else None
    counts = found.attention_counts(organisations, adviser_id=adviser)
    pages = max(1, -(-counts.open // PAGE_LENGTH))
    page = min(max(asked_number("page", 1), 1), pages)
    rows = found.attention(
        organisations, adviser_id=adviser, limit=PAGE_LENGTH, offset=(page - 1) * PAGE_LENGTH
    )
    abouts = found.subjects_of([row.facts for row in rows])
    return render_template(
        "caseload/confirmation/list.html",
        rows=[
            (row, abouts[row.facts.reference], rules.what(abouts[row.facts.reference]))
            for row in rows
        ],
        counts=counts,
        standings=rules.STANDINGS,
        whose=whose,
        page=page,
        pages=pages,
    )


def _whose(actor: Actor) -> str:
    asked = request.args.get("whose")
    if asked in {"mine", "all"}:
        return asked
    return "mine" if actor.roles == {"adviser"} else "all"


def employer_panel(profile: EmployerProfile, actor: Actor) -> Panel | None:
    """The card on the employer's page, for its own people, while something is to be confirmed."""
    if profile.reference not in actor.employers:
        return None
    waiting = found.of_employer(profile.id, waiting_only=True)
    if not waiting:
        return None
    if len(waiting) == 1:
        about = found.subjects_of(waiting)[waiting[0].reference]
        return Panel(
            "Please confirm",
            f"Was {rules.what(about)} as recorded?",
            href=url_for(
                "caseload.employer_confirmation",
                employer=profile.reference,
                reference=waiting[0].reference,
            ),
            tint=True,
        )
    return Panel(
        "Please confirm",
        f"{len(waiting)} records of support wait for your answer.",
        href=url_for("caseload.employer_confirmations", employer=profile.reference),
        tint=True,
    )
