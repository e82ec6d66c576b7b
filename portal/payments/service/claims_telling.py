"""Mail about claims: to the LEP when one is submitted, to the provider about what became of it.

Called inside the unit of work that causes it, so that a mail goes out if and only if the change
was kept; the reminder opens its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal

from portal.caseload.rules.working_days import add_working_days
from portal.db import unit_of_work
from portal.integrations.mail import public_link
from portal.kernel.clock import today
from portal.kernel.money import Money
from portal.payments.models import Claim
from portal.payments.queries import claims_people as people
from portal.payments.queries.claims_people import LineTotal, Unclaimed
from portal.payments.rules.contracts import closes_on
from portal.payments.rules.periods import has_ended
from portal.payments.rules.states import LineState
from portal.payments.service.telling import send
from portal.programme import queries as programme

News = Literal["queried", "decided"]
REMIND_WORKING_DAYS: Final = 3


def tell_officers(claim: Claim, *, lines: int, pence: int) -> None:
    """Tell the LEP's officers that a claim waits for them."""
    _organisation, provider, contract = people.provider_of(claim.contract_id)
    title = f"{provider}: claim for {claim.period:%B %Y}"
    words = (
        f"{claim.submitted_name} submitted {provider}'s claim for {claim.period:%B %Y} under "
        f"{contract}: {_outputs(lines)}, {Money(pence)} in all. It waits for a decision."
    )
    send(
        people.officers(),
        subject=title,
        paragraphs=[words],
        href=public_link("payments.claim", claim=claim.reference),
        key=f"claim-submitted:{claim.reference}",
    )


def tell_provider(claim: Claim, what: News) -> None:
    """Tell who submitted a claim, or else the provider's managers, what became of it.

    Called by who decides, in the same unit of work: ``queried`` when lines were asked about,
    ``decided`` when the last line has a decision.
    """
    organisation, _provider, _contract = people.provider_of(claim.contract_id)
    submitter = people.submitter_of(claim)
    readers = people.managers_of(organisation) if submitter is None else [submitter]
    totals = people.line_totals(claim.id)
    month = f"{claim.period:%B %Y}"
    if what == "queried":
        subject = f"Questions about your claim for {month}"
        asked = totals.get(LineState.QUERIED, LineTotal(0, 0)).lines
        words = (
            f"The LEP has a question about {_lines(asked)} of your claim for {month}. "
            "Answer on the claim, or take a line out. What waits is not paid until you do."
        )
        paragraphs = [words]
    else:
        subject = f"Your claim for {month} is decided"
        paragraphs = _decided(totals, month)
    send(
        readers,
        subject=subject,
        paragraphs=paragraphs,
        href=public_link("payments.claim", claim=claim.reference),
        key=f"claim-{what}:{claim.reference}:{claim.revision}",
    )


def _decided(totals: Mapping[LineState, LineTotal], month: str) -> list[str]:
    approved = totals.get(LineState.APPROVED, LineTotal(0, 0))
    rejected = totals.get(LineState.REJECTED, LineTotal(0, 0))
    paragraphs = []
    if approved.lines:
        paragraphs.append(
            f"Approved: {_lines(approved.lines)} of your claim for {month}, "
            f"{Money(approved.pence)}. It is paid with the next payment run."
        )
    if rejected.lines:
        paragraphs.append(
            f"Rejected: {_lines(rejected.lines)}, {Money(rejected.pence)}. "
            "The reason stands beside each line."
        )
    return paragraphs


def remind_of_deadlines() -> int:
    """Write to a provider's managers when a month with unclaimed work closes in three working days.

    Each of them hears of each month once. Returns how many mails there are to send.
    """
    day = today()
    days = programme.settings().claim_close_working_days
    told = 0
    for one in people.unclaimed():
        closes = closes_on(one.month, working_days=days)
        near = day < closes <= add_working_days(day, REMIND_WORKING_DAYS)
        if has_ended(one.month, today=day) and near:
            with unit_of_work():
                told += _remind(one, closes)
    return told


def _remind(one: Unclaimed, closes: date) -> int:
    readers = people.managers_of(one.organisation_id)
    month = f"{one.month:%B %Y}"
    last = f"{closes:%A} {closes.day} {closes:%B}"
    what = (
        f"{_outputs(one.outputs)} under {one.title}, {Money(one.pence)} in all, can be claimed "
        f"for {month} and {'has' if one.outputs == 1 else 'have'} not been submitted."
    )
    when = f"{month} closes on {last}. What is submitted later is claimed in the next month."
    send(
        readers,
        subject=f"{month} closes on {last}",
        paragraphs=[what, when],
        href=public_link("payments.claims"),
        key=f"claim-deadline:{one.contract_id}:{one.month.isoformat()}",
    )
    return len(readers)


def _outputs(count: int) -> str:
    return f"{count:,} output{'' if count == 1 else 's'}"


def _lines(count: int) -> str:
    return f"{count:,} line{'' if count == 1 else 's'}"
