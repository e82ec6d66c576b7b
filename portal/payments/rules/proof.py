"""What must hold of the whole ledger, proved entry by entry in one pass.

A ledger whose accounts sum to nothing can still hide a payment made twice; so besides the chain
and the balances, each line's story is followed: committed, then released or approved, then paid,
each once and for the line's own amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from portal.payments.rules.chain import GENESIS, canonical, text_hash
from portal.payments.rules.ledger import ROUTES, Account, Entry

_AFTER: Final[Mapping[Entry, frozenset[Entry | None]]] = {
    Entry.COMMIT: frozenset({None}),
    Entry.RELEASE: frozenset({Entry.COMMIT}),
    Entry.APPROVE: frozenset({Entry.COMMIT}),
    Entry.PAY: frozenset({Entry.APPROVE}),
    Entry.RECOVER: frozenset({Entry.PAY, Entry.RECOVER, Entry.ADJUST}),
    Entry.ADJUST: frozenset({Entry.RECOVER, Entry.ADJUST}),
}
_WHOLE = frozenset({Entry.COMMIT, Entry.RELEASE, Entry.APPROVE, Entry.PAY})


class ProofError(Exception):
    """The first thing that does not hold, in words; ``sequence`` is the entry it was found at."""

    def __init__(self, words: str, sequence: int | None = None) -> None:
        super().__init__(words)
        self.sequence = sequence


_KINDS: Final[Mapping[str, Entry]] = {kind.value: kind for kind in Entry}
_COLUMNS: Final = (
    *("id", "sequence", "contract_id", "kind", "source", "target", "pence", "claim_id"),
    *("line_id", "output_id", "about_id"),
)


class EntryFacts(NamedTuple):
    """What the ledger says of a transfer, as far as the proof follows it."""

    id: int
    sequence: int
    contract: int
    kind: str
    source: str
    target: str
    pence: int
    claim: int | None
    line: int | None
    output: int | None
    about: int | None


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What the claim says of a line: its contract, output, type and amount in pence."""

    contract: int
    claim: int
    output: int
    output_type: str
    pence: int


@dataclass(slots=True)
class _LineStory:
    last: Entry | None = None
    net: int = 0
    paid_by: int | None = None


@dataclass(slots=True)
class Chain:
    """Checks that entries follow one another, each with the hash of the one before."""

    name: str
    sequence: int = 0
    hash: str = GENESIS

    def check(self, row: Mapping[str, Any], said: Mapping[str, Any]) -> None:
        """The next entry; ``said`` is what of it is hashed."""
        self.follow(row["sequence"], row["previous"], row["hash"], canonical(said))

    def follow(self, number: int, previous: str, noted: str, text: str) -> None:
        """The same of an entry in parts; ``text`` is what of it is hashed."""
        if number != self.sequence + 1:
            raise ProofError(
                f"{self.name}: entry {self.sequence + 1} is missing, {number} follows", number
            )
        if previous != self.hash:
            raise ProofError(f"{self.name}: entry {number} does not follow the one before", number)
        if text_hash(previous, text) != noted:
            raise ProofError(f"{self.name}: entry {number} was changed after it was made", number)
        self.sequence, self.hash = number, noted

    def check_end(self, head: tuple[int, str] | None) -> None:
        """The end that was noted must be the end that was found: nothing was cut off."""
        found = (self.sequence, self.hash)
        if head is None:
            if self.sequence:
                raise ProofError(f"{self.name}: the note of its end is missing")
        elif head != found:
            raise ProofError(
                f"{self.name}: it ends at entry {self.sequence}, but entry {head[0]} was noted"
            )


