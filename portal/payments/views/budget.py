"""The LEP's view of its budget: against the profile, to the end, under its caps, and for what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from flask import Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.money import Money
from portal.payments.queries import budget as found
from portal.payments.queries.budget import Book, Late
from portal.payments.queries.ledger import Standing
from portal.payments.rules.budget import (
    FEW,
    CapLine,
    Quarter,
    cap_lines,
    cost,
    quarters,
    together,
)
from portal.payments.rules.forecast import (
    RANGE,
    RECENT,
    Forecast,
    Warned,
    known_months,
    percent_of,
)
from portal.payments.rules.words import SIZE_TIERS
from portal.payments.views import blueprint
from portal.web.downloads import csv_response

# A tag's colour, by how near a cap is; the worst first.
_COLOURS: Final = {
    Warned.FULL: "red",
    Warned.ALARM: "red",
    Warned.PASSED: "orange",
    Warned.WATCH: "yellow",
}
_TAGS: Final = {
    Warned.FULL: "Used up",
    Warned.ALARM: "95% used",
    Warned.PASSED: "Runs out early",
    Warned.WATCH: "80% used",
}
_CONTRACTS: Final = (
    *("Provider", "Contract", "Reference", "Starts", "Ends", "State", "Budget", "Spent"),
    *("Committed", "Payable", "Paid", "Recovered", "Remaining", "Forecast", "Forecast, low"),
    *("Forecast, high", "Left unspent", "Cap reached in", "Months counted", "Late and unclaimed"),
)
_QUARTERS: Final = (
    *("Provider", "Contract", "Reference", "Quarter from", "Profile", "Actual"),
    *("Profile so far", "Actual so far", "Difference so far"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One contract as the page shows it."""

    book: Book
    standing: Standing
    known: list[date]
    caps: list[CapLine]
    quarters: list[Quarter]

    @property
    def forecast(self) -> Forecast:
        """Of the whole contract."""
        return self.caps[0].forecast

    @property
    def percent(self) -> int | None:
        """How much of the cap is spent."""
        return self.caps[0].percent

    @property
    def warnings(self) -> list[CapLine]:
        """The caps that need looking at, the worst first."""
        order = list(Warned)
        return sorted(
            (cap for cap in self.caps if cap.warned is not None),
            key=lambda cap: order.index(cap.warned) if cap.warned else 0,
        )


def _line(book: Book, day: date) -> Line:
    known = known_months(
        starts_on=book.starts_on,
        ends_on=book.ends_on,
        open_from=book.open_from,
        claimed=book.claimed,
        today=day,
    )
    caps = cap_lines(
        total_cap=book.cap,
        caps=book.caps,
        spent=book.spent,
        known=known,
        starts_on=book.starts_on,
        ends_on=book.ends_on,
    )
    parts = quarters(
        profile=book.profile,
        spent=book.by_month(),
        starts_on=book.starts_on,
        ends_on=book.ends_on,
        today=day,
    )
    return Line(book, book.standing, known, caps, parts)


@blueprint.get("/budget")
def budget() -> ResponseReturnValue:
    """Every contract's money, in total and each; or one contract alone."""
    day = today()
    lines = [_line(book, day) for book in found.books()]
    shown = _chosen(lines)
    alone = shown[0] if len(shown) == 1 else None
    standing, late = _total([line.standing for line in shown]), _late(shown)
    parts = _together(shown, day)
    return render_template(
        "payments/budget/budget.html",
        lines=lines,
        shown=shown,
        alone=alone,
        chosen=alone if request.args.get("contract") else None,
        standing=standing,
        cap=sum(line.book.cap for line in shown),
        percent=percent_of(standing.spent, sum(line.book.cap for line in shown)),
        ahead=together(line.forecast for line in shown),
        quarters=parts,
        chart=[_bar(part) for part in parts],
        has_profile=any(line.book.profile for line in shown),
        costs=_costs(shown),
        few=FEW,
        late=late,
        late_href=url_for(
            "payments.outputs", state="late", contract=alone.book.id if alone else None
        ),
        review_href=url_for("payments.review"),
        runs_href=url_for("payments.runs"),
        ledger_href=url_for("payments.ledger"),
        colours=_COLOURS,
        tags=_TAGS,
        recent=RECENT,
        wider=RANGE,
        csv=[_csv(what, alone) for what in ("contracts", "quarters")],
    )


def _csv(what: str, alone: Line | None) -> str:
    one = alone.book.reference if alone and request.args.get("contract") else None
    return url_for("payments.budget_export", what=what, contract=one)


