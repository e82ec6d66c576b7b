"""Testing a resource with employers: asking them, what they said, and the page they answer on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.people import Author
from portal.kernel.result import Err, Problem
from portal.programme import queries as programme
from portal.toolkit.access import may_work_with
from portal.toolkit.forms.managing import MoveForm
from portal.toolkit.forms.testing import AnswerForm, AskForm, DeclineForm
from portal.toolkit.queries import resources as resource_queries
from portal.toolkit.queries import testing as queries
from portal.toolkit.queries.resources import ResourceFacts
from portal.toolkit.queries.testing import AskedFacts, AskedLine
from portal.toolkit.rules.readers import DAYS_TO_ANSWER, TEST_STATES, WOULD_USE, summed
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.rules.words import FORMATS
from portal.toolkit.service import testing as service
from portal.toolkit.service.texts import text_of
from portal.toolkit.views import blueprint
from portal.toolkit.views.loading import load_resource
from portal.web.access import current_actor, current_author
from portal.web.security import limiter

_MATCHES: Final = 10
COLOURS: Final = {"asked": "yellow", "answered": "green", "declined": "grey", "withdrawn": "grey"}


@blueprint.get("/toolkit/manage/<reference>/tests")
def tests(reference: str) -> str:
    """Who was asked to try it, and what they said, version by version."""
    facts = load_resource(reference)
    lines = queries.of_resource(facts.id)
    settings = programme.settings()
    known = _known(lines)
    numbers = sorted({line.number for line in lines}, reverse=True)
    return render_template(
        "toolkit/manage/tests.html",
        facts=facts,
        versions=[
            (number, _of_version([line for line in lines if line.number == number]))
            for number in numbers
        ],
        known=known,
        form=MoveForm(),
        states=TEST_STATES,
        colours=COLOURS,
        would_use=WOULD_USE,
        sector_title=settings.sector_title,
        tier_title=settings.tier_title,
        today=today(),
        can_ask=facts.state in {ResourceState.TESTING, ResourceState.PUBLISHED},
    )


def _known(lines: list[AskedLine]) -> frozenset[str]:
    """The tests of which a person learns who was asked.

    A provider sees only its own employers and those whom its own staff asked; what another's
    employers said is read without their names.
    """
    actor = current_actor()
    colleagues = {actor.user_id, *programme.staff_of(actor.organisations)}
    return frozenset(
        line.reference
        for line in lines
        if line.asked_by in colleagues or may_work_with(actor, line.employer_reference)
    )


def _of_version(lines: list[AskedLine]) -> dict[str, Any]:
    """What the tests of one version come to, over all and by sector and size."""
    answers = queries.answers_in(lines)
    settings = programme.settings()
    groups = []
    for name, title in (("sector", settings.sector_title), ("size", settings.tier_title)):
        for key in sorted({getattr(one, name) for one in answers}):
            rows = [one for one in answers if getattr(one, name) == key]
            groups.append((title(key) if key else "Size not known", summed(rows)))
    counted = {state: sum(line.state == state for line in lines) for state in TEST_STATES}
    return {"lines": lines, "all": summed(answers), "groups": groups, "counted": counted}


@blueprint.route("/toolkit/manage/<reference>/tests/new", methods=["GET", "POST"])
@limiter.limit("120/hour", methods=["POST"])
def test_ask(reference: str) -> ResponseReturnValue:
    """Ask an employer to try it."""
    facts = load_resource(reference)
    form = AskForm(
        data={
            "employer": normalise_reference(request.args.get("employer", "")),
            "due_on": today() + timedelta(days=DAYS_TO_ANSWER),
        }
    )
    if request.method == "POST" and _step(form):
        return _ask_page(facts, form)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.ask(
                reference=facts.reference,
                employer_reference=normalise_reference(form.employer.data or ""),
                to_name=form.to_name.data,
                to_email=form.to_email.data,
                due_on=form.due_on.data,
                by=current_author(),
            )
        if not isinstance(done, Err):
            flash(f"{form.to_name.data} was sent a link to try it.", "success")
            return redirect(url_for("toolkit.tests", reference=facts.reference))
        field = "find" if done.problem.field == "employer" else done.problem.field
        form.refuse(Problem(done.problem.code, done.problem.message, field))
    return _ask_page(facts, form)


def _step(form: AskForm) -> bool:
    """Look for an employer or choose one: the page is shown again with all that was typed."""
    if "choose" in request.form:
        form.employer.data = normalise_reference(request.form["choose"])
        return True
    if "change" in request.form:
        form.employer.data = ""
        return True
    # Return in the search box looks, as the button does.
    return "look" in request.form or bool(form.find.data and not form.employer.data)


def _ask_page(facts: ResourceFacts, form: AskForm) -> str:
    chosen = employers.employer_profile(form.employer.data) if form.employer.data else None
    if chosen is None:
        form.employer.data = ""
    words = form.find.data or ""
    looked = bool(words) and chosen is None
    matches = employers.search_employers(words, limit=_MATCHES).rows if looked else ()
    people = employers.people(chosen.id) if chosen else []
    return render_template(
        "toolkit/manage/ask.html",
        facts=facts,
        form=form,
        chosen=chosen,
        matches=matches,
        looked=looked,
        people=people,
        can_ask=facts.state in {ResourceState.TESTING, ResourceState.PUBLISHED},
    )


@blueprint.post("/toolkit/manage/tests/<test>/take-back")
def test_take_back(test: str) -> ResponseReturnValue:
    """Stop waiting for an employer's answer."""
    resource = request.form.get("resource", "")
    facts = load_resource(resource)
    reference = normalise_reference(test)
    if reference not in _known(queries.of_resource(facts.id)):
        abort(404)
    if MoveForm().validate_on_submit():
        with unit_of_work():
            done = service.take_back(reference=reference, by=current_author())
        if isinstance(done, Err):
            flash(done.problem.message, "error")
        else:
            flash("The link no longer works.", "success")
    return redirect(url_for("toolkit.tests", reference=facts.reference))


