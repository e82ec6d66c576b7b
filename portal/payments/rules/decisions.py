"""The record of decisions in words: what was done, and what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from portal.kernel.money import Money

ACTIONS: Final[Mapping[str, str]] = {
    "claim.drafted": "drafted the claim",
    "claim.line_removed": "took a line out of the claim",
    "claim.line_returned": "put a line back on the claim",
    "claim.failing_removed": "took lines that fail a check out of the claim",
    "claim.submitted": "submitted the claim",
    "claim.withdrawn": "put the draft away",
    "claim.query_answered": "answered a query",
    "claim.lines_approved": "approved lines",
    "claim.lines_queried": "asked about lines",
    "claim.lines_rejected": "rejected lines",
    "claim.refused": "was refused a decision on the claim",
    "contract.drafted": "drafted the contract",
    "contract.edited": "changed the draft contract",
    "contract.activated": "activated the contract",
    "contract.activate_refused": "was refused the contract's activation",
    "contract.variation_proposed": "proposed a variation of the contract",
    "contract.varied": "confirmed a variation of the contract",
    "contract.variation_declined": "declined a variation of the contract",
    "contract.variation_withdrawn": "withdrew a proposed variation of the contract",
    "contract.variation_confirm_refused": "was refused to confirm a variation",
    "contract.variation_decline_refused": "was refused to decline a variation",
    "contract.payee_proposed": "proposed other bank details",
    "contract.payee_confirmed": "confirmed other bank details",
    "contract.payee_declined": "declined other bank details",
    "contract.payee_withdrawn": "withdrew other bank details",
    "contract.payee_confirm_refused": "was refused to confirm bank details",
    "contract.payee_decline_refused": "was refused to decline bank details",
    "contract.period_closed": "closed a month",
    "output.arose": "an output arose",
    "output.withdrawn": "withdrew an output",
    "override.asked": "asked to let a check through",
    "override.granted": "let a check through",
    "override.declined": "declined to let a check through",
    "override.grant_refused": "was refused to let a check through",
    "override.decline_refused": "was refused to decline a check",
    "payment.run_made": "made a payment run",
    "payment.paid": "marked a claim as paid",
    "payment.recovered": "recovered money",
    "payment.given_back": "gave money back",
    "payment.refused": "was refused a payment",
    "rate_card.drafted": "drafted the rate card",
    "rate_card.edited": "changed the draft rate card",
    "rate_card.published": "published the rate card",
    "rate_card.publish_refused": "was refused the rate card's publication",
    "rate_card.dropped": "dropped the draft rate card",
    "sample.drawn": "drew an audit sample",
    "sample.found": "recorded an audit finding",
    "sample.refused": "was refused an audit finding",
}
_FEW: Final = 5


def action_words(action: str) -> str:
    """What somebody did, as it follows their name."""
    known = ACTIONS.get(action)
    return known if known is not None else action.replace(".", ": ").replace("_", " ")


def action_title(action: str) -> str:
    """What somebody did, as it stands alone."""
    words = action_words(action)
    return f"{words[0].upper()}{words[1:]}"


def is_refusal(action: str) -> bool:
    """Whether it is an attempt that was refused."""
    return action.endswith("refused")


def detail_words(detail: Mapping[str, Any]) -> str:
    """What an entry says besides, as one line: amounts in pounds, long lists cut short."""
    return "; ".join(
        f"{key.replace('_', ' ')}: {_value(key, value)}"
        for key, value in detail.items()
        if value not in ("", None, [], {})
    )


def _value(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        is_money = key == "pence" or key.endswith("_pence")
        return Money(value).format() if is_money else str(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(str(name), one)}" for name, one in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        shown = ", ".join(_value("", one) for one in value[:_FEW])
        return f"{shown} and {len(value) - _FEW:,} more" if len(value) > _FEW else shown
    return str(value)
