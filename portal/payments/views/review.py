"""The officer's queue, and a claim line by line with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.rules.words import SESSION_MODES, SUPPORT_MODES
from portal.kernel.ids import normalise_reference
from portal.payments.queries import claims as claiming
from portal.payments.queries import review as queries
from portal.payments.queries import review_queue
from portal.payments.queries.claims import ClaimFacts
from portal.payments.queries.review_evidence import Beside, LineEvidence, evidence
from portal.payments.rules.checks import KINDS
from portal.payments.rules.review import (
    CLAIM_COLOURS,
    LINE_COLOURS,
    PAGE,
    SHOWN,
    STANDINGS,
    LineFilter,
    LineSummary,
    clean_lines,
    outcome,
    total,
)
from portal.payments.rules.review_facts import Fact, Titles, facts_in_words
from portal.payments.rules.states import ClaimState, LineState
from portal.payments.rules.words import OUTPUT_TYPES
from portal.payments.views import blueprint
from portal.payments.views.paging import page_links
from portal.programme import queries as programme
from portal.web.access import current_actor
from portal.web.asked import asked_number
from portal.web.text import clean_line

MODES = {**SESSION_MODES, **SUPPORT_MODES}
_CONFIRMATIONS = {
    "awaiting": "has not answered yet",
    "confirmed": "confirmed it",
    "disputed": "says it is not right",
    "none": "was not asked",
}
_MOST_PAGES = 100_000


@dataclass(frozen=True, slots=True)
class LineView:
    """A line on the page: in short, with its evidence, and what the reader may do with it."""

    line: LineSummary
    seen: LineEvidence
    facts: list[Fact]
    why_not: str
    ask: dict[str, str]

    @property
    def may_tick(self) -> bool:
        """Whether it can be chosen: it waits, and the reader had no hand in it."""
        return self.line.waits and not self.why_not


def page_number() -> int:
    """The page in the address; 1 for anything that is none."""
    return min(max(asked_number("page", 1), 1), _MOST_PAGES)


def load_claim(reference: str) -> ClaimFacts:
    """The claim in the address; 404 when it is absent or was never submitted."""
    facts = claiming.claim_facts(normalise_reference(reference))
    if facts is None or facts.state in {ClaimState.DRAFT, ClaimState.WITHDRAWN}:
        abort(404)
    return facts


def read_filter() -> LineFilter:
    """The filter in the address; what is no known choice counts as none."""
    shown, kind = request.args.get("show", "all"), request.args.get("type", "")
    return LineFilter(
        shown=shown if shown in SHOWN else "all",
        output_type=kind if kind in OUTPUT_TYPES else "",
        q=clean_line(request.args.get("q", ""))[:100],
    )


def titles() -> Titles:
    """The words of sectors and districts as the programme has them now."""
    settings = programme.settings()
    return Titles(dict(settings.sector_choices), dict(settings.district_choices))


@blueprint.get("/review")
def review() -> ResponseReturnValue:
    """Claims waiting for a decision, those back with their provider, and those decided lately."""
    page = page_number()
    found = review_queue.queue(
        programme.settings().programme_key, person=current_actor().user_id, page=page
    )
    return render_template(
        "payments/review/queue.html",
        queue=found,
        pages=page_links(
            page, found.total, PAGE, lambda number: url_for("payments.review", page=number)
        ),
        colours=CLAIM_COLOURS,
        recent_days=review_queue.RECENT_DAYS,
    )


@blueprint.get("/review/<claim>")
def review_claim(claim: str) -> ResponseReturnValue:
    """A claim line by line, each with its evidence beside it, and what can be decided."""
    facts = load_claim(claim)
    wanted, page = read_filter(), page_number()
    everything = queries.summaries(facts.id, person=current_actor().user_id)
    fitting = wanted.keep(everything)
    pages = max(-(-len(fitting) // PAGE), 1)
    if page > pages:
        return redirect(
            url_for("payments.review_claim", claim=facts.reference, **wanted.address(page=pages))
        )
    shown = fitting[(page - 1) * PAGE : page * PAGE]
    seen, whole = evidence([line.id for line in shown], claim_id=facts.id)
    words = titles()
    rows = [line_view(facts.reference, line, seen[line.id], words) for line in shown]
    clean = clean_lines(everything)
    return render_template(
        "payments/review/claim.html",
        claim=facts,
        outcome=outcome(facts.state, everything),
        rows=rows,
        whole=whole,
        sums=sums(everything),
        clean=total(clean),
        clean_ids=",".join(str(line.id) for line in clean),
        barred=sum(line.waits and bool(line.hand.conflicts()) for line in everything),
        can_decide=any(row.may_tick for row in rows),
        wanted=wanted,
        chosen=_chosen(facts.reference, wanted),
        fitting=total(fitting),
        first=(page - 1) * PAGE + 1,
        last=(page - 1) * PAGE + len(shown),
        pages=page_links(
            page,
            len(fitting),
            PAGE,
            lambda number: url_for(
                "payments.review_claim", claim=facts.reference, **wanted.address(page=number)
            ),
        ),
        action=url_for("payments.review_lines", claim=facts.reference, **wanted.address(page=page)),
        **words_of_page(),
    )


def words_of_page() -> dict[str, Any]:
    """The fixed words a line is shown with."""
    return {
        # Bases of addresses that stand on every line, so that none is built anew for each.
        "output_base": url_for("payments.output", output="_")[:-1],
        "file_base": url_for("caseload.evidence_file", reference="_")[:-1],
        "kinds": KINDS,
        "types": OUTPUT_TYPES,
        "modes": MODES,
        "standings": STANDINGS,
        "confirmations": _CONFIRMATIONS,
        "colours": CLAIM_COLOURS,
        "line_colours": LINE_COLOURS,
        "shown_choices": list(SHOWN.items()),
    }


def sums(lines: list[LineSummary]) -> list[dict[str, str]]:
    """How the lines that wait stand, for the figures at the head of the page."""
    waiting = [line for line in lines if line.waits]
    found = [
        ("Waiting", waiting),
        ("Clean", [line for line in waiting if line.standing == "clean"]),
        ("With a warning", [line for line in waiting if line.fits("warned")]),
        ("Check failed", [line for line in waiting if line.standing == "failed"]),
        ("Queried", [line for line in lines if line.state is LineState.QUERIED]),
    ]
    return [
        {"label": label, "value": f"{len(held):,}", "note": total(held).words.partition(", ")[2]}
        for label, held in found
    ]


def line_view(
    claim: str, line: LineSummary, seen: LineEvidence, words: Titles, *, asks: bool = True
) -> LineView:
    """A line with everything beside it."""
    return LineView(
        line,
        seen,
        facts_in_words(seen.facts, words),
        "; ".join(line.hand.conflicts()),
        _asks(claim, line, seen.speaking) if asks else {},
    )


def _asks(claim: str, line: LineSummary, speaking: list[Beside]) -> dict[str, str]:
    """Where to ask that a failed check be let through, by kind of check."""
    return {
        one.one: url_for("payments.override_ask", claim=claim, line=line.id, kind=one.one)
        for one in speaking
        if one.two == "fail" and line.waits
    }


def _chosen(claim: str, wanted: LineFilter) -> list[dict[str, str]]:
    named = {
        "show": SHOWN[wanted.shown] if wanted.shown != "all" else "",
        "type": OUTPUT_TYPES.get(wanted.output_type, ""),
        "q": f"“{wanted.q}”" if wanted.q else "",
    }
    return [
        {
            "text": text,
            "href": url_for("payments.review_claim", claim=claim, **wanted.address(**{name: ""})),
        }
        for name, text in named.items()
        if text
    ]