@dataclass(slots=True)
class LedgerProof:
    """Follows every transfer. ``caps`` maps (contract, output type) to pence."""

    lines: Mapping[int, LineFacts]
    caps: Mapping[tuple[int, str], int]
    totals: dict[tuple[int, Account], int] = field(default_factory=dict)
    by_type: dict[tuple[int, str], int] = field(default_factory=dict)
    stories: dict[int, _LineStory] = field(default_factory=dict)
    paid_outputs: dict[int, int] = field(default_factory=dict)
    entries: int = 0

    def check(self, row: Mapping[str, Any]) -> None:
        """The next entry, its chain already checked."""
        self.follow(EntryFacts(*(row[name] for name in _COLUMNS)))

    def follow(self, entry: EntryFacts) -> None:
        """The same of an entry as plain values."""
        number, kind = entry.sequence, _KINDS.get(entry.kind)
        if kind is None:
            raise ProofError(f"Entry {number}: there is no entry called {entry.kind}", number)
        source, target = ROUTES[kind]
        if entry.source != source or entry.target != target:
            raise ProofError(f"Entry {number}: a {kind.value} moves {source} to {target}", number)
        self.entries += 1
        if entry.line is not None:
            self._follow(entry, kind, number)
        self._move(entry.contract, source, -entry.pence, number)
        self._move(entry.contract, target, entry.pence, number)

    def _move(self, contract: int, account: Account, pence: int, number: int) -> None:
        key = (contract, account)
        now = self.totals.get(key, 0) + pence
        if now < 0 and account is not Account.FUNDER:
            raise ProofError(
                f"Entry {number}: {account.value} of contract {contract} falls below £0", number
            )
        self.totals[key] = now

    def _follow(self, entry: EntryFacts, kind: Entry, number: int) -> None:
        line = entry.line or 0
        facts = self.lines.get(line)
        if facts is None:
            raise ProofError(f"Entry {number} is about a line that is not there", number)
        if (entry.contract, entry.claim, entry.output) != (
            facts.contract,
            facts.claim,
            facts.output,
        ):
            raise ProofError(f"Entry {number} names another contract, claim or output", number)
        story = self.stories.get(line)
        if story is None:
            story = self.stories[line] = _LineStory()
        if story.last not in _AFTER[kind]:
            before = "nothing" if story.last is None else story.last.value
            raise ProofError(f"Entry {number}: {kind.value} after {before} on line {line}", number)
        if kind in _WHOLE and entry.pence != facts.pence:
            raise ProofError(
                f"Entry {number} moves {entry.pence} pence for a line of {facts.pence}", number
            )
        story.last = kind
        self._count(entry, kind, facts, story, number)

    def _count(
        self, entry: EntryFacts, kind: Entry, facts: LineFacts, story: _LineStory, number: int
    ) -> None:
        if kind is Entry.COMMIT:
            self._spend(facts, facts.pence)
        elif kind is Entry.RELEASE:
            self._spend(facts, -facts.pence)
        elif kind is Entry.PAY:
            if facts.output in self.paid_outputs:
                raise ProofError(f"Entry {number} pays output {facts.output} again", number)
            self.paid_outputs[facts.output] = number
            story.net, story.paid_by = facts.pence, entry.id
        elif kind is Entry.RECOVER:
            story.net -= entry.pence
            self._spend(facts, -entry.pence)
        elif kind is Entry.ADJUST:
            story.net += entry.pence
            self._spend(facts, entry.pence)
        if entry.about is not None and entry.about != story.paid_by:
            raise ProofError(f"Entry {number} names another payment than the line's own", number)
        if not 0 <= story.net <= facts.pence:
            raise ProofError(
                f"Entry {number}: output {facts.output} stands at {story.net} pence, outside its "
                f"price",
                number,
            )

    def _spend(self, facts: LineFacts, pence: int) -> None:
        key = (facts.contract, facts.output_type)
        self.by_type[key] = self.by_type.get(key, 0) + pence

    def check_caps(self) -> None:
        """Once every entry was followed: no type of output stands above its cap."""
        for (contract, output_type), pence in self.by_type.items():
            cap = self.caps.get((contract, output_type))
            if cap is not None and pence > cap:
                raise ProofError(
                    f"{output_type} of contract {contract} stands at {pence} pence, above its cap "
                    f"of {cap}"
                )

    def check_line(self, line: int, state: str, *, claim_paid: bool) -> None:
        """A line's state and what the ledger says of it must be one story."""
        story = self.stories.get(line, _LineStory())
        last = story.last
        wanted: dict[str, frozenset[Entry | None]] = {
            "draft": frozenset({None}),
            "removed": frozenset({None, Entry.RELEASE}),
            "submitted": frozenset({Entry.COMMIT}),
            "queried": frozenset({Entry.COMMIT}),
            "rejected": frozenset({Entry.RELEASE}),
            "approved": frozenset({Entry.PAY, Entry.RECOVER, Entry.ADJUST})
            if claim_paid
            else frozenset({Entry.APPROVE}),
        }
        if last not in wanted[state]:
            found = "nothing" if last is None else last.value
            raise ProofError(f"Line {line} is {state}, but the ledger's last word on it is {found}")
