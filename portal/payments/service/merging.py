"""What bringing two records of one employer together means for payment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.kernel.result import Problem
from portal.payments.queries import outputs as found
from portal.payments.rules.freezing import short_day
from portal.payments.rules.words import OUTPUT_TYPES

COLUMNS = ("output_type", "occurred_on", "employer_name", "reference")


def words(row: Mapping[str, Any]) -> str:
    """An output in a line of a merge's preview."""
    kind = OUTPUT_TYPES[row["output_type"]]
    return f"{kind} on {short_day(row['occurred_on'])}, as {row['employer_name']}"


def engaged_twice(kept_id: int, merged_id: int) -> Problem | None:
    """An engagement is paid once for each business (file 004): two would become one business."""
    engaged = found.engaged_programmes([kept_id, merged_id])
    kept = {programme for programme, employer in engaged if employer == kept_id}
    if not any(employer == merged_id and programme in kept for programme, employer in engaged):
        return None
    return Problem(
        "engaged_twice",
        "Both count as an engagement, and one business is paid for only once. Withdraw one of the "
        "in-depth sessions first, with the reason. Where it is on a claim the claim has to let it "
        "go; where it was paid the LEP has to take the money back",
    )
