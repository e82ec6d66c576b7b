"""Answering together: an adviser begins or goes on with an employer's diagnostic from its case."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload import queries as caseload
from portal.caseload.queries import CaseFacts
from portal.db import unit_of_work
from portal.diagnostics import queries, service
from portal.diagnostics.access import may_work_on
from portal.diagnostics.forms import StartForm, TheirStartForm
from portal.diagnostics.queries import ResponseFacts, SessionFacts
from portal.diagnostics.rules.together import people_in
from portal.diagnostics.views import blueprint
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err, Ok
from portal.programme import queries as programme
from portal.web.access import current_actor, current_author


@blueprint.route("/cases/<case>/diagnostic", methods=["GET", "POST"])
def together(case: str) -> ResponseReturnValue:
    """Choose between what the employer has already and an empty page."""
    facts = _own_case(case)
    sessions = queries.sessions_of(facts.id)
    session = _chosen(sessions)
    form = TheirStartForm(sector=facts.sector, size=facts.size_tier)
    if request.method == "POST":
        done = _do(facts, session, form)
        if isinstance(done, Ok):
            return redirect(url_for("diagnostics.go_on", response=done.value))
        if isinstance(done, Err):
            form.refuse(done.problem)
    return _page(facts, session, form)


def _own_case(reference: str) -> CaseFacts:
    facts = caseload.case_facts(normalise_reference(reference))
    # The same answer whether it is absent or another provider's.
    if facts is None or not may_work_on(current_actor(), facts):
        abort(404)
    return facts


def _chosen(sessions: Sequence[SessionFacts]) -> SessionFacts | None:
    """The session that was asked for, or the newest."""
    wanted = request.values.get("session", "")
    found = (item for item in sessions if item.reference == wanted)
    return next(found, next(iter(sessions), None))


def _do(facts: CaseFacts, session: SessionFacts | None, form: StartForm) -> Ok[str] | Err | None:
    """What a button asks for; None when the form is to be filled in first."""
    what = request.form.get("do")
    held = None if session is None else session.reference
    response = normalise_reference(request.form.get("response", ""))
    by = current_author()
    if what == "start":
        if not form.validate_on_submit():
            return None
        with unit_of_work():
            return service.start_together(
                case=facts.reference,
                session=held,
                sector=form.sector.data,
                size_tier=form.size.data,
                by=by,
            )
    if what not in {"take_in", "go_through", "say_together"}:
        abort(400)
    with unit_of_work():
        if what == "take_in":
            return service.take_in(case=facts.reference, session=held, response=response, by=by)
        if what == "go_through":
            return service.go_through(case=facts.reference, session=held, response=response, by=by)
        done = service.say_together(
            case=facts.reference, session=held or "", response=response, by=by
        )
    if isinstance(done, Ok):
        flash("The result now says that it was answered together.", "success")
    return done


def _page(facts: CaseFacts, session: SessionFacts | None, form: StartForm) -> str:
    under_way = queries.under_way(facts.employer_id)
    latest = queries.latest_completed(facts.employer_id)
    current = None if latest is None else queries.response_facts(latest.reference)
    return render_template(
        "diagnostics/together.html",
        case=facts,
        session=session,
        form=form,
        open_one=None if under_way is None else queries.response_facts(under_way),
        current=current,
        may_say_together=_could_be_tied(facts, session, current),
    )


def _could_be_tied(
    facts: CaseFacts, session: SessionFacts | None, current: ResponseFacts | None
) -> bool:
    """Whether the finished diagnostic may be said to have been answered at the session."""
    if session is None or current is None or current.session_on is not None:
        return False
    return bool(set(people_in(current.answers)) & set(programme.staff_of([facts.organisation_id])))
