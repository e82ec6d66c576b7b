"""The actions employers take up most, and how many have become usual practice."""

from __future__ import annotations

from typing import Final

from portal.caseload.rules.follow_up import EMBEDDED, NOT_ASKED
from portal.reports.rules.diagnostics.data import Data, part
from portal.reports.rules.document import Column, Figure, Section, Table, Unit, Value
from portal.reports.rules.intervals import wilson
from portal.reports.rules.readings import pictured

SHOWN: Final = 15
OWN: Final = "own"
_OWN_TITLE: Final = "Actions of employers' own"
OLD: Final = "old"
_OLD_TITLE: Final = "Actions that are recommended no more"
_DONE: Final = frozenset({"done", "embedded"})
_RULE: Final = (
    "Actions count in the calendar quarter in which they came into a plan; answers in the quarter "
    "of the follow-up. Quarters that the time chosen touches count whole. Withdrawn actions are "
    "left out; so is what a follow-up did not ask about."
)
_UNTOLD: Final = (
    "Actions are counted by sector, not by size or district: take those filters off to see them."
)


def section(data: Data) -> Section:
    """Actions taken up, and what lasted."""
    title = "Actions and what lasted"
    if data.actions is None or data.lasted is None:
        return Section("actions", title, notes=(_UNTOLD,))
    table = _table(data)
    if not table.rows:
        return Section(
            "actions", title, notes=("Nothing yet: no action came into a plan in this time.",)
        )
    return Section(
        "actions",
        title,
        intro="What employers decided to do, and what follow-ups found some months later.",
        figures=tuple(_lasted(data, months) for months in _follow_ups(data)),
        tables=(table,),
        pictures=(
            pictured(
                "actions-bars",
                "bars",
                "The actions taken up most",
                table,
                what="times taken up",
                label="action",
                value="taken",
            ),
        ),
        notes=(_RULE,),
    )


def _words(months: int) -> str:
    return "1 month" if months == 1 else f"{months} months"


def _follow_ups(data: Data) -> list[int]:
    """The months of follow-ups that are set now, and others that were held."""
    return sorted({*data.follow_ups, *(item.months for item in data.lasted or ())})


def _asked(data: Data, months: int, keys: frozenset[str] | None = None) -> tuple[int, int]:
    """How many actions were embedded at a follow-up, and of how many that were asked about."""
    found = [
        item
        for item in data.lasted or ()
        if item.months == months and item.answer != NOT_ASKED and (keys is None or item.key in keys)
    ]
    return sum(item.n for item in found if item.answer == EMBEDDED), sum(item.n for item in found)


def _lasted(data: Data, months: int) -> Figure:
    embedded, asked = _asked(data, months)
    low, high = wilson(embedded, asked) or (None, None)
    return Figure(
        f"embedded_{months}",
        f"Embedded at {_words(months)}",
        part(embedded, asked),
        Unit.PER_MILLE,
        f"Of the actions asked about at follow-ups {_words(months)} after the plan was agreed, "
        "those that were said to be usual practice.",
        _RULE,
        source="Follow-ups",
        low=low,
        high=high,
        note=f"{embedded:,} of {asked:,} asked about" if asked else "None asked about yet",
    )


def _table(data: Data) -> Table:
    follow_ups = _follow_ups(data)
    columns = (
        Column("action", "Action", Unit.TEXT, "What the recommendation is called"),
        Column("dimension", "Dimension", Unit.TEXT, "The dimension it belongs to"),
        Column("taken", "Taken up", Unit.COUNT, "Plans with this action, not withdrawn"),
        Column("done", "Done", Unit.COUNT, "Those marked as done or embedded in the plan"),
        *(
            column
            for months in follow_ups
            for column in (
                Column(
                    f"asked_{months}",
                    f"Asked at {_words(months)}",
                    Unit.COUNT,
                    f"Follow-ups after {_words(months)} that asked about it",
                ),
                Column(
                    f"embedded_{months}",
                    f"Embedded at {_words(months)}",
                    Unit.COUNT,
                    "Of those, how many found it to be usual practice",
                ),
            )
        ),
    )
    keys = {item.key for item in data.actions or ()}
    keys |= {item.key for item in data.lasted or () if item.answer != NOT_ASKED}
    rows = {key: _row(data, frozenset({key}), follow_ups) for key in keys}
    order = sorted(rows, key=lambda key: (-_taken(rows[key]), _title(data, key), key))
    body: list[tuple[Value, ...]] = [
        (_title(data, key), _dimension(data, key), *rows[key]) for key in order[:SHOWN]
    ]
    return Table(
        "actions",
        "Actions taken up most",
        columns,
        tuple(body),
        total=("All actions", "", *_row(data, frozenset(keys), follow_ups)),
        note=f"The {SHOWN} that are taken up most, of {len(keys)}." if len(keys) > SHOWN else "",
    )


def _taken(row: tuple[int, ...]) -> int:
    return row[0]


def _row(data: Data, keys: frozenset[str], follow_ups: list[int]) -> tuple[int, ...]:
    found = [item for item in data.actions or () if item.key in keys]
    numbers = [
        sum(item.n for item in found),
        sum(item.n for item in found if item.status in _DONE),
    ]
    for months in follow_ups:
        embedded, asked = _asked(data, months, keys)
        numbers += [asked, embedded]
    return tuple(numbers)


def _title(data: Data, key: str) -> str:
    return _OWN_TITLE if key == OWN else data.words.actions.get(key, (_OLD_TITLE, ""))[0]


def _dimension(data: Data, key: str) -> str:
    dimension = data.words.actions.get(key, ("", ""))[1]
    return next((short for one, _, short in data.words.dimensions if one == dimension), "")
