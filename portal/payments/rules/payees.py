"""Where a provider's money goes: bank details as Bacs takes them.

A Bacs record holds a sort code of six digits, an account number of eight, and a name of up to 18
characters out of capitals, digits, full stop, ampersand, slash, hyphen and space.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from portal.kernel.result import Problem

NAME_LIMIT: Final = 18
_SEPARATORS: Final = re.compile(r"[\s\u2010-\u2015-]+")
_NOT_ALLOWED: Final = re.compile(r"[^A-Z0-9.&/ -]")
_SORT_CODE: Final = re.compile(r"[0-9]{6}")
_ACCOUNT: Final = re.compile(r"[0-9]{8}")


@dataclass(frozen=True, slots=True)
class Payee:
    """Bank details; empty texts while nobody has entered them."""

    name: str = ""
    sort_code: str = ""
    account: str = ""
    email: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether money can be sent there, and the advice of it."""
        return bool(self.name and self.sort_code and self.account and self.email)


NO_PAYEE: Final = Payee()


def tidy(*, name: str, sort_code: str, account: str, email: str) -> Payee:
    """What was typed, as it is kept: a name in capitals, numbers without spaces or hyphens."""
    return Payee(
        " ".join(name.upper().split()),
        _SEPARATORS.sub("", sort_code),
        _SEPARATORS.sub("", account),
        email.strip(),
    )


def check_payee(payee: Payee) -> list[Problem]:
    """Everything that is wrong with bank details. None at all are in order in a draft."""
    if payee == NO_PAYEE:
        return []
    found = []
    strange = sorted(set(_NOT_ALLOWED.findall(payee.name)))
    if not payee.name:
        found.append(Problem("payee_name", "Enter the name on the account", "payee_name"))
    elif strange:
        words = (
            "The name on the account can hold letters A to Z, digits, spaces and . & / - only, "
            f"not {' '.join(strange)}"
        )
        found.append(Problem("payee_name", words, "payee_name"))
    elif len(payee.name) > NAME_LIMIT:
        words = f"The name on the account can have {NAME_LIMIT} letters, this has {len(payee.name)}"
        found.append(Problem("payee_name", words, "payee_name"))
    if not _SORT_CODE.fullmatch(payee.sort_code):
        words = "Enter a sort code of 6 digits, like 12-34-56"
        found.append(Problem("payee_sort_code", words, "payee_sort_code"))
    if not _ACCOUNT.fullmatch(payee.account):
        words = "Enter an account number of 8 digits; put a 0 before one of 7"
        found.append(Problem("payee_account", words, "payee_account"))
    if not payee.email:
        words = "Enter the address that is told about payments"
        found.append(Problem("remittance_email", words, "remittance_email"))
    return found
