"""What the toolkit holds about an employer, for its page and its download."""

from __future__ import annotations

from functools import partial
from typing import Final

from portal.employers.panels import HeldRecords
from portal.employers.queries.held import read_table
from portal.toolkit.queries import steps, testing, tools

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

STEPS: Final = HeldRecords(
    "Steps of toolkits",
    "toolkit-steps",
    "Steps of step-by-step toolkits that your people marked as done",
    _WHO,
    (steps.STEPS.table.name,),
    partial(read_table, steps.STEPS),
    order=61,
)
RESOURCE_TESTS: Final = HeldRecords(
    "Resources you were asked to test",
    "resource-tests",
    "Resources that somebody of yours was asked to try before they were published, and what you "
    "said of them",
    "The providers and the LEP, who write the resources, and you",
    (testing.HELD.table.name,),
    partial(read_table, testing.HELD),
    order=62,
)
