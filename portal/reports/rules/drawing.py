"""What a picture's macro draws: a table's figures as rows with their texts, nothing measured yet.

The macros in ``templates/components/charts`` place these on paper. ``description`` is what a
screen reader says of the picture: every figure in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from portal.reports.rules.document import Picture, Table, Unit, Value, Withheld
from portal.reports.rules.readings import (
    column_values,
    heading,
    labels,
    panels,
    unit_of,
)
from portal.reports.rules.sentences import Cell
from portal.reports.rules.tiles import tile_of, tiles
from portal.reports.rules.written import brief, share, written

_LEVELS: Final = 4
_FULL_SHARE: Final = 1_000
# Ends of a scale in tenths of a power of ten: round, and never far above the largest figure.
_ENDS: Final = (10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100)

Drawn = dict[str, Any]


def drawing(picture: Picture, table: Table) -> Drawn:
    """What the macro of the picture's kind is given."""
    drawn = _DRAWERS[picture.kind](picture.spec, table)
    return {"href": "", **drawn, "empty": not drawn.get("rows") and not drawn.get("drawing")}


def cells_of(table: Table) -> tuple[list[str], list[list[str]], list[str] | None]:
    """The table in words: its heads, its rows, and its total."""
    units = [column.unit for column in table.columns]
    heads = [column.label for column in table.columns]
    rows = [_texts(row, units) for row in table.rows]
    return heads, rows, _texts(table.total, units) if table.total is not None else None


def _texts(row: Sequence[Value], units: Sequence[Unit]) -> list[str]:
    return [written(value, unit) for value, unit in zip(row, units, strict=True)]


def _number(value: Value) -> int | None:
    return value if isinstance(value, int) else None


def _point(label: str, value: Value, unit: Unit) -> Drawn:
    return {
        "label": label,
        "value": _number(value),
        "text": "" if value is None else brief(value, unit),
        "withheld": isinstance(value, Withheld),
    }


def _described(pairs: Sequence[tuple[str, str]]) -> str:
    return "; ".join(f"{label}: {text or 'nothing'}" for label, text in pairs) + "."


def _values(spec: Mapping[str, Any], table: Table) -> tuple[Unit, list[Drawn], str]:
    """The rows of a picture of one value column, and their description."""
    unit = unit_of(table, spec["value"])
    names, values = labels(table, spec["label"]), column_values(table, spec["value"])
    rows = [_point(name, value, unit) for name, value in zip(names, values, strict=True)]
    texts = [written(value, unit) for value in values]
    return unit, rows, _described(list(zip(names, texts, strict=True)))


