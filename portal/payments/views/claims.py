"""A provider's claims and the page of one claim, which the LEP reads as well."""

from __future__ import annotations

from typing import Any, Final

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.payments.access import lep_finance, may_claim, may_read, provider_manager
from portal.payments.forms.claims import PressForm
from portal.payments.queries import claims_caps as caps
from portal.payments.queries import claims_findings as found
from portal.payments.queries import claims_lists as lists
from portal.payments.queries import claims_pages as pages
from portal.payments.queries.claims_findings import FindingRow
from portal.payments.queries.claims_pages import ClaimPage, LineRow, Part
from portal.payments.rules.caps import fit
from portal.payments.rules.checks import KINDS
from portal.payments.rules.claims import (
    CHECK_FILTERS,
    CLAIM_COLOURS,
    FAIL,
    LINE_COLOURS,
    PAGE,
    Standing,
    claim_words,
    late_words,
    month_address,
    read_line_filter,
    read_page,
)
from portal.payments.rules.contracts import closes_on
from portal.payments.rules.periods import next_month
from portal.payments.rules.states import CLAIM_LABELS, LINE_LABELS, ClaimState, LineState
from portal.payments.rules.words import OUTPUT_TYPES
from portal.payments.views import blueprint
from portal.payments.views.paging import page_links
from portal.payments.views.paid import paid_part
from portal.programme import queries as programme
from portal.web.access import current_actor

_MOST_REFUSED: Final = 20
_GROUPS: Final = {
    "waiting": ("Waiting for you", ("queried", "draft")),
    "lep": ("With the LEP", ("submitted",)),
    "decided": ("Decided", ("approved", "part_approved", "rejected")),
    "paid": ("Paid", ("paid",)),
    "withdrawn": ("Put away", ("withdrawn",)),
}


def load_claim(reference: str) -> ClaimPage:
    """The claim in the address, to read; 404 when it is absent or another provider's."""
    claim = pages.claim_page(normalise_reference(reference))
    if claim is None or not may_read(current_actor(), claim):
        abort(404)
    return claim


def load_own_claim(reference: str) -> ClaimPage:
    """The claim in the address, to change: 404 for all but its provider's managers."""
    claim = load_claim(reference)
    if not may_change(claim):
        abort(404)
    return claim


def may_change(claim: ClaimPage) -> bool:
    """Whether the person looking may draft, submit and answer for this claim."""
    actor = current_actor()
    return provider_manager(actor, {}) and may_claim(actor, claim)


@blueprint.get("/claims")
def claims() -> ResponseReturnValue:
    """The months that can be claimed, and every claim there is, what waits for somebody first."""
    actor = current_actor()
    own = None if lep_finance(actor, {}) else actor.organisations
    group = request.args.get("show", "")
    states = _GROUPS[group][1] if group in _GROUPS else ()
    page = read_page(request.args.get("page", ""))
    rows, total = lists.claim_rows(own, states=states, page=page)
    if not rows and page > 1:
        return redirect(url_for("payments.claims", show=group or None))
    day, days = today(), programme.settings().claim_close_working_days
    ready = [] if own is None else lists.ready_months(own)

    def address(number: int) -> str:
        return url_for("payments.claims", show=group or None, page=number)

    return render_template(
        "payments/claims/list.html",
        rows=[(row, claim_words(row.standing)) for row in rows],
        total=total,
        ready=[
            (
                month,
                month.is_over(day),
                closes_on(month.month, working_days=days),
                next_month(month.month),
                month_address(month.month),
            )
            for month in ready
        ],
        may_draft=provider_manager(actor, {}) and own is not None,
        day=day,
        reads_all=own is None,
        groups=[("", "Every claim"), *((key, words) for key, (words, _s) in _GROUPS.items())],
        group=group if group in _GROUPS else "",
        colours=CLAIM_COLOURS,
        labels={state.value: words for state, words in CLAIM_LABELS.items()},
        pages=page_links(page, total, PAGE, address),
        form=PressForm(),
    )


