"""Taking a merge apart: exactly the rows that moved go back, if they are where it put them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, or_, select

from portal.caseload.merging import MergePolicy, merge_policies, merge_steps
from portal.caseload.models import EmployerMerge
from portal.caseload.queries import merging as queries
from portal.caseload.rules.merging import UNIQUE, plain
from portal.caseload.service.merging import (
    change_facts,
    chunks,
    move_rows,
    restore,
    set_values,
    table_of,
    tell,
)
from portal.db import audit, current_session
from portal.employers.models import Employer
from portal.employers.rules.facts import LABELS
from portal.kernel.clock import utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

NO_MERGE = Problem("no_merge", "There is no such merge")
UNDONE = Problem("undone_already", "This merge was undone already")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What undoing a merge would do.

    ``back`` counts rows by kind; ``following`` are rows made since that belong to them; ``notes``
    say what will not be as it was before.
    """

    back: tuple[tuple[str, int], ...]
    following: tuple[tuple[str, tuple[int, ...]], ...]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]


def undo_plan(reference: str) -> Ok[UndoPlan] | Err:
    """What undoing would do now, and what stands in its way. Only reads."""
    made = queries.merge_record(reference)
    return Err(NO_MERGE) if made is None else Ok(_plan(made))


def undo(*, reference: str, by: Author) -> Ok[EmployerMerge] | Err:
    """Put back what a merge moved. All of it, or nothing with the reason."""
    made = queries.merge_record(reference, lock=True)
    if made is None:
        return Err(NO_MERGE)
    pair = queries.pair_to_change([made.kept_id, made.merged_id])
    now = _plan(made)
    if now.problems:
        return Err(now.problems[0])
    rows: dict[str, list[int]] = made.moved["rows"]
    for column, ids in rows.items():
        move_rows(column, ids, to=made.merged_id)
    for column, later in now.following:
        move_rows(column, later, to=made.merged_id)
    set_values("employers", made.merged_id, {"merged_into_id": None})
    for change in made.moved["changes"]:
        _put_back(change)
    _put_facts_back(made, pair[made.kept_id], by)
    for step in merge_steps():
        if step.name in made.moved["steps"]:
            step.undo(made.moved["steps"][step.name])
    session = current_session()
    session.expire_all()
    made.undone_at, made.undone_by, made.undone_by_name = utc_now(), by.user_id, by.shown
    merged, kept = pair[made.merged_id], pair[made.kept_id]
    tell(
        made,
        f"The merge of {merged.name} into this record was undone",
        f"The merge into {kept.name} was undone",
        by,
        "",
    )
    audit.record(
        action="employer.merge_undone",
        subject=f"employer:{merged.reference}",
        detail={"from": kept.reference, "merge": made.reference},
        actor_id=by.user_id,
    )
    session.flush()
    return Ok(made)


def _plan(made: EmployerMerge) -> UndoPlan:
    policies = {policy.column: policy for policy in merge_policies()}
    moved = {column: ids for column, ids in made.moved["rows"].items() if column in policies}
    pair = queries.employers_by_id([made.kept_id, made.merged_id])
    problems = _standing(made, pair)
    notes: list[str] = []
    back: list[tuple[str, int]] = []
    for column, ids in moved.items():
        there, elsewhere = _where(policies[column], ids, made.kept_id)
        back.append((policies[column].title, there))
        gone = len(ids) - there - len(elsewhere)
        if gone:
            notes.append(f"{policies[column].title}: {gone} removed since, and not brought back")
        if elsewhere and not problems:
            problems.append(_moved_on(policies[column].title, elsewhere))
    following: dict[str, set[int]] = {}
    if not problems:
        for policy in policies.values():
            if policy.moves:
                problems += _hanging(policy, policies, made, moved, following)
    notes += _differing(made)
    return UndoPlan(
        back=tuple(back),
        following=tuple((column, tuple(sorted(ids))) for column, ids in following.items() if ids),
        notes=tuple(notes),
        problems=tuple(problems),
    )


def _standing(made: EmployerMerge, pair: dict[int, Employer]) -> list[Problem]:
    """Whether the merge still holds, and its employers stand where it left them."""
    if made.undone_at is not None:
        return [UNDONE]
    kept, merged = pair[made.kept_id], pair[made.merged_id]
    if kept.merged_into_id is not None or merged.merged_into_id != kept.id:
        return [
            Problem(
                "merged_again",
                f"{kept.name} was itself merged into another record since. Undo that merge first",
            )
        ]
    return []


def _moved_on(title: str, elsewhere: Sequence[int]) -> Problem:
    return Problem(
        "moved_again",
        f"{title}: {len(elsewhere)} moved to another employer since (numbers "
        f"{_some(elsewhere)}). Undo that first; nothing was changed",
    )


def _where(policy: MergePolicy, ids: Sequence[int], kept_id: int) -> tuple[int, list[int]]:
    table = table_of(policy.table)
    there, elsewhere = 0, []
    for some in chunks(ids):
        rows = current_session().execute(
            select(table.c.id, table.c[policy.key]).where(table.c.id.in_(some))
        )
        for row_id, employer in rows:
            if employer == kept_id:
                there += 1
            else:
                elsewhere.append(row_id)
    return there, elsewhere


