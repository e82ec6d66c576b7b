"""Which records stand behind a figure: what an address may ask for, and a mark in a long list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from portal.caseload.rules.words import CONTACT_KINDS, SOURCE_KINDS, SUPPORT_KINDS
from portal.network.rules.words import EVENT_MODES
from portal.payments.rules.words import ENGAGEMENT, OUTPUT_TYPES
from portal.reports.rules.programme.funnel import STATUSES, STEPS

PAGE: Final = 50
_LONGEST: Final = 60
# What an employer is counted for once.
FIRSTS: Final = {
    "registered": "Employers that came onto the record",
    "diagnosed": "Employers that completed their first diagnostic",
    "strand_1": "Employers that joined the network or came to an event",
    "member": "Employers that joined the network",
    "attended": "Employers that came to their first event",
    "advised": "Employers that first received advice",
    "engaged": "Employers that were engaged",
    "champion": "Employers that became champions",
}
_COHORT: Final = {
    key: f"Cases opened in this time that came to: {title.lower()}" for key, title in STEPS
}
_ARRIVED: Final = {
    key: f"Cases that came in this time to: {title.lower()}"
    for key, title in STEPS
    if key in {"consulted", "plan", "supported", "followed", "embedded"}
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: its title, what it may be narrowed by, and its titles by ``kind``.

    ``of_all`` says that it belongs to no provider: only who sees everything may list it.
    """

    title: str
    filters: frozenset[str]
    kinds: Mapping[str, str]
    needs_kind: bool = False
    of_all: bool = False


_PLACE: Final = ("sector", "size", "district")
KINDS: Final[Mapping[str, Kind]] = {
    "cohort": Kind("Cases", frozenset({*_PLACE, "provider", "source"}), _COHORT, needs_kind=True),
    "arrived": Kind("Cases", frozenset({*_PLACE, "provider", "source"}), _ARRIVED, needs_kind=True),
    "employers": Kind("Employers", frozenset(_PLACE), FIRSTS, needs_kind=True, of_all=True),
    "outputs": Kind(
        "Outputs",
        frozenset({*_PLACE, "provider", "source", "hard", "contract"}),
        {
            **OUTPUT_TYPES,
            ENGAGEMENT: "Engagements",
            "support": "Paid outputs other than engagements",
        },
    ),
    "sessions": Kind("Assessment sessions", frozenset({*_PLACE, "provider", "source"}), {}),
    "consultations": Kind("Phone consultations", frozenset({*_PLACE, "provider", "source"}), {}),
    "contacts": Kind("Conversations", frozenset({*_PLACE, "provider"}), CONTACT_KINDS),
    "deliveries": Kind("Support delivered", frozenset({"provider"}), SUPPORT_KINDS),
    "support": Kind("Employers at support", frozenset({*_PLACE, "provider"}), SUPPORT_KINDS),
    "referrals": Kind(
        "Referrals",
        frozenset({*_PLACE, "provider", "source"}),
        {key: f"Referrals: {title.lower()}" for key, title in STATUSES},
    ),
    "events": Kind("Network events", frozenset(), EVENT_MODES, of_all=True),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page of a list begins: after the record of this time and key."""

    at: date | datetime
    id: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.id}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A list of records: of a kind, between two days, narrowed by equal values."""

    what: str
    first: date
    last: date
    kind: str = ""
    filters: tuple[tuple[str, str], ...] = ()
    after: Mark | None = None

    @property
    def title(self) -> str:
        """What the list is called."""
        known = KINDS[self.what]
        return known.kinds.get(self.kind, known.title)

    def value(self, name: str) -> str:
        """What it is narrowed to, or nothing."""
        return dict(self.filters).get(name, "")

    def at(self, after: Mark | None) -> Asked:
        """The same list from another place."""
        return replace(self, after=after)

    @property
    def arguments(self) -> dict[str, str]:
        """What an address of it holds."""
        found = {
            "what": self.what,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "kind": self.kind,
            **dict(self.filters),
            "after": "" if self.after is None else str(self.after),
        }
        return {name: value for name, value in found.items() if value}


def asked(what: str, given: Mapping[str, str]) -> Asked | None:
    """What an address asks for; nothing where it makes no sense."""
    known = KINDS.get(what)
    first, last = _day(given.get("first", "")), _day(given.get("last", ""))
    if known is None or first is None or last is None or last < first:
        return None
    kind = given.get("kind", "")
    if (kind or known.needs_kind) and kind not in known.kinds:
        return None
    filters = tuple(
        (name, value) for name in sorted(known.filters) if (value := given.get(name, ""))
    )
    if not all(_fits(name, value) for name, value in filters):
        return None
    after = given.get("after", "")
    mark = _mark(after) if after else None
    if after and mark is None:
        return None
    return Asked(what, first, last, kind, filters, mark)


def _fits(name: str, value: str) -> bool:
    if name in {"provider", "contract"}:
        return value.isascii() and value.isdigit() and len(value) < 10  # noqa: PLR2004 - a key
    if name == "hard":
        return value in {"yes", "no"}
    return len(value) <= _LONGEST


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _mark(text: str) -> Mark | None:
    at, _, key = text.partition("~")
    if not (key.isascii() and key.isdigit() and len(key) < 18):  # noqa: PLR2004 - a key
        return None
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        return None
    if len(at) == len("2026-01-01"):
        return Mark(instant.date(), int(key))
    return Mark(instant, int(key)) if instant.tzinfo is not None else None


def source_title(kind: str) -> str:
    """A kind of referrer in words."""
    return SOURCE_KINDS.get(kind, "Not known")
