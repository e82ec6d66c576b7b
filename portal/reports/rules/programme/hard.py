"""The share of engaged employers that are hard to reach, against the target, with its interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from portal.payments.rules.words import ENGAGEMENT
from portal.reports.rules.document import (
    Column,
    Drill,
    Figure,
    Picture,
    Section,
    Table,
    Unit,
    Value,
)
from portal.reports.rules.intervals import wilson
from portal.reports.rules.programme.data import Data, groups
from portal.reports.rules.programme.tables import table, text
from portal.reports.rules.programme.tally import Tally
from portal.reports.rules.readings import pictured
from portal.reports.rules.written import share

_DEFINITION: Final = (
    "Engagements of employers that were hard to reach, as a share of all engagements. Hard to "
    "reach means not accredited by Investors in People, and no vocational training leading to a "
    "qualification in the last 12 months."
)
_RULE: Final = (
    "As frozen, with its evidence, on the day of the engagement; an employer of which one half is "
    "not known is not hard to reach. The 95% interval (Wilson's) says how far the share could lie "
    "from that of all employers that might be engaged in the same way."
)
_COLUMNS: Final = (
    Column("engagements", "Engagements", Unit.COUNT, "Engagements of the period."),
    Column("hard", "Hard to reach", Unit.COUNT, "Those of employers that were hard to reach."),
    Column("share", "Share", Unit.PER_MILLE, _DEFINITION),
    Column("low", "Interval from", Unit.PER_MILLE, "The lower end of the 95% interval."),
    Column("high", "Interval to", Unit.PER_MILLE, "The upper end of the 95% interval."),
)
_TARGET: Final = Column(
    "target", "Target", Unit.PER_MILLE, "The share that the contract aims at, where it sets one."
)


def shares(part: int, whole: int) -> tuple[Value, ...]:
    """Engagements, hard to reach, share, and both ends of the interval."""
    ends = wilson(part, whole)
    return (whole, part, share(part, whole), *(ends or (None, None)))


def target(data: Data) -> int | None:
    """The target of the report: what its contracts agree on; nothing where they differ."""
    known = {one.target for one in data.contracts}
    return known.pop() if len(known) == 1 else None


def _figure(data: Data, part: int, whole: int) -> Figure:
    ends = wilson(part, whole)
    aim = None if data.scope.filtered else target(data)
    differ = aim is None and any(one.target is not None for one in data.contracts)
    return Figure(
        "hard_share",
        "Hard-to-reach share",
        share(part, whole),
        Unit.PER_MILLE,
        _DEFINITION,
        _RULE,
        "Outputs",
        low=ends[0] if ends else None,
        high=ends[1] if ends else None,
        target=aim,
        note="Contracts aim at different shares: see the table." if differ else "",
        drill=data.drill("outputs", kind=ENGAGEMENT, hard="yes"),
    )


def _rows(tally: Tally, by: str, keys: Iterable[tuple[str, str]]) -> list[tuple[Value, ...]]:
    hard = tally.per(by, kind=ENGAGEMENT, hard="yes")
    others = tally.per(by, kind=ENGAGEMENT, hard="no")
    found: list[tuple[Value, ...]] = []
    for key, title in keys:
        part = hard[key].n if key in hard else 0
        found.append((title, *shares(part, part + (others[key].n if key in others else 0))))
    return found


def _grouped(data: Data, by: str, title: str, choices: Sequence[tuple[str, str]]) -> Table:
    tally = data.tally("hard")
    keys = groups(choices, tally.per(by, kind=ENGAGEMENT))
    drills = [data.drill("outputs", kind=ENGAGEMENT, **{"hard": "yes", by: key}) for key, _ in keys]
    return _made(
        f"hard-{by}",
        title,
        text(by, by.capitalize(), "As frozen on the engagement."),
        _rows(tally, by, keys),
        drills,
    )


def _made(
    key: str,
    title: str,
    first: Column,
    rows: Sequence[tuple[Value, ...]],
    drills: Sequence[Drill | None],
) -> Table:
    """The table with its total row worked out, because shares do not add up."""
    columns = (first, *_COLUMNS)
    whole, part = (
        sum(value for row in rows for value in (row[place],) if isinstance(value, int))
        for place in (1, 2)
    )
    return Table(
        key,
        title,
        columns,
        tuple(rows),
        total=("Total", *shares(part, whole)) if rows else None,
        drills=tuple(drills),
    )


def _contracts(data: Data) -> Table:
    """Contract by contract against its target."""
    tally = data.tally("work_contracts")
    keys = [(str(one.id), one.title) for one in data.contracts]
    rows = _rows(tally, "contract", keys)
    targets = [one.target for one in data.contracts]
    return table(
        "hard-contracts",
        "Hard-to-reach share by contract",
        (text("contract", "Contract", "The contract that pays for them."), *_COLUMNS, _TARGET),
        [(*row, aim) for row, aim in zip(rows, targets, strict=True)],
        total=False,
        drills=[
            data.drill("outputs", kind=ENGAGEMENT, hard="yes", contract=key) for key, _ in keys
        ],
    )


def section(data: Data) -> Section:
    """The share, overall and by group."""
    title, intro = (
        "Hard-to-reach employers",
        "How many of the employers engaged are hard to reach, and how sure that share is.",
    )
    if not data.has("hard"):
        return Section(
            "hard-to-reach",
            title,
            notes=("The share is not counted by district: clear that filter to see it.",),
        )
    tally = data.tally("hard")
    part = tally.sum(kind=ENGAGEMENT, hard="yes").n
    whole = tally.sum(kind=ENGAGEMENT).n
    tables: list[Table] = []
    pictures: list[Picture] = []
    if data.has("work_contracts") and data.contracts:
        tables.append(_contracts(data))
        pictures.append(
            pictured(
                "hard-contracts",
                "bars",
                "Hard-to-reach share against target",
                tables[0],
                what="hard-to-reach share",
                label="contract",
                value="share",
                target="target",
                low="low",
                high="high",
            )
        )
    tables.append(_grouped(data, "size", "Hard-to-reach share by size", data.titles.tiers))
    if "sector" in tally.by:
        tables.append(
            _grouped(data, "sector", "Hard-to-reach share by sector", data.titles.sectors)
        )
    return Section(
        "hard-to-reach",
        title,
        intro,
        figures=(_figure(data, part, whole),),
        tables=tuple(tables),
        pictures=tuple(pictures),
    )