def _hanging(
    policy: MergePolicy,
    policies: dict[str, MergePolicy],
    made: EmployerMerge,
    moved: dict[str, list[int]],
    following: dict[str, set[int]],
) -> list[Problem]:
    """Rows that would be torn from what they belong to: those made since, and those that go."""
    table = table_of(policy.table)
    own = set(moved.get(policy.column, ()))
    problems = []
    for key, target, within in _references(policy, policies):
        going = set(moved.get(target.column, ()))
        here = table.c[policy.key] == made.kept_id
        since = set(_ids(table, here, within(going))) - own if going else set()
        if key in policy.follows:
            following.setdefault(policy.column, set()).update(since)
        elif since:
            problems.append(_torn(policy.title, since, target.title))
        # What would go back and now rests on something that stays with the kept employer.
        other = table_of(target.table)
        staying = set(_ids(other, other.c[target.key] == made.kept_id)) - going
        if own and staying:
            resting = set(_ids(table, here, within(staying))) & own
            if resting:
                problems.append(_torn(policy.title, resting, target.title, back=True))
    return problems


def _references(
    policy: MergePolicy, policies: dict[str, MergePolicy]
) -> Iterator[tuple[str, MergePolicy, Any]]:
    """Foreign keys of a table to rows that moved, straight or through one table between."""
    table = table_of(policy.table)
    movable = {known.table: known for known in policies.values() if known.moves}
    movable.pop("employers", None)
    for key in sorted(table.foreign_keys, key=lambda found: found.parent.name):
        aim = key.column.table
        if key.parent.name in policy.crossing:
            continue
        if aim.name in movable and key.parent.name != policy.key:
            yield key.parent.name, movable[aim.name], _direct(key.parent)
        elif aim.name not in movable:
            for onward in sorted(aim.foreign_keys, key=lambda found: found.parent.name):
                if onward.column.table.name in movable:
                    through = _through(key.parent, aim, onward.parent)
                    yield key.parent.name, movable[onward.column.table.name], through


def _direct(column: Any) -> Any:
    return lambda ids: _among(column, ids)


def _through(column: Any, between: Table, onward: Any) -> Any:
    return lambda ids: column.in_(select(between.c.id).where(_among(onward, ids)))


def _among(column: Any, ids: Collection[int]) -> ColumnElement[bool]:
    return or_(*(column.in_(some) for some in chunks(sorted(ids))))


def _ids(table: Table, *tests: ColumnElement[bool]) -> list[int]:
    return list(current_session().scalars(select(table.c.id).where(*tests)))


def _torn(title: str, ids: Collection[int], target: str, *, back: bool = False) -> Problem:
    which = f"{title} (numbers {_some(sorted(ids))})"
    if back:
        text = f"{which} now rest on {target.lower()} that were made since and stay"
    else:
        text = f"{which} were made since and rest on {target.lower()} that would go back"
    return Problem("torn", f"{text}. They cannot be taken apart: nothing was changed")


def _some(ids: Sequence[int]) -> str:
    shown = ", ".join(str(key) for key in ids[:_SHOWN])
    return f"{shown} and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else shown


def _differing(made: EmployerMerge) -> list[str]:
    """Values that somebody changed since the merge set them: they stay as they are."""
    notes = []
    for change in made.moved["changes"]:
        held = _held(change["table"], change["id"], change["now"])
        is_role = change["table"] == "memberships"
        if held is None and is_role:
            notes.append("Somebody whose role rose with the merge no longer acts for the employer")
        elif held != change["now"]:
            what = "A role" if is_role else "Something that the merge had changed"
            notes.append(f"{what} was changed since, and stays as it is now")
    for group in made.moved["facts"]:
        if _held("employers", made.kept_id, group["now"]) != group["now"]:
            names = ", ".join(sorted({LABELS.get(name, "Register") for name in group["now"]}))
            notes.append(f"Changed since, and stays as it is now: {names}")
    return notes


def _held(name: str, row_id: int, keys: Iterable[str]) -> dict[str, Any] | None:
    """What a row holds in these columns, as a document says it; None when it is gone."""
    table = table_of(name)
    row = (
        current_session()
        .execute(select(*(table.c[key] for key in keys)).where(table.c.id == row_id))
        .mappings()
        .one_or_none()
    )
    return None if row is None else {key: plain(value) for key, value in row.items()}


def _put_back(change: dict[str, Any]) -> None:
    """Put back the columns of a row, if they still hold what the merge put there."""
    if _held(change["table"], change["id"], change["now"]) == change["now"]:
        set_values(change["table"], change["id"], change["was"])


def _put_facts_back(made: EmployerMerge, kept: Employer, by: Author) -> None:
    """Empty the facts that were taken over; those changed since stay, with all of their group."""
    table = table_of("employers")
    empty: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for group in made.moved["facts"]:
        given |= {key: value for key, value in group["now"].items() if key in UNIQUE}
        if _held("employers", made.kept_id, group["now"]) == group["now"]:
            empty |= {key: restore(table, key, value) for key, value in group["was"].items()}
    change_facts(kept, empty, by=by)
    # A number goes back unless another employer was given it meanwhile.
    back = {key: value for key, value in given.items() if not _ids(table, table.c[key] == value)}
    if back:
        set_values("employers", made.merged_id, back)
