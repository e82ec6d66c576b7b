"""The one sentence under a picture, and what each kind of picture needs beside its table.

A picture is made with ``pictured``, never by hand: that checks what it is given and makes the
sentence of the table's own figures. Figures that are protected or rounded afterwards change what
may be said, so whoever changes a table makes its section's readings again with ``renewed``.

The kinds, with their ``spec``. COL is a column's key in the table, and rows are drawn in the
table's order; the total row is never drawn. ``what`` is what is counted, as it reads inside a
sentence: "employers engaged", "money paid", "average score".

``bars``            what, label=COL, value=COL, target=COL?, low=COL?, high=COL?
    A bar for each row, with a mark for its target and a line for its 95% interval.
``months``          what, label=COL (Unit.MONTH), value=COL, target=COL?, running=bool?
    A column for each month, the earliest first; running: the last month is not over yet.
``histogram``       what, label=COL (bands, as "0 to 9"), value=COL
    Columns without gaps. "employers" reads well as what.
``small_multiples`` what, label=COL, values=[COL, …], panels="rows" | "columns"
    The same small picture again and again on one scale: a panel for each row with a bar for each
    value column, or a panel for each value column with a bar (or month) for each row.
``dots``            what, label=COL, values=[COL, …] (two to four)
    Groups side by side on one line for each row, each group with a form of its own.
``tile_map``        what, label=COL (a district's name or key), value=COL
    The ten districts as equal tiles about where they lie; other rows stand below as a list.
``burn_up``         what, label=COL (Unit.MONTH), actual=COL, profile=COL
    Both since the start; actual is None in months to come.
``funnel``          what (who comes to the first step), label=COL, value=COL, days=COL?, final=str?
    The steps in order; days: the median from the step before, None at the first one.
``slope``           what ("dimensions"), label=COL, earlier=COL, later=COL, n=int?,
                    earlier_label=str?, later_label=str?
    Two times of one measure, Unit.TENTHS, or Unit.COUNT or Unit.PER_MILLE; n: how many employers.
``network``         words, drawing={}, href=str?
    The network as the network's report has laid it out; words: that report's own sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from portal.reports.rules.comparisons import (
    Held,
    Moved,
    Spread,
    Step,
    against_target,
    middle,
    movement,
    passage,
    progress,
    widest,
)
from portal.reports.rules.document import Picture, Section, Table, Unit, Value
from portal.reports.rules.sentences import Cell, biggest, change
from portal.reports.rules.written import written

_PANELS: Final = ("rows", "columns")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of picture needs: ``columns`` name columns, ``many`` a list, ``plain`` values."""

    columns: tuple[str, ...]
    optional_columns: tuple[str, ...] = ()
    many: tuple[str, ...] = ()
    plain: tuple[str, ...] = ("what",)
    optional: tuple[str, ...] = ()


KINDS: Final[Mapping[str, Kind]] = {
    "bars": Kind(("label", "value"), ("target", "low", "high")),
    "months": Kind(("label", "value"), ("target",), optional=("running",)),
    "histogram": Kind(("label", "value")),
    "small_multiples": Kind(("label",), many=("values",), plain=("what", "panels")),
    "dots": Kind(("label",), many=("values",)),
    "tile_map": Kind(("label", "value")),
    "burn_up": Kind(("label", "actual", "profile")),
    "funnel": Kind(("label", "value"), ("days",), optional=("final",)),
    "slope": Kind(("label", "earlier", "later"), optional=("n", "earlier_label", "later_label")),
    "network": Kind((), plain=("words",), optional=("drawing", "href")),
}


def pictured(key: str, kind: str, title: str, table: Table, **spec: Any) -> Picture:
    """A picture of a table, with its reading.

    Raises:
        ValueError: for an unknown kind, or a spec that does not fit it or the table.
    """
    checked(kind, spec, table)
    return Picture(key, kind, title, reading(kind, spec, table), table.key, spec)


def renewed(section: Section) -> Section:
    """The section with readings made of its tables as they are now."""
    tables = {table.key: table for table in section.tables}
    return replace(
        section,
        pictures=tuple(
            replace(one, reading=reading(one.kind, one.spec, tables[one.table]))
            for one in section.pictures
        ),
    )


def reading(kind: str, spec: Mapping[str, Any], table: Table) -> str:
    """The sentence that says what a picture shows."""
    return _READERS[kind](spec, table)


def checked(kind: str, spec: Mapping[str, Any], table: Table) -> None:
    """See that a spec fits its kind and table.

    Raises:
        ValueError: where it does not, saying what is wrong.
    """
    needs = KINDS.get(kind)
    if needs is None:
        raise ValueError(f"No picture is of the kind {kind}")
    wanted = {*needs.columns, *needs.many, *needs.plain}
    allowed = wanted | {*needs.optional_columns, *needs.optional}
    if not wanted <= spec.keys() <= allowed:
        wrong = sorted((wanted - spec.keys()) | (spec.keys() - allowed))
        raise ValueError(f"A picture of the kind {kind}: not as described, see {wrong}")
    named = [spec[one] for one in (*needs.columns, *needs.optional_columns) if one in spec]
    named += [column for one in needs.many for column in spec[one]]
    missing = sorted(set(named) - {column.key for column in table.columns})
    if missing:
        raise ValueError(f"Table {table.key} has no columns {missing}")
    if kind == "small_multiples" and spec["panels"] not in _PANELS:
        raise ValueError("Panels are of rows or of columns")
    if kind in {"small_multiples", "dots"}:
        units = {unit_of(table, column) for column in spec["values"]}
        if len(units) != 1:
            raise ValueError("Values that share a scale have one unit")


