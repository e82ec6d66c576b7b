"""The demonstration's money: a contract, its rates, and half a year of claims, told in order.

Every amount is an example: the sources of the service name no rates. Outputs arise on the days on
which employers confirmed the work of the stories; each claim is built from what there was then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final, TypeVar

import click
from sqlalchemy import func, select, update

from portal.caseload.models import DiagnosticSession
from portal.caseload.rules.working_days import add_working_days
from portal.cli.demo_tools import at, taken
from portal.db import current_session, outbox, unit_of_work
from portal.kernel import clock
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import Claim, Contract, Payment
from portal.payments.queries import claims as claiming
from portal.payments.queries import origins
from portal.payments.rules.contracts import Terms
from portal.payments.rules.payees import Payee
from portal.payments.rules.periods import (
    last_day,
    month_of,
    months_between,
    next_month,
    quarter_of,
    quarters_between,
)
from portal.payments.rules.rate_cards import Amounts
from portal.payments.rules.states import LineState
from portal.payments.rules.words import ENGAGEMENT, SIZE_TIERS
from portal.payments.service import (
    claims,
    claims_lines,
    contracts,
    outputs,
    paying,
    rates,
    reviewing,
)
from portal.programme import service as programme

TOTAL: Final = 3_600_000
CAPS: Final = {ENGAGEMENT: 1_200_000, "training_session": 600_000, "workshop": 400_000}
# What the profile expects in the first quarters; the rest follows evenly.
FIRST_QUARTERS: Final = (250_000, 400_000, 450_000)
# Pence by size: micro, small, medium, large. An SME's engagement pays more than a large employer's.
PRICES: Final = {
    ENGAGEMENT: (60_000, 60_000, 55_000, 40_000),
    "training_session": (35_000, 35_000, 40_000, 40_000),
    "workshop": (45_000, 45_000, 45_000, 45_000),
    "consultancy": (30_000, 30_000, 35_000, 35_000),
    "coaching": (15_000, 15_000, 15_000, 15_000),
}
BONUS: Final = 15_000
# The next card: engagements of the smallest a little dearer, workshops a little cheaper.
NEXT_PRICES: Final = {
    **PRICES,
    ENGAGEMENT: (65_000, 62_500, 55_000, 35_000),
    "workshop": (42_500, 42_500, 42_500, 42_500),
}
NEXT_BONUS: Final = 17_500
# Longer than the usual ten days, so that last month's draft is still open whenever this is run.
CLOSE_AFTER: Final = 25
MONTHS_LEFT_OPEN: Final = 2
T = TypeVar("T")


@dataclass
class Telling:
    """Who does what, and what has happened so far."""

    provider_id: int
    manager: Author
    officer: Author
    head: Author
    contract_id: int = 0
    events: list[tuple[datetime, int, Callable[[], object]]] = field(default_factory=list)
    asked: bool = False
    rejected: bool = False

    def plan(self, moment: datetime, happens: Callable[[], object]) -> None:
        """Let something happen at a moment, after what was planned for the same one."""
        self.events.append((moment, len(self.events), happens))

    def tell(self) -> None:
        """Everything in its order, as far as the time has come."""
        now = clock.utc_now()
        for moment, _number, happens in sorted(self.events, key=lambda event: event[:2]):
            with clock.freeze(min(moment, now - timedelta(minutes=1))):
                happens()


def seed_payments(*, provider_id: int, manager: Author, officer: Author, head: Author) -> int:
    """A contract from the start of the stories, and its claims so far; returns how many claims.

    The officer drafts contract and cards and decides on claims; the LEP's manager activates,
    publishes and pays; the provider's manager claims.
    """
    first = current_session().scalar(select(func.min(DiagnosticSession.held_on)))
    if first is None:
        return 0
    money = Telling(provider_id, manager, officer, head)
    starts_on = month_of(first)
    with clock.freeze(at(starts_on - timedelta(days=10))):
        _agree(money, starts_on)
    _plan_outputs(money)
    _plan_claims(money, _worked_months(first))
    money.tell()
    _draft_next_card(money)
    _deliver_old_mail()
    return (
        current_session().scalar(
            select(func.count(Claim.id)).where(Claim.contract_id == money.contract_id)
        )
        or 0
    )


def _good(done: Ok[T] | list[Problem]) -> T:
    if isinstance(done, list):
        raise click.ClickException(f"The demonstration data is refused: {done[0].message}")
    return done.value


def _agree(money: Telling, starts_on: date) -> None:
    """Contract and rates, each put in force by a second person."""
    ends_on = last_day(date(starts_on.year + 2, starts_on.month, 1) - timedelta(days=1))
    quarters = quarters_between(starts_on, ends_on)
    rest = (TOTAL - sum(FIRST_QUARTERS)) // (len(quarters) - len(FIRST_QUARTERS))
    # Whole pounds by the hundred, as somebody would plan them.
    rest -= rest % 10_000
    profile = dict(zip(quarters, (*FIRST_QUARTERS, *(rest for _ in quarters)), strict=False))
    with unit_of_work():
        taken(
            programme.change_setting(
                key="claim_close_working_days",
                value=CLOSE_AFTER,
                effective_from=clock.today(),
                changed_by=money.head.user_id,
            )
        )
        details = contracts.ContractDetails(
            organisation_id=money.provider_id,
            title="Example contract for business support",
            terms=Terms(starts_on, ends_on, TOTAL, CAPS, profile),
            bonus_target_percent=30,
            payee=Payee("EXAMPLE SKILLS LTD", "000000", "00000000", "finance@provider.example"),
        )
        contract = _good(contracts.draft(details=details, by=money.officer))
        money.contract_id = contract.id
        taken(
            contracts.activate(
                reference=contract.reference, revision=contract.revision, by=money.head
            )
        )
        card = _card(money, "Example rates", starts_on, PRICES, BONUS)
        taken(rates.publish(reference=card[0], revision=card[1], by=money.head))


def _card(
    money: Telling,
    title: str,
    effective_from: date,
    prices: dict[str, tuple[int, int, int, int]],
    bonus: int,
) -> tuple[str, int]:
    amounts = Amounts(
        {
            (kind, tier): pence
            for kind, by_tier in prices.items()
            for tier, pence in zip(SIZE_TIERS, by_tier, strict=True)
        },
        dict.fromkeys(SIZE_TIERS, bonus),
    )
    details = rates.CardDetails(title, effective_from, is_example=True, amounts=amounts)
    card = _good(rates.draft(details=details, by=money.officer))
    return card.reference, card.revision


def _draft_next_card(money: Telling) -> None:
    """A draft for the next quarter, to be priced against what was really done."""
    starts_on = quarter_of(next_month(next_month(next_month(clock.today()))))
    with unit_of_work():
        _card(money, "Example rates, next", starts_on, NEXT_PRICES, NEXT_BONUS)


def _plan_outputs(money: Telling) -> None:
    """Each output arises when the last thing it needs was there."""

    def arise(ask: Callable[[int, Author], object], key: int) -> Callable[[], None]:
        def happens() -> None:
            with unit_of_work():
                ask(key, PORTAL)

        return happens

    for key in origins.sessions_without_output():
        origin = origins.session_origin(key)
        if origin is None or origin.employers[0].confirmation is None:
            continue
        completed = origins.diagnostic_of(origin.employers[0].case_id)
        moment = origin.employers[0].confirmation[1]
        moment = max(moment, completed[1]) if completed else moment
        money.plan(moment, arise(outputs.arise_for_session, key))
    for key in origins.deliveries_without_output():
        origin = origins.delivery_origin(key)
        if origin is not None:
            said = [one.confirmation[1] for one in origin.employers if one.confirmation]
            money.plan(max(said), arise(outputs.arise_for_delivery, key))


def _worked_months(first: date) -> list[date]:
    """The months since the first session that are over."""
    return [
        month for month in months_between(first, clock.today()) if last_day(month) < clock.today()
    ]


def _plan_claims(money: Telling, months: Sequence[date]) -> None:
    """Every month is claimed early in the next and paid; the last two are still under way."""
    for month in months:
        end = last_day(month)
        left = len(months) - months.index(month)
        if left == 1:
            money.plan(at(add_working_days(end, 3), 14), partial(_build, money, month))
            continue
        slow = left == MONTHS_LEFT_OPEN
        sent = add_working_days(end, 17 if slow else 4)
        money.plan(at(sent, 11), partial(_send, money, month))
        money.plan(at(add_working_days(end, CLOSE_AFTER + 1), 5), _close)
        if slow:
            continue
        money.plan(at(add_working_days(end, 9), 10), partial(_look, money, month))
        money.plan(at(add_working_days(end, 10), 15), partial(_answer, money, month))
        money.plan(at(add_working_days(end, 12), 10), partial(_decide, money, month))
        money.plan(at(add_working_days(end, 14), 9), partial(_schedule, money, month))
        money.plan(at(add_working_days(end, 16), 16), partial(_paid, money, month))


def _close() -> None:
    contracts.close_due()


def _claim_of(money: Telling, month: date) -> Claim | None:
    return current_session().scalar(
        select(Claim).where(Claim.contract_id == money.contract_id, Claim.period == month)
    )


def _build(money: Telling, month: date) -> Claim | None:
    """The draft of a month without the lines that fail a check; None with nothing to claim."""
    with unit_of_work():
        built = claims.build(contract_id=money.contract_id, period=month, by=money.manager)
        if isinstance(built, Err):
            return None
        claim = built.value.claim
        taken(claims_lines.remove_failing(reference=claim.reference, by=money.manager))
        return claim


def _send(money: Telling, month: date) -> None:
    claim = _build(money, month)
    if claim is None or not _lines(claim):
        return
    with unit_of_work():
        taken(claims.submit(reference=claim.reference, revision=claim.revision, by=money.manager))


def _lines(claim: Claim, *states: LineState) -> list[int]:
    wanted = states or (LineState.DRAFT,)
    return [line.id for line, _output in claiming.live_lines(claim.id) if line.state in wanted]


def _look(money: Telling, month: date) -> None:
    """The officer asks about a line of the first claim with two, and rejects one of the next."""
    claim = _claim_of(money, month)
    waiting = [] if claim is None else _lines(claim, LineState.SUBMITTED)
    if claim is None or len(waiting) < 2:  # noqa: PLR2004 - one line stays to be approved
        return
    with unit_of_work():
        if not money.asked:
            money.asked = True
            taken(
                reviewing.query(
                    reference=claim.reference,
                    line_ids=waiting[:1],
                    words="The session is recorded with 90 minutes. Who was there for the "
                    "employer throughout?",
                    by=money.officer,
                )
            )
        elif not money.rejected:
            money.rejected = True
            taken(
                reviewing.reject(
                    reference=claim.reference,
                    line_ids=waiting[-1:],
                    reason="The employer's record and the sheet name different days. Put it right "
                    "and claim it again.",
                    by=money.officer,
                )
            )


def _answer(money: Telling, month: date) -> None:
    claim = _claim_of(money, month)
    asked = [] if claim is None else _lines(claim, LineState.QUERIED)
    if claim is None or not asked:
        return
    with unit_of_work():
        taken(
            claims.answer_query(
                reference=claim.reference,
                line_id=asked[0],
                words="The manager from start to end; the owner joined for the last half hour.",
                by=money.manager,
            )
        )


def _decide(money: Telling, month: date) -> None:
    claim = _claim_of(money, month)
    waiting = [] if claim is None else _lines(claim, LineState.SUBMITTED)
    if claim is None or not waiting:
        return
    with unit_of_work():
        taken(reviewing.approve(reference=claim.reference, line_ids=waiting, by=money.officer))


def _schedule(money: Telling, month: date) -> None:
    claim = _claim_of(money, month)
    if claim is None or claim.state not in {"approved", "part_approved"}:
        return
    with unit_of_work():
        programme_key = current_session().get_one(Contract, money.contract_id).programme
        taken(paying.make_run(programme=programme_key, references=[claim.reference], by=money.head))


def _paid(money: Telling, month: date) -> None:
    claim = _claim_of(money, month)
    payment = (
        None
        if claim is None
        else current_session().scalar(select(Payment).where(Payment.claim_id == claim.id))
    )
    if payment is None or payment.paid_on is not None:
        return
    with unit_of_work():
        taken(
            paying.mark_paid(
                reference=payment.reference,
                paid_on=clock.today(),
                bank_reference=f"EXAMPLE {month:%Y-%m}",
                by=money.head,
            )
        )


def _deliver_old_mail() -> None:
    """Mail of past months arrived long ago: nobody wants it now."""
    with unit_of_work() as session:
        session.execute(
            update(outbox.OutboxEntry)
            .where(outbox.OutboxEntry.kind == "mail.send", outbox.OutboxEntry.done_at.is_(None))
            .values(done_at=clock.utc_now())
        )
