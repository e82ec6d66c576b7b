"""The ledger of a contract: every entry, the balances after it, and how it is proved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import MAXYEAR, date
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.ids import normalise_reference
from portal.kernel.money import Money
from portal.payments.queries import ledger_pages as queries
from portal.payments.queries.ledger_pages import PAGE, EntryLine, Filters, Ledger
from portal.payments.rules.balances import ACCOUNT_WORDS, ENTRY_WORDS, SHOWN, explained
from portal.payments.rules.ledger import ROUTES, Entry
from portal.payments.rules.schedule import pounds
from portal.payments.views import blueprint
from portal.programme import queries as programme
from portal.web.asked import asked_number
from portal.web.downloads import csv_response
from portal.web.security import limiter

_MOST_PAGES = 10_000
_EXPORT_HEADER = (
    *("Entry", "When", "Kind", "From", "To", "Amount in pounds", "Claim", "Output", "Employer"),
    *("About entry", "Reason", "By"),
    *(f"{ACCOUNT_WORDS[account]} after it" for account in SHOWN),
    "Hash",
)


@blueprint.get("/ledger")
def ledger() -> ResponseReturnValue:
    """A contract's entries, the newest first; without a contract, the contracts to choose from."""
    wanted = request.args.get("contract", "")
    if not wanted:
        return _choose()
    found, filters, chosen = _asked(wanted)
    before = asked_number("before")
    summary = queries.summary(filters.contract_id)
    page = queries.page(filters, before=before)
    kept: dict[str, Any] = {name: value or None for name, value in chosen.items()}
    return render_template(
        "payments/ledger/ledger.html",
        found=found,
        balances=explained(summary.moved),
        months=[(f"{month:%Y-%m}", f"{month:%B %Y}") for month in reversed(summary.months)],
        kinds=[(kind.value, words) for kind, words in ENTRY_WORDS.items()],
        chosen=chosen,
        narrowed=not filters.is_empty,
        accounts=[ACCOUNT_WORDS[account] for account in SHOWN],
        rows=[_row(line) for line in page.lines],
        older_href=page.older
        and url_for("payments.ledger", contract=found.reference, before=page.older, **kept),
        newest_href=url_for("payments.ledger", contract=found.reference, **kept)
        if page.newer
        else None,
        export_href=url_for("payments.ledger_export", contract=found.reference, **kept),
        head=found.head,
        decisions=found.decisions,
    )


def _choose() -> ResponseReturnValue:
    number = min(max(asked_number("page", 1), 1), _MOST_PAGES)
    found = queries.contracts(programme.settings().programme_key, page=number)
    rows = [
        {
            "reference": one.reference,
            "title": one.title,
            "name": one.organisation_name,
            "balances": [Money(one.balances[account]).format() for account in SHOWN],
        }
        for one in found[:PAGE]
    ]
    return render_template(
        "payments/ledger/contracts.html",
        rows=rows,
        accounts=[ACCOUNT_WORDS[account] for account in SHOWN],
        number=number,
        more=len(found) > PAGE,
        heads=queries.heads(),
    )


def _asked(wanted: str) -> tuple[Ledger, Filters, dict[str, str]]:
    """The contract, and the filters of the address; what makes no sense is left out."""
    reference = normalise_reference(wanted)
    found = queries.ledger_of(reference) if reference.isalnum() else None
    if found is None:
        abort(404)
    kind = request.args.get("kind", "")
    kind = kind if kind in {one.value for one in Entry} else ""
    month = _month(request.args.get("month", ""))
    claim = normalise_reference(request.args.get("claim", ""))[:10]
    filters = Filters(found.contract_id, Entry(kind) if kind else None, month, claim)
    chosen = {"kind": kind, "month": f"{month:%Y-%m}" if month else "", "claim": claim}
    return found, filters, chosen


def _month(text: str) -> date | None:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    # The last month that can be named has none after it.
    return month if month.year < MAXYEAR else None


def _row(line: EntryLine) -> dict[str, Any]:
    source, target = ROUTES[line.kind]
    return {
        "sequence": line.sequence,
        "at": line.at,
        "words": ENTRY_WORDS[line.kind],
        "route": f"{ACCOUNT_WORDS[source]} → {ACCOUNT_WORDS[target]}",
        "amount": Money(line.pence).format(),
        "claim": line.claim_reference,
        "output": line.output_reference,
        "employer": line.employer_name,
        "about": line.about,
        "reason": line.reason,
        "by": line.by_name,
        "balances": [Money(line.balances[account]).format() for account in SHOWN],
    }


@blueprint.get("/ledger/export.csv")
@limiter.limit("30/minute")
def ledger_export() -> ResponseReturnValue:
    """The filtered entries of a contract as a table, the oldest first, with every balance."""
    found, filters, _chosen = _asked(request.args.get("contract", ""))
    return csv_response(f"ledger-{found.reference}", _EXPORT_HEADER, _export(filters))


def _export(filters: Filters) -> Iterator[tuple[Any, ...]]:
    for line in queries.every_line(filters):
        source, target = ROUTES[line.kind]
        yield (
            *(line.sequence, line.at, ENTRY_WORDS[line.kind]),
            *(ACCOUNT_WORDS[source], ACCOUNT_WORDS[target], pounds(line.pence)),
            *(line.claim_reference, line.output_reference, line.employer_name),
            *(line.about, line.reason, line.by_name),
            *(pounds(line.balances[account]) for account in SHOWN),
            line.hash,
        )
