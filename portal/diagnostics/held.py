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
    HeldRecords(
        "Movement between diagnostics",
        "diagnostic-movement",
        "Your first diagnostic beside your latest, on the questions that can be compared",
        _WHO,
        (held.MOVEMENTS.table.name,),
        partial(read_table, held.MOVEMENTS),
        order=12,
    ),
    HeldRecords(
        "Scores then and now",
        "diagnostic-movement-scores",
        "The score of each dimension in your first and in your latest diagnostic",
        _WHO,
        (held.MOVED.table.name,),
        partial(read_table, held.MOVED),
        order=13,
    ),
)
