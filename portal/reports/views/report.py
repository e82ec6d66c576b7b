"""One report as a page, what its figures mean, and freezing it."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.reports.access import may_freeze
from portal.reports.forms.freezing import FreezeForm
from portal.reports.rules.asking import is_over
from portal.reports.rules.reading import HANDLING, VIEW_WORDS, period_words
from portal.reports.rules.shown import meanings
from portal.reports.service import copies as service
from portal.reports.views import blueprint
from portal.reports.views.showing import filter_parts, parts
from portal.reports.views.source import asked_for
from portal.web.access import current_actor, current_author


@blueprint.get("/reports/<key>")
def report(key: str) -> ResponseReturnValue:
    """Any report, as it is now."""
    asked = asked_for(key)
    return render_template(
        "reports/report.html",
        **parts(asked.build(), asked.view, live=True),
        **filter_parts(asked),
        may_freeze=may_freeze(current_actor()),
    )


@blueprint.get("/reports/<key>/definitions")
def definitions(key: str) -> ResponseReturnValue:
    """What every figure and column of a report is, how it is counted and how it is dated."""
    asked = asked_for(key)
    found = asked.build()
    return render_template(
        "reports/definitions.html",
        report=found,
        meanings=meanings(found),
        back=url_for("reports.report", **asked.arguments),
    )


@blueprint.route("/reports/<key>/freeze", methods=["GET", "POST"])
def freeze(key: str) -> ResponseReturnValue:
    """Keep the report as it stands, for ever."""
    asked = asked_for(key)
    if not may_freeze(current_actor()):
        abort(403)
    form = FreezeForm()
    if form.validate_on_submit():
        # Worked out as of one moment, before the lock: nobody waits with their own work for it.
        found = asked.build(to_keep=True)
        with unit_of_work():
            reference = service.freeze(
                found,
                view=asked.view,
                organisation_id=asked.organisation_id,
                note=form.note.data,
                by=current_author(),
            )
        flash("The report is frozen. Its files are being made.", "success")
        return redirect(url_for("reports.copy", copy=reference))
    return render_template(
        "reports/freeze.html",
        form=form,
        builder=asked.builder,
        period=period_words(asked.scope.first, asked.scope.last),
        over=is_over(asked.scope, today=today()),
        chosen=filter_parts(asked)["chosen"],
        for_whom=VIEW_WORDS[asked.view],
        handling=HANDLING[asked.view],
        back=url_for("reports.report", **asked.arguments),
    )
