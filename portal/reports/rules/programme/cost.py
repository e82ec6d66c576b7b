"""What engagements and outcomes cost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from portal.caseload.rules.words import SUPPORT_KINDS
from portal.payments.rules.words import ENGAGEMENT, OUTPUT_TYPES
from portal.reports.rules.document import Column, Figure, Section, Table, Unit, Value
from portal.reports.rules.programme.data import Data, groups
from portal.reports.rules.programme.logic import net, total
from portal.reports.rules.programme.tables import table, text
from portal.reports.rules.programme.tally import Sum
from portal.reports.rules.readings import pictured
from portal.reports.rules.written import mean

assert set(SUPPORT_KINDS) < set(OUTPUT_TYPES)  # noqa: S101 - support is what is paid for
_FEW: Final = 5
_BASIS: Final = (
    "The price of outputs of the period (rates and bonuses frozen on them), divided by the number. "
    "Half a penny is rounded up."
)
_NOT_PRICED: Final = (
    "Providers are paid for outputs, never for outcomes. This divides all that outputs cost by the "
    "outcomes recorded in the same time: outcomes come months after the work, and other things "
    "bear on them too."
)
# What costs are divided by: the measure, and how one of it is called.
_PER: Final = (
    ("advised", "Employer receiving advice"),
    ("sessions", "Assessment session"),
    ("engagements", "Engagement"),
    ("plans", "Action plan agreed"),
    ("embedded", "Employer with a practice embedded"),
)


def _figures(data: Data) -> tuple[Figure, ...]:
    engagements = data.sum("outputs", kind=ENGAGEMENT)
    worth, embedded = data.sum("outputs").amount, total(data, "embedded") or 0
    few = "Few so far: read it with care." if 0 < embedded < _FEW else ""
    return (
        Figure(
            "engagement_cost",
            "Cost of an engagement",
            mean(engagements.amount, engagements.n),
            Unit.PENCE,
            "What an engagement costs on average, with its bonus.",
            _BASIS,
            "Outputs",
            note="Few so far: read it with care." if 0 < engagements.n < _FEW else "",
            drill=data.drill("outputs", kind=ENGAGEMENT),
        ),
        Figure(
            "outcome_cost",
            "All outputs for each employer with a practice embedded",
            mean(worth, embedded),
            Unit.PENCE,
            "What all outputs of the period cost, for each employer in which a follow-up of the "
            "period first found a practice embedded.",
            _NOT_PRICED,
            "Outputs and answers at follow-ups",
            note=few,
            drill=data.drill("arrived", kind="embedded"),
        ),
    )


_ENGAGEMENT_COLUMNS: Final = (
    text("size", "Size", "The size tier frozen on the engagement."),
    Column("hard", "Hard to reach", Unit.COUNT, "Engagements of the hard to reach."),
    Column("hard_price", "A hard-to-reach one", Unit.PENCE, _BASIS),
    Column("others", "Others", Unit.COUNT, "Engagements of other employers."),
    Column("others_price", "Any other", Unit.PENCE, _BASIS),
    Column("engagements", "All engagements", Unit.COUNT, "Engagements of the period."),
    Column("worth", "Price of all", Unit.PENCE, "Their rates and bonuses."),
    Column("average", "Price of one", Unit.PENCE, _BASIS),
)
_PAID_COLUMNS: Final = (
    Column(
        "paid_for",
        "Paid in the period",
        Unit.COUNT,
        "Engagements that were paid in the period, also where the money came back later.",
    ),
    Column(
        "paid",
        "Stays paid",
        Unit.PENCE,
        "Paid for engagements in the period, less what came back, plus what was given back again.",
    ),
)


def _priced(one: Sum) -> tuple[Value, Value]:
    return one.n, mean(one.amount, one.n)


def _paid_for(data: Data, tiers: Collection[str]) -> tuple[Value, ...]:
    if not data.has("paid_types"):
        return ()
    pay, recovered, given_back = (
        data.sum("paid_types", kind=kind, type=ENGAGEMENT, size=tiers)
        for kind in ("pay", "recover", "adjust")
    )
    return pay.n, net(pay.amount, recovered.amount, given_back.amount)


def _engagements(data: Data) -> Table:
    """Engagements by size and whether hard to reach: their price, and what stays paid of it."""
    tally = data.tally("hard")
    found = (*tally.per("size", kind=ENGAGEMENT), *data.tally("paid_types").per("size"))
    keys = groups(data.titles.tiers, found)

    def row(title: str, tiers: Collection[str]) -> tuple[Value, ...]:
        hard, others = (
            tally.sum(kind=ENGAGEMENT, size=tiers, hard=answer) for answer in ("yes", "no")
        )
        every = hard + others
        return (
            title,
            *_priced(hard),
            *_priced(others),
            every.n,
            every.amount,
            mean(every.amount, every.n),
            *_paid_for(data, tiers),
        )

    return Table(
        "cost-engagements",
        "What engagements cost",
        (*_ENGAGEMENT_COLUMNS, *(_PAID_COLUMNS if data.has("paid_types") else ())),
        tuple(row(title, (key,)) for key, title in keys),
        total=row("Total", [key for key, _ in keys]),
        drills=tuple(data.drill("outputs", kind=ENGAGEMENT, size=key) for key, _ in keys),
    )


def _averaged(made: Table, counted: str) -> Table:
    """With the average over all of them in the last row, which is no sum of averages."""
    if made.total is None:
        return made
    places = {column.key: place for place, column in enumerate(made.columns)}
    count, price = made.total[places[counted]], made.total[places["worth"]]
    last = list(made.total)
    if isinstance(count, int) and isinstance(price, int):
        last[places["average"]] = mean(price, count)
    return replace(made, total=tuple(last))


def _types(data: Data) -> Table:
    outputs = data.tally("outputs").per("kind")
    rows: list[tuple[Value, ...]] = []
    for kind, title in groups(OUTPUT_TYPES.items(), outputs):
        n, pence = (outputs[kind].n, outputs[kind].amount) if kind in outputs else (0, 0)
        rows.append((title, n, pence, mean(pence, n)))
    return _averaged(
        table(
            "cost-types",
            "What outputs cost",
            (
                text("type", "Output", "The type of output."),
                Column("outputs", "Outputs", Unit.COUNT, "Outputs of the period."),
                Column("worth", "Price", Unit.PENCE, "Their rates and bonuses."),
                Column("average", "Price of one", Unit.PENCE, _BASIS),
            ),
            rows,
            drills=[
                data.drill("outputs", kind=kind)
                for kind, _ in groups(OUTPUT_TYPES.items(), outputs)
            ],
        ),
        "outputs",
    )


def _more_roles(data: Data) -> int | None:
    """Quality part-time roles more than at the start, of cases that began in the period."""
    if not data.has("outcome_after"):
        return None
    after = data.sum("outcome_after", kind="quality").amount
    return after - data.sum("outcome_before", kind="quality").amount


def _per_result(data: Data) -> Table:
    worth = data.sum("outputs").amount
    rows: list[tuple[Value, ...]] = []
    for key, title in _PER:
        number = total(data, key)
        if number is not None:
            rows.append((title, number, mean(worth, number)))
    more = _more_roles(data)
    if more is not None:
        rows.append(("Quality part-time role more than at the start", more, mean(worth, more)))
    return table(
        "cost-results",
        "All outputs, divided by what was reached",
        (
            text("what", "For each", "What the cost is divided by."),
            Column(
                "number",
                "Number",
                Unit.COUNT,
                "How many there were in the period. Roles: how many more there were at the latest "
                "follow-up than at the start, in cases that began in the period and have both.",
            ),
            Column("cost", "Cost of all outputs for each", Unit.PENCE, _NOT_PRICED),
        ),
        rows,
        total=False,
        note=_NOT_PRICED,
    )


def section(data: Data) -> Section:
    """Costs."""
    types = _types(data)
    tables = [types, _per_result(data)]
    pictures = [
        pictured(
            "cost-types",
            "bars",
            "What the money is for",
            types,
            what="money",
            label="type",
            value="worth",
        )
    ]
    if data.has("hard"):
        engagements = _engagements(data)
        tables.insert(0, engagements)
        pictures.insert(
            0,
            pictured(
                "cost-engagements",
                "dots",
                "What one engagement costs",
                engagements,
                what="what one engagement costs",
                label="size",
                values=["hard_price", "others_price"],
            ),
        )
    return Section(
        "cost",
        "Cost",
        "What the outputs of the period cost by the rates frozen on them, claimed or not.",
        figures=_figures(data),
        tables=tuple(tables),
        pictures=tuple(pictures),
    )
