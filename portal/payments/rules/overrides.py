"""How a request to let a failed check through stands, and when its answer is overdue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from portal.caseload.rules.working_days import add_working_days

# Whoever asks can expect an answer within a working week.
ANSWER_WORKING_DAYS: Final = 5
# State on screen, and the colour of its tag.
STATES: Final[Mapping[str, tuple[str, str]]] = {
    "asked": ("Waits for an answer", "blue"),
    "overdue": ("Overdue: no answer yet", "orange"),
    "granted": ("Let through", "green"),
    "declined": ("Not let through", "red"),
    "expired": ("Was let through, its last day is over", "grey"),
    "lapsed": ("Never answered, its last day is over", "grey"),
}


def state_of(*, asked_on: date, until_on: date, granted: bool, declined: bool, today: date) -> str:
    """How a request stands: a key of ``STATES``. The last day asked for counts in full."""
    if declined:
        return "declined"
    if until_on < today:
        return "expired" if granted else "lapsed"
    if granted:
        return "granted"
    late = add_working_days(asked_on, ANSWER_WORKING_DAYS) < today
    return "overdue" if late else "asked"
