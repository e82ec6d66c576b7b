"""How claims are shown: filters of their lines, states in plain words, and what to do next."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import MAXYEAR, date, datetime
from typing import Any, Final

from portal.kernel.clock import london
from portal.payments.rules.periods import month_of
from portal.payments.rules.states import ClaimState, LineState

PAGE: Final = 50
_MOST_PAGES: Final = 10_000
_LONGEST_SEARCH: Final = 80

# How bad the worst finding of a line is. A failed check that was let through is worth a look.
PASS, LOOK, FAIL = 1, 2, 3
CHECK_FILTERS: Final[Mapping[str, tuple[str, int]]] = {
    "fail": ("Fails a check", FAIL),
    "look": ("Worth a look", LOOK),
    "pass": ("Passed every check", PASS),
}
WHAT_TO_DO: Final[Mapping[str, str]] = {
    "eligibility": "Take the line out, unless the employer could be paid for on that day: then ask "
    "for it to be let through, and say why.",
    "dates": "Take the line out. Work after this month is claimed in its own month.",
    "confirmation": "Ask the employer to confirm, on the case. The next run of the checks sees it.",
    "evidence": "Add a file on the case. The next run of the checks sees it.",
    "duplicate": "Look whether it is the same business. If it is, take the line out: it counts "
    "once. If it is not, say so when you are asked.",
    "reused_file": "Add the right file on the case and withdraw the other. The next run of the "
    "checks sees it.",
    "cap": "Take the line out, or ask the LEP to vary the contract.",
    "working_day": "Make sure that the day is right. If it is, there is nothing to do.",
    "volume": "Make sure that the days are right. If they are, there is nothing to do.",
    "bonus_share": "There is nothing to do. The LEP may ask about it.",
}
# Colours of tags, by state.
CLAIM_COLOURS: Final[Mapping[str, str]] = {
    "draft": "grey",
    "submitted": "",
    "queried": "orange",
    "approved": "green",
    "part_approved": "yellow",
    "rejected": "red",
    "paid": "green",
    "withdrawn": "grey",
}
LINE_COLOURS: Final[Mapping[str, str]] = {
    "draft": "grey",
    "submitted": "",
    "queried": "orange",
    "approved": "green",
    "rejected": "red",
    "removed": "grey",
}
# In which order a provider wants to see its claims: what waits for it comes first.
ORDER: Final = ("queried", "draft", "submitted", "part_approved", "approved", "rejected", "paid")


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines of a claim are shown; empty parts do not narrow."""

    state: str = ""
    check: str = ""
    q: str = ""
    page: int = 1

    def address(self, **changes: Any) -> dict[str, Any]:
        """What stands in the address for this filter, changed as asked."""
        wanted = replace(self, **changes)
        said = {
            "state": wanted.state,
            "check": wanted.check,
            "q": wanted.q,
            "page": wanted.page if wanted.page > 1 else "",
        }
        return {name: value for name, value in said.items() if value}

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out that stands on the claim."""
        return bool(self.state or self.check or self.q)


def read_line_filter(said: Mapping[str, str]) -> LineFilter:
    """A filter from an address; what makes no sense is left out."""
    state, check = said.get("state", ""), said.get("check", "")
    page = said.get("page", "")
    return LineFilter(
        state=state if state in set(LineState) else "",
        check=check if check in CHECK_FILTERS else "",
        q=" ".join(said.get("q", "").replace("\0", "").split())[:_LONGEST_SEARCH],
        page=read_page(page),
    )


def read_page(text: str) -> int:
    """A page's number from an address, 1 when it is none."""
    digits = text if text.isascii() and text.isdecimal() and len(text) < 6 else ""  # noqa: PLR2004
    return min(max(int(digits or 1), 1), _MOST_PAGES)


