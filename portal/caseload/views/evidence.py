"""Evidence files of a case: adding, seeing where else they are used, handing out, withdrawing."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.caseload import queries
from portal.caseload.access import may_read, may_work
from portal.caseload.forms.evidence import EvidenceForm, WithdrawForm
from portal.caseload.panels import Panel
from portal.caseload.queries import CaseFacts
from portal.caseload.queries import evidence as files
from portal.caseload.queries.evidence import EvidenceFacts
from portal.caseload.rules.evidence import ACCEPTED, at_most, size_in_words
from portal.caseload.rules.evidence_kinds import TYPES
from portal.caseload.service import evidence as service
from portal.caseload.views import blueprint
from portal.caseload.views.loading import load_case, load_own_case
from portal.db import unit_of_work
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.web.access import Actor, current_actor, current_author

_UPLOADS = frozenset({"caseload.evidence_new"})


@blueprint.url_value_preprocessor
def take_larger_requests(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Read a file that is somewhat too large to the end, so that the form can say so.

    What was typed beside it is kept; far larger requests are cut off as everywhere.
    """
    if endpoint in _UPLOADS:
        request.max_content_length = 3 * service.largest()


# --- Who may see what ------------------------------------------------------------------------


def may_open(actor: Actor, facts: EvidenceFacts) -> bool:
    """Whether a person may have a file: provider and LEP staff, and the employer's own people.

    A sheet that names another employer's workers too stays with staff.
    """
    if may_read(actor, facts):
        return True
    return facts.employer_reference in actor.employers and not files.about_others(facts)


def uses_in_words(facts: EvidenceFacts) -> list[str]:
    """Where else the very same file is used, as far as the person may know; for templates.

    An adviser learns which employer it is only of the own provider's cases. Employers are told
    nothing of other employers.
    """
    actor = current_actor()
    if not may_read(actor, facts):
        return []
    known = [use.words for use in facts.uses if may_read(actor, use)]
    others = len(facts.uses) - len(known)
    if others:
        known.append("by another provider" if others == 1 else f"{others} times by other providers")
    return known


def may_withdraw(facts: EvidenceFacts) -> bool:
    """Whether the person may withdraw a file; for templates."""
    return not facts.withdrawn and may_work(current_actor(), facts)


def is_locked(facts: EvidenceFacts) -> bool:
    """Whether the file waits for its scan or holds a virus; for templates."""
    return not service.may_be_handed_out(facts.scan_state)


def kind_of_file(facts: EvidenceFacts) -> str:
    """Type and size in words; for templates."""
    known = TYPES.get(facts.media_type)
    return f"{known.words if known else facts.media_type}, {size_in_words(facts.size_bytes)}"


TEMPLATE_WORDS = {
    "evidence_uses": uses_in_words,
    "evidence_may_withdraw": may_withdraw,
    "evidence_is_locked": is_locked,
    "evidence_kind_of_file": kind_of_file,
}


def case_panel(case: CaseFacts, _actor: Actor) -> Panel:
    """The card on a case's page."""
    count = files.live_count(case.id)
    return Panel(
        "Evidence",
        f"{count} file{'' if count == 1 else 's'}" if count else "No file yet",
        href=url_for("caseload.evidence_new", case=case.reference),
    )


# --- Pages -----------------------------------------------------------------------------------


@blueprint.route("/cases/<case>/evidence", methods=["GET", "POST"])
def evidence_new(case: str) -> ResponseReturnValue:
    """A case's files, and adding one."""
    facts = load_own_case(case) if request.method == "POST" else load_case(case)
    form = EvidenceForm()
    form.offer("subject", files.subject_choices(facts.id, facts.employer_reference))
    if request.method == "GET" and request.args.get("subject"):
        form.subject.data = request.args["subject"]
    added = False
    if form.validate_on_submit():
        added = _add(facts, form)
    if added:
        return redirect(url_for("caseload.evidence_new", case=facts.reference))
    return render_template(
        "caseload/evidence/case.html",
        case=facts,
        form=form,
        files=files.of_case(facts.id),
        may_add=facts.is_open and may_work(current_actor(), facts),
        hint=f"{ACCEPTED}. A photo taken with a phone will do. {at_most(service.largest())}.",
    )


def _add(facts: CaseFacts, form: EvidenceForm) -> bool:
    sent = form.file.data
    # Judged and stored first: nobody else's change waits for a file to be written.
    kept = service.keep(sent.filename or "", sent.read(service.largest() + 1))
    if isinstance(kept, Err):
        form.refuse(kept.problem)
        return False
    with unit_of_work():
        case = queries.case_to_change(facts.reference)
        if case is None:
            abort(404)
        done = service.add(
            case=case,
            kind=form.kind.data,
            subject=form.subject.data or "",
            note=form.note.data or "",
            file_name="",
            data=b"",
            kept=kept.value,
            by=current_author(),
        )
        reference = "" if isinstance(done, Err) else done.value.reference
    if isinstance(done, Err):
        form.refuse(done.problem)
        return False
    flash(f"{kept.value.name} is kept as evidence.", "success")
    added = files.one(reference)
    uses = uses_in_words(added) if added is not None else []
    if uses:
        flash(f"This file was used before: {'; '.join(uses)}. Check that it is right.", "error")
    return True


def _load_file(reference: str) -> EvidenceFacts:
    facts = files.one(normalise_reference(reference))
    # The same answer whether it is absent or another's: a guess learns nothing.
    if facts is None or not may_open(current_actor(), facts):
        abort(404)
    return facts


@blueprint.get("/evidence/<reference>")
def evidence_file(reference: str) -> ResponseReturnValue:
    """The file itself, always as a download, of the kind its bytes are."""
    facts = _load_file(reference)
    found = service.read(facts)
    if isinstance(found, Err):
        status = 500 if found.problem.code == "damaged" else 409
        page = render_template(
            "caseload/evidence/unavailable.html", file=facts, problem=found.problem
        )
        return page, status
    service.note_read(facts)
    response = send_file(
        BytesIO(found.value),
        mimetype=facts.media_type,
        as_attachment=True,
        download_name=facts.file_name,
        etag=False,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store, private"
    # Should a browser show it all the same, it is in a box of its own and runs nothing.
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Content-Length"] = str(len(found.value))
    return response


@blueprint.route("/evidence/<reference>/withdraw", methods=["GET", "POST"])
def evidence_withdraw(reference: str) -> ResponseReturnValue:
    """Say that a file no longer counts, and why."""
    facts = _load_file(reference)
    if not may_work(current_actor(), facts):
        abort(404)
    form = WithdrawForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.withdraw(
                reference=facts.reference, reason=form.reason.data or "", by=current_author()
            )
        if not isinstance(done, Err):
            flash(f"{facts.file_name} is withdrawn. It stays on the case.", "success")
            return redirect(url_for("caseload.evidence_new", case=facts.case_reference))
        form.refuse(done.problem)
    return render_template("caseload/evidence/withdraw.html", file=facts, form=form)
