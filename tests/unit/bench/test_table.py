"""The one table of all measures."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from tests.bench.__main__ import modules
from tests.bench.harness import Measure
from tests.bench.table import GROUPS, OTHERS, as_markdown, as_text, group_of


def kept(module: str, measure: Measure) -> dict[str, object]:
    return {"module": module, **asdict(measure), "met": measure.met}


MEASURES = [
    kept("payments", Measure("Verifying 1,000,000 entries", 27.3, "s", ratio=1.53, goal=3)),
    kept("served", Measure("Home, 8 at once", 900, "a second", ratio=0.4, peer="floor")),
    kept("payments", Measure("Pricing 10,000 outputs", 453, "ms", floor=47.7, note="45 | each")),
    kept("growth", Measure("Search", 9, "ms", ratio=2, goal=1.5, peer="1,000 employers")),
]


@pytest.mark.parametrize(
    ("module", "name", "group"),
    [
        (
            "payments",
            "Claim of 5,000 lines built to approved",
            "Claims checked, built and approved",
        ),
        ("payments", "The same, checks worked out twice", "Claims checked, built and approved"),
        ("register", "register import", "Import"),
        ("register", "register search at 100,000", "Search"),
        ("printing", "Plan PDFs, 2 workers", "Plan PDFs"),
        ("unheard_of", "Something", OTHERS),
    ],
)
def test_measures_stand_where_they_are_looked_for(module: str, name: str, group: str) -> None:
    assert group_of(module, name) == group


def test_every_group_is_of_parts_that_exist() -> None:
    assert {part for members in GROUPS.values() for part, _words in members} <= set(modules())


def test_the_table_is_grouped_in_order() -> None:
    text = as_text(MEASURES)
    titles = ["Pages, served", "Growth: 1,000", "Claim pricing", "Ledger verify"]
    assert [text.index(title) for title in titles] == sorted(text.index(one) for one in titles)
    assert "2.00 x 1,000 employers" in text
    assert "≤ 1.5 x: MISSED" in text


def test_the_table_of_a_document_has_six_columns() -> None:
    lines = as_markdown(MEASURES, said="A run.").splitlines()
    assert lines[0] == "A run."
    assert {line.count("|") for line in lines[2:]} == {7}
    assert any("**Ledger verify**" in line for line in lines)
