"""Changes of a contract in force that need two people: their states, and terms as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from portal.payments.rules.contracts import Subcontract, Terms
from portal.payments.rules.payees import Payee

PROPOSED: Final = "proposed"
CONFIRMED: Final = "confirmed"
REFUSED: Final = "refused"
WITHDRAWN: Final = "withdrawn"
# State on screen, and the colour of its tag.
STATES: Final[Mapping[str, tuple[str, str]]] = {
    PROPOSED: ("Waits for a second person", "orange"),
    CONFIRMED: ("Confirmed", "green"),
    REFUSED: ("Refused", "red"),
    WITHDRAWN: ("Withdrawn", "grey"),
}
_LAST: Final = 4


def ending(account: str) -> str:
    """An account by its last four digits, as it stands in mail and in the record of decisions."""
    return f"ending {account[-_LAST:]}" if account else "none"


def payee_differences(before: Payee, after: Payee) -> list[tuple[str, str, str]]:
    """What differs between bank details: what, before, after; accounts by their last digits."""
    pairs = (
        ("Name on the account", before.name, after.name),
        ("Sort code", before.sort_code, after.sort_code),
        ("Account number", before.account, after.account),
        ("Told about payments", before.email, after.email),
    )
    hidden = {"Sort code": _sort_code, "Account number": ending}
    return [
        (what, hidden.get(what, str)(old), hidden.get(what, str)(new))
        for what, old, new in pairs
        if old != new
    ]


def _sort_code(code: str) -> str:
    return f"••-••-{code[-2:]}" if code else "none"


def plain_terms(terms: Terms) -> dict[str, Any]:
    """Terms as they are kept with a proposal."""
    return {
        "starts_on": terms.starts_on.isoformat(),
        "ends_on": terms.ends_on.isoformat(),
        "total_cap": terms.total_cap,
        "caps": dict(terms.caps),
        "profile": {day.isoformat(): pence for day, pence in terms.profile.items() if pence},
        "subcontractors": [
            [
                one.organisation_id,
                one.from_on.isoformat(),
                None if one.until_on is None else one.until_on.isoformat(),
            ]
            for one in terms.subcontractors
        ],
    }


def read_terms(plain: Mapping[str, Any]) -> Terms:
    """Terms as they were kept with a proposal."""
    return Terms(
        starts_on=date.fromisoformat(plain["starts_on"]),
        ends_on=date.fromisoformat(plain["ends_on"]),
        total_cap=plain["total_cap"],
        caps=dict(plain["caps"]),
        profile={date.fromisoformat(day): pence for day, pence in plain["profile"].items()},
        subcontractors=tuple(
            Subcontract(
                key, date.fromisoformat(begun), date.fromisoformat(ended) if ended else None, row
            )
            for row, (key, begun, ended) in enumerate(plain["subcontractors"])
        ),
    )
