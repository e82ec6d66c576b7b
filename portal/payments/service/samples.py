"""Drawing audit samples, and keeping what is found. Called inside a unit of work.

Nobody audits what they had a hand in: the work, the claim, the decision or the payment. An attempt
is refused and put on record, so the unit of work is committed then too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy.exc import IntegrityError

from portal.db import audit, current_session
from portal.kernel.clock import london, today, utc_now
from portal.kernel.ids import normalise_reference
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import AuditSample, AuditSampleItem
from portal.payments.queries import hands
from portal.payments.queries import samples as found
from portal.payments.queries.samples import ItemFacts, SampleFacts
from portal.payments.rules.duties import conflicts
from portal.payments.rules.samples import (
    draw_problem,
    finding_problem,
    fingerprint,
    populations,
)
from portal.payments.rules.sampling import Risk
from portal.payments.rules.sampling import draw as drawn_by_lot
from portal.payments.service import ledger

SEPARATION = "separation_of_duties"
NO_SAMPLE = Problem("no_sample", "There is no such sample")
NOTHING_PAID = Problem("nothing_paid", "Nothing was paid between these days", "from_on")


def draw(
    *, programme: str, from_on: date, until_on: date, size: int, seed: str, by: Author
) -> Ok[AuditSample] | Err:
    """Draw a sample of what was paid between two days; asked for again, it is the same sample."""
    seed = " ".join(seed.split())
    problem = draw_problem(from_on=from_on, until_on=until_on, size=size, seed=seed, today=today())
    if problem is not None:
        return Err(problem)
    known = found.same_draw(programme, seed=seed, from_on=from_on, until_on=until_on, size=size)
    if known is not None:
        return Ok(known)
    lines = found.paid_lines(programme, from_on=from_on, until_on=until_on)
    if not lines:
        return Err(NOTHING_PAID)
    sample = AuditSample(
        programme=programme,
        seed=seed,
        from_on=from_on,
        until_on=until_on,
        size=size,
        settings={
            "population": {key: asdict(held) for key, held in populations(lines).items()},
            "fingerprint": fingerprint(lines),
        },
        drawn_by=by.user_id,
    )
    session = current_session()
    try:
        with session.begin_nested():
            session.add(sample)
            session.flush()
    except IntegrityError:
        # Pressed twice at the same moment: the other draw is the one.
        known = found.same_draw(programme, seed=seed, from_on=from_on, until_on=until_on, size=size)
        return Err(NO_SAMPLE) if known is None else Ok(known)
    _take(sample, lines, by)
    return Ok(sample)


def _take(sample: AuditSample, lines: Sequence[Risk], by: Author) -> None:
    """Draw the lines of a sample, and put the draw on record with all that repeats it."""
    chosen = drawn_by_lot(lines, size=sample.size, seed=sample.seed)
    session = current_session()
    session.add_all(
        AuditSampleItem(sample_id=sample.id, line_id=one.line, stratum=one.stratum, pence=one.pence)
        for one in chosen
    )
    session.flush()
    _note(
        "sample.drawn",
        sample.reference,
        by,
        seed=sample.seed,
        period=f"{sample.from_on.isoformat()} to {sample.until_on.isoformat()}",
        lines=len(chosen),
        paid_lines=len(lines),
        fingerprint=sample.settings["fingerprint"],
    )


def drawn_again(sample: SampleFacts) -> bool:
    """Whether the seed draws the same lines from what is there now; False when that has changed."""
    lines = found.paid_lines(sample.programme, from_on=sample.from_on, until_on=sample.until_on)
    if fingerprint(lines) != sample.fingerprint:
        return False
    again = {one.line for one in drawn_by_lot(lines, size=sample.size, seed=sample.seed)}
    return again == {one.line_id for one in found.items(sample.id)}


def reasons_against(item: ItemFacts, person: int | None, hand: tuple[str, ...]) -> tuple[str, ...]:
    """Why somebody may not audit a line: their hand in the work, the decision or the payment."""
    if person is None:
        return ("Nobody is signed in",)
    more = (
        (item.decided_by == person, "You decided on this line"),
        (item.run_by == person, "You put it in a payment run"),
        (item.paid_by == person, "You marked it as paid"),
    )
    return (*hand, *(words for holds, words in more if holds))


def find(
    *, reference: str, line_id: int, wrong: int | None, words: str, seen: str, by: Author
) -> Ok[AuditSampleItem] | Err:
    """Keep what was found about a line: how many pence of it should not have been paid.

    ``seen`` is the finding that was on the page, so that nobody's is overwritten unseen.
    """
    sample = found.sample(normalise_reference(reference))
    held = None if sample is None else found.item_to_change(sample.id, line_id)
    facts = None if sample is None else found.item(sample.id, line_id)
    if sample is None or held is None or facts is None:
        return Err(NO_SAMPLE)
    refusal = _separation(sample, facts, by)
    if refusal is not None:
        return Err(refusal)
    if facts.seen != seen:
        when = "" if facts.found_at is None else f" on {london(facts.found_at):%-d %B at %H:%M}"
        return Err(
            Problem(
                "changed",
                f"{facts.found_name or 'Somebody'} recorded a finding{when} while you had this "
                "open. Look at it before you change it",
            )
        )
    problem = finding_problem(pence=held.pence, wrong=wrong, words=words)
    if problem is not None:
        return Err(problem)
    before = held.found_pence
    held.found_pence, held.found_words = wrong, words.strip()
    held.found_by, held.found_at = by.user_id, utc_now()
    current_session().flush()
    earlier = {} if before is None else {"before_pence": before}
    _note(
        "sample.found",
        sample.reference,
        by,
        line=line_id,
        found_pence=wrong,
        words=held.found_words,
        **earlier,
    )
    return Ok(held)


def _separation(sample: SampleFacts, item: ItemFacts, by: Author) -> Problem | None:
    hand: tuple[str, ...] = ()
    if by.user_id is not None:
        output = found.line_output(item.line_id)
        involved = hands.involvement(found.claim_of(item.claim_id), [output])
        hand = conflicts(by.user_id, involved[output])
    reasons = reasons_against(item, by.user_id, hand)
    if not reasons:
        return None
    _note("sample.refused", sample.reference, by, line=item.line_id, why=list(reasons))
    said = "; ".join(reasons)
    return Problem(
        SEPARATION,
        f"You cannot audit this line: {said[0].lower()}{said[1:]}. The attempt is on record",
    )


def _note(action: str, reference: str, by: Author, **detail: object) -> None:
    subject = f"sample:{reference}"
    ledger.decide(action=action, subject=subject, by=by, detail=detail)
    audit.record(action=action, subject=subject, detail=detail, actor_id=by.user_id)
