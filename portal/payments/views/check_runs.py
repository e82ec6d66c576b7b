"""Every run of a claim's checks, and what changed between one and the next."""

from __future__ import annotations

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.payments.queries import check_runs as queries
from portal.payments.queries.check_runs import PAGE
from portal.payments.rules.check_runs import WHOLE, changes
from portal.payments.rules.checks import KINDS
from portal.payments.rules.claims import read_page
from portal.payments.views import blueprint
from portal.payments.views.claims import load_claim
from portal.payments.views.paging import page_links

_RESULTS = {
    "": ("", ""),
    "pass": ("Passes", "green"),
    "warn": ("Worth a look", "yellow"),
    "fail": ("Fails", "red"),
}


@blueprint.get("/claims/<claim>/check-runs")
def check_runs(claim: str) -> ResponseReturnValue:
    """The runs of a claim's checks, newest first."""
    facts = load_claim(claim)
    page = read_page(request.args.get("page", ""))
    rows = queries.run_rows(facts.id, facts.reference, page=page)
    if not rows and page > 1:
        abort(404)
    here = url_for("payments.check_runs", claim=facts.reference)
    return render_template(
        "payments/claims/check_runs.html",
        claim=facts,
        here=here,
        rows=rows[:PAGE],
        newest=facts.run,
        newer=f"{here}?page={page - 1}" if page > 1 else None,
        older=f"{here}?page={page + 1}" if len(rows) > PAGE else None,
    )


@blueprint.get("/claims/<claim>/check-runs/<int:run>")
def check_run(claim: str, run: int) -> ResponseReturnValue:
    """What one run of a claim's checks said otherwise than the run before it."""
    facts = load_claim(claim)
    if not 1 <= run <= facts.run:
        abort(404)
    earlier, later = queries.found_in(facts.id, run)
    found = changes(earlier, later) if earlier else []
    page = read_page(request.args.get("page", ""))
    begun = (page - 1) * PAGE

    def address(number: int) -> str:
        return url_for("payments.check_run", claim=facts.reference, run=run, page=number)

    return render_template(
        "payments/claims/check_run.html",
        claim=facts,
        run=run,
        first=not earlier,
        rows=found[begun : begun + PAGE],
        total=len(found),
        kinds=KINDS,
        whole=WHOLE,
        results=_RESULTS,
        pages=page_links(page, len(found), PAGE, address),
    )