# --- The employer's page ------------------------------------------------------------------------


@blueprint.route("/try/<token>", methods=["GET", "POST"])
@limiter.limit("120/hour")
@limiter.limit("20/hour", methods=["POST"])
def test_answer(token: str) -> ResponseReturnValue:
    """What the link in the mail opens: the version that is tested, and a short form.

    Opening it changes nothing: only sending the form does.
    """
    test = queries.by_token(token)
    if test is None:
        return render_template("toolkit/manage/try_gone.html"), 404
    form, decline = AnswerForm(), DeclineForm()
    if request.method == "POST":
        declined = "decline" in request.form
        sent = decline if declined else form
        if sent.validate_on_submit():
            with unit_of_work():
                done = (
                    service.decline(
                        reference=test.reference, why=decline.why.data or "", by=_answering(test)
                    )
                    if declined
                    else service.answer(
                        reference=test.reference,
                        said=service.Feedback(**form.as_values()),
                        by=_answering(test),
                    )
                )
            if not isinstance(done, Err):
                return redirect(url_for("toolkit.test_answer", token=token))
            sent.refuse(done.problem)
            test = queries.by_token(token) or test
    return _answer_page(test, form, decline)


def _answering(test: AskedFacts) -> Author:
    actor = current_actor()
    if actor.is_authenticated:
        return current_author()
    return Author(None, test.to_name, test.to_email)


def _answer_page(test: AskedFacts, form: AnswerForm, decline: DeclineForm) -> str:
    facts = resource_queries.resource(test.resource_reference, number=test.number)
    if facts is None:
        abort(404)
    closed = test.state == "withdrawn" or test.resource_state is ResourceState.RETIRED
    is_open = test.state == "asked" and not closed and test.due_on >= today()
    return render_template(
        "toolkit/manage/try.html",
        test=test,
        content=facts.content,
        kind=FORMATS[facts.format],
        text=text_of(facts.content.body, facts.content.sources) if is_open else None,
        form=form,
        decline=decline,
        is_open=is_open,
        closed=closed,
    )
