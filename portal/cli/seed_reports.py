"""The demonstration's frozen reports: the last whole quarter, for the LEP and for the provider."""

from __future__ import annotations

from datetime import timedelta

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.reports.rules.asking import quarter_start
from portal.reports.rules.scope import Scope, View
from portal.reports.service import copies
from portal.reports.service.building import Builder, builders
from portal.reports.service.reading import built

_BOARD = "Example: the board's meeting after the quarter"
_OWN = "Example: the provider's own review of the quarter"


def seed_reports(*, head: Author, manager: Author, provider_id: int) -> int:
    """Freeze every report of the last quarter that has ended; how many. Files are a worker's."""
    last = quarter_start(today()) - timedelta(days=1)
    first = quarter_start(last)
    full = Scope(first, last)
    own = Scope(first, last, view=View.PROVIDER, provider=provider_id)
    return sum(
        _freeze(builder, full, note=_BOARD, by=head) + _freeze(builder, own, note=_OWN, by=manager)
        for builder in builders()
    )


def _freeze(builder: Builder, scope: Scope, *, note: str, by: Author) -> int:
    if scope.view not in builder.views:
        return 0
    report = built(builder, scope, to_keep=True)
    with unit_of_work():
        copies.freeze(report, view=scope.view, organisation_id=scope.provider, note=note, by=by)
    return 1
