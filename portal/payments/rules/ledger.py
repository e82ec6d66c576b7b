"""The ledger: every movement of money between two accounts of a contract, in integer pence.

    budget -> committed    a line is submitted
    committed -> budget    it is rejected, or taken out of the claim
    committed -> payable   it is approved
    payable -> paid        the claim is paid
    paid -> recovered      money is paid back, by a linked entry of its own
    recovered -> paid      what was recovered wrongly is given back

Each entry is one transfer, so the accounts always sum to nothing; what is left to prove is that
each transfer happened once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.payments.rules.words import MOST_PENCE


class Account(StrEnum):
    """Where a contract's money stands."""

    FUNDER = "funder"
    BUDGET = "budget"
    COMMITTED = "committed"
    PAYABLE = "payable"
    PAID = "paid"
    RECOVERED = "recovered"


class Entry(StrEnum):
    """Why money moves."""

    ALLOCATE = "allocate"
    REDUCE = "reduce"
    COMMIT = "commit"
    RELEASE = "release"
    APPROVE = "approve"
    PAY = "pay"
    RECOVER = "recover"
    ADJUST = "adjust"


ROUTES: Final[Mapping[Entry, tuple[Account, Account]]] = {
    Entry.ALLOCATE: (Account.FUNDER, Account.BUDGET),
    Entry.REDUCE: (Account.BUDGET, Account.FUNDER),
    Entry.COMMIT: (Account.BUDGET, Account.COMMITTED),
    Entry.RELEASE: (Account.COMMITTED, Account.BUDGET),
    Entry.APPROVE: (Account.COMMITTED, Account.PAYABLE),
    Entry.PAY: (Account.PAYABLE, Account.PAID),
    Entry.RECOVER: (Account.PAID, Account.RECOVERED),
    # What was recovered wrongly is given back; an output never gets more than its price.
    Entry.ADJUST: (Account.RECOVERED, Account.PAID),
}


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement as rules see it."""

    kind: Entry
    pence: int
    contract: int
    output: int | None = None


def check_amount(pence: int) -> None:
    """Refuse what no entry may carry.

    Raises:
        ValueError: for nothing, a negative amount, or one above ten million pounds.
    """
    if not 0 < pence <= MOST_PENCE:
        raise ValueError(f"An entry moves 1 to {MOST_PENCE} pence, not {pence}")


def balances(transfers: Iterable[Transfer]) -> dict[Account, int]:
    """Pence in each account after all of these."""
    totals = dict.fromkeys(Account, 0)
    for transfer in transfers:
        source, target = ROUTES[transfer.kind]
        totals[source] -= transfer.pence
        totals[target] += transfer.pence
    return totals


def net_paid(transfers: Iterable[Transfer]) -> int:
    """Pence an output was paid, less what came back."""
    return balances(transfers)[Account.PAID]
