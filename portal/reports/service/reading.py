"""What a reader may have: reports built for them, or statistics as they were released.

Statistics are never built for a reader. They are those of a quarter, protected and frozen when they
were released, the same for everybody and for ever (docs/decisions/011).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from portal.db.replica import read_aside
from portal.db.session import steady_reading
from portal.reports.queries import copies as kept
from portal.reports.queries.copies import Copy
from portal.reports.rules.document import Report
from portal.reports.rules.scope import Scope, View
from portal.reports.service import copies
from portal.reports.service.building import Builder

_MOST: Final = 200


def built(builder: Builder, scope: Scope, *, to_keep: bool = False) -> Report:
    """A report as of one moment, from a replica where there is one.

    ``to_keep``: for ever, so from the records themselves, to the last second.

    Raises:
        ValueError: for statistics, which are released and never built for a reader.
    """
    if scope.view is View.STATISTICS:
        raise ValueError("Statistics are released, not built")

    def build() -> Report:
        with steady_reading():
            return builder.build(scope)

    return build() if to_keep else read_aside(build)


def releases(since: datetime | None = None) -> list[Copy]:
    """Statistics that were released, the latest first; those after an instant, if one is given."""
    found = kept.frozen(views={View.STATISTICS}, limit=_MOST)
    return [one for one in found if since is None or one.made_at > since]


def release_of(found: Sequence[Copy], first: date | None, last: date | None) -> Copy | None:
    """The release of a period, or the latest where none is named."""
    for one in found:
        if first in {None, one.first_on} and last in {None, one.last_on}:
            return one
    return None


def released(copy: Copy) -> Report:
    """The statistics as they were released.

    Raises:
        ValueError: when what was kept is not protected, or was changed.
    """
    found = copies.report_of(copy)
    if not found.protected:
        raise ValueError(f"Copy {copy.reference} is not protected")
    return found
