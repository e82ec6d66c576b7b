"""Keeps the ties between members, and what the report shows of them, up to date.

Everything is worked out afresh from the records each time, so nothing can drift: running it twice
changes nothing, and a day that was missed is made good by the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy.exc import IntegrityError

from portal.db import current_session, outbox, unit_of_work
from portal.kernel.clock import london, today, utc_now
from portal.network.queries import graph as graphs
from portal.network.queries import ties as found
from portal.network.queries.ties import Stay
from portal.network.rules.graph_report import (
    is_quarter_end,
    measures,
    past_measures,
    quarter_ends,
)
from portal.network.rules.ties import Records, Tie, TieKey, among, ties_of

KIND: Final = "network.ties"
_SOON: Final = timedelta(minutes=5)
Ties = Mapping[TieKey, Tie]


def renew_soon() -> None:
    """Have the ties worked out again within minutes; call it in a unit of work that changes them.

    However many ask within five minutes, it is done once, and after all of them; also where two
    ask at the same moment.
    """
    slot = int(utc_now().timestamp() // _SOON.total_seconds())
    due = (slot + 1) * _SOON.total_seconds()
    wait = timedelta(seconds=due - utc_now().timestamp())
    with suppress(IntegrityError), current_session().begin_nested():
        outbox.add(kind=KIND, payload={}, unique_key=f"{KIND}:{slot}", due_at=utc_now() + wait)


def run(payload: Mapping[str, Any]) -> None:  # noqa: ARG001 - everything is worked out
    """Do what was promised."""
    renew()


def renew() -> None:
    """Work out the ties, then the measures of today and of quarters that are over.

    Each part is written in a short unit of work; what takes time is done between them.
    """
    with unit_of_work():
        found.hold()
        records = found.records()
        _write(records)
    stays = found.stays()
    everything = ties_of(records)
    now = today()
    keep = {day for day, made in graphs.days().items() if _is_final(day, made)}
    first = min((stay.joined for stay in stays), default=now)
    rows = [
        *(
            row
            for day in quarter_ends(first, now)
            if day not in keep
            for row in _rows(day, stays, everything, is_past=True)
        ),
        *_rows(now, stays, everything, is_past=False),
    ]
    with unit_of_work():
        found.hold()
        graphs.forget_days(day for day in graphs.days() if day not in keep)
        graphs.keep(rows)


def rebuild() -> int:
    """Make the kept ties those that the records make; how many rows that changed.

    Call it in a unit of work.
    """
    found.hold()
    return _write(found.records())


def _write(records: Records) -> int:
    now = today()
    members = {stay.employer_id for stay in found.stays() if stay.at_end_of(now)}
    wanted = among(ties_of(records), members)
    kept = found.kept()
    gone = [row for key, (row, _tie) in kept.items() if key not in wanted]
    fresh = {key: tie for key, tie in wanted.items() if key not in kept}
    changed = {row: wanted[key] for key, (row, tie) in kept.items() if wanted.get(key, tie) != tie}
    found.drop(gone)
    found.add(fresh)
    found.put_right(changed)
    return len(gone) + len(fresh) + len(changed)


def _is_final(day: date, made: Any) -> bool:
    """Whether the measures of a day are of a quarter that was over when they were made."""
    return is_quarter_end(day) and london(made).date() > day


def _rows(day: date, stays: list[Stay], ties: Ties, *, is_past: bool) -> Iterator[dict[str, Any]]:
    """The measures at the end of a day, for the whole and for each sector and district."""
    there = {stay.employer_id: stay.cell for stay in stays if stay.at_end_of(day)}
    inside = among(ties, there)
    sectors = sorted({sector for sector, _district in there.values()})
    districts = sorted({district for _sector, district in there.values()})
    made_at = utc_now()
    for sector in ("", *sectors):
        for district in ("", *districts):
            members = {
                key
                for key, cell in there.items()
                if sector in {"", cell[0]} and district in {"", cell[1]}
            }
            if not members and (sector or district):
                continue
            own = among(inside, members)
            yield {
                "day": day,
                "sector": sector,
                "district": district,
                "measures": past_measures(members, own, day)
                if is_past
                else measures(members, own, cells=there),
                "made_at": made_at,
            }
