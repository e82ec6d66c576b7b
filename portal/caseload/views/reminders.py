"""What an adviser is sent, and the cards about follow-ups and outcomes."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.forms.follow_up import PreferencesForm
from portal.caseload.panels import Panel
from portal.caseload.queries import CaseFacts
from portal.caseload.queries import follow_up as queries
from portal.caseload.queries import outcomes as outcome_queries
from portal.caseload.queries import reminders as reminder_queries
from portal.caseload.rules import follow_up as rules
from portal.caseload.service import reminders as service
from portal.caseload.views import blueprint
from portal.db import unit_of_work
from portal.employers.queries import EmployerProfile
from portal.kernel.clock import today
from portal.web.access import Actor, current_actor


@blueprint.route("/mail-settings", methods=["GET", "POST"])
def preferences() -> ResponseReturnValue:
    """Switch the mail of the day on or off."""
    user_id = current_actor().user_id
    if user_id is None:
        raise RuntimeError("The access table lets advisers in only")
    wants = reminder_queries.wants_mail(user_id)
    form = PreferencesForm(data={"daily_mail": "yes" if wants else "no"})
    if form.validate_on_submit():
        with unit_of_work():
            service.choose_daily_mail(user_id=user_id, wanted=form.daily_mail.data == "yes")
        flash("Saved.", "success")
        return redirect(url_for("caseload.preferences"))
    return render_template("caseload/follow_up/preferences.html", form=form)


def _long(found: queries.FollowUpFacts) -> str:
    return f"{found.name}, {found.due_on.day} {found.due_on:%B %Y}"


def follow_up_panel(case: CaseFacts, actor: Actor) -> Panel | None:
    """The card on the case's page: what is due next, what was done."""
    del actor
    found = queries.of_case(case.id)
    href = url_for("caseload.follow_ups", case=case.reference)
    if not found:
        return Panel("Follow-ups", "Planned once the action plan is agreed.", href)
    coming = [each for each in found if each.state == "planned"]
    done = sum(each.state == "done" for each in found)
    meta = f"{done} of {len(found)} done"
    if not coming or not case.is_open:
        return Panel("Follow-ups", "None is planned now.", href, meta)
    late = coming[0].late_by(today())
    word = "day" if late == 1 else "days"
    ending = f", {late} {word} late" if late else ""
    href = url_for("caseload.follow_up", case=case.reference, months=coming[0].months)
    return Panel("Follow-ups", f"Next: {_long(coming[0])}{ending}.", href, meta, tint=bool(late))


def outcomes_panel(case: CaseFacts, actor: Actor) -> Panel | None:
    """The card on the case's page: whether the start is recorded, and the latest record."""
    del actor
    href = url_for("caseload.outcomes", case=case.reference)
    found = outcome_queries.current(case.id)
    if not found:
        shares = outcome_queries.agreement(case.id).shares
        text = "Nothing is recorded at the start yet."
        if shares is None:
            text = "The employer was not asked yet whether it shares data."
        elif not shares:
            text = "The employer does not share data."
        return Panel("Outcomes", text, href)
    latest = found[-1]
    start = "" if found[0].months is None else "Nothing is recorded at the start. "
    day = f"{latest.true_on.day} {latest.true_on:%B %Y}"
    return Panel("Outcomes", f"{start}Latest: {latest.label.lower()}, {day}.", href)


def employer_panel(profile: EmployerProfile, actor: Actor) -> Panel | None:
    """The card on the employer's page, for its own people: when we ring, and what they said."""
    if profile.reference not in actor.employers:
        return None
    found = queries.of_employer(profile.id)
    coming = next((each for each in found if each.state == "planned"), None)
    done = [each for each in found if each.state == "done"]
    if coming is None and not done:
        return None
    meta = ""
    if done:
        latest = max(done, key=lambda each: (each.done_on or each.due_on, each.id))
        answers = queries.answers_of([latest.id]).get(latest.id, [])
        day = latest.done_on or latest.due_on
        words = rules.counted_words(each.answer for each in answers)
        meta = f"Last: {day.day} {day:%B %Y}, {words}"
    text = "No more are planned."
    if coming is not None:
        due = coming.due_on
        late = "We meant to be in touch around" if coming.late_by(today()) else "Around"
        text = f"{late} {due.day} {due:%B %Y}: is what you planned how you work now?"
    return Panel("Follow-ups", text, meta=meta)
