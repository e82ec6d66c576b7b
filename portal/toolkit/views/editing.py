"""Writing a resource: new ones, later versions, the preview, and what was changed meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.result import Ok, Problem
from portal.toolkit.forms.editing import ResourceForm, as_data
from portal.toolkit.queries import resources as queries
from portal.toolkit.queries.resources import ResourceFacts
from portal.toolkit.rules.comparing import fact_changes, text_changes
from portal.toolkit.rules.content import Content, faults
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.rules.words import DOWNLOADS, FORMATS
from portal.toolkit.service import resources, writing
from portal.toolkit.service.texts import text_of
from portal.toolkit.views import blueprint
from portal.toolkit.views.loading import load_resource, refuse_all, revision_in
from portal.web.access import current_actor, current_author
from portal.web.security import limiter

# A text far over the limit is still read, so that it can be given back with the reason; browsers
# may send three bytes for one.
LONGEST_REQUEST: Final = 16 * 1024 * 1024
_FIRST_REVIEW: Final = timedelta(days=365)
_WRITTEN: Final = frozenset({"toolkit.resource_new", "toolkit.resource_edit"})
_NAMES: Final = {"summary": "about", "sources": ""}
_LOOK_AGAIN = Problem(
    "cleaned",
    "Something was taken out of the text: see the list. Look at the text again, then save",
    "body",
)


@dataclass(frozen=True, slots=True)
class Typed:
    """What came with the form: the text cleaned, what was taken out of it, and all as a version."""

    content: Content
    taken: tuple[Any, ...]
    changed: bool


@blueprint.url_value_preprocessor
def take_long_texts(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Read a text of megabytes to its end, so that the page can say why it is refused."""
    if endpoint in _WRITTEN:
        request.max_content_length = LONGEST_REQUEST
        request.max_form_memory_size = LONGEST_REQUEST


@blueprint.route("/toolkit/manage/new", methods=["GET", "POST"])
@limiter.limit("240/hour", methods=["POST"])
def resource_new() -> ResponseReturnValue:
    """Begin a resource as a draft."""
    actor = current_actor()
    begun = {"author": actor.name, "review_by": today() + _FIRST_REVIEW, "sources": [{}]}
    form = ResourceForm(data=begun)
    _offer_downloads(form, None)
    if request.method != "POST":
        return _page(form, None)
    stopped, typed = _typed(form, None)
    if stopped or typed is None:
        return _page(form, None, typed=typed)
    with unit_of_work():
        made = resources.create(
            kind=form.format.data,
            content=typed.content,
            by=current_author(),
            organisation_id=next(iter(actor.organisations), None)
            if len(actor.organisations) == 1
            else None,
        )
        reference = made.value.reference if isinstance(made, Ok) else ""
    if not isinstance(made, Ok):
        refuse_all(form, made, names=_NAMES)
        return _page(form, None, typed=typed)
    flash("Your draft is kept. Next: begin testing when it is ready for employers.", "success")
    return redirect(url_for("toolkit.resource_manage", reference=reference))


@blueprint.route("/toolkit/manage/<reference>/edit", methods=["GET", "POST"])
@limiter.limit("240/hour", methods=["POST"])
def resource_edit(reference: str) -> ResponseReturnValue:
    """Write the next version; readers go on seeing the published one."""
    facts = load_resource(reference)
    if facts.state is ResourceState.RETIRED:
        abort(404)
    form = ResourceForm(
        data={**as_data(facts.content), "revision": facts.revision, "format": facts.format}
    )
    _offer_downloads(form, facts)
    if request.method != "POST":
        form.add_source()
        return _page(form, facts)
    stopped, typed = _typed(form, facts)
    if stopped or typed is None:
        return _page(form, facts, typed=typed)
    with unit_of_work():
        saved = resources.save_version(
            reference=facts.reference,
            revision=revision_in(form),
            content=typed.content,
            change_note=form.change_note.data or "",
            by=current_author(),
        )
        number = saved.value.number if isinstance(saved, Ok) else 0
    if not isinstance(saved, Ok):
        if any(problem.code == resources.STALE.code for problem in saved):
            return _stale_page(form, facts.reference, typed)
        refuse_all(form, saved, names=_NAMES)
        return _page(form, facts, typed=typed)
    if number == facts.latest_number:
        flash("Nothing was changed, so there is no new version.", "info")
    else:
        flash(f"Version {number} is kept.", "success")
    return redirect(url_for("toolkit.resource_manage", reference=facts.reference))


