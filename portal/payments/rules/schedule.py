"""The payment schedule: a run as a table that says first how many payments it holds and how much.

Made of the run alone, so that the file is the same, byte for byte, however often it is taken.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.kernel.tables import guarded

COLUMNS: Final = ("Reference", "Payee", "Sort code", "Account", "Amount in pounds", "Claim")
_SHOWN: Final = 4


class ScheduleError(ValueError):
    """Lines that do not add up to what the run says: no file is made of them."""


@dataclass(frozen=True, slots=True)
class Line:
    """One payment: its reference, whom it goes to, and how many pence for which claim."""

    reference: str
    payee: str
    sort_code: str
    account: str
    pence: int
    claim: str


def pounds(pence: int) -> str:
    """Pence as pounds with two places and no sign or comma, as a bank reads them."""
    whole, rest = divmod(pence, 100)
    return f"{whole}.{rest:02d}"


def shown_sort_code(digits: str) -> str:
    """Six digits in pairs; a spreadsheet leaves that alone where it would drop a leading 0."""
    return "-".join((digits[:2], digits[2:4], digits[4:]))


def masked(digits: str) -> str:
    """A sort code or account with all but its last four digits hidden."""
    hidden = max(len(digits) - _SHOWN, 0)
    return "•" * hidden + digits[hidden:]


def schedule(
    *, reference: str, made_on: date, count: int, total_pence: int, lines: Collection[Line]
) -> bytes:
    """The file: UTF-8, lines ended as RFC 4180 says, count and total before the payments.

    Raises:
        ScheduleError: when the lines are not as many, or not as much, as the run.
    """
    total = sum(line.pence for line in lines)
    if len(lines) != count or total != total_pence:
        raise ScheduleError(
            f"Run {reference} is {count} payments of {total_pence} pence, its lines are "
            f"{len(lines)} of {total}"
        )
    file = io.StringIO()
    writer = csv.writer(file)
    head: Sequence[tuple[str, ...]] = (
        ("Payment run", reference),
        ("Made on", made_on.isoformat()),
        ("Payments", str(count)),
        ("Total in pounds", pounds(total_pence)),
        COLUMNS,
    )
    writer.writerows(head)
    writer.writerows(
        (
            line.reference,
            guarded(line.payee),
            shown_sort_code(line.sort_code),
            line.account,
            pounds(line.pence),
            line.claim,
        )
        for line in lines
    )
    return file.getvalue().encode()
