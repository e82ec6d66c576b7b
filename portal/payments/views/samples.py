"""Audit samples: drawing them, looking at each line, and what the error comes to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.ids import new_reference, normalise_reference
from portal.kernel.result import Err
from portal.payments.access import lep_manager
from portal.payments.forms.samples import DrawForm, FindingForm
from portal.payments.queries import review as reviewed
from portal.payments.queries import samples as queries
from portal.payments.queries.review_evidence import evidence
from portal.payments.queries.samples import PAGE, ItemFacts, SampleFacts
from portal.payments.rules.samples import percent, result
from portal.payments.rules.sampling import STRATA
from portal.payments.rules.words import OUTPUT_TYPES
from portal.payments.service import samples as service
from portal.payments.views import blueprint
from portal.payments.views.paging import page_links
from portal.payments.views.review import line_view, page_number, titles, words_of_page
from portal.programme import queries as programme
from portal.web.access import current_actor, current_author
from portal.web.downloads import csv_response

_SIZE = 30
_COLOURS = {"high": "red", "medium": "yellow", "low": "grey"}
_HEADER = (
    *("Sample", "Seed", "Stratum", "Claim", "Output", "Employer", "Type", "Date of the work"),
    *("Provider", "Paid", "Pounds paid", "Pounds wrong", "What was found", "Found by", "Found on"),
)


def load_sample(reference: str) -> SampleFacts:
    """The sample in the address, or 404."""
    facts = queries.sample(normalise_reference(reference))
    if facts is None:
        abort(404)
    return facts


def _last_quarter(day: date) -> tuple[date, date]:
    first = date(day.year, day.month - (day.month - 1) % 3, 1)
    end = first - timedelta(days=1)
    return date(end.year, end.month - 2, 1), end


@blueprint.get("/audit-samples")
def samples() -> str:
    """Every sample, newest first, with what was found so far."""
    page = page_number()
    found = queries.samples(programme.settings().programme_key, page=page)
    more, found = len(found) > PAGE, found[:PAGE]
    looked = queries.looked([one.id for one in found])
    return render_template(
        "payments/samples/list.html",
        rows=[(one, result(one.population, looked.get(one.id, {}))) for one in found],
        percent=percent,
        older=url_for("payments.samples", page=page + 1) if more else None,
        newer=url_for("payments.samples", page=page - 1) if page > 1 else None,
    )


@blueprint.route("/audit-samples/new", methods=["GET", "POST"])
def sample_new() -> ResponseReturnValue:
    """Draw a sample of what was paid between two days."""
    form = DrawForm()
    if form.validate_on_submit():
        with unit_of_work():
            drawn = service.draw(
                programme=programme.settings().programme_key,
                from_on=form.from_on.data,
                until_on=form.until_on.data,
                size=form.size.data,
                seed=form.seed.data,
                by=current_author(),
            )
        if not isinstance(drawn, Err):
            flash("The sample is drawn. Look at each line and record what you find.", "success")
            return redirect(url_for("payments.sample", sample=drawn.value.reference))
        form.refuse(drawn.problem)
    elif not form.is_submitted():
        form.from_on.data, form.until_on.data = _last_quarter(today())
        form.size.data, form.seed.data = _SIZE, new_reference()
    return render_template("payments/samples/new.html", form=form)


@blueprint.get("/audit-samples/<sample>")
def sample(sample: str) -> ResponseReturnValue:
    """One sample: how it was drawn, its lines, and the error carried to all that was paid."""
    facts = load_sample(sample)
    page = page_number()
    outcome = result(facts.population, queries.looked([facts.id]).get(facts.id, {}))
    rows = queries.items(facts.id, page=page)
    if not rows and page > 1:
        return redirect(url_for("payments.sample", sample=facts.reference))
    again = service.drawn_again(facts) if request.args.get("again") == "1" else None
    return render_template(
        "payments/samples/show.html",
        sample=facts,
        outcome=outcome,
        rows=rows,
        again=again,
        percent=percent,
        strata=STRATA,
        colours=_COLOURS,
        types=OUTPUT_TYPES,
        recover=_recover_addresses(rows),
        pages=page_links(
            page,
            outcome.drawn,
            PAGE,
            lambda number: url_for("payments.sample", sample=facts.reference, page=number),
        ),
    )


@blueprint.get("/audit-samples/<sample>/sample.csv")
def sample_export(sample: str) -> Response:
    """Every line of a sample with what was found, to take away."""
    facts = load_sample(sample)
    return csv_response(
        f"audit-sample-{facts.reference}", _HEADER, _export(facts, queries.items(facts.id))
    )


def _pounds(pence: int) -> Decimal:
    return Decimal(pence).scaleb(-2)


def _export(facts: SampleFacts, rows: list[ItemFacts]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        wrong = "" if row.found_pence is None else _pounds(row.found_pence)
        yield (
            *(facts.reference, facts.seed, STRATA[row.stratum], row.claim_reference),
            *(row.output_reference, row.employer_name, OUTPUT_TYPES[row.output_type]),
            *(row.occurred_on, row.organisation_name, row.paid_on, _pounds(row.pence)),
            *(wrong, row.found_words, row.found_name, row.found_at),
        )


@blueprint.route("/audit-samples/<sample>/<int:line>", methods=["GET", "POST"])
def sample_item(sample: str, line: int) -> ResponseReturnValue:
    """One line of a sample with its evidence, and what was found about it."""
    facts = load_sample(sample)
    item = queries.item(facts.id, line)
    if item is None:
        abort(404)
    form = FindingForm()
    if form.validate_on_submit():
        with unit_of_work():
            # Committed also when refused: an attempt on somebody's own work stays on record.
            kept = service.find(
                reference=facts.reference,
                line_id=line,
                wrong=form.found.data,
                words=form.words.data or "",
                seen=form.seen.data or "",
                by=current_author(),
            )
        if not isinstance(kept, Err):
            flash(f"Your finding about {item.employer_name} is recorded.", "success")
            return _onward(facts, item)
        form.refuse(kept.problem)
        item = queries.item(facts.id, line) or item
    elif not form.is_submitted():
        form.seen.data = item.seen
        form.found.data, form.words.data = item.found_pence, item.found_words
    return _item_page(facts, item, form)


def _onward(facts: SampleFacts, item: ItemFacts) -> ResponseReturnValue:
    following = queries.next_open(facts.id, after=item.id)
    if following is None:
        return redirect(url_for("payments.sample", sample=facts.reference))
    return redirect(url_for("payments.sample_item", sample=facts.reference, line=following))


def _item_page(facts: SampleFacts, item: ItemFacts, form: FindingForm) -> str:
    person = current_actor().user_id
    line = reviewed.summaries(item.claim_id, person=person, line_ids=[item.line_id])[0]
    seen, _whole = evidence([item.line_id])
    row = line_view(item.claim_reference, line, seen[item.line_id], titles(), asks=False)
    return render_template(
        "payments/samples/item.html",
        sample=facts,
        item=item,
        row=row,
        form=form,
        why_not=service.reasons_against(item, person, line.hand.conflicts()),
        strata=STRATA,
        recover=_recover_addresses([item]).get(item.line_id),
        **words_of_page(),
    )


def _recover_addresses(rows: list[ItemFacts]) -> dict[int, str]:
    """Where a manager takes back what was wrongly paid, for lines of which something still is."""
    if not lep_manager(current_actor(), {}):
        return {}
    return {
        row.line_id: url_for("payments.recover", payment=row.payment_reference, line=row.line_id)
        for row in rows
        if row.found_pence and row.found_pence > row.recovered
    }
