"""What payment holds about an employer, for its page and its download.

An employer sees that work with it was counted, when, and which of its facts were taken. It does not
see prices, claims, or what provider and LEP ask each other about a claim: what a provider is paid
is between those two. The tables of claims are named here because their rows lead to an employer.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from portal.employers.panels import HeldRecords
from portal.employers.queries.held import read_table
from portal.payments.queries import held

# Between the provider and the LEP: amounts, decisions and questions about what is paid.
_MONEY: Final = (
    *("claim_lines", "claim_line_queries", "claim_checks", "check_overrides"),
    *("ledger_entries", "audit_sample_items"),
    # Only marks of what has been looked at already.
    "output_misses",
)
RECORDS: Final = (
    HeldRecords(
        "Work counted",
        "work-counted",
        "Which work with you was counted, and the facts about you that were taken that day. What "
        "a provider is paid for it is between the provider and the LEP",
        "You, the provider whose work it is, the provider whose contract it is, and the LEP",
        (held.OUTPUTS.table.name, *_MONEY),
        partial(read_table, held.OUTPUTS),
        order=40,
    ),
)
