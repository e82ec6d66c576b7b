"""Whatever writes a table for a spreadsheet does so in one place, or guards its cells itself."""

from __future__ import annotations

import re

from tests.unit.house.sources import ROOT

# Each has a reason to write rows itself, and guards every cell of text that somebody wrote.
WRITERS = {
    "portal/web/downloads.py": "the one place",
    "portal/payments/rules/schedule.py": "the same bytes every time, without what a page knows",
    "portal/reports/rules/pack.py": "the same bytes every time; numbers and codes",
    "portal/cli/employers.py": "written row by row into the file that was named",
}
_WRITER = re.compile(r"csv\.(?:DictW|w)riter\(")


def test_no_table_is_written_past_the_guard() -> None:
    found = {
        str(path.relative_to(ROOT)): text
        for path in (ROOT / "portal").rglob("*.py")
        if _WRITER.search(text := path.read_text(encoding="utf-8"))
    }
    assert found.keys() == WRITERS.keys()
    assert [name for name, text in found.items() if "guarded(" not in text] == []
