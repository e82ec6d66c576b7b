"""Running the schedule: what is over goes, in small transactions, and leaves a tombstone.

Each batch is one unit of work: rows are emptied, tombstones written, and the removal of files
promised in it. Killed between two batches, the next run goes on where this one stopped; killed
within one, nothing of it happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, update

from portal.db import audit, current_session, unit_of_work
from portal.governance.models.retention import RetentionRun, RetentionTombstone
from portal.governance.queries import retention_due as found
from portal.governance.queries.anchors import hanging, table_of
from portal.governance.queries.holds import standing
from portal.governance.queries.retention_due import Due, Root
from portal.governance.rules import retention as rules
from portal.governance.rules.holdings import holdings
from portal.governance.rules.holds import Holds
from portal.governance.rules.retention import REMOVED_NAME, REMOVED_TEXT, classes, months_before
from portal.governance.service.emptying import empty
from portal.governance.service.forum_names import take_names_out
from portal.governance.service.leaving import close_accounts
from portal.kernel.clock import today, utc_now
from portal.kernel.result import Err, Ok
from portal.programme import queries as programme
from portal.programme import service as programme_service

BATCH: Final = 200


@dataclass(slots=True)
class Done:
    """What one run did: records by class, those that a hold kept, and files."""

    went: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    files: int = 0


def periods() -> Mapping[str, int]:
    """Months by class, as the programme has set them for today."""
    return programme.settings().retention_months


def run(source: str = "daily", *, batch: int = BATCH) -> Done:
    """Let everything go whose time is over; opens its own units of work."""
    with unit_of_work() as session:
        row = RetentionRun(source=source)
        session.add(row)
        session.flush()
        run_id = row.id
    done = Done()
    for key, one in classes().items():
        if one.ends:
            for root in found.roots_of(key):
                _run_root(root, months_before(utc_now(), periods()[key]), done, batch)
    with unit_of_work() as session:
        row = session.get_one(RetentionRun, run_id)
        row.ended_at = utc_now()
        row.went, row.held, row.files = dict(done.went), dict(done.held), done.files
        if done.went:
            audit.record(
                action="retention.run", subject=f"retention:{run_id}", detail=dict(done.went)
            )
    return done


def _run_root(root: Root, before: datetime, done: Done, batch: int) -> None:
    after = 0
    while True:
        with unit_of_work():
            rows = found.due(root, before, after_key=after, limit=batch)
            if not rows:
                return
            free, held = sorted_by_hold(root, rows, standing())
            done.held[root.class_key] += len(held)
            if free:
                done.files += let_go(root, free, why="schedule")
                done.went[root.class_key] += len(free)
        after = rows[-1].key


def sorted_by_hold(root: Root, rows: Sequence[Due], holds: Holds) -> tuple[list[Due], list[Due]]:
    """Rows that may go and rows that a hold keeps."""
    more: Mapping[int, set[int]] = {}
    if root.table == "support_deliveries":
        more = found.employers_of_delivery([row.key for row in rows])
    free: list[Due] = []
    held: list[Due] = []
    for row in rows:
        employers = {row.employer_id, *more.get(row.key, ())}
        stopped = holds.stops(root.class_key, employers=employers, person=row.user_id)
        (held if stopped else free).append(row)
    return free, held


def let_go(root: Root, rows: Sequence[Due], *, why: str, erasure_id: int | None = None) -> int:
    """Empty these rows and what hangs on them, inside a unit of work; how many files go."""
    ids = [row.key for row in rows]
    files = 0
    if root.table == "users":
        close_accounts(ids)
    if root.table == "forum_threads":
        take_names_out(ids)
    hashes = _hashes(root, ids)
    parts: list[str] = []
    holding_class = "evidence" if root.class_key == "evidence_paid" else root.class_key
    if root.only is not None:
        holding = holdings().tables[root.table]
        empty(holding, ids, only=root.only)
        parts = sorted(root.only)
    else:
        for holding, keys in hanging(holding_class, root.table, ids):
            kinds = {one.kind for one in holding.emptied}
            count = empty(holding, keys)
            if count:
                parts.append(holding.name)
            if "file" in kinds:
                files += count
    if root.class_key == "case_people":
        _timeline(rows)
    if root.marked:
        _mark(root, rows, parts, hashes, why, erasure_id)
    return files


def _hashes(root: Root, ids: Collection[int]) -> dict[int, str]:
    table = table_of(root.table)
    if "sha256" not in table.c:
        return {}
    found_rows = current_session().execute(
        select(table.c.id, table.c.sha256).where(table.c.id.in_(ids))
    )
    return {key: value for key, value in found_rows if value}


def _mark(
    root: Root,
    rows: Sequence[Due],
    parts: Sequence[str],
    hashes: Mapping[int, str],
    why: str,
    erasure_id: int | None,
) -> None:
    what = ", ".join(parts)[:200]
    table: Any = RetentionTombstone.__table__
    values = [
        {
            "class_key": root.class_key,
            "holding": root.table,
            "row_id": row.key,
            "since": row.since,
            "at": utc_now(),
            "why": why,
            "what": what,
            "sha256": hashes.get(row.key),
            "erasure_id": erasure_id,
        }
        for row in rows
    ]
    current_session().execute(table.insert(), values)


def _timeline(rows: Sequence[Due]) -> None:
    """The lines of an employer's timeline until its case was closed lose their words.

    An employer with a case that is open, or closed later, keeps them until that one's time is over.
    """
    cases, lines = table_of("cases"), table_of("employer_timeline")
    session = current_session()
    latest: dict[int, datetime] = {}
    for row in rows:
        if row.employer_id is not None:
            latest[row.employer_id] = max(latest.get(row.employer_id, row.since), row.since)
    going = set(session.scalars(select(cases.c.id).where(cases.c.id.in_([r.key for r in rows]))))
    for employer_id, until in latest.items():
        other = session.scalar(
            select(func.count())
            .select_from(cases)
            .where(
                cases.c.employer_id == employer_id,
                cases.c.id.not_in(going),
                (cases.c.closed_at.is_(None)) | (cases.c.closed_at > until),
            )
        )
        if other:
            continue
        session.execute(
            update(lines)
            .where(lines.c.employer_id == employer_id, lines.c.at <= until)
            .values(title=REMOVED_TEXT, text="", by_name=REMOVED_NAME)
        )


def change_period(*, class_key: str, months: int, by: int | None) -> Ok[None] | Err:
    """Have a class keep its data for so many months from today on."""
    problem = rules.refused(class_key, months)
    if problem is not None:
        return Err(problem)

    changed = programme_service.change_setting(
        key="retention_months",
        value={**programme.values()["retention_months"], class_key: months},
        effective_from=today(),
        changed_by=by,
    )
    return changed if isinstance(changed, Err) else Ok(None)
