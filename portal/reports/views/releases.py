"""Releases of statistics: the list, and one of them as a page."""

from __future__ import annotations

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.ids import normalise_reference
from portal.reports.access import lep_manager, statistics_reader
from portal.reports.queries import copies as copies_found
from portal.reports.queries import statistics as found
from portal.reports.queries.copies import Copy
from portal.reports.queries.statistics import Release
from portal.reports.rules.scope import View
from portal.reports.rules.shown import meanings
from portal.reports.service import copies
from portal.reports.views import blueprint
from portal.reports.views.showing import parts
from portal.web.access import any_of, current_actor

_pack_reader = any_of(lep_manager, statistics_reader)


def load_release(reference: str) -> Release:
    """The release in the address; 404 when there is none."""
    wanted = normalise_reference(reference)
    release = found.release_of(wanted) if wanted.isalnum() else None
    if release is None:
        abort(404)
    return release


def _copy(release: Release) -> Copy:
    copy = copies_found.copy_of(release.copy)
    if copy is None:
        abort(404)
    return copy


@blueprint.get("/reports/releases")
def releases() -> ResponseReturnValue:
    """Every quarter that was released, the latest first."""
    return render_template(
        "reports/statistics/releases.html",
        releases=found.releases(),
        may_pack=_pack_reader(current_actor(), {}),
    )


@blueprint.get("/reports/releases/<release>")
def release(release: str) -> ResponseReturnValue:
    """A release as it was made, how it is protected, and its files."""
    kept = load_release(release)
    copy = _copy(kept)
    return render_template(
        "reports/statistics/release.html",
        release=kept,
        copy=copy,
        files=copies_found.files_of(copy.id),
        may_pack=_pack_reader(current_actor(), {}),
        **parts(copies.report_of(copy), View.STATISTICS, live=False),
    )


@blueprint.get("/reports/releases/<release>/definitions")
def release_definitions(release: str) -> ResponseReturnValue:
    """What the figures of a release mean."""
    kept = load_release(release)
    report = copies.report_of(_copy(kept))
    return render_template(
        "reports/definitions.html",
        report=report,
        meanings=meanings(report),
        back=url_for("reports.release", release=kept.reference),
    )
