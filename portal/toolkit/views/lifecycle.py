"""Taking a resource through its life: testing, back to draft, publishing, retiring."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.result import Err
from portal.toolkit.forms.managing import MoveForm, NoteForm, PublishForm, RetireForm
from portal.toolkit.queries import managing, testing
from portal.toolkit.queries.resources import ResourceFacts
from portal.toolkit.rules.readers import WOULD_USE, summed
from portal.toolkit.rules.states import LEAST_TESTS, MOVES, ResourceState
from portal.toolkit.service import resources as service
from portal.toolkit.views import blueprint
from portal.toolkit.views.loading import load_resource, revision_in
from portal.web.access import current_author


@blueprint.post("/toolkit/manage/<reference>/testing")
def testing_begin(reference: str) -> ResponseReturnValue:
    """A draft is ready to be tried by employers."""
    facts = load_resource(reference)
    form = MoveForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.begin_testing(
                reference=facts.reference, revision=revision_in(form), by=current_author()
            )
        if not isinstance(done, Err):
            flash("Testing has begun. Next: ask employers to try it.", "success")
            return redirect(url_for("toolkit.tests", reference=facts.reference))
        flash(done.problem.message, "error")
    return _back(facts)


@blueprint.route("/toolkit/manage/<reference>/draft", methods=["GET", "POST"])
def back_to_draft(reference: str) -> ResponseReturnValue:
    """It needs more work; a retired resource is written anew."""
    facts = load_resource(reference)
    if ResourceState.DRAFT not in MOVES[facts.state]:
        return _refused(facts)
    form = NoteForm(data={"revision": facts.revision})
    if form.validate_on_submit():
        with unit_of_work():
            done = service.back_to_draft(
                reference=facts.reference,
                revision=revision_in(form),
                note=form.note.data or "",
                by=current_author(),
            )
        if not isinstance(done, Err):
            flash("It is a draft again.", "success")
            return _back(facts)
        form.refuse(done.problem)
    return render_template("toolkit/manage/draft.html", facts=facts, form=form)


@blueprint.route("/toolkit/manage/<reference>/publish", methods=["GET", "POST"])
def publish(reference: str) -> ResponseReturnValue:
    """Let everybody read the latest version."""
    facts = load_resource(reference)
    newer = facts.latest_number != facts.published_number
    if ResourceState.PUBLISHED not in MOVES[facts.state] or (facts.state.is_public and not newer):
        return _refused(facts)
    form = PublishForm(data={"revision": facts.revision})
    if form.validate_on_submit():
        with unit_of_work():
            done = service.publish(
                reference=facts.reference,
                revision=revision_in(form),
                reason=form.reason.data or "",
                by=current_author(),
            )
        if not isinstance(done, Err):
            flash("Published. Everybody can read it now.", "success")
            return _back(facts)
        form.refuse(done.problem)
    lines = testing.of_resource(facts.id)
    since = [one for one in lines if one.number > (facts.published_number or 0)]
    answered = {one.employer_reference for one in since if one.state == "answered"}
    return render_template(
        "toolkit/manage/publish.html",
        facts=facts,
        form=form,
        feedback=summed(testing.answers_in(since)),
        tested=len(answered),
        least=LEAST_TESTS,
        waiting=sum(one.state == "asked" for one in since),
        would_use=WOULD_USE,
    )


@blueprint.route("/toolkit/manage/<reference>/retire", methods=["GET", "POST"])
def retire(reference: str) -> ResponseReturnValue:
    """Take it away from readers, say why, and name another to read instead."""
    facts = load_resource(reference)
    if ResourceState.RETIRED not in MOVES[facts.state]:
        return _refused(facts)
    form = RetireForm(data={"revision": facts.revision})
    if form.validate_on_submit():
        typed = form.replaced_by.data or ""
        instead = managing.replacement(typed) if typed else None
        with unit_of_work():
            done = service.retire(
                reference=facts.reference,
                revision=revision_in(form),
                reason=form.reason.data or "",
                replaced_by=instead[0] if instead else typed,
                by=current_author(),
            )
        if not isinstance(done, Err):
            flash("Retired. Readers no longer see it.", "success")
            return _back(facts)
        form.refuse(done.problem)
    return render_template("toolkit/manage/retire.html", facts=facts, form=form)


def _refused(facts: ResourceFacts) -> ResponseReturnValue:
    """Somebody else was quicker, or an address was typed: say how it stands."""
    if request.method == "POST":
        flash(service.STALE.message, "error")
    else:
        flash(f"“{facts.content.title}” is {facts.state.label.lower()}.", "info")
    return _back(facts)


def _back(facts: ResourceFacts) -> ResponseReturnValue:
    return redirect(url_for("toolkit.resource_manage", reference=facts.reference))
