"""Counting how many people resources reach, without cookies and without knowing whom.

Pages call ``count_later``; the worker counts a moment later, since a GET writes nothing itself.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from crawleruseragents import is_crawler
from flask import Flask, current_app, g, request
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from portal.db import current_session, unit_of_work
from portal.employers import queries as employers
from portal.integrations.jobs import HUEY_EXTENSION
from portal.kernel.clock import today
from portal.toolkit.models import ReachCount, ReachMark, ReachSalt
from portal.toolkit.queries import reach as found
from portal.toolkit.rules import reach as rules
from portal.toolkit.rules.words import REACH_KINDS

REACH_EXTENSION: Final = "portal_reach"
CAMPAIGN_ARGUMENT: Final = "c"
# ``count_later`` by name: pages for visitors are kept, and each reader of one is counted.
COUNTED: Final = "toolkit.reach"
_LONGEST_CODE: Final = 12
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one request adds, if its visitor was not counted for it today."""

    kind: str
    day: str
    fingerprint: str
    resource_id: int = 0
    number: int = 0
    campaign: str = ""
    employer: str = ""


def campaign_code() -> str:
    """The campaign that led to this page, as its address says; links on the page carry it on."""
    return request.args.get(CAMPAIGN_ARGUMENT, "").replace("\0", "")[:_LONGEST_CODE]


def count_later(kind: str, *, resource_id: int = 0, number: int = 0, campaign: str = "") -> None:
    """Have this request counted: once for a visitor, a day and a resource. Never raises.

    ``number`` is the version. Crawlers, browsers that fetch ahead and staff are left out.
    """
    if kind not in REACH_KINDS or not _counts():
        return
    seen = Seen(
        kind,
        today().isoformat(),
        _fingerprint(today()),
        resource_id,
        number,
        campaign or campaign_code(),
        _employer(),
    )
    try:
        current_app.extensions[REACH_EXTENSION](
            *(seen.kind, seen.day, seen.fingerprint, seen.resource_id, seen.number),
            *(seen.campaign, seen.employer),
        )
    except Exception:  # noqa: BLE001 - the reader still gets the page
        _log.exception("The job queue did not answer; one %s is not counted", kind)


def visitor_mark() -> str:
    """Today's mark of this request's browser, for what one may do once. In a unit of work."""
    day = today()
    return rules.mark(_salt(day), _fingerprint(day))


def count(seen: Seen) -> bool:
    """Count what was seen unless it was counted today; whether it was new. In a unit of work."""
    day = date.fromisoformat(seen.day)
    mark = rules.mark(_salt(day), seen.fingerprint)
    campaign_id = found.campaign_key(seen.campaign) if seen.campaign else 0
    place = str(seen.resource_id) if seen.resource_id else "library"
    if seen.kind == "visit":
        place = f"campaign {campaign_id}"
    sector = _sector(seen.employer)
    if not _first(day, mark, place, seen.kind):
        return False
    _add(day, seen.kind, seen, campaign_id, sector)
    of_resource = seen.resource_id and seen.kind in rules.OF_RESOURCES
    if of_resource and _first(day, mark, place, "reached"):
        _add(day, "reached", seen, campaign_id, sector)
    return True


def forget() -> None:
    """Daily: remove the marks and secrets of days that are over. The sums stay."""
    with unit_of_work() as session:
        for table in (ReachMark, ReachSalt):
            session.execute(delete(table).where(table.day < today()))


def init_reach(app: Flask) -> None:
    """Give the worker the task that counts."""

    def count_reach(
        kind: str,
        day: str,
        fingerprint: str,
        resource_id: int,
        number: int,
        campaign: str,
        employer: str,
    ) -> None:
        seen = Seen(kind, day, fingerprint, resource_id, number, campaign, employer)
        with app.app_context(), unit_of_work():
            count(seen)

    huey = app.extensions[HUEY_EXTENSION]
    app.extensions[REACH_EXTENSION] = huey.task(name="count_reach")(count_reach)


def _counts() -> bool:
    agent = request.headers.get("User-Agent", "")
    if request.method == "HEAD" or not agent or _reader("roles"):
        return False
    purposes = (request.headers.get("Sec-Purpose", ""), request.headers.get("Purpose", ""))
    return not rules.is_ahead_of_reading(*purposes) and not is_crawler(agent)


def _fingerprint(day: date) -> str:
    return rules.fingerprint(
        current_app.secret_key if isinstance(current_app.secret_key, str) else "",
        day,
        address=request.remote_addr or "",
        agent=request.headers.get("User-Agent", ""),
    )


def _reader(what: str) -> Collection[str]:
    """What is known of whoever reads; the web has put them beside the request."""
    said: Collection[str] = getattr(g.get("actor"), what, ())
    return said


def _employer() -> str:
    """The employer whose person reads, where there is exactly one."""
    references = tuple(_reader("employers"))
    return references[0] if len(references) == 1 else ""


def _sector(employer: str) -> str:
    profile = employers.employer_profile(employer) if employer else None
    return profile.sector if profile else ""


def _salt(day: date) -> str:
    salt = found.salt(day)
    if salt is None:
        _insert(ReachSalt, {"day": day, "salt": secrets.token_hex(32)}, ["day"])
        salt = found.salt(day)
    assert salt is not None  # noqa: S101 - made just above, in this transaction
    return salt


def _first(day: date, mark: str, place: str, kind: str) -> bool:
    values = {"day": day, "mark": mark, "place": place, "kind": kind}
    return _insert(ReachMark, values, ["day", "mark", "place", "kind"])


def _insert(table: Any, values: dict[str, Any], key: list[str]) -> bool:
    """Add a row unless there is one with the same key; whether it was added."""
    statement: Any = _inserting(table).values(values).on_conflict_do_nothing(index_elements=key)
    return current_session().scalar(statement.returning(table.id)) is not None


def _add(day: date, kind: str, seen: Seen, campaign_id: int, sector: str) -> None:
    key = {
        "day": day,
        "kind": kind,
        "resource_id": seen.resource_id,
        "number": seen.number,
        "campaign_id": campaign_id,
        "reader_sector": sector,
    }
    statement: Any = _inserting(ReachCount).values(**key, count=1)
    current_session().execute(
        statement.on_conflict_do_update(
            index_elements=list(key), set_={"count": ReachCount.__table__.c["count"] + 1}
        )
    )


def _inserting(table: Any) -> Any:
    embedded = current_session().get_bind().dialect.name == "sqlite"
    return sqlite.insert(table) if embedded else postgresql.insert(table)
