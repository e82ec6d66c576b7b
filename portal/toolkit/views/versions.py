"""Versions of a resource: reading one, comparing two, bringing one back."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.result import Ok
from portal.toolkit.forms.managing import MoveForm
from portal.toolkit.queries import resources as queries
from portal.toolkit.rules.comparing import fact_changes, facts_in_words, text_changes
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.rules.words import FORMATS
from portal.toolkit.service import resources
from portal.toolkit.service.texts import text_of
from portal.toolkit.views import blueprint
from portal.toolkit.views.loading import load_resource, revision_in
from portal.web.access import current_author
from portal.web.asked import asked_number


@blueprint.get("/toolkit/manage/<reference>/versions/<int:number>")
def version(reference: str, number: int) -> str:
    """One version, as readers would see it, with all that is said of it."""
    facts = load_resource(reference, number=_possible(number))
    return render_template(
        "toolkit/manage/version.html",
        facts=facts,
        content=facts.content,
        text=text_of(facts.content.body, facts.content.sources),
        about=list(facts_in_words(facts.content)),
        form=MoveForm(revision=facts.revision),
        kind=FORMATS[facts.format],
        can_restore=number != facts.latest_number and facts.state is not ResourceState.RETIRED,
    )


@blueprint.get("/toolkit/manage/<reference>/compare")
def compare(reference: str) -> str:
    """What differs between two versions; by default the last two, or readers' and the latest."""
    facts = load_resource(reference)
    last = facts.latest_number
    begin = facts.published_number if facts.published_number not in {None, last} else last - 1
    older = asked_number("from", begin)
    newer = asked_number("to", last)
    before = load_resource(reference, number=_possible(max(older or 1, 1)))
    after = load_resource(reference, number=_possible(newer))
    return render_template(
        "toolkit/manage/compare.html",
        facts=facts,
        before=before,
        after=after,
        lines=text_changes(before.content.body, after.content.body),
        changes=fact_changes(before.content, after.content),
        versions=queries.versions(facts.id),
    )


@blueprint.post("/toolkit/manage/<reference>/versions/<int:number>/restore")
def restore(reference: str, number: int) -> ResponseReturnValue:
    """Bring an earlier version back as the latest."""
    facts = load_resource(reference)
    form = MoveForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = resources.restore_version(
                reference=facts.reference,
                revision=revision_in(form),
                number=_possible(number),
                by=current_author(),
            )
        if isinstance(done, Ok):
            flash(f"Version {number} is the latest again, as a new version.", "success")
        else:
            flash(done[0].message, "error")
    return redirect(url_for("toolkit.resource_manage", reference=facts.reference))


def _possible(number: int) -> int:
    """A number that a version can have; 404 for one that no database can hold."""
    if not 1 <= number <= 1_000_000:  # noqa: PLR2004
        abort(404)
    return number
