"""The proof finds what a sum cannot: a payment made twice, an entry changed or out of turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from portal.payments.rules.chain import entry_hash
from portal.payments.rules.ledger import ROUTES, Entry
from portal.payments.rules.proof import Chain, LedgerProof, LineFacts, ProofError

LINES = {
    1: LineFacts(contract=1, claim=1, output=1, output_type="engagement", pence=600),
    2: LineFacts(contract=1, claim=1, output=2, output_type="workshop", pence=400),
    3: LineFacts(contract=1, claim=2, output=1, output_type="engagement", pence=600),
}
CAPS = {(1, "engagement"): 600}
Story = Sequence[tuple[Entry, int | None, int]]
GOOD: Story = (
    (Entry.ALLOCATE, None, 5000),
    (Entry.COMMIT, 1, 600),
    (Entry.COMMIT, 2, 400),
    (Entry.APPROVE, 1, 600),
    (Entry.RELEASE, 2, 400),
    (Entry.PAY, 1, 600),
    (Entry.RECOVER, 1, 200),
    (Entry.ADJUST, 1, 50),
)


def rows(story: Story) -> list[dict[str, Any]]:
    """Entries as the ledger keeps them."""
    found, chain = [], Chain("made")
    for number, (kind, line, pence) in enumerate(story, 1):
        source, target = ROUTES[kind]
        facts = LINES[line] if line else None
        row: dict[str, Any] = {
            "id": 100 + number,
            "about_id": 106 if kind in {Entry.RECOVER, Entry.ADJUST} else None,
            "sequence": number,
            "kind": kind.value,
            "source": source.value,
            "target": target.value,
            "pence": pence,
            "contract_id": 1,
            "claim_id": facts.claim if facts else None,
            "line_id": line,
            "output_id": facts.output if facts else None,
        }
        row["hash"] = entry_hash(chain.hash, said(row))
        row["previous"] = chain.hash
        chain.sequence, chain.hash = number, row["hash"]
        found.append(row)
    return found


def said(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in {"hash", "previous"}}


def prove(entries: list[dict[str, Any]], head: tuple[int, str] | None = None) -> LedgerProof:
    proof, chain = LedgerProof(LINES, CAPS), Chain("The ledger")
    for row in entries:
        chain.check(row, said(row))
        proof.check(row)
    chain.check_end(head or (entries[-1]["sequence"], entries[-1]["hash"]))
    proof.check_caps()
    return proof


def test_a_whole_ledger_is_proved() -> None:
    proof = prove(rows(GOOD))
    assert proof.entries == len(GOOD)
    assert proof.paid_outputs == {1: 6}
    proof.check_line(1, "approved", claim_paid=True)
    proof.check_line(2, "rejected", claim_paid=True)


@pytest.mark.parametrize(
    ("story", "words"),
    [
        ((*GOOD[:6], (Entry.PAY, 1, 600)), "pay after pay"),
        (
            (*GOOD[:6], (Entry.COMMIT, 3, 600), (Entry.APPROVE, 3, 600), (Entry.PAY, 3, 600)),
            "again",
        ),
        ((*GOOD[:2], (Entry.PAY, 1, 600)), "pay after commit"),
        ((*GOOD[:1], (Entry.COMMIT, 1, 599)), "599 pence for a line of 600"),
        (((Entry.COMMIT, 1, 600),), "budget of contract 1 falls below"),
        ((*GOOD[:6], (Entry.RECOVER, 1, 601)), "outside its price"),
        ((*GOOD[:7], (Entry.ADJUST, 1, 201)), "outside its price"),
        ((*GOOD[:2], (Entry.COMMIT, 3, 600)), "above its cap"),
    ],
)
def test_a_faulty_story_is_named(story: Story, words: str) -> None:
    with pytest.raises(ProofError, match=words):
        prove(rows(story))


@pytest.mark.parametrize("field", ["pence", "contract_id", "line_id", "kind", "sequence"])
def test_a_changed_entry_is_found_where_it_is(field: str) -> None:
    entries = rows(GOOD)
    entries[3] = {**entries[3], field: 2 if field != "kind" else "pay"}
    with pytest.raises(ProofError) as fault:
        prove(entries)
    assert fault.value.sequence in {2, 4}


def test_a_recovery_names_the_payment_it_is_about() -> None:
    entries = rows(GOOD)
    proof = LedgerProof(LINES, CAPS)
    for row in entries[:6]:
        proof.check(row)
    with pytest.raises(ProofError, match="another payment") as fault:
        proof.check({**entries[6], "about_id": 104})
    assert fault.value.sequence == 7


def test_an_entry_left_out_or_cut_off_is_found() -> None:
    entries = rows(GOOD)
    with pytest.raises(ProofError, match="entry 4 is missing"):
        prove([*entries[:3], *entries[4:]])
    end = (entries[-1]["sequence"], entries[-1]["hash"])
    with pytest.raises(ProofError, match="ends at entry 7"):
        prove(entries[:-1], head=end)


@pytest.mark.parametrize(
    ("line", "state", "paid"),
    [(1, "submitted", True), (2, "approved", True), (3, "approved", False), (3, "rejected", True)],
)
def test_a_line_that_tells_another_story_is_found(line: int, state: str, paid: bool) -> None:
    proof = prove(rows(GOOD))
    with pytest.raises(ProofError, match=f"Line {line}"):
        proof.check_line(line, state, claim_paid=paid)
