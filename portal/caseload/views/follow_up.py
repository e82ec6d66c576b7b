"""Follow-ups of a case: the list, doing one, skipping one, adding a note."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.access import may_work
from portal.caseload.forms.follow_up import NoteForm, PlanForm, SkipForm, follow_up_form
from portal.caseload.panels import PracticeItem, practice_source
from portal.caseload.queries import CaseFacts
from portal.caseload.queries import follow_up as queries
from portal.caseload.queries import outcomes as outcome_queries
from portal.caseload.queries.follow_up import FollowUpFacts
from portal.caseload.rules import follow_up as rules
from portal.caseload.service import follow_up as service
from portal.caseload.service.follow_up import Given, PracticeAnswer
from portal.caseload.views import blueprint
from portal.caseload.views.loading import load_case, load_own_case
from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.result import Err, Ok, Problem
from portal.web.access import current_actor, current_author

_PLAN_CHANGED = Problem(
    service.PLAN_CHANGED,
    "The action plan was changed while you had this page open. Look at its actions again, then "
    "save: what you entered is still here",
)


def _follow_up(case: CaseFacts, months: int) -> FollowUpFacts:
    found = queries.one(case.id, months)
    if found is None:
        abort(404)
    return found


@blueprint.route("/cases/<case>/follow-ups", methods=["GET", "POST"])
def follow_ups(case: str) -> ResponseReturnValue:
    """A case's follow-ups; where there are none, planning them by hand."""
    facts = load_own_case(case) if request.method == "POST" else load_case(case)
    form = PlanForm()
    if form.validate_on_submit():
        with unit_of_work():
            made = service.plan(
                reference=facts.reference, agreed_on=form.agreed_on.data, by=current_author()
            )
        if isinstance(made, Ok):
            flash("Follow-ups planned.", "success")
            return redirect(url_for("caseload.follow_ups", case=facts.reference))
        form.refuse(made.problem)
    found = queries.of_case(facts.id)
    answers = queries.answers_of([each.id for each in found if each.state == "done"])
    return render_template(
        "caseload/follow_up/list.html",
        case=facts,
        form=form,
        follow_ups=[
            (each, rules.counted_words(answer.answer for answer in answers.get(each.id, ())))
            for each in found
        ],
        today=today(),
        can_work=may_work(current_actor(), facts) and facts.is_open,
    )


@blueprint.route("/cases/<case>/follow-up/<int:months>", methods=["GET", "POST"])
def follow_up(case: str, months: int) -> ResponseReturnValue:
    """One follow-up: recording it, or what was recorded."""
    facts = load_own_case(case) if request.method == "POST" else load_case(case)
    found = _follow_up(facts, months)
    can_work = may_work(current_actor(), facts) and facts.is_open
    if request.method != "POST" and (found.state == "done" or not can_work):
        return _show(facts, found, NoteForm())
    source = practice_source()
    items = list(source.items(facts.employer_reference)) if source else []
    form = _form(facts, items)
    # What was on the page, against what the plan holds now.
    shown = set(form["shown"].data.split()) if request.method == "POST" else set()
    form["shown"].data = " ".join(item.key for item in items)
    if form.validate_on_submit():
        if shown != {item.key for item in items}:
            form.refuse(_PLAN_CHANGED)
        else:
            with unit_of_work():
                done = service.record(
                    reference=facts.reference,
                    months=months,
                    given=_given(form),
                    by=current_author(),
                )
            if isinstance(done, Ok):
                return _after(facts, found)
            form.refuse(done.problem)
    return render_template(
        "caseload/follow_up/record.html",
        case=facts,
        follow_up=found,
        form=form,
        late=rules.days_late(found.due_on, today()),
        shares=outcome_queries.agreement(facts.id).shares,
    )


def _form(facts: CaseFacts, items: list[PracticeItem]) -> Any:
    form_class = follow_up_form([(item.key, item.title, item.state) for item in items])
    return form_class(
        data={
            "done_on": today(),
            "channel": "call",
            "with_name": facts.contact_name,
            "shown": "",
        }
    )


def _given(form: Any) -> Given:
    return Given(
        done_on=form.done_on.data,
        channel=form.channel.data,
        minutes=form.minutes.data,
        with_name=form.with_name.data,
        summary=form.heard.data,
        answers={key: PracticeAnswer(*each) for key, each in form.answers().items()},
        next_action=form.next_action(),
        next_done=form.next_done.data,
    )


def _after(case: CaseFacts, found: FollowUpFacts) -> ResponseReturnValue:
    flash(f"{found.name.capitalize()} recorded.", "success")
    if request.form.get("then") == "outcomes":
        target = url_for("caseload.outcome_record", case=case.reference, follow_up=found.months)
        return redirect(target)
    return redirect(url_for("caseload.follow_up", case=case.reference, months=found.months))


def _show(case: CaseFacts, found: FollowUpFacts, form: NoteForm) -> str:
    recorded = outcome_queries.current(case.id)
    actor = current_actor()
    return render_template(
        "caseload/follow_up/show.html",
        case=case,
        follow_up=found,
        channel=rules.CHANNELS.get(found.channel or "", ""),
        answers=queries.answers_of([found.id]).get(found.id, []),
        notes=queries.notes_of(case.employer_id, found.reference),
        outcomes=next((each for each in recorded if each.months == found.months), None),
        shares=outcome_queries.agreement(case.id).shares,
        form=form,
        late=rules.days_late(found.due_on, today()),
        can_note=may_work(actor, case),
        can_work=may_work(actor, case) and case.is_open,
    )


@blueprint.post("/cases/<case>/follow-up/<int:months>/note")
def follow_up_note(case: str, months: int) -> ResponseReturnValue:
    """Add a note to a follow-up that was recorded."""
    facts = load_own_case(case)
    found = _follow_up(facts, months)
    form = NoteForm()
    if form.validate_on_submit():
        with unit_of_work():
            noted = service.add_note(
                reference=facts.reference, months=months, text=form.text.data, by=current_author()
            )
        if isinstance(noted, Ok):
            flash("Note added.", "success")
            return redirect(url_for("caseload.follow_up", case=facts.reference, months=months))
        form.refuse(noted.problem)
    return _show(facts, found, form)


@blueprint.route("/cases/<case>/follow-up/<int:months>/skip", methods=["GET", "POST"])
def follow_up_skip(case: str, months: int) -> ResponseReturnValue:
    """Leave a follow-up out, with a reason."""
    facts = load_own_case(case)
    found = _follow_up(facts, months)
    form = SkipForm()
    if form.validate_on_submit():
        with unit_of_work():
            skipped = service.skip(
                reference=facts.reference,
                months=months,
                reason=form.reason.data,
                by=current_author(),
            )
        if not isinstance(skipped, Err):
            flash(f"{found.name.capitalize()} skipped.", "success")
            return redirect(url_for("caseload.follow_ups", case=facts.reference))
        form.refuse(skipped.problem)
    return render_template("caseload/follow_up/skip.html", case=facts, follow_up=found, form=form)