def unit_of(table: Table, column: str) -> Unit:
    """The unit of a column."""
    return {one.key: one.unit for one in table.columns}[column]


def column_values(table: Table, column: str | None) -> tuple[Value, ...]:
    """A column of a table, without its total; as many times nothing where there is no column."""
    if column is None:
        return (None,) * len(table.rows)
    place = [one.key for one in table.columns].index(column)
    return tuple(row[place] for row in table.rows)


def labels(table: Table, column: str) -> tuple[str, ...]:
    """A column of labels, as they are read."""
    unit = unit_of(table, column)
    return tuple(written(value, unit) for value in column_values(table, column))


def heading(table: Table, column: str) -> str:
    """What a column is called."""
    return {one.key: one.label for one in table.columns}[column]


def panels(spec: Mapping[str, Any], table: Table) -> tuple[Spread, ...]:
    """The panels of small multiples, each with its bars."""
    names = labels(table, spec["label"])
    columns = {column: column_values(table, column) for column in spec["values"]}
    if spec["panels"] == "columns":
        return tuple(
            Spread(heading(table, column), _cells(names, values))
            for column, values in columns.items()
        )
    heads = [heading(table, column) for column in columns]
    return tuple(
        Spread(name, _cells(heads, [values[place] for values in columns.values()]))
        for place, name in enumerate(names)
    )


def _cells(names: Sequence[str], values: Sequence[Value]) -> tuple[Cell, ...]:
    return tuple(Cell(name, value) for name, value in zip(names, values, strict=True))


def _one(spec: Mapping[str, Any], table: Table) -> tuple[Cell, ...]:
    return _cells(labels(table, spec["label"]), column_values(table, spec["value"]))


def _total(spec: Mapping[str, Any], table: Table) -> Value:
    if table.total is None:
        return None
    return table.total[[one.key for one in table.columns].index(spec["value"])]


def _bars(spec: Mapping[str, Any], table: Table) -> str:
    unit, cells = unit_of(table, spec["value"]), _one(spec, table)
    if "target" not in spec:
        return biggest(cells, spec["what"], unit, total=_total(spec, table))
    beside = (column_values(table, spec.get(one)) for one in ("target", "low", "high"))
    rows = [
        Held(cell.label, cell.value, target, low, high)
        for cell, target, low, high in zip(cells, *beside, strict=True)
    ]
    return against_target(rows, spec["what"], unit)


def _months(spec: Mapping[str, Any], table: Table) -> str:
    unit = unit_of(table, spec["value"])
    return change(_one(spec, table), spec["what"], unit, running=bool(spec.get("running")))


def _histogram(spec: Mapping[str, Any], table: Table) -> str:
    return middle(_one(spec, table), spec["what"])


def _small_multiples(spec: Mapping[str, Any], table: Table) -> str:
    unit, rows = unit_of(table, spec["values"][0]), panels(spec, table)
    every = [Cell(f"{row.label}, {cell.label}", cell.value) for row in rows for cell in row.values]
    return biggest(every, spec["what"], unit)


def _dots(spec: Mapping[str, Any], table: Table) -> str:
    rows = panels({**spec, "panels": "rows"}, table)
    return widest(rows, spec["what"], unit_of(table, spec["values"][0]))


def _tile_map(spec: Mapping[str, Any], table: Table) -> str:
    unit = unit_of(table, spec["value"])
    return biggest(_one(spec, table), spec["what"], unit, total=_total(spec, table))


def _burn_up(spec: Mapping[str, Any], table: Table) -> str:
    names = labels(table, spec["label"])
    actual, profile = (column_values(table, spec[one]) for one in ("actual", "profile"))
    steps = [Step(*row) for row in zip(names, actual, profile, strict=True)]
    return progress(steps, spec["what"], unit_of(table, spec["actual"]))


def _funnel(spec: Mapping[str, Any], table: Table) -> str:
    days = column_values(table, spec.get("days"))
    return passage(_one(spec, table), spec["what"], days=days, final=spec.get("final", ""))


def _slope(spec: Mapping[str, Any], table: Table) -> str:
    columns = (column_values(table, spec[one]) for one in ("earlier", "later"))
    rows = [Moved(*row) for row in zip(labels(table, spec["label"]), *columns, strict=True)]
    return movement(rows, spec["what"], unit_of(table, spec["later"]), n=spec.get("n"))


def _network(spec: Mapping[str, Any], table: Table) -> str:
    del table
    return str(spec["words"])


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any], Table], str]]] = {
    "bars": _bars,
    "months": _months,
    "histogram": _histogram,
    "small_multiples": _small_multiples,
    "dots": _dots,
    "tile_map": _tile_map,
    "burn_up": _burn_up,
    "funnel": _funnel,
    "slope": _slope,
    "network": _network,
}
