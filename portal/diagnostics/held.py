"""What diagnostics hold about an employer, for its page and its download."""

from __future__ import annotations

from functools import partial
from typing import Final

from portal.diagnostics.queries import held
from portal.employers.panels import HeldRecords
from portal.employers.queries.held import read_table

_WHO: Final = "You, the provider that works with you, and the LEP"
RECORDS: Final = (
    HeldRecords(
        "Diagnostics",
        "diagnostics",
        "Your answers, scores and results, as each was completed",
        _WHO,
        (held.RESPONSES.table.name,),
        partial(read_table, held.RESPONSES),
        order=10,
    ),
    HeldRecords(
        "Scores",
        "scores",
        "The score of each dimension of your practice",
        _WHO,
        (held.SCORES.table.name,),
        partial(read_table, held.SCORES),
        order=11,
    ),
)
