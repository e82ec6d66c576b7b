"""What a claim may do and where its money stands, told again in the simplest way.

Nothing here comes from the portal's own rules: every answer is added up afresh from what happened
to each line, so that the two can disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

HOLDING = ("draft", "submitted", "queried", "approved")
SPENDING = ("submitted", "queried", "approved")


@dataclass
class Work:
    """An output: its type, worth in pence, month, and place in the order of payment."""

    key: int
    kind: str
    pence: int
    day: date
    reference: str
    withdrawn: bool = False


@dataclass
class Line:
    """An output on a claim: its state, whether it was paid, and what came back of it."""

    key: int
    work: int
    claim: str
    pence: int
    state: str = "draft"
    paid: bool = False
    recovered: int = 0


@dataclass
class Story:
    """A claim: its month, how far it has come, and its payment once it is in a run."""

    reference: str
    period: date
    state: str = "draft"
    payment: str | None = None


@dataclass
class Model:
    """One contract: what was put into it, its caps, and everything that happened since."""

    allocated: int
    caps: dict[str, int]
    open_from: date
    works: dict[int, Work] = field(default_factory=dict)
    lines: dict[int, Line] = field(default_factory=dict)
    claims: dict[str, Story] = field(default_factory=dict)

    def lines_in(self, *states: str, claim: str | None = None) -> list[Line]:
        """Lines in these states, of one claim where given."""
        return [
            line
            for line in self.lines.values()
            if line.state in states and claim in {None, line.claim}
        ]

    def line_of(self, work: int) -> Line | None:
        """The line that holds an output, if one does."""
        return next((line for line in self.lines_in(*HOLDING) if line.work == work), None)

    def balances(self) -> tuple[int, int, int, int, int]:
        """Budget, committed, payable, paid and recovered, in pence."""
        committed = sum(line.pence for line in self.lines_in("submitted", "queried"))
        approved = self.lines_in("approved")
        payable = sum(line.pence for line in approved if not line.paid)
        recovered = sum(line.recovered for line in approved)
        paid = sum(line.pence for line in approved if line.paid) - recovered
        budget = self.allocated - committed - payable - paid - recovered
        return budget, committed, payable, paid, recovered

    @property
    def budget(self) -> int:
        """What can still be promised, in pence."""
        return self.balances()[0]

    def spent(self, kind: str) -> int:
        """What one type of output stands at, in pence."""
        return sum(
            line.pence - line.recovered
            for line in self.lines_in(*SPENDING)
            if self.works[line.work].kind == kind
        )

    def month(self, work: Work) -> date:
        """The month in which an output is claimed."""
        return max(work.day.replace(day=1), self.open_from)

    def draft_of(self, period: date) -> Story | None:
        """The draft of a month."""
        return next(
            (one for one in self.claims.values() if (one.period, one.state) == (period, "draft")),
            None,
        )

    def ordered(self, works: list[Work]) -> list[Work]:
        """In the order in which money goes to them."""
        return sorted(works, key=lambda work: (work.day, work.reference))

    def fitting(self, period: date) -> list[int]:
        """Outputs that a draft of this month would take besides those it has."""
        free = [
            work
            for work in self.works.values()
            if self.is_free(work) and self.month(work) == period
        ]
        return self._taken(self.draft_of(period), self.ordered(free))

    def is_free(self, work: Work) -> bool:
        """Whether an output can be put on a claim."""
        return not work.withdrawn and self.line_of(work.key) is None

    def may_go(self, work: Work) -> bool:
        """Whether its work can be withdrawn: no line holds it, or all that was paid came back."""
        line = self.line_of(work.key)
        return line is None or (line.paid and line.recovered == line.pence)

    def goes_back(self, line: Line) -> bool:
        """Whether there is room on its draft for a line that was taken out."""
        work = self.works[line.work]
        return self.is_free(work) and bool(self._taken(self.claims[line.claim], [work]))

    def _taken(self, draft: Story | None, wanted: list[Work]) -> list[int]:
        """Which of these fit beside what stands on a draft, in order, as far as money goes."""
        room, caps = self.budget, {kind: cap - self.spent(kind) for kind, cap in self.caps.items()}
        on = [] if draft is None else self.lines_in("draft", claim=draft.reference)
        standing = self.ordered([self.works[line.work] for line in on])
        taken = []
        for work in [*standing, *wanted]:
            if work.pence <= room and work.pence <= caps.get(work.kind, work.pence):
                room -= work.pence
                if work.kind in caps:
                    caps[work.kind] -= work.pence
                taken.append(work.key)
        return [work.key for work in wanted if work.key in taken]

    def all_fit(self, claim: str) -> bool:
        """Whether everything on a draft can be promised."""
        lines = self.lines_in("draft", claim=claim)
        wanted: dict[str, int] = {}
        for line in lines:
            kind = self.works[line.work].kind
            wanted[kind] = wanted.get(kind, 0) + line.pence
        return sum(wanted.values()) <= self.budget and all(
            pence + self.spent(kind) <= self.caps.get(kind, pence + self.spent(kind))
            for kind, pence in wanted.items()
        )

    def settle(self, claim: str, *, removed: bool = False) -> None:
        """What a claim becomes after its lines were decided, or one was taken out."""
        story = self.claims[claim]
        live = {line.state for line in self.lines_in("rejected", *SPENDING, claim=claim)}
        if not live:
            story.state = "withdrawn"
        elif "submitted" in live:
            if removed and story.state == "queried" and "queried" not in live:
                story.state = "submitted"
        elif "queried" in live:
            story.state = "queried"
        elif "approved" not in live:
            story.state = "rejected"
        else:
            story.state = "part_approved" if "rejected" in live else "approved"
