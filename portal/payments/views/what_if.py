"""What a quarter's real outputs would have earned on another card."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.clock import today
from portal.payments.queries import rates as queries
from portal.payments.queries.rates import CardFacts
from portal.payments.rules.contracts import last_quarter, quarter_title
from portal.payments.rules.periods import last_day, next_month, quarters_between
from portal.payments.rules.what_if import Line, WhatIf, what_if
from portal.payments.views import blueprint
from portal.payments.views.rates import load_card
from portal.programme import queries as programme
from portal.web.downloads import csv_response

_HEADER = ("Split by", "Which", "Outputs", "Earned", "On this card", "Difference")


def _chosen(quarters: list[date]) -> date:
    """The quarter in the address, if it is offered; else the last one that is over."""
    wanted = request.args.get("quarter", "")
    return next((day for day in quarters if day.isoformat() == wanted), last_quarter(today()))


def _quarters(card: CardFacts) -> list[date]:
    """Quarters with outputs, and the last complete one, newest first."""
    days = queries.output_days(card.programme)
    found = set(quarters_between(*days)) if days else set()
    return sorted({*found, last_quarter(today())}, reverse=True)


def _compare(card: CardFacts, quarter: date) -> WhatIf:
    sectors = dict(programme.settings().sector_choices)
    groups = queries.output_groups(
        card.programme, first=quarter, last=last_day(next_month(next_month(quarter)))
    )
    return what_if(groups, queries.amounts_of(card.id), sectors=sectors)


@blueprint.get("/rates/<card>/what-if")
def rate_what_if(card: str) -> str:
    """The comparison: the whole, then by type, size, sector and provider, and what moves most."""
    facts = load_card(card)
    quarters = _quarters(facts)
    quarter = _chosen(quarters)
    return render_template(
        "payments/rates/what_if.html",
        card=facts,
        found=_compare(facts, quarter),
        quarter=quarter_title(quarter),
        chosen=quarter.isoformat(),
        quarters=[(day.isoformat(), _offered(day)) for day in quarters],
        csv_href=url_for(
            "payments.rate_what_if_export", card=facts.reference, quarter=quarter.isoformat()
        ),
    )


def _offered(quarter: date) -> str:
    over = last_day(next_month(next_month(quarter))) < today()
    return quarter_title(quarter) + ("" if over else " (so far)")


@blueprint.get("/rates/<card>/what-if.csv")
def rate_what_if_export(card: str) -> ResponseReturnValue:
    """The comparison as a file: every split, each followed by the same total."""
    facts = load_card(card)
    quarter = _chosen(_quarters(facts))
    found = _compare(facts, quarter)
    name = f"what-if-card-{facts.version}-{quarter.isoformat()}"
    return csv_response(name, _HEADER, _lines(found))


def _lines(found: WhatIf) -> Iterator[tuple[Any, ...]]:
    for title, lines in found.splits.items():
        for line in lines:
            yield _line(title, line)
        yield _line(title, found.total)


def _line(title: str, line: Line) -> tuple[Any, ...]:
    amounts = (line.earned, line.would, line.difference)
    return (title, line.name, line.n, *(Decimal(pence) / 100 for pence in amounts))