def _chosen(lines: list[Line]) -> list[Line]:
    asked = request.args.get("contract", "")
    if not asked:
        return lines
    reference = normalise_reference(asked)
    shown = [line for line in lines if line.book.reference == reference]
    if not shown:
        abort(404)
    return shown


def _total(standings: Sequence[Standing]) -> Standing:
    return Standing(
        budget=sum(one.budget for one in standings),
        committed=sum(one.committed for one in standings),
        payable=sum(one.payable for one in standings),
        paid=sum(one.paid for one in standings),
        recovered=sum(one.recovered for one in standings),
    )


def _late(lines: Sequence[Line]) -> Late:
    lates = [line.book.late for line in lines]
    days = [late.oldest for late in lates if late.oldest is not None]
    return Late(
        waiting=sum(late.waiting for late in lates),
        waiting_pence=sum(late.waiting_pence for late in lates),
        claimed=sum(late.claimed for late in lates),
        claimed_pence=sum(late.claimed_pence for late in lates),
        oldest=min(days, default=None),
    )


def _together(lines: Sequence[Line], day: date) -> list[Quarter]:
    """The quarters of all contracts as one."""
    if not lines:
        return []
    profile: dict[date, int] = {}
    spent: dict[date, int] = {}
    for line in lines:
        for quarter, pence in line.book.profile.items():
            profile[quarter] = profile.get(quarter, 0) + pence
        for month, pence in line.book.by_month().items():
            spent[month] = spent.get(month, 0) + pence
    return quarters(
        profile=profile,
        spent=spent,
        starts_on=min(line.book.starts_on for line in lines),
        ends_on=max(line.book.ends_on for line in lines),
        today=day,
    )


def _bar(part: Quarter) -> dict[str, Any]:
    done = part.actual_so_far
    return {
        "label": part.title,
        "amount": done,
        "amount_text": "" if done is None else Money(done).format_whole(),
        "mark": part.profile_so_far,
        "mark_text": Money(part.profile_so_far).format_whole(),
    }


def _costs(lines: Sequence[Line]) -> list[tuple[str, tuple[Any, Any, Any]]]:
    """What an engagement cost, by size: all, hard to reach, others."""
    known = [
        (tier, reach, one.count, one.pence)
        for line in lines
        for (tier, reach), one in line.book.costs.items()
    ]
    if not known:
        return []
    groups: list[tuple[str, tuple[str, ...]]] = [
        (title, (tier,)) for tier, title in SIZE_TIERS.items()
    ]
    groups.append(("Every size", tuple(SIZE_TIERS)))
    return [
        (
            title,
            (
                cost(known, tiers=tiers),
                cost(known, tiers=tiers, hard_to_reach=True),
                cost(known, tiers=tiers, hard_to_reach=False),
            ),
        )
        for title, tiers in groups
    ]


@blueprint.get("/budget.csv")
def budget_export() -> Response:
    """The page's figures as a table: one row a contract, or one a quarter."""
    day = today()
    lines = _chosen([_line(book, day) for book in found.books()])
    if request.args.get("what") == "quarters":
        return csv_response("budget-quarters.csv", _QUARTERS, _quarter_rows(lines))
    return csv_response("budget.csv", _CONTRACTS, (_contract_row(line) for line in lines))


def _pounds(pence: int | None) -> Decimal | None:
    return None if pence is None else Decimal(pence) / 100


def _contract_row(line: Line) -> tuple[Any, ...]:
    book, standing, ahead = line.book, line.standing, line.forecast
    expected, low, high = ahead.expected, ahead.low, ahead.high
    money = (
        *(book.cap, standing.spent, standing.committed, standing.payable, standing.paid),
        *(standing.recovered, standing.budget),
        *(None if one is None else one.total for one in (expected, low, high)),
        None if expected is None else expected.unspent,
    )
    reached = "" if expected is None or expected.reached is None else f"{expected.reached:%Y-%m}"
    return (
        *(book.organisation, book.title, book.reference, book.starts_on, book.ends_on, book.state),
        *(_pounds(pence) for pence in money),
        *(reached, len(line.known), book.late.waiting),
    )


def _quarter_rows(lines: Sequence[Line]) -> Iterator[tuple[Any, ...]]:
    for line in lines:
        for part in line.quarters:
            money = (part.profile, part.actual, part.profile_so_far, part.actual_so_far)
            yield (
                *(line.book.organisation, line.book.title, line.book.reference, part.start),
                *(_pounds(pence) for pence in (*money, part.difference)),
            )
