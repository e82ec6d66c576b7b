"""One output: why it earns what it does, the facts frozen on it, the evidence, and its life."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from flask import abort, render_template

from portal.caseload.queries import evidence
from portal.caseload.rules.words import SESSION_MODES, SUPPORT_MODES
from portal.employers.queries.wording import in_words
from portal.employers.rules.facts import LABELS
from portal.kernel.clock import today
from portal.kernel.ids import REFERENCE_LENGTH, normalise_reference
from portal.kernel.money import Money
from portal.payments.access import lep_finance, may_see_claim, may_see_output, may_see_proof
from portal.payments.queries import output_pages as pages
from portal.payments.queries.output_pages import LineFacts, OutputFacts
from portal.payments.rules.ledger import Entry
from portal.payments.rules.outputs import COLOURS, OutputState, is_late, when_claimable
from portal.payments.rules.states import LineState
from portal.payments.rules.words import OUTPUT_TYPES
from portal.payments.views import blueprint
from portal.payments.views.outputs import address_of
from portal.programme import queries as programme
from portal.web.access import Actor, current_actor

_ENTRY_WORDS: Final[Mapping[str, str]] = {
    Entry.COMMIT: "Set aside",
    Entry.RELEASE: "Let go",
    Entry.APPROVE: "Owed",
    Entry.PAY: "Paid",
    Entry.RECOVER: "Taken back",
    Entry.ADJUST: "Given back",
}


@blueprint.get("/outputs/<output>")
def output(output: str) -> str:
    """Everything that was frozen on an output, why it earns what it does, and its life."""
    actor = current_actor()
    wanted = normalise_reference(output)
    facts = pages.output_facts(wanted) if len(wanted) == REFERENCE_LENGTH else None
    # The same answer whether it is absent or another's: a guess learns nothing.
    if facts is None or not may_see_output(
        actor, deliverer=facts.organisation_id, owner=facts.contract_owner
    ):
        abort(404)
    lines = pages.lines_of(facts.id)
    state = pages.state_by_lines(lines, withdrawn=facts.withdrawn_at is not None)
    line = next((one for one in lines if one.state.holds_output), None)
    sees_claim = may_see_claim(actor, facts.contract_owner)
    proof = may_see_proof(actor, facts.organisation_id)
    keys = [one.id for one in lines]
    entries = pages.entries_of(keys)
    return render_template(
        "payments/outputs/output.html",
        output=facts,
        kind=OUTPUT_TYPES[facts.output_type],
        state=state,
        colour=COLOURS[state],
        claim=address_of("payments.claim", claim=line.claim_reference)
        if line is not None and sees_claim
        else None,
        claim_title=line.claim_title if line is not None else "",
        late=state is not OutputState.WITHDRAWN
        and is_late(
            occurred_on=facts.occurred_on,
            period=None if line is None else line.period,
            open_from=facts.open_from,
        ),
        waits=when_claimable(
            occurred_on=facts.occurred_on, open_from=facts.open_from, today=today()
        )
        if state is OutputState.READY
        else "",
        known=_known(facts, proof=proof),
        work=_work(facts, proof=proof),
        proof=proof,
        files=evidence.of_subject(facts.subject) if proof else [],
        life=_life(facts, lines, pages.queries_of(keys) if sees_claim else [], entries, actor),
        entries=entries if lep_finance(actor, {}) else [],
        entry_words=_ENTRY_WORDS,
    )


# What each group of facts is called, and the facts that are said with it.
_TITLES: Final = (
    ("sector", "Sector", ("sic_codes",)),
    ("district", "District", ("postcode",)),
    ("headcount", "Size", ()),
    ("iip_status", "Investors in People", ("iip_evidence",)),
    ("training_answer", "Training for a qualification", ("training_last_on", "training_note")),
)
_PRIVATE: Final = frozenset({"iip_evidence", "training_note"})


def _known(facts: OutputFacts, *, proof: bool) -> list[dict[str, Any]]:
    """Each fact that decided the price: its value, what is behind it, since when it is known."""
    kept, words = facts.facts["values"], facts.facts.get("words", {})
    late = set(facts.facts.get("known_later", ()))
    found = []
    for first, title, more in _TITLES:
        said = words.get(first) or _said(first, kept)
        behind = [
            f"{LABELS[name]}: {_plain(name, kept[name])}"
            for name in more
            if kept.get(name) not in (None, "", []) and (proof or name not in _PRIVATE)
        ]
        since = facts.facts.get("since", {}).get(first)
        found.append(
            {
                "title": title,
                "value": said,
                "behind": behind,
                "since": date.fromisoformat(since["on"]) if since else None,
                "late": first in late,
            }
        )
    return found


def _said(first: str, kept: Mapping[str, Any]) -> str:
    if first == "headcount":
        people = kept["headcount"]
        tier = programme.settings().tier_title(kept["size_tier"])
        counted = f"{people:,} employee{'' if people == 1 else 's'}"
        return f"{tier}: {counted} on {_day(kept['headcount_on'])}"
    day = {"iip_status": "iip_on", "training_answer": "training_on"}.get(first)
    value = in_words(first, kept.get(first))
    return f"{value}, on {_day(kept[day])}" if day and kept.get(day) else value


def _plain(name: str, value: Any) -> str:
    return _day(value) if name.endswith("_on") else in_words(name, value)


def _day(text: str | None) -> str:
    if not text:
        return "an unknown day"
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def _work(facts: OutputFacts, *, proof: bool) -> dict[str, Any]:
    """What the output arose from, and the way to it for those who may go there."""
    kept = facts.facts.get("work", {})
    is_session = facts.session_reference is not None
    modes = SESSION_MODES if is_session else SUPPORT_MODES
    diagnostic = kept.get("diagnostic")
    if is_session:
        href = address_of(
            "caseload.session", case=facts.case_reference, record=facts.session_reference
        )
    else:
        href = address_of("caseload.support", delivery=facts.delivery_reference)
    return {
        "title": "In-depth session" if is_session else facts.delivery_title,
        "href": href if proof else None,
        "case": address_of("caseload.case", case=facts.case_reference) if proof else None,
        "employer": address_of("employers.show", employer=facts.employer_reference)
        if proof
        else None,
        "mode": modes.get(kept.get("mode", ""), ""),
        "minutes": kept.get("minutes"),
        "attended": kept.get("attended"),
        "employers": kept.get("employers"),
        "answered_at": facts.answered_at,
        "answered_name": facts.answered_name if proof else None,
        "adviser": facts.adviser_name if proof else None,
        "diagnostic": datetime.fromisoformat(diagnostic["at"]) if diagnostic else None,
    }


def _life(
    facts: OutputFacts,
    lines: list[LineFacts],
    asked: list[pages.QueryFacts],
    entries: list[pages.EntryFacts],
    actor: Actor,
) -> list[dict[str, Any]]:
    """What happened to an output, in order: arose, claimed, queried, decided, paid, came back."""
    sees = may_see_claim(actor, facts.contract_owner)
    found: list[dict[str, Any]] = [_event(facts.arose_at, "Arose")]
    for line in lines:
        title = f"claim for {line.claim_title}"
        found.append(_event(line.created_at, f"Put on the {title}"))
        if line.submitted_at is not None and line.state is not LineState.DRAFT:
            by = line.submitted_name if sees else ""
            found.append(_event(line.submitted_at, f"Claimed: {title} submitted", by=by))
        if line.decided_at is not None:
            by = line.decided_name if sees else ""
            found.append(
                _event(line.decided_at, line.state.label, by=by, text=line.reason if sees else "")
            )
    for one in asked:
        title = "Queried" if one.side == "lep" else "Query answered"
        found.append(_event(one.at, title, by=one.by_name, text=one.words))
    paid = {line.paid_on: line.bank_reference for line in lines if line.paid_on}
    for entry in entries:
        if entry.kind == Entry.PAY:
            on = next(iter(paid), None)
            text = f"On {on.day} {on:%B %Y}, bank reference {paid[on]}" if on and sees else ""
            found.append(_event(entry.at, f"Paid: {Money(entry.pence)}", text=text))
        elif entry.kind in {Entry.RECOVER, Entry.ADJUST}:
            words = "Taken back" if entry.kind == Entry.RECOVER else "Given back"
            text = entry.reason if sees else ""
            found.append(_event(entry.at, f"{words}: {Money(entry.pence)}", text=text))
    if facts.withdrawn_at is not None:
        found.append(_event(facts.withdrawn_at, "Withdrawn", text=facts.withdrawn_reason or ""))
    return sorted(found, key=lambda event: event["at"])


def _event(at: datetime, title: str, *, by: str = "", text: str = "") -> dict[str, Any]:
    return {"at": at, "title": title, "by": by, "text": text}
