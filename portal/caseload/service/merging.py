"""Bringing two records of one employer together: what would move, and moving it.

The preview and the merge are made by the same function, so that what was shown is what is done: a
fingerprint of it comes back with the button, and a difference is refused. ``merge_undo`` takes it
apart again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Table, select, update

from portal.caseload.merging import (
    Effect,
    MergePolicy,
    RowChange,
    merge_policies,
    merge_problems,
    merge_steps,
)
from portal.caseload.models import EmployerMerge
from portal.caseload.queries import merging as queries
from portal.caseload.rules.merging import (
    GROUPS,
    UNIQUE,
    WITHOUT_HISTORY,
    can_fill,
    filled,
    plain,
)
from portal.db import Base, audit, current_session
from portal.employers.models import Employer, EmployerChange
from portal.employers.rules.facts import FACTS
from portal.employers.rules.names import index_words
from portal.employers.service import timeline
from portal.kernel.clock import utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

NO_EMPLOYER = Problem("no_employer", "There is no such employer, or it was merged already")
SAME = Problem("same_employer", "Choose two different employers")
_CHANGED = Problem(
    "changed",
    "Something was added or changed since you looked. Nothing was moved: look at the list again, "
    "then merge",
)
_FIELDS = tuple(dict.fromkeys([*FACTS, *(name for group in GROUPS for name in group.fields)]))
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Moving:
    """The rows of one table in a merge: what moves, what stays and why; each in a line."""

    column: str
    title: str
    moving: Mapping[int, str]
    staying: tuple[tuple[int, str], ...]
    reason: str


@dataclass(frozen=True, slots=True)
class MergePlan:
    """Everything that a merge would do, and what stands in its way."""

    kept: Mapping[str, Any]
    merged: Mapping[str, Any]
    kept_id: int
    merged_id: int
    tables: tuple[Moving, ...]
    changes: tuple[RowChange, ...]
    also: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def count(self) -> int:
        """How many records would move."""
        return sum(len(table.moving) for table in self.tables)

    @property
    def fillable(self) -> list[str]:
        """Groups of facts that the kept record could take over."""
        return [group.key for group in can_fill(self.kept, self.merged)]

    @property
    def fingerprint(self) -> str:
        """Tells whether two plans would do the same."""
        said = [
            [self.kept_id, self.merged_id, self.kept["version"], self.merged["version"]],
            [[t.column, sorted(t.moving), [key for key, _why in t.staying]] for t in self.tables],
            [[c.table, c.row_id, dict(c.values)] for c in self.changes],
            list(self.also),
            self.fillable,
        ]
        return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:32]


def plan(*, kept: str, merged: str) -> Ok[MergePlan] | Err:
    """What merging the record ``merged`` into ``kept`` (references) would do. Only reads."""
    if kept == merged:
        return Err(SAME)
    one, other = queries.record(kept), queries.record(merged)
    if one is None or other is None:
        return Err(NO_EMPLOYER)
    return Ok(_plan(queries.employers_by_id([one.id, other.id]), one.id, other.id))


def merge(
    *,
    kept: str,
    merged: str,
    fill: Collection[str],
    reason: str,
    fingerprint: str,
    by: Author,
) -> Ok[EmployerMerge] | Err:
    """Move everything of the record ``merged`` to ``kept``; ``fill`` names groups of facts.

    Refused while a guard or a rule stands against it, and when it would do something else than
    what ``fingerprint`` stands for.
    """
    words = reason.strip()
    if not words:
        return Err(Problem("reason_needed", "Say how you know it is the same employer", "reason"))
    found = plan(kept=kept, merged=merged)
    if isinstance(found, Err):
        return found
    ids = (found.value.kept_id, found.value.merged_id)
    # Locked and asked again: nothing can be added to either between the question and the moving.
    pair = queries.pair_to_change(ids)
    if any(employer.merged_into_id is not None for employer in pair.values()):
        return Err(NO_EMPLOYER)
    now = _plan(pair, *ids)
    if now.problems:
        return Err(now.problems[0])
    if now.fingerprint != fingerprint:
        return Err(_CHANGED)
    return Ok(_carry_out(now, pair, fill=fill, reason=words, by=by))


def _plan(pair: Mapping[int, Employer], kept_id: int, merged_id: int) -> MergePlan:
    tables: list[Moving] = []
    changes: list[RowChange] = []
    problems: list[Problem] = []
    for policy in merge_policies():
        effect = policy.rule(kept_id, merged_id) if policy.rule else Effect()
        found = _moving(policy, merged_id, effect)
        if found is not None:
            tables.append(found)
        changes += effect.changes
        problems += effect.problems
    problems += merge_problems(kept_id, merged_id)
    return MergePlan(
        kept=_facts(pair[kept_id]),
        merged=_facts(pair[merged_id]),
        kept_id=kept_id,
        merged_id=merged_id,
        tables=tuple(tables),
        changes=tuple(changes),
        also=tuple(line for step in merge_steps() for line in step.preview(kept_id, merged_id)),
        problems=tuple(problems),
    )


def _facts(employer: Employer) -> dict[str, Any]:
    names = (*_FIELDS, "reference", "version")
    return {name: getattr(employer, name) for name in names}


def _moving(policy: MergePolicy, merged_id: int, effect: Effect) -> Moving | None:
    table = table_of(policy.table)
    rows = current_session().execute(
        select(table.c.id, *(table.c[name] for name in policy.columns if name != "id"))
        .where(table.c[policy.key] == merged_id)
        .order_by(table.c.id)
    )
    moving: dict[int, str] = {}
    staying: list[tuple[int, str]] = []
    for row in rows.mappings():
        if not policy.moves:
            staying.append((row["id"], policy.words(dict(row))))
        elif row["id"] in effect.staying:
            staying.append((row["id"], effect.staying[row["id"]]))
        else:
            moving[row["id"]] = policy.words(dict(row))
    if not moving and not staying:
        return None
    return Moving(policy.column, policy.title, moving, tuple(staying), policy.stays)


def _carry_out(
    now: MergePlan,
    pair: Mapping[int, Employer],
    *,
    fill: Collection[str],
    reason: str,
    by: Author,
) -> EmployerMerge:
    session = current_session()
    kept, merged = pair[now.kept_id], pair[now.merged_id]
    steps = {step.name: dict(step.do(now.kept_id, now.merged_id)) for step in merge_steps()}
    for table in now.tables:
        move_rows(table.column, list(table.moving), to=now.kept_id)
    changed = [_change(change) for change in now.changes]
    facts = _fill(now, kept, merged, fill, by)
    # Taken note of by hand, so that the record's own day of change stays.
    set_values("employers", merged.id, {"merged_into_id": kept.id})
    made = EmployerMerge(
        kept_id=kept.id,
        merged_id=merged.id,
        reason=reason,
        moved={
            "was": merged.id,
            "rows": {table.column: list(table.moving) for table in now.tables if table.moving},
            "stayed": {
                table.column: [key for key, _why in table.staying]
                for table in now.tables
                if table.staying
            },
            "changes": changed,
            "facts": facts,
            "steps": steps,
        },
        by=by.user_id,
        by_name=by.shown,
        at=utc_now(),
    )
    session.add(made)
    session.flush()
    session.expire_all()
    tell(made, f"{merged.name} was merged into this record", f"Merged into {kept.name}", by, reason)
    audit.record(
        action="employer.merged",
        subject=f"employer:{merged.reference}",
        detail={"into": kept.reference, "merge": made.reference, "records": now.count},
        actor_id=by.user_id,
    )
    session.flush()
    return made


def _change(change: RowChange) -> dict[str, Any]:
    was = set_values(change.table, change.row_id, change.values)
    return {"table": change.table, "id": change.row_id, "was": was, "now": dict(change.values)}


def _fill(
    now: MergePlan, kept: Employer, merged: Employer, fill: Collection[str], by: Author
) -> list[dict[str, Any]]:
    groups = filled(now.kept, now.merged, fill)
    # No two employers may hold the same number: one gives it up before the other takes it.
    gives = {name: None for group in groups for name in group if name in UNIQUE}
    if gives:
        set_values("employers", merged.id, gives)
    change_facts(kept, {name: value for group in groups for name, value in group.items()}, by=by)
    return [
        {
            "was": {name: plain(now.kept[name]) for name in group},
            "now": {name: plain(value) for name, value in group.items()},
        }
        for group in groups
    ]


def change_facts(employer: Employer, values: Mapping[str, Any], *, by: Author) -> None:
    """Change facts of a record, with a line of its history."""
    if not values:
        return
    session = current_session()
    was = {name: getattr(employer, name) for name in values}
    for name, value in values.items():
        setattr(employer, name, value)
    if "trading_name" in values:
        words, made = index_words(employer.name, *filter(None, [employer.trading_name]))
        employer.search_text = " ".join(dict.fromkeys([*words, *made]))
    changes = {
        name: [plain(was[name]), plain(value)]
        for name, value in values.items()
        if name not in WITHOUT_HISTORY and was[name] != value
    }
    if changes:
        employer.version += 1
        session.add(
            EmployerChange(
                employer_id=employer.id,
                version=employer.version,
                changed_by=by.user_id,
                changes=changes,
            )
        )
    session.flush()


def tell(made: EmployerMerge, on_kept: str, on_merged: str, by: Author, text: str) -> None:
    """A line on both timelines."""
    for employer_id, title in ((made.kept_id, on_kept), (made.merged_id, on_merged)):
        timeline.note(
            employer_id=employer_id,
            kind="record",
            title=title,
            text=text,
            by=by,
            subject=f"merge:{made.reference}",
        )


def table_of(name: str) -> Table:
    """A table by its name."""
    return Base.metadata.tables[name]


def chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Keys in portions that every database takes in one statement."""
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


def move_rows(column: str, ids: Sequence[int], *, to: int) -> None:
    """Give rows to another employer. Their own day of change stays: the record did not change."""
    name, _, key = column.partition(".")
    table = table_of(name)
    values: dict[str, Any] = {key: to}
    if "updated_at" in table.c:
        values["updated_at"] = table.c.updated_at
    for some in chunks(ids):
        current_session().execute(update(table).where(table.c.id.in_(some)).values(values))


def set_values(name: str, row_id: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """Set columns of a row and return what they held; its own day of change stays."""
    table = table_of(name)
    session = current_session()
    session.flush()
    row = (
        session.execute(select(*(table.c[key] for key in values)).where(table.c.id == row_id))
        .mappings()
        .one()
    )
    kept = {"updated_at": table.c.updated_at} if "updated_at" in table.c else {}
    restored = {key: restore(table, key, value) for key, value in values.items()}
    session.execute(update(table).where(table.c.id == row_id).values({**restored, **kept}))
    session.expire_all()
    return {key: plain(row[key]) for key in values}


def restore(table: Table, key: str, value: Any) -> Any:
    """A value of a document as the column takes it."""
    if isinstance(value, str) and table.c[key].type.python_type is date:
        return date.fromisoformat(value)
    return value
