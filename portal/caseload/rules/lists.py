"""What a list of cases can be narrowed to and ordered by, and how that stands in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final

from portal.caseload.rules.stages import Stage

PAGE: Final = 50
ALL: Final = "all"
MINE: Final = "me"
NOBODY: Final = "none"
LONGEST: Final = 100
MOST_PAGES: Final = 100_000
# The cases of a list are counted, and paged through, as far as this; taken away they are all.
COUNTED: Final = 5_000

VIEWS: Final[Mapping[str, str]] = {
    "open": "Open cases",
    "overdue": "Next action overdue",
    "today": "Next action today",
    "week": "Next action this week",
    "no_next_action": "No next action",
    "quiet": "No contact lately",
    "never_contacted": "Never contacted",
    "waiting_for_employer": "Waiting for the employer",
    "almost_claimable": "Almost claimable",
    "claimable": "Engagement complete",
    "session_unconfirmed": "Session not confirmed",
    "closed": "Closed cases",
    "all": "Open and closed",
}
SORTS: Final[Mapping[str, str]] = {
    "next": "Next action, soonest first",
    "contact": "Last contact, longest ago first",
    "stage": "Stage",
    "employer": "Employer",
    "opened": "Opened, newest first",
}
_DEFAULTS: Final = {"view": "open", "sort": "next"}


def view_title(view: str, quiet_days: int) -> str:
    """A view on screen, with the number of days that makes a case quiet."""
    return f"No contact for {quiet_days} days" if view == "quiet" else VIEWS[view]


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """A list as asked for. Empty means "not narrowed"; ``page`` counts from 1.

    ``adviser`` is ``me``, ``all``, ``none`` (nobody has the case) or a person's key; ``provider``
    and ``source`` are keys as text.
    """

    view: str = "open"
    adviser: str = ALL
    provider: str = ""
    stage: str = ""
    sector: str = ""
    size: str = ""
    district: str = ""
    source: str = ""
    q: str = ""
    sort: str = "next"
    page: int = 1

    def address(self, *, default_adviser: str, **changes: str | int) -> dict[str, str]:
        """The values that must stand in an address for this list, without those that go unsaid.

        A change of anything but the page begins at the first page again.
        """
        wanted = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        unsaid = {**_DEFAULTS, "adviser": default_adviser}
        said = {}
        for field in fields(wanted):
            value = getattr(wanted, field.name)
            if value != unsaid.get(field.name, "") and not (field.name == "page" and value == 1):
                said[field.name] = str(value)
        return said


def read_filter(args: Mapping[str, str], *, default_adviser: str) -> CaseFilter:
    """A list as an address asks for it; what makes no sense is read as if it were not there."""

    def text(name: str) -> str:
        return " ".join(args.get(name, "").replace("\x00", "").split())[:LONGEST]

    def number(name: str) -> str:
        value = text(name)
        return value if value.isascii() and value.isdecimal() and int(value) < 2**31 else ""

    adviser = text("adviser")
    if adviser not in {ALL, MINE, NOBODY}:
        adviser = number("adviser") or default_adviser
    view, sort, stage, page = text("view"), text("sort"), text("stage"), number("page")
    return CaseFilter(
        view=view if view in VIEWS else _DEFAULTS["view"],
        adviser=adviser,
        provider=number("provider"),
        stage=stage if stage in set(Stage) else "",
        sector=text("sector"),
        size=text("size"),
        district=text("district"),
        source=number("source"),
        q=text("q"),
        sort=sort if sort in SORTS else _DEFAULTS["sort"],
        page=min(max(int(page or 1), 1), MOST_PAGES),
    )
