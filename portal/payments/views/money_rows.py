"""One line of what is not paid, in words and with its links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for

from portal.kernel.clock import today
from portal.payments.queries.money import Waiting
from portal.payments.queries.money_work import Unready
from portal.payments.rules.money import STEPS
from portal.payments.rules.money_words import Next, next_of, next_of_work
from portal.web.access import current_actor


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list of what is not paid, with where its name leads.

    ``name`` is the employer's, and for a delivery what it was.
    """

    item: Waiting
    name: str
    state: str
    reasons: tuple[str, ...]
    next: Next
    href: str | None
    case_href: str | None
    claim_href: str | None


class Links:
    """Addresses made once a page, not once a row: each begins as the first of its kind does."""

    def __init__(self) -> None:
        self._made: dict[str, str | None] = {}

    def to(self, endpoint: str, name: str, reference: str | None) -> str | None:
        """The address of one record, or None where there is no such page or record."""
        if reference is None:
            return None
        if endpoint not in self._made:
            values: dict[str, Any] = {name: "X"}
            self._made[endpoint] = url_for(endpoint, **values)
        known = self._made[endpoint]
        return None if known is None else f"{known[:-1]}{reference}"


def shown(item: Waiting, lacking: Unready | None, links: Links) -> Row:
    """Why something is not paid and what to do next, from where it stands or what it lacks."""
    # A subcontractor does not see the claim of the provider that it works for.
    own = item.owner in current_actor().organisations
    claim = links.to("payments.claim", "claim", item.claim) if own else None
    case = item.case or (lacking.case if lacking else None) or None
    case_href = links.to("caseload.case", "case", case)
    if item.step is not None:
        said = STEPS[item.step].reason
        return Row(
            item,
            item.title,
            STEPS[item.step].title,
            (f"{said}: {item.said}" if item.said else said,),
            next_of(item.step, claim_on=item.claim_on, today=today()),
            links.to("payments.output", "output", item.reference),
            case_href,
            claim,
        )
    if item.kind == "delivery":
        href = links.to("caseload.support", "delivery", item.reference)
        name = f"{lacking.employer}: {item.title}" if lacking and lacking.employer else item.title
    else:
        name = item.title
        href = f"{case_href}/session/{item.reference}" if case_href else None
    missing = lacking.judged.missing if lacking else ()
    return Row(
        item,
        name,
        "No output yet",
        tuple(one.words for one in missing) or ("Nothing is missing any more",),
        next_of_work(missing, asked=lacking.asked if lacking else None),
        href,
        case_href,
        None,
    )
