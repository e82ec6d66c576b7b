"""All measures of a run as one table, grouped as people ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.bench.harness import Measure, number

# In this order. Of a part that measures several things, words in the name say which this is.
GROUPS: Mapping[str, Sequence[tuple[str, str]]] = {
    "Pages, served and in process": (("served", ""), ("pages", ""), ("caseload", "")),
    "Growth: 1,000, 10,000 and 100,000 employers": (("growth", ""),),
    "Plan PDFs": (("printing", ""), ("pdf", ""), ("beside", "")),
    "Import": (("register", "import"),),
    "Autosave with 50 people at once": (("autosave", ""),),
    "Claim pricing": (("payments", "pricing"),),
    "Claims checked, built and approved": (("payments", "check"), ("payments", "claim")),
    "Ledger verify": (("payments", "verifying"),),
    "Report build": (("reports", ""), ("network", "")),
    "Search": (("register", "search"), ("toolkit", "")),
    "Writes": (("writes", ""),),
}
OTHERS = "Everything else"


def group_of(module: str, name: str) -> str:
    """Under which heading a measure stands."""
    words = name.lower()
    for title, members in GROUPS.items():
        if any(module == part and word in words for part, word in members):
            return title
    return OTHERS


def cells(measure: Measure) -> tuple[str, ...]:
    """Measure, value, to its peer, to its lower bound, goal, how it was made."""
    goal = ""
    if measure.goal is not None:
        sign = "≥" if measure.higher_is_better else "≤"
        unit = " x" if measure.ratio is not None else f" {measure.unit}"
        goal = f"{sign} {measure.goal:.3g}{unit.rstrip()}: {'met' if measure.met else 'MISSED'}"
    return (
        measure.name,
        f"{number(measure.value)} {measure.unit}".rstrip(),
        "" if measure.ratio is None else f"{measure.ratio:.2f} x {measure.peer or 'peer'}",
        "" if measure.floor is None else f"{measure.floor:.2f} x {measure.floor_name}",
        goal,
        measure.note,
    )


def grouped(kept: Iterable[Mapping[str, Any]]) -> dict[str, list[tuple[str, ...]]]:
    """Rows under their headings, headings in order, rows as they were measured."""
    found: dict[str, list[tuple[str, ...]]] = {title: [] for title in (*GROUPS, OTHERS)}
    for item in kept:
        fields = {key: value for key, value in item.items() if key not in {"module", "met"}}
        found[group_of(item["module"], item["name"])].append(cells(Measure(**fields)))
    return {title: rows for title, rows in found.items() if rows}


def as_text(kept: Iterable[Mapping[str, Any]]) -> str:
    """The table for a terminal: columns as wide as what is in them."""
    found = grouped(kept)
    every = [row for rows in found.values() for row in rows]
    widths = [max((len(row[place]) for row in every), default=0) for place in range(5)]
    lines = []
    for title, rows in found.items():
        lines += ["", title]
        for row in rows:
            shown = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
            lines.append(f"  {shown}  {row[5]}".rstrip())
    return "\n".join(lines)


def as_markdown(kept: Iterable[Mapping[str, Any]], *, said: str) -> str:
    """The table for a document, under a sentence on how it was made."""
    lines = [said, "", "| measure | value | ratio | to its floor | goal | |", "|" + " --- |" * 6]
    for title, rows in grouped(kept).items():
        lines.append(f"| **{title}** | | | | | |")
        lines += ["| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
