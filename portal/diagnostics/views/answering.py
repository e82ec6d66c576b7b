"""Answering: a page at a time, saved as it goes, then checked and finished."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.diagnostics import service
from portal.diagnostics.access import may_use
from portal.diagnostics.forms import ParsedPage, page_fields, parse_page
from portal.diagnostics.rules import path
from portal.diagnostics.rules.merge import Clash
from portal.diagnostics.rules.schema import Page, Question
from portal.diagnostics.views import blueprint
from portal.diagnostics.views.loading import Loaded, load, load_to_read, name_answerer
from portal.diagnostics.views.saving import clash_words, save
from portal.diagnostics.views.summary import answer_sections, answerers
from portal.kernel.result import Err, Problem
from portal.web.access import current_actor, current_author


@blueprint.get("/diagnostic/<response>")
def go_on(response: str) -> ResponseReturnValue:
    """Go on where it was left: the first question without an answer, or the result."""
    loaded = load_to_read(response)
    if loaded.facts.status == "completed":
        return redirect(url_for("diagnostics.results", response=response))
    if loaded.facts.status == "withdrawn" or not may_use(current_actor(), loaded.facts):
        abort(404)
    question = path.next_unanswered(loaded.questionnaire, loaded.profile, loaded.answers)
    if question is None:
        return redirect(url_for("diagnostics.check", response=response))
    page = loaded.questionnaire.page_of[question.key]
    return redirect(url_for("diagnostics.page", response=response, page=page.key))


def _page_questions(loaded: Loaded, page_key: str) -> tuple[Page, tuple[Question, ...]]:
    page = loaded.questionnaire.page_by_key.get(page_key)
    if page is None:
        abort(404)
    return page, path.questions_on(loaded.questionnaire, page, loaded.profile, loaded.answers)


@blueprint.route("/diagnostic/<response>/page/<page>", methods=["GET", "POST"])
def page(response: str, page: str) -> ResponseReturnValue:
    """One page of questions."""
    loaded = load(response)
    if loaded.facts.status != "in_progress":
        return redirect(url_for("diagnostics.go_on", response=response))
    about, questions = _page_questions(loaded, page)
    if not questions:
        return redirect(url_for("diagnostics.go_on", response=response))
    if request.method == "GET":
        return _draw(loaded, about, questions)
    # What was saved while typing may have opened a question that the sent page did not show yet.
    drawn = set(request.form.get("asked", "").split())
    shown = tuple(item for item in questions if not drawn or item.key in drawn)
    return _answer(loaded, about, shown)


def _answer(loaded: Loaded, about: Page, questions: Sequence[Question]) -> ResponseReturnValue:
    response = loaded.facts.reference
    skipping = request.form.get("do") == "skip"
    data = request.form.to_dict(flat=False)
    parsed = _still_asked(
        loaded, parse_page(questions, data, loaded.answers, demand_answers=not skipping)
    )
    clashes = save(loaded, parsed)
    if isinstance(clashes, Problem):
        flash(clashes.message, "error")
        return redirect(url_for("diagnostics.go_on", response=response))
    if clashes or parsed.errors:
        return _draw(load(response), about, questions, parsed=parsed, clashes=clashes)
    after = load(response)
    if not skipping and _opened_here(after, about, questions):
        # An answer opened another question on this very page: it is asked before going on.
        back = "check" if request.form.get("from") == "check" else None
        return redirect(url_for("diagnostics.page", response=response, page=about.key, back=back))
    return redirect(_next_address(after, about.key, skipping=skipping))


def _still_asked(loaded: Loaded, parsed: ParsedPage) -> ParsedPage:
    """The page without the questions that its own answers close."""
    now = path.visible_questions(loaded.questionnaire, loaded.profile, parsed.known)
    return parsed.for_path([item.key for item in now])


def _opened_here(after: Loaded, about: Page, asked: Sequence[Question]) -> bool:
    now = path.questions_on(after.questionnaire, about, after.profile, after.answers)
    return any(item.key not in after.answers and item not in asked for item in now)


def _next_address(loaded: Loaded, page_key: str, *, skipping: bool) -> str:
    reference = loaded.facts.reference
    if request.form.get("from") == "check" and not skipping:
        # A changed answer may have opened a question: it is asked before going back.
        missing = path.missing_answers(loaded.questionnaire, loaded.profile, loaded.answers)
        if missing:
            opened = loaded.questionnaire.page_of[missing[0].key].key
            return url_for("diagnostics.page", response=reference, page=opened, back="check")
        return url_for("diagnostics.check", response=reference)
    following = path.page_after(loaded.questionnaire, loaded.profile, loaded.answers, page_key)
    if following is None:
        return url_for("diagnostics.check", response=reference)
    return url_for("diagnostics.page", response=reference, page=following.key)


def _draw(
    loaded: Loaded,
    about: Page,
    questions: Sequence[Question],
    *,
    parsed: ParsedPage | None = None,
    clashes: Sequence[Clash] = (),
) -> ResponseReturnValue:
    data = request.form.to_dict(flat=False) if parsed is not None else None
    errors = parsed.errors if parsed is not None else {}
    before = path.page_before(loaded.questionnaire, loaded.profile, loaded.answers, about.key)
    progress = path.progress(loaded.questionnaire, loaded.profile, loaded.answers)
    fields = page_fields(
        loaded.questionnaire,
        questions,
        loaded.profile,
        loaded.answers,
        data=data,
        errors=errors,
    )
    html = render_template(
        "diagnostics/page.html",
        response=loaded.facts,
        on_behalf=loaded.on_behalf,
        page=about,
        dimension=loaded.questionnaire.dimension_by_key[about.dimension],
        fields=fields,
        before=before,
        progress=progress,
        errors=[
            {"text": field.error, "href": f"#{field.first_id}"} for field in fields if field.error
        ],
        page_has_errors=bool(errors),
        clashes=[clash_words(loaded, clash) for clash in clashes],
        back="check" if "check" in {request.args.get("back"), request.form.get("from")} else "",
    )
    return html, 409 if clashes else 422 if errors else 200


@blueprint.post("/diagnostic/<response>/page/<page>/autosave")
def autosave(response: str, page: str) -> ResponseReturnValue:
    """Save a page while it is filled in; faulty or missing answers wait for the button."""
    loaded = load(response)
    _, questions = _page_questions(loaded, page)
    data = request.form.to_dict(flat=False)
    parsed = _still_asked(loaded, parse_page(questions, data, loaded.answers, demand_answers=False))
    clashes = save(loaded, parsed)
    if isinstance(clashes, Problem):
        return jsonify(message=clashes.message, reload=True), 409
    if clashes:
        who = name_answerer(clashes[0].by)
        message = f"{who} changed an answer on this page. Press continue to see both."
        return jsonify(message=message, reload=False), 409
    revision = load(response).facts.revision
    return jsonify(message="Saved", revision={"revision": str(revision)})


@blueprint.route("/diagnostic/<response>/check", methods=["GET", "POST"])
def check(response: str) -> ResponseReturnValue:
    """All answers on one page, each with its change link; the button finishes."""
    loaded = load(response)
    if loaded.facts.status != "in_progress":
        return redirect(url_for("diagnostics.go_on", response=response))
    if request.method == "POST":
        with unit_of_work():
            done = service.complete(response_id=loaded.facts.id, by=current_author())
        if not isinstance(done, Err):
            return redirect(url_for("diagnostics.results", response=response))
        flash(done.problem.message, "error")
        if done.problem.field is not None:
            opened = loaded.questionnaire.page_of[done.problem.field].key
            return redirect(
                url_for("diagnostics.page", response=response, page=opened, back="check")
            )
        return redirect(url_for("diagnostics.go_on", response=response))
    missing = path.missing_answers(loaded.questionnaire, loaded.profile, loaded.answers)
    closed = path.kept_not_counted(loaded.questionnaire, loaded.profile, loaded.answers)
    return render_template(
        "diagnostics/check.html",
        response=loaded.facts,
        sections=answer_sections(loaded),
        missing=missing,
        closed=len(closed),
        people=answerers(loaded),
        on_behalf=loaded.on_behalf,
        progress=path.progress(loaded.questionnaire, loaded.profile, loaded.answers),
    )