def top_of(numbers: Sequence[int | None], unit: Unit) -> int:
    """The end of a scale from nought: a round number not below the largest, never nought.

    Shares in bars go to their own round end, not to 100%, so that small ones can be compared.
    """
    most = max([number for number in numbers if number is not None], default=0)
    one = 100 if unit is Unit.PENCE else 10 if unit in {Unit.PER_MILLE, Unit.TENTHS} else 1
    if most <= one:
        return one
    size = one
    while size * 10 < most:
        size *= 10
    ends = (size * end // 10 for end in _ENDS if size * end % (10 * one) == 0)
    return next(end for end in ends if end >= most)


def _bars(spec: Mapping[str, Any], table: Table) -> Drawn:
    unit, rows, _ = _values(spec, table)
    beside = {one: column_values(table, spec.get(one)) for one in ("target", "low", "high")}
    numbers = [row["value"] for row in rows]
    for place, row in enumerate(rows):
        target, low, high = (_number(beside[one][place]) for one in ("target", "low", "high"))
        numbers += [target, high]
        row.update(mark=target, low=low, high=high)
        row["mark_text"] = "" if target is None else brief(target, unit)
        row["ends_text"] = f"95% interval {brief(low, unit)} to {brief(high, unit)}"
    pairs = [(row["label"], _with_target(row)) for row in rows]
    return {
        "rows": rows,
        "most": top_of(numbers, unit),
        "description": _described(pairs),
        "has_marks": any(row["mark"] is not None for row in rows),
        "has_ends": any(row["low"] is not None and row["high"] is not None for row in rows),
        "mark_label": heading(table, spec["target"]) if "target" in spec else "",
    }


def _with_target(row: Drawn) -> str:
    text = row["text"] or "nothing"
    if row["low"] is not None and row["high"] is not None:
        text += f" ({row['ends_text']})"
    return f"{text}, target {row['mark_text']}" if row["mark"] is not None else text


def _columns(spec: Mapping[str, Any], table: Table) -> Drawn:
    unit, rows, description = _values(spec, table)
    marks = column_values(table, spec.get("target"))
    for row, mark, month in zip(rows, marks, column_values(table, spec["label"]), strict=True):
        row.update(mark=_number(mark), short=row["label"], below="", running=False)
        if unit_of(table, spec["label"]) is Unit.MONTH and isinstance(month, str):
            row.update(_month_texts(month, first=row is rows[0]))
    if spec.get("running") and rows:
        rows[-1]["running"] = True
    top = top_of([one for row in rows for one in (row["value"], row["mark"])], unit)
    return {
        "rows": rows,
        "most": top,
        "ticks": _ticks(top, unit),
        "description": description,
        "has_marks": any(row["mark"] is not None for row in rows),
        "mark_label": heading(table, spec["target"]) if "target" in spec else "",
        "joined": False,
        "edges": None,
    }


def _month_texts(month: str, *, first: bool) -> Drawn:
    day = date.fromisoformat(f"{month[:7]}-01")
    return {"short": f"{day:%b}", "below": f"{day:%Y}" if first or day.month == 1 else ""}


def _ticks(top: int, unit: Unit) -> list[Drawn]:
    """Nought, the middle where it is a whole number, and the end of a scale."""
    one = 100 if unit is Unit.PENCE else 10 if unit in {Unit.PER_MILLE, Unit.TENTHS} else 1
    half = [top // 2] if top % (2 * one) == 0 else []
    return [
        {"value": value, "text": brief(value, unit).replace(".0%", "%")}
        for value in (0, *half, top)
    ]


def _histogram(spec: Mapping[str, Any], table: Table) -> Drawn:
    drawn = _columns(spec, table)
    bands = [row["label"].split(" to ") for row in drawn["rows"]]
    if bands and all(len(band) == 2 and band[1].isdigit() for band in bands):  # noqa: PLR2004
        drawn["edges"] = [*(band[0] for band in bands), bands[-1][1]]
    return drawn | {"joined": True}


def _small_multiples(spec: Mapping[str, Any], table: Table) -> Drawn:
    unit = unit_of(table, spec["values"][0])
    shown = panels(spec, table)
    in_time = spec["panels"] == "columns" and unit_of(table, spec["label"]) is Unit.MONTH
    rows: list[Drawn] = [
        {
            "label": panel.label,
            "rows": [_point(cell.label, cell.value, unit) for cell in panel.values],
        }
        for panel in shown
    ]
    if in_time:
        months = column_values(table, spec["label"])
        for row in rows:
            for place, point in enumerate(row["rows"]):
                point.update(_month_texts(str(months[place]), first=place == 0))
    numbers = [point["value"] for row in rows for point in row["rows"]]
    texts = [(panel.label, _panel_words(panel.values, unit)) for panel in shown]
    return {
        "rows": rows if any(row["rows"] for row in rows) else [],
        "most": top_of(numbers, unit),
        "in_time": in_time,
        "description": _described(texts),
    }


def _panel_words(cells: Sequence[Cell], unit: Unit) -> str:
    return ", ".join(f"{cell.label} {written(cell.value, unit)}" for cell in cells)


def _dots(spec: Mapping[str, Any], table: Table) -> Drawn:
    unit = unit_of(table, spec["values"][0])
    shown = panels({**spec, "panels": "rows"}, table)
    rows: list[Drawn] = [
        {
            "label": panel.label,
            "missing": [cell.label for cell in panel.values if isinstance(cell.value, Withheld)],
            "values": [_point(cell.label, cell.value, unit) for cell in panel.values],
        }
        for panel in shown
    ]
    numbers = [point["value"] for row in rows for point in row["values"]]
    most = _FULL_SHARE if unit is Unit.PER_MILLE else top_of(numbers, unit)
    return {
        "rows": rows,
        "most": most,
        "ticks": _ticks(most, unit),
        "groups": [heading(table, column) for column in spec["values"]],
        "description": _described(
            [(panel.label, _panel_words(panel.values, unit)) for panel in shown]
        ),
    }


def _tile_map(spec: Mapping[str, Any], table: Table) -> Drawn:
    unit, rows, description = _values(spec, table)
    most = max([row["value"] or 0 for row in rows], default=0)
    placed = {}
    others = []
    for row in rows:
        tile = tile_of(row["label"])
        value = row["value"]
        row["level"] = -(-_LEVELS * value // most) if value and value > 0 else 0
        if tile is None:
            others.append(row)
        else:
            placed[tile.district] = row
    return {
        "rows": rows,
        "tiles": [
            {"title": one.title, "column": one.column, "row": one.row}
            | (placed.get(one.district) or _point(one.title, None, unit) | {"level": 0})
            for one in tiles()
        ],
        "others": others,
        "most_text": brief(most, unit),
        "description": description,
    }


def _burn_up(spec: Mapping[str, Any], table: Table) -> Drawn:
    unit = unit_of(table, spec["actual"])
    months = column_values(table, spec["label"])
    actual, profile = (column_values(table, spec[one]) for one in ("actual", "profile"))
    rows = [
        {
            "label": written(month, Unit.MONTH),
            "actual": _number(is_),
            "profile": _number(planned),
            "actual_text": brief(is_, unit),
            "profile_text": brief(planned, unit),
            **_month_texts(str(month), first=place == 0),
        }
        for place, (month, is_, planned) in enumerate(zip(months, actual, profile, strict=True))
    ]
    top = top_of([one for row in rows for one in (row["actual"], row["profile"])], unit)
    pairs = [
        (row["label"], f"{written(is_, unit)}, profile {written(planned, unit)}")
        for row, is_, planned in zip(rows, actual, profile, strict=True)
    ]
    return {
        "rows": rows,
        "most": top,
        "ticks": _ticks(top, unit),
        "actual_label": heading(table, spec["actual"]),
        "profile_label": heading(table, spec["profile"]),
        "description": _described(pairs),
    }


def _funnel(spec: Mapping[str, Any], table: Table) -> Drawn:
    _, rows, description = _values(spec, table)
    days = column_values(table, spec.get("days"))
    start = rows[0]["value"] if rows else None
    for place, row in enumerate(rows):
        value, before = row["value"], rows[place - 1]["value"] if place else None
        row["share_text"] = row["lost_text"] = row["days_text"] = ""
        if value is not None and start:
            row["share_text"] = written(share(value, start), Unit.PER_MILLE)
        if value is not None and before:
            lost = before - value
            part = written(share(lost, before), Unit.PER_MILLE)
            row["lost_text"] = f"{lost:,} ({part}) have not gone on" if lost > 0 else "all went on"
        if isinstance(days[place], int):
            row["days_text"] = f"median {written(days[place], Unit.DAYS)}"
    most = max([row["value"] or 0 for row in rows], default=0)
    return {"rows": rows, "most": max(most, 1), "description": description}


def _slope(spec: Mapping[str, Any], table: Table) -> Drawn:
    unit = unit_of(table, spec["later"])
    one = 1 if unit is Unit.COUNT else 10
    both = [column_values(table, spec[name]) for name in ("earlier", "later")]
    rows = []
    for label, earlier, later in zip(labels(table, spec["label"]), *both, strict=True):
        row: Drawn = {"label": label, "earlier": None, "later": None}
        for name, value in (("earlier", earlier), ("later", later)):
            if isinstance(value, int):
                row[name] = value // one if value % one == 0 else value / one
        if isinstance(earlier, int) and isinstance(later, int):
            sign = "+" if later > earlier else ""
            row["change_text"] = sign + brief(later - earlier, unit)
        rows.append(row)
    return {
        "rows": rows,
        "earlier_label": spec.get("earlier_label") or heading(table, spec["earlier"]),
        "later_label": spec.get("later_label") or heading(table, spec["later"]),
        "description": "",
    }


def _network(spec: Mapping[str, Any], table: Table) -> Drawn:
    heads, rows, _ = cells_of(table)
    return {
        "drawing": spec.get("drawing"),
        "heads": heads,
        "cells": rows,
        "rows": [],
        "description": str(spec["words"]),
        "href": spec.get("href", ""),
    }


_DRAWERS: Final[Mapping[str, Callable[[Mapping[str, Any], Table], Drawn]]] = {
    "bars": _bars,
    "months": _columns,
    "histogram": _histogram,
    "small_multiples": _small_multiples,
    "dots": _dots,
    "tile_map": _tile_map,
    "burn_up": _burn_up,
    "funnel": _funnel,
    "slope": _slope,
    "network": _network,
}