def read_month(text: str) -> date | None:
    """A month as it stands in an address: ``2026-11``."""
    year, dash, month = text.partition("-")
    if not (dash and text.isascii() and year.isdecimal() and month.isdecimal()):
        return None
    if len(year) != 4 or len(month) != 2:  # noqa: PLR2004
        return None
    try:
        found = date(int(year), int(month), 1)
    except ValueError:
        return None
    # The last month that can be named has none after it.
    return found if found.year < MAXYEAR else None


def month_address(month: date) -> str:
    """A month for an address."""
    return f"{month:%Y-%m}"


def day_words(day: date) -> str:
    """A day in words."""
    return f"{day.day} {day:%B %Y}"


def late_words(occurred_on: date, period: date) -> str:
    """Why a line stands in a later month than its work, or nothing."""
    done = month_of(occurred_on)
    if done >= period:
        return ""
    return f"Done in {done:%B %Y}, claimed here because {done:%B %Y} is closed"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a claim's words depend on: lines by state, and when and how it was decided and paid."""

    state: ClaimState
    lines: Mapping[str, int]
    submitted_at: datetime | None = None
    submitted_name: str = ""
    decided_at: datetime | None = None
    in_run: bool = False
    paid_on: date | None = None
    bank_reference: str | None = None


def claim_words(claim: Standing) -> str:
    """Where a claim stands and why it is not paid, in plain words."""
    if claim.state is ClaimState.QUERIED:
        return f"{_lines(claim.lines.get('queried', 0))} for an answer from the provider"
    if claim.state is ClaimState.SUBMITTED:
        return _submitted(claim, claim.lines.get("queried", 0))
    if claim.state in {ClaimState.APPROVED, ClaimState.PART_APPROVED, ClaimState.PAID}:
        return _approved(claim)
    return {
        ClaimState.DRAFT: "Not submitted yet, so nobody decides on it",
        ClaimState.REJECTED: f"Rejected{_on(claim.decided_at)}: the reason stands beside each line",
    }.get(claim.state, "Put away before it was submitted: its outputs are free for another claim")


def _approved(claim: Standing) -> str:
    rejected = claim.lines.get("rejected", 0)
    beside = f". {rejected:,} rejected: the reason stands beside each" if rejected else ""
    if claim.paid_on is not None:
        return f"Paid on {day_words(claim.paid_on)}, bank reference {claim.bank_reference}{beside}"
    next_step = "it is in a payment run" if claim.in_run else "it waits for the next payment run"
    return f"Approved{_on(claim.decided_at)}: {next_step}{beside}"


def _submitted(claim: Standing, waiting: int) -> str:
    done = claim.lines.get("approved", 0) + claim.lines.get("rejected", 0)
    count = done + waiting + claim.lines.get("submitted", 0)
    said = f"With the LEP since {_instant(claim.submitted_at)}"
    if done:
        said += f": {done:,} of {count:,} lines are decided"
    if waiting:
        said += f". {_lines(waiting)} for an answer from the provider"
    return said


def _lines(count: int) -> str:
    return f"{count:,} line waits" if count == 1 else f"{count:,} lines wait"


def _instant(at: datetime | None) -> str:
    return "it was submitted" if at is None else day_words(london(at).date())


def _on(at: datetime | None) -> str:
    return "" if at is None else f" on {day_words(london(at).date())}"


@dataclass(frozen=True, slots=True)
class CapRow:
    """One cap before and after a claim, in pence; ``cap`` and ``left`` are None without a cap.

    ``under_way`` is set aside for claims that wait for a decision, ``spent`` is owed or paid.
    ``claim`` is what this claim adds, or for one that was submitted the part of it that is in the
    others already. ``left`` is what remains afterwards.
    """

    title: str
    cap: int | None
    spent: int
    under_way: int
    claim: int
    left: int | None


def what_to_do(kinds: Collection[str]) -> list[str]:
    """What to do about findings, each once."""
    return list(dict.fromkeys(WHAT_TO_DO[kind] for kind in kinds if kind in WHAT_TO_DO))
