"""What an officer sees of a claim's lines: how the checks stand, what may be decided, by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from portal.kernel.money import Money
from portal.payments.rules.duties import Involvement, conflicts
from portal.payments.rules.states import ClaimState, LineState
from portal.payments.rules.words import OUTPUT_TYPES

PAGE: Final = 50
SHOWN: Final[Mapping[str, str]] = {
    "all": "Every line",
    "clean": "Clean: every check passed",
    "warned": "With a warning",
    "failed": "With a failed check",
    "waiting": "Waiting for a decision",
    "queried": "Queried",
    "decided": "Decided",
    "removed": "Taken out",
}
STANDINGS: Final[Mapping[str, tuple[str, str]]] = {
    "clean": ("Checks passed", "green"),
    "warned": ("Warning", "yellow"),
    "failed": ("Check failed", "red"),
    "let_through": ("Failed, let through", "orange"),
    "unchecked": ("Not checked yet", "grey"),
}
LINE_COLOURS: Final[Mapping[str, str]] = {
    "draft": "grey",
    "submitted": "blue",
    "queried": "yellow",
    "approved": "green",
    "rejected": "red",
    "removed": "grey",
}
CLAIM_COLOURS: Final[Mapping[str, str]] = {
    "draft": "grey",
    "submitted": "blue",
    "queried": "yellow",
    "approved": "green",
    "part_approved": "green",
    "rejected": "red",
    "paid": "grey",
    "withdrawn": "grey",
}
DECISIONS: Final[Mapping[str, LineState]] = {
    "approve": LineState.APPROVED,
    "query": LineState.QUERIED,
    "reject": LineState.REJECTED,
}
_IDS_LIMIT: Final = 400_000


@dataclass(frozen=True, slots=True)
class Hand:
    """What somebody has had to do with a line, as far as the separation of duties asks."""

    recorded: bool
    evidenced: bool
    submitted: bool
    drafted: bool
    works_there: bool

    def conflicts(self) -> tuple[str, ...]:
        """Why they may not decide, in the words of the rule itself; empty when they may."""
        me = 1
        return conflicts(
            me,
            Involvement(
                recorded_by={me} if self.recorded else (),
                evidenced_by={me} if self.evidenced else (),
                submitted_by=me if self.submitted else None,
                claimant_staff={me} if self.works_there else (),
                drafted_by=me if self.drafted else None,
            ),
        )


_STATES: Final[Mapping[str, frozenset[LineState]]] = {
    "waiting": frozenset({LineState.SUBMITTED}),
    "queried": frozenset({LineState.QUERIED}),
    "decided": frozenset({LineState.APPROVED, LineState.REJECTED}),
}


@dataclass(frozen=True, slots=True)
class LineSummary:
    """A line in short: what it is, how the newest checks stand, and the reader's hand in it.

    ``failures`` are those that nobody let through; ``checked`` says that there were any checks.
    """

    id: int
    state: LineState
    pence: int
    output_type: str
    output_reference: str
    employer_name: str
    occurred_on: date
    checked: bool
    warnings: int
    failures: int
    let_through: int
    hand: Hand

    @property
    def standing(self) -> str:
        """How the checks stand: clean, warned, failed, let_through or unchecked."""
        if self.failures:
            return "failed"
        if self.let_through:
            return "let_through"
        if self.warnings:
            return "warned"
        return "clean" if self.checked else "unchecked"

    @property
    def waits(self) -> bool:
        """Whether it waits for the LEP."""
        return self.state is LineState.SUBMITTED

    def fits(self, shown: str) -> bool:
        """Whether it belongs to a filter; what was taken out shows only when asked for."""
        if shown == "removed" or self.state is LineState.REMOVED:
            return shown == "removed" and self.state is LineState.REMOVED
        # Asked of every line of a long claim, so only what is asked is worked out.
        match shown:
            case "clean" | "failed":
                return self.standing == shown
            case "warned":
                return self.standing in {"warned", "let_through"} or self.warnings > 0
        wanted = _STATES.get(shown)
        return wanted is None or self.state in wanted


@dataclass(frozen=True, slots=True)
class LineFilter:
    """What of a claim is shown."""

    shown: str = "all"
    output_type: str = ""
    q: str = ""

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return self != LineFilter()

    def address(self, **changes: Any) -> dict[str, Any]:
        """The filter as parts of an address; what is not set is left out."""
        parts = {
            "show": "" if self.shown == "all" else self.shown,
            "type": self.output_type,
            "q": self.q,
            **changes,
        }
        return {name: value for name, value in parts.items() if value not in ("", None)}

    def keep(self, lines: Iterable[LineSummary]) -> list[LineSummary]:
        """The lines that fit."""
        words = self.q.casefold()
        return [
            line
            for line in lines
            if line.fits(self.shown)
            and self.output_type in {"", line.output_type}
            and (
                words in line.employer_name.casefold() or words == line.output_reference.casefold()
            )
        ]


@dataclass(frozen=True, slots=True)
class Sum:
    """Some lines: how many, and their pence."""

    lines: int
    pence: int

    @property
    def words(self) -> str:
        """Such as "38 lines, £24,150.00"."""
        return f"{self.lines:,} line{'' if self.lines == 1 else 's'}, {Money(self.pence).format()}"


def total(lines: Iterable[LineSummary]) -> Sum:
    """How many lines and pence."""
    count = pence = 0
    for line in lines:
        count += 1
        pence += line.pence
    return Sum(count, pence)


def clean_lines(lines: Iterable[LineSummary]) -> list[LineSummary]:
    """Lines that wait, passed every check, and that the reader may decide."""
    return [
        line
        for line in lines
        if line.waits and line.standing == "clean" and not line.hand.conflicts()
    ]


def by_type(lines: Iterable[LineSummary]) -> list[tuple[str, Sum]]:
    """Lines summed by type of output, in the usual order."""
    held: dict[str, list[LineSummary]] = {}
    for line in lines:
        held.setdefault(line.output_type, []).append(line)
    return [(title, total(held[key])) for key, title in OUTPUT_TYPES.items() if key in held]


def outcome(state: ClaimState, lines: Sequence[LineSummary]) -> str:
    """Where a claim stands, in a sentence."""
    live = [line for line in lines if line.state is not LineState.REMOVED]
    sums = {one: total(line for line in live if line.state is one) for one in LineState}
    approved, rejected = sums[LineState.APPROVED], sums[LineState.REJECTED]
    waiting, queried = sums[LineState.SUBMITTED], sums[LineState.QUERIED]
    parts = [
        (waiting, "wait for a decision", "waits for a decision"),
        (queried, "are with the provider", "is with the provider"),
        (approved, "are approved", "is approved"),
        (rejected, "are rejected", "is rejected"),
    ]
    said = [
        f"{one.words} {solo if one.lines == 1 else many}" for one, many, solo in parts if one.lines
    ]
    if not said:
        return f"{state.label}. No line is left on this claim."
    return f"{state.label}. {'; '.join(said)}."


def read_ids(text: str) -> list[int] | None:
    """Keys as a form carries them, "12,13,14"; None for anything else."""
    if not text or len(text) > _IDS_LIMIT:
        return None
    parts = text.split(",")
    # Keys have at most 18 digits on every database.
    if not all(part.isascii() and part.isdecimal() and len(part) <= 18 for part in parts):  # noqa: PLR2004
        return None
    return list(dict.fromkeys(int(part) for part in parts))
