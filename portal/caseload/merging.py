"""What bringing two records of one employer together does with each table that names an employer.

Every column that refers to an employer has a policy, registered by the feature that has the table:

    register_merge_policy(app, MergePolicy("cases.employer_id", "Cases", words, ("reference",)))

What else has to change with it is a step, with its undoing; what must not happen is a guard:

    register_merge_step(app, MergeStep("diagnostics", preview, do, undo))
    register_merge_guard(app, guard)   # guard(kept_id, merged_id) -> Problem | None

A test fails for a column without a policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app

from portal.kernel.result import Problem

POLICIES_EXTENSION = "portal_merge_policies"
STEPS_EXTENSION = "portal_merge_steps"
GUARDS_EXTENSION = "portal_merge_guards"

Words = Callable[[Mapping[str, Any]], str]
MergeGuard = Callable[[int, int], Problem | None]


@dataclass(frozen=True, slots=True)
class RowChange:
    """Other columns of a row that change with a merge, and the same in words."""

    table: str
    row_id: int
    values: Mapping[str, Any]
    words: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a merge does in a table beside moving rows.

    ``staying`` says of rows that stay behind why; ``problems`` stand in the way.
    """

    staying: Mapping[int, str] = field(default_factory=dict)
    changes: tuple[RowChange, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class MergePolicy:
    """What becomes of the rows that name the merged employer in ``column`` (``table.column``).

    They move to the kept one, but those that ``rule(kept_id, merged_id)`` lets stay; with
    ``moves`` false all of them stay, for the reason in ``stays``. ``words`` says a row in a line,
    from ``columns``. Rows made after a merge that hang on a moved one by a column in ``follows``
    go back with it. A column in ``crossing`` leads to rows of any employer, so that nothing is
    torn when the two ends belong to different ones.
    """

    column: str
    title: str
    words: Words
    columns: tuple[str, ...] = ()
    moves: bool = True
    stays: str = ""
    rule: Callable[[int, int], Effect] | None = None
    follows: tuple[str, ...] = ()
    crossing: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The table of the column."""
        return self.column.partition(".")[0]

    @property
    def key(self) -> str:
        """The column's own name."""
        return self.column.partition(".")[2]


@dataclass(frozen=True, slots=True)
class MergeStep:
    """Something that has to change with a merge and is more than a row's columns.

    ``preview(kept_id, merged_id)`` says it in lines; ``do`` runs before the rows move and returns
    what undoing needs, as plain data; ``undo`` runs after the rows have moved back.
    """

    name: str
    preview: Callable[[int, int], Sequence[str]]
    do: Callable[[int, int], Mapping[str, Any]]
    undo: Callable[[Mapping[str, Any]], None]


def register_merge_policy(app: Flask, *policies: MergePolicy) -> None:
    """Say what a merge does with columns that refer to employers."""
    known: dict[str, MergePolicy] = app.extensions.setdefault(POLICIES_EXTENSION, {})
    for policy in policies:
        if policy.column in known:
            raise RuntimeError(f"Two policies for merging {policy.column}")
        known[policy.column] = policy


def register_merge_step(app: Flask, step: MergeStep) -> None:
    """Add something that changes with every merge."""
    app.extensions.setdefault(STEPS_EXTENSION, []).append(step)


def register_merge_guard(app: Flask, guard: MergeGuard) -> None:
    """Ask ``guard(kept_id, merged_id)`` before two employers are merged; its problem refuses it."""
    app.extensions.setdefault(GUARDS_EXTENSION, []).append(guard)


def merge_policies() -> list[MergePolicy]:
    """Every policy, in the order of registering."""
    known: dict[str, MergePolicy] = current_app.extensions.get(POLICIES_EXTENSION, {})
    return list(known.values())


def merge_steps() -> list[MergeStep]:
    """Every step, in the order of registering."""
    return list(current_app.extensions.get(STEPS_EXTENSION, []))


def merge_problems(kept_id: int, merged_id: int) -> list[Problem]:
    """What the guards have against a merge."""
    guards: list[MergeGuard] = current_app.extensions.get(GUARDS_EXTENSION, [])
    found = (guard(kept_id, merged_id) for guard in guards)
    return [problem for problem in found if problem is not None]
