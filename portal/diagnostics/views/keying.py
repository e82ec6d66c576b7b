"""Keying in a filled call sheet: every question on one page, in the order of the paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.diagnostics.forms import ParsedPage, page_fields, parse_page
from portal.diagnostics.rules import path
from portal.diagnostics.rules.merge import Clash
from portal.diagnostics.rules.sheet import NOT_APPLICABLE_LETTER, Sheet, make_sheet
from portal.diagnostics.views import blueprint
from portal.diagnostics.views.loading import Loaded, load, name_answerer
from portal.diagnostics.views.saving import clash_words, save
from portal.kernel.result import Problem


@blueprint.route("/diagnostic/<response>/keying", methods=["GET", "POST"])
def keying(response: str) -> ResponseReturnValue:
    """All questions; what is good is saved, what is not stays in its box and is named."""
    loaded = load(response)
    if loaded.facts.status != "in_progress":
        return redirect(url_for("diagnostics.go_on", response=response))
    sheet = make_sheet(loaded.questionnaire, loaded.profile)
    return _draw(loaded, sheet) if request.method == "GET" else _answer(loaded, sheet)


def _answer(loaded: Loaded, sheet: Sheet) -> ResponseReturnValue:
    response = loaded.facts.reference
    parsed = _parse(loaded, sheet)
    clashes = save(loaded, parsed)
    if request.headers.get("X-Autosave"):
        return _told(response, clashes)
    if isinstance(clashes, Problem):
        flash(clashes.message, "error")
        return redirect(url_for("diagnostics.go_on", response=response))
    if clashes or parsed.errors:
        return _draw(load(response), sheet, parsed=parsed, clashes=clashes)
    if request.form.get("do") == "stay":
        flash("Saved. You can go on at any time.", "success")
        return redirect(url_for("diagnostics.keying", response=response))
    return redirect(url_for("diagnostics.check", response=response))


def _parse(loaded: Loaded, sheet: Sheet) -> ParsedPage:
    """Read all answers. One in a closed branch counts nowhere, so it need not fit the others."""
    asked = [item.question for item in sheet.questions]
    data = request.form.to_dict(flat=False)
    parsed = parse_page(asked, data, loaded.answers, demand_answers=False)
    visible = path.visible_questions(loaded.questionnaire, loaded.profile, parsed.known)
    open_now = {question.key for question in visible}
    errors = {
        key: error
        for key, error in parsed.errors.items()
        if key in open_now or key not in parsed.values
    }
    return ParsedPage(parsed.values, errors, parsed.known)


def _told(response: str, clashes: Sequence[Clash] | Problem) -> ResponseReturnValue:
    if isinstance(clashes, Problem):
        return jsonify(message=clashes.message, reload=True), 409
    if clashes:
        who = name_answerer(clashes[0].by)
        message = f"{who} changed an answer on this page. Press save to see both."
        return jsonify(message=message, reload=False), 409
    revision = load(response).facts.revision
    return jsonify(message="Saved", revision={"revision": str(revision)})


def _draw(
    loaded: Loaded,
    sheet: Sheet,
    *,
    parsed: ParsedPage | None = None,
    clashes: Sequence[Clash] = (),
) -> ResponseReturnValue:
    errors = {} if parsed is None else parsed.errors
    fields = {
        field.key: field
        for field in page_fields(
            loaded.questionnaire,
            [item.question for item in sheet.questions],
            loaded.profile,
            loaded.answers,
            data=None if parsed is None else request.form.to_dict(flat=False),
            errors=errors,
        )
    }
    html = render_template(
        "diagnostics/keying.html",
        response=loaded.facts,
        on_behalf=loaded.on_behalf,
        sheet=sheet,
        fields=fields,
        not_counted=_not_counted(loaded, parsed),
        progress=path.progress(loaded.questionnaire, loaded.profile, loaded.answers),
        not_applicable_letter=NOT_APPLICABLE_LETTER,
        errors=[
            {
                "text": f"Question {item.number}: {fields[item.key].error}",
                "href": f"#{fields[item.key].first_id}",
            }
            for item in sheet.questions
            if item.key in errors
        ],
        page_has_errors=bool(errors),
        clashes=[clash_words(loaded, clash) for clash in clashes],
    )
    return html, 409 if clashes else 422 if errors else 200


def _not_counted(loaded: Loaded, parsed: ParsedPage | None) -> frozenset[str]:
    """Questions with an answer that is kept while their branch is closed."""
    answers: Any = loaded.answers if parsed is None else parsed.known
    kept = path.kept_not_counted(loaded.questionnaire, loaded.profile, answers)
    return frozenset(question.key for question in kept)
