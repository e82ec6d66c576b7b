"""Outputs: the list with what it adds up to, and one output with its reasons and its life."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from flask import Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.clock import today
from portal.kernel.money import Money
from portal.payments.access import lep_finance, may_see_claim
from portal.payments.queries import output_lists as lists
from portal.payments.queries.output_lists import Frame, OutputRow, Scope
from portal.payments.rules.outputs import (
    COLOURS,
    PAGE,
    STATE_CHOICES,
    OutputFilter,
    OutputState,
    is_late,
    last_months,
    read_filter,
    when_claimable,
)
from portal.payments.rules.words import OUTPUT_TYPES
from portal.payments.views import blueprint
from portal.payments.views.paging import page_links
from portal.programme import queries as programme
from portal.web.access import Actor, current_actor
from portal.web.downloads import csv_response
from portal.web.security import limiter

MONTHS_OFFERED: Final = 36
_EXPORT_HEADER: Final = (
    *("Output", "Kind", "Employer", "Day", "Month", "Sector", "District", "Size"),
    *("Hard to reach", "Base in pounds", "Bonus in pounds", "Worth in pounds", "Why this amount"),
    *("Provider", "Contract", "State", "Late", "Claimed for", "Claim", "Came back in pounds"),
    "Arose",
)


def scope_of(actor: Actor) -> Scope:
    """Whose outputs somebody sees: LEP staff everybody's, a provider its own and its contracts'."""
    return Scope(None if lep_finance(actor, {}) else actor.organisations)


@blueprint.get("/outputs")
def outputs() -> ResponseReturnValue:
    """The outputs that fit the filters in the address, a page at a time, and their worth."""
    actor = current_actor()
    scope, wanted = scope_of(actor), read_filter(request.args)
    found = lists.frame(wanted, scope)
    last = max(-(-found.total // PAGE), 1)
    if wanted.page > last:
        return redirect(url_for("payments.outputs", **wanted.address(page=last)))  # type: ignore[arg-type]
    rows = lists.rows(wanted, scope) if found.total else []
    first = (wanted.page - 1) * PAGE

    def address(number: int) -> str:
        return url_for("payments.outputs", **wanted.address(page=number))  # type: ignore[arg-type]

    return render_template(
        "payments/outputs/list.html",
        wanted=wanted,
        found=found,
        first=first + 1,
        last=first + len(rows),
        lines=[_line(row, actor) for row in rows],
        filters=_filters(found, scope),
        chosen=_chosen(wanted, found),
        pages=page_links(wanted.page, found.total, PAGE, address),
        base=f"{url_for('payments.outputs')}/",
        export=url_for("payments.outputs_export", **wanted.address()),  # type: ignore[arg-type]
        everybody=scope.organisations is None,
        types=OUTPUT_TYPES,
    )


def _line(row: OutputRow, actor: Actor) -> dict[str, Any]:
    """A row as the list shows it: no question is left to the template."""
    settings = programme.settings()
    late = is_late(occurred_on=row.occurred_on, period=row.period, open_from=row.open_from)
    if row.state is OutputState.READY:
        what = when_claimable(occurred_on=row.occurred_on, open_from=row.open_from, today=today())
    elif row.period is not None:
        what = f"Claim for {row.period:%B %Y}"
    else:
        what = ""
    sees = may_see_claim(actor, row.contract_owner)
    return {
        "reference": row.reference,
        "employer": row.employer_name,
        "kind": OUTPUT_TYPES[row.output_type],
        "day": row.occurred_on,
        "about": f"{settings.sector_title(row.sector)}, {settings.tier_title(row.size_tier)}",
        "reach": row.hard_to_reach,
        "pence": row.pence,
        "bonus": row.bonus_pence,
        "state": row.state.label,
        "colour": COLOURS[row.state],
        "late": late and row.state is not OutputState.WITHDRAWN,
        "what": what,
        "back": Money(row.recovered).format() if row.recovered else "",
        "claim": address_of("payments.claim", claim=row.claim_reference)
        if sees and row.claim_reference
        else None,
        "provider": row.organisation_name,
    }


def address_of(endpoint: str, **values: Any) -> str | None:
    """The address of a page, or None where no feature has it."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def _filters(found: Frame, scope: Scope) -> dict[str, list[tuple[str, str]]]:
    settings = programme.settings()
    filters = {
        "state": list(STATE_CHOICES),
        "kind": [("", "Every kind"), *OUTPUT_TYPES.items()],
        "month": [("", "Every month"), *last_months(today(), MONTHS_OFFERED)],
        "sector": [
            ("", "Every sector"),
            *(choice for choice in settings.sector_choices if choice[0] != "other"),
        ],
        "tier": [("", "Every size"), *settings.tier_choices],
    }
    if scope.organisations is None or len(found.providers) > 1:
        filters["provider"] = [("", "Every provider"), *found.providers]
    if len(found.contracts) > 1:
        filters["contract"] = [("", "Every contract"), *found.contracts]
    return filters


def _chosen(wanted: OutputFilter, found: Frame) -> list[dict[str, str]]:
    """The filters that narrow the list, each with the address of the list without it."""
    settings = programme.settings()
    month = wanted.first_day
    named = {
        "state": dict(STATE_CHOICES)[wanted.state],
        "kind": OUTPUT_TYPES.get(wanted.kind, ""),
        "month": f"{month:%B %Y}" if month else "",
        "sector": settings.sector_title(wanted.sector) if wanted.sector else "",
        "tier": settings.tier_title(wanted.tier) if wanted.tier else "",
        "provider": dict(found.providers).get(wanted.provider, "Another provider"),
        "contract": dict(found.contracts).get(wanted.contract, "Another contract"),
    }
    said = wanted.address()
    return [
        {"text": text, "href": url_for("payments.outputs", **wanted.address(**{name: ""}))}  # type: ignore[arg-type]
        for name, text in named.items()
        if name in said
    ]


@blueprint.get("/outputs/export.csv")
@limiter.limit("30/minute")
def outputs_export() -> Response:
    """The whole list that the address asks for, as CSV."""
    return csv_response(f"outputs-{today().isoformat()}", _EXPORT_HEADER, _export_rows())


def _pounds(pence: int) -> Decimal:
    return Decimal(pence).scaleb(-2)


def _export_rows() -> Iterator[tuple[Any, ...]]:
    settings = programme.settings()
    wanted, actor = read_filter(request.args), current_actor()
    for found in lists.export_rows(wanted, scope_of(actor)):
        row = found.row
        late = is_late(occurred_on=row.occurred_on, period=row.period, open_from=row.open_from)
        sees = may_see_claim(actor, row.contract_owner)
        yield (
            *(row.reference, OUTPUT_TYPES[row.output_type], row.employer_name, row.occurred_on),
            *(f"{row.occurred_on:%Y-%m}", settings.sector_title(row.sector)),
            *(settings.district_title(row.district), settings.tier_title(row.size_tier)),
            *(row.hard_to_reach, _pounds(row.base_pence), _pounds(row.bonus_pence)),
            *(_pounds(row.pence), found.explanation, row.organisation_name, row.contract_title),
            *(row.state.label, late, f"{row.period:%Y-%m}" if row.period else ""),
            *(row.claim_reference if sees else "", _pounds(row.recovered), found.arose_on),
        )