def _offer_downloads(form: ResourceForm, facts: ResourceFacts | None) -> None:
    """A workbook can be made only where its sheets are described."""
    workbook = facts is not None and facts.content.workbook is not None
    offered = [key for key in DOWNLOADS if key != "pdf" and (key != "xlsx" or workbook)]
    form.offer("downloads", [(key, DOWNLOADS[key]) for key in offered])


def _typed(form: ResourceForm, facts: ResourceFacts | None) -> tuple[bool, Typed | None]:
    """Clean and judge what was typed; whether the page is to be shown again instead of saving."""
    if "add_source" in request.form:
        form.add_source()
        return True, None
    before = form.body.data or ""
    cleaned = writing.clean(before)
    form.body.data = cleaned.text
    content = form.to_content(
        minutes=writing.minutes_for(cleaned.text),
        workbook=facts.content.workbook if facts else None,
    )
    if facts is not None:
        # A PDF is made of every resource; a text that names it goes on doing so.
        pdf = tuple(key for key in facts.content.downloads if key == "pdf")
        content = replace(content, downloads=pdf + content.downloads)
    changed = bool(cleaned.taken)
    typed = Typed(content, cleaned.taken, changed)
    if "preview" in request.form:
        return True, typed
    kind = facts.format if facts else form.format.data or ""
    fine = form.validate_on_submit()
    problems = faults(content, kind=kind)
    if kind not in FORMATS:
        problems.insert(0, Problem("unknown", "Choose what it is", "format"))
    if changed:
        problems.insert(0, _LOOK_AGAIN)
    said = {str(message) for field in form for message in field.errors}
    wrong = {field.name for field in form if field.errors}
    fresh = [one for one in problems if one.message not in said and one.field not in wrong]
    refuse_all(form, fresh, names=_NAMES)
    return not fine or bool(problems), typed


def _page(form: ResourceForm, facts: ResourceFacts | None, *, typed: Typed | None = None) -> str:
    shown = typed if typed is not None and "preview" in request.form else None
    return render_template(
        "toolkit/manage/edit.html",
        form=form,
        facts=facts,
        taken=typed.taken if typed else (),
        preview=shown.content if shown else None,
        preview_text=text_of(shown.content.body, shown.content.sources) if shown else None,
        source_errors=[str(one) for one in form.form_errors],
        kind=FORMATS.get(facts.format if facts else form.format.data or "", "Resource"),
        theirs=None,
    )


def _stale_page(form: ResourceForm, reference: str, typed: Typed) -> str:
    """What somebody else wrote beside what was typed; saving again keeps both as versions."""
    theirs = queries.resource(reference)
    if theirs is None:
        abort(404)
    form.revision.data = str(theirs.revision)
    form.form_errors.append(
        f"{theirs.by_name} has saved version {theirs.number} while you were writing. "
        "Nothing of yours is lost: look at what differs, then save"
    )
    return render_template(
        "toolkit/manage/edit.html",
        form=form,
        facts=theirs,
        taken=(),
        preview=None,
        preview_text=None,
        source_errors=[],
        kind=FORMATS[theirs.format],
        theirs=theirs,
        lines=text_changes(theirs.content.body, typed.content.body),
        changes=fact_changes(theirs.content, typed.content),
    )
