"""What the toolkit holds about an employer, for its page and its download."""

from __future__ import annotations

from functools import partial
from typing import Final

from portal.employers.panels import HeldRecords
from portal.employers.queries.held import read_table
from portal.toolkit.queries import tools

_WHO: Final = "You, the provider that works with you, and the LEP"

TOOL_RESULTS: Final = HeldRecords(
    "Results of tools",
    "tool-results",
    "Results of the toolkit's tools that you or your adviser kept",
    _WHO,
    (tools.HELD.table.name,),
    partial(read_table, tools.HELD),
    order=60,
)
