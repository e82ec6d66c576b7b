"""Managing resources: the list, one resource with its life, and files beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.rules.evidence import at_most, size_in_words
from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.toolkit.access import publishers
from portal.toolkit.forms.managing import AddFileForm, MoveForm
from portal.toolkit.queries import added_files, managing, resources, testing
from portal.toolkit.queries.managing import Wanted
from portal.toolkit.queries.resources import ResourceFacts
from portal.toolkit.rules.comparing import facts_in_words
from portal.toolkit.rules.readers import summed
from portal.toolkit.rules.states import MOVES, ResourceState
from portal.toolkit.rules.words import FORMATS
from portal.toolkit.service import added_files as files
from portal.toolkit.views import blueprint
from portal.toolkit.views.loading import STATE_COLOURS, load_resource
from portal.web.access import current_actor, current_author
from portal.web.asked import asked_number
from portal.web.security import limiter

DUE_WITHIN: Final = timedelta(days=30)
_UPLOADS: Final = frozenset({"toolkit.file_add"})
_MOST_PAGES: Final = 1000
EVENTS: Final = {
    "created": "Begun",
    "version": "New version",
    "in testing": "Testing began",
    "back to draft": "Back to draft",
    "published": "Published",
    "retired": "Retired",
}


@blueprint.url_value_preprocessor
def take_larger_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Read a file that is somewhat too large to the end, so that the page can say so.

    Far larger requests are cut off at once, as everywhere.
    """
    if endpoint in _UPLOADS:
        request.max_content_length = 3 * files.largest()


@blueprint.get("/toolkit/manage")
def manage() -> str:
    """Every resource, by what is to be done with it."""
    actor = current_actor()
    asked = {name: request.args.get(name, "")[:100] for name in ("state", "mine", "q")}
    view = asked["state"]
    mine = actor.user_id if asked["mine"] else None
    due_by = today() + DUE_WITHIN
    wanted = Wanted(
        state=ResourceState(view) if view in {one.value for one in ResourceState} else None,
        mine=mine,
        due_by=due_by if view == "due" else None,
        untested=view == "untested",
        words=asked["q"],
    )
    number = min(max(asked_number("page", 1), 1), _MOST_PAGES)
    lines, more = managing.managed(wanted, page=number)
    return render_template(
        "toolkit/manage/list.html",
        lines=lines,
        more=more,
        number=number,
        counts=managing.counts(mine=mine, due_by=due_by),
        states=list(ResourceState),
        view=view,
        asked=asked,
        formats=FORMATS,
        colours=STATE_COLOURS,
        today=today(),
    )


@blueprint.get("/toolkit/manage/<reference>")
def resource_manage(reference: str) -> str:
    """One resource: where it stands, what can be done, its versions, files and history."""
    return manage_page(load_resource(reference), AddFileForm())


def manage_page(facts: ResourceFacts, form: AddFileForm) -> str:
    """The page of one resource, with whatever was wrong with a file."""
    lines = testing.of_resource(facts.id)
    since = [one for one in lines if one.number > (facts.published_number or 0)]
    moves = MOVES[facts.state]
    newer = facts.latest_number != facts.published_number
    may_publish = publishers(current_actor(), {})
    return render_template(
        "toolkit/manage/show.html",
        facts=facts,
        content=facts.content,
        about=list(facts_in_words(facts.content)),
        versions=resources.versions(facts.id),
        events=resources.events(facts.id),
        event_words=EVENTS,
        files=added_files.live_of(facts.id),
        size_in_words=size_in_words,
        form=form,
        move=MoveForm(revision=facts.revision),
        file_hint=f"{files.ACCEPTED}. {at_most(files.largest())}. No macros",
        waiting=sum(one.state == "asked" for one in since),
        feedback=summed(testing.answers_in(since)),
        tested=any(one.state == "answered" for one in lines),
        kind=FORMATS[facts.format],
        colours=STATE_COLOURS,
        instead=managing.title_of(facts.replaced_by) if facts.replaced_by else None,
        can={
            "edit": facts.state is not ResourceState.RETIRED,
            "begin": facts.state is ResourceState.DRAFT,
            "ask": facts.state in {ResourceState.TESTING, ResourceState.PUBLISHED},
            "draft": ResourceState.DRAFT in moves,
            "publish": may_publish and ResourceState.PUBLISHED in moves and newer,
            "retire": may_publish and ResourceState.RETIRED in moves,
        },
        overdue=facts.state.is_public and facts.content.review_by < today(),
    )


# --- Files beside a resource ------------------------------------------------------------------


@blueprint.post("/toolkit/manage/<reference>/files")
@limiter.limit("60/hour")
def file_add(reference: str) -> ResponseReturnValue:
    """Add a file for readers."""
    facts = load_resource(reference)
    form = AddFileForm()
    if not form.validate_on_submit():
        return manage_page(facts, form)
    sent = form.file.data
    # Judged and stored first: nobody else's change waits for a file to be written.
    data = sent.read(files.largest() + 1)
    sent.close()
    kept = files.keep(sent.filename or "", data)
    if isinstance(kept, Err):
        form.refuse(kept.problem)
        return manage_page(facts, form)
    with unit_of_work():
        added = files.add(
            reference=facts.reference,
            words=form.words.data or "",
            kept=kept.value,
            by=current_author(),
        )
    if isinstance(added, Err):
        form.refuse(added.problem)
        return manage_page(facts, form)
    flash(f"{kept.value.name} is added.", "success")
    return redirect(url_for("toolkit.resource_manage", reference=facts.reference, _anchor="files"))


@blueprint.post("/toolkit/manage/files/<reference>/withdraw")
def file_withdraw(reference: str) -> ResponseReturnValue:
    """Take a file away from readers."""
    file = normalise_reference(reference)
    resource = added_files.resource_of(file)
    if resource is None:
        abort(404)
    if MoveForm().validate_on_submit():
        with unit_of_work():
            done = files.withdraw(reference=file, by=current_author())
        if isinstance(done, Err):
            flash(done.problem.message, "error")
        else:
            flash("The file is taken away from readers. It stays in storage.", "success")
    return redirect(url_for("toolkit.resource_manage", reference=resource, _anchor="files"))