@blueprint.get("/claims/<claim>")
def claim(claim: str) -> ResponseReturnValue:
    """One claim: its lines, their checks, its totals, and every cap before and after it."""
    facts = load_claim(claim)
    wanted = read_line_filter(request.args)
    rows, total = pages.line_rows(facts, wanted)
    if not rows and wanted.page > 1:
        return redirect(url_for("payments.claim", claim=facts.reference, **wanted.address(page=1)))
    parts = pages.parts(facts)
    ids = [row.id for row in rows]
    findings = found.findings(facts, ids)
    said = {} if facts.submitted_at is None else found.said(ids)

    def address(number: int) -> str:
        narrowed = wanted.address(page=number)
        return url_for("payments.claim", claim=facts.reference, **narrowed)

    return render_template(
        "payments/claims/show.html",
        claim=facts,
        words=claim_words(standing_of(facts, parts)),
        rows=[shown(facts, row, findings.get(row.id, []), said.get(row.id)) for row in rows],
        beside=findings.get(None, []),
        total=total,
        first=(wanted.page - 1) * PAGE + 1,
        wanted=wanted,
        filters=_filters(),
        pages=page_links(wanted.page, total, PAGE, address),
        may_change=may_change(facts),
        is_lep=lep_finance(current_actor(), {}),
        csv_href=url_for(
            "payments.claim_export",
            claim=facts.reference,
            **wanted.address(page=1),
        ),
        form=PressForm(),
        colours=CLAIM_COLOURS,
        line_colours=LINE_COLOURS,
        kinds=KINDS,
        paid=paid_part(facts.id) if facts.state is ClaimState.PAID else None,
        **money_of(facts, parts),
    )


def standing_of(facts: ClaimPage, parts: list[Part]) -> Standing:
    """What the claim's words depend on."""
    lines: dict[str, int] = {}
    for part in parts:
        lines[part.state] = lines.get(part.state, 0) + part.lines
    return Standing(
        state=facts.state,
        lines=lines,
        submitted_at=facts.submitted_at,
        submitted_name=facts.submitted_name,
        decided_at=facts.decided_at,
        in_run=facts.in_run,
        paid_on=facts.paid_on,
        bank_reference=facts.bank_reference,
    )


def money_of(facts: ClaimPage, parts: list[Part]) -> dict[str, Any]:
    """Totals, caps, and for a draft what else could stand on it and what does not fit."""
    claimed = pages.pence_by_type(parts)
    stands = [part for part in parts if part.state not in {"removed", "rejected"}]
    figures = caps.cap_figures(facts)
    more: dict[str, Any] = {"ready": [], "taken_out": 0, "refused": [], "refused_more": 0}
    if facts.is_draft:
        more = _could_stand(facts, figures, claimed)
    return {
        "stands": sum(part.lines for part in stands),
        "pence": sum(claimed.values()),
        "by_type": [
            (title, sum(p.lines for p in stands if p.output_type == kind), claimed[kind])
            for kind, title in OUTPUT_TYPES.items()
            if kind in claimed
        ],
        "by_state": [
            (state.value, label, sum(p.lines for p in same), sum(p.pence for p in same))
            for state, label in LINE_LABELS.items()
            if (same := [part for part in parts if part.state == state.value])
        ],
        "failing": sum(part.lines for part in stands if part.rank == FAIL),
        "caps": caps.cap_rows(facts, figures, claimed),
        **more,
    }


def _could_stand(facts: ClaimPage, figures: Any, claimed: dict[str, int]) -> dict[str, Any]:
    free = caps.free_for(facts)
    left = caps.room_after(figures, claimed)
    by_id = {one.id: one for one in free}
    fresh = [one.candidate for one in free if not one.taken_out]
    taken, refused, _left = fit(left, fresh)
    return {
        "ready": [by_id[key] for key in taken],
        "taken_out": sum(one.taken_out for one in free),
        "refused": [(by_id[one.key], one.words) for one in refused[:_MOST_REFUSED]],
        "refused_more": max(len(refused) - _MOST_REFUSED, 0),
    }


def shown(facts: ClaimPage, row: LineRow, findings: list[FindingRow], said: Any) -> dict[str, Any]:
    """A line with its words, its findings and what was last said about it."""
    return {
        "line": row,
        "kind": OUTPUT_TYPES[row.output_type],
        "label": LINE_LABELS[LineState(row.state)],
        "late": late_words(row.occurred_on, facts.period),
        "findings": findings,
        "asked": said[-1] if said else None,
    }


def _filters() -> dict[str, list[tuple[str, str]]]:
    return {
        "state": [("", "On the claim"), *((s.value, words) for s, words in LINE_LABELS.items())],
        "check": [
            ("", "Any result"),
            *((key, words) for key, (words, _r) in CHECK_FILTERS.items()),
        ],
    }
