"""Balances of a contract's accounts, each explained as the sum of its entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from portal.kernel.money import Money
from portal.payments.rules.ledger import ROUTES, Account, Entry

# The funder's account only mirrors what was put in: the five that people ask about.
SHOWN: Final = (
    Account.BUDGET,
    Account.COMMITTED,
    Account.PAYABLE,
    Account.PAID,
    Account.RECOVERED,
)
ACCOUNT_WORDS: Final[Mapping[Account, str]] = {
    Account.FUNDER: "Funder",
    Account.BUDGET: "Left to claim",
    Account.COMMITTED: "Claimed, not decided",
    Account.PAYABLE: "Approved, not paid",
    Account.PAID: "Paid",
    Account.RECOVERED: "Recovered",
}
ENTRY_WORDS: Final[Mapping[Entry, str]] = {
    Entry.ALLOCATE: "Put into the contract",
    Entry.REDUCE: "Taken out of the contract",
    Entry.COMMIT: "Claimed",
    Entry.RELEASE: "Rejected or taken out",
    Entry.APPROVE: "Approved",
    Entry.PAY: "Paid",
    Entry.RECOVER: "Recovered",
    Entry.ADJUST: "Given back",
}


@dataclass(frozen=True, slots=True)
class Moved:
    """All entries of one kind: how many, and how many pence."""

    kind: Entry
    count: int
    pence: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands in an account, in pence, and the entries it is the sum of."""

    account: Account
    pence: int
    explanation: str

    @property
    def words(self) -> str:
        """The account on screen."""
        return ACCOUNT_WORDS[self.account]


def explained(moved: Iterable[Moved]) -> Sequence[Balance]:
    """Every account that is shown, with its balance as a sum of entries in words."""
    found = {one.kind: one for one in moved if one.count}
    return [_balance(account, found) for account in SHOWN]


def _balance(account: Account, found: Mapping[Entry, Moved]) -> Balance:
    total = 0
    parts: list[str] = []
    for kind, one in found.items():
        source, target = ROUTES[kind]
        if account not in {source, target}:
            continue
        sign = 1 if account is target else -1
        total += sign * one.pence
        entries = "1 entry" if one.count == 1 else f"{one.count:,} entries"
        lead = "\u2212 " if sign < 0 else "+ " if parts else ""
        words = ENTRY_WORDS[kind].lower()
        parts.append(f"{lead}{Money(one.pence)} {words} ({entries})")
    return Balance(account, total, " ".join(parts) or "No entries yet")
