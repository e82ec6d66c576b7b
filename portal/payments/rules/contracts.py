"""Contracts: at most how much, until when, who delivers, and how that is varied.

Amounts are pence. A contract's caps, its profile and its subcontractors are its terms: they are
checked together, whether it is drafted, activated or varied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from portal.caseload.rules.working_days import add_working_days
from portal.kernel.money import Money
from portal.kernel.result import Problem
from portal.payments.rules.ledger import Entry
from portal.payments.rules.periods import (
    last_day,
    month_of,
    next_month,
    quarter_of,
    quarters_between,
)
from portal.payments.rules.words import OUTPUT_TYPES

# One billion pounds: more is a slip of the keyboard.
MOST_CONTRACT: Final = 100_000_000_000
MOST_YEARS: Final = 10
MONTHS_A_QUARTER: Final = 3


@dataclass(frozen=True, slots=True)
class Subcontract:
    """A provider that delivers from a day until a day; ``row`` is where it stands on the form."""

    organisation_id: int
    from_on: date
    until_on: date | None
    row: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a contract says; ``profile`` maps a quarter's first day to what is expected in it."""

    starts_on: date
    ends_on: date
    total_cap: int
    caps: Mapping[str, int] = field(default_factory=dict)
    profile: Mapping[date, int] = field(default_factory=dict)
    subcontractors: tuple[Subcontract, ...] = ()

    @property
    def quarters(self) -> list[date]:
        """The first days of the quarters the contract runs in."""
        return quarters_between(self.starts_on, self.ends_on)


@dataclass(frozen=True, slots=True)
class Used:
    """What a variation may not cut off: pence set aside, owed or paid, and days of work.

    ``total`` counts what has left the budget, ``by_type`` what stands under a type's cap.
    ``worked`` gives the first and last day of outputs by the organisation that delivered them.
    """

    total: int
    by_type: Mapping[str, int]
    worked: Mapping[int, tuple[date, date]]


@dataclass(frozen=True, slots=True)
class Figures:
    """How a cap stands, in pence; ``cap`` and ``remaining`` are None where there is no cap.

    Money that came back is counted apart: it does not go back to the contract's budget, but it
    does make room under the cap of its type.
    """

    cap: int | None
    committed: int
    payable: int
    paid: int
    recovered: int
    remaining: int | None

    @property
    def spent(self) -> int:
        """Set aside, owed and paid together, less what came back."""
        return self.committed + self.payable + self.paid

    @property
    def is_idle(self) -> bool:
        """Whether there is neither a cap nor any movement to speak of."""
        return self.cap is None and not self.spent and not self.recovered


@dataclass(frozen=True, slots=True)
class Moved:
    """Pence moved by one kind of entry: for a type of output and a claim's month, where it has."""

    kind: str
    pence: int
    output_type: str | None = None
    month: date | None = None


def check_terms(terms: Terms, *, organisation_id: int) -> list[Problem]:
    """Everything that is wrong with a contract's terms."""
    if terms.ends_on < terms.starts_on:
        return [Problem("dates", "The contract must end on or after the day it starts", "ends_on")]
    if terms.ends_on.year - terms.starts_on.year > MOST_YEARS:
        return [Problem("dates", f"A contract runs {MOST_YEARS} years at most", "ends_on")]
    return [
        *_cap_problems(terms),
        *_profile_problems(terms),
        *_subcontract_problems(terms, organisation_id),
    ]


def _cap_problems(terms: Terms) -> Iterator[Problem]:
    if not 1 <= terms.total_cap <= MOST_CONTRACT:
        most = Money(MOST_CONTRACT).format_whole()
        yield Problem(
            "total_cap", f"The total cap must be more than £0 and {most} at most", "total_cap"
        )
    for kind, pence in terms.caps.items():
        title = OUTPUT_TYPES[kind].lower()
        if pence < 0:
            yield Problem("cap", f"The cap for {title} cannot be below £0", cap_field(kind))
        elif pence > terms.total_cap:
            words = f"The cap for {title} cannot be above the total of {Money(terms.total_cap)}"
            yield Problem("cap", words, cap_field(kind))


def _profile_problems(terms: Terms) -> Iterator[Problem]:
    known = set(terms.quarters)
    for quarter, pence in terms.profile.items():
        if pence and quarter not in known:
            words = f"{quarter_title(quarter)} lies outside the contract: enter 0"
            yield Problem("profile", words, quarter_field(quarter))
    planned = sum(terms.profile.values())
    if planned > terms.total_cap:
        words = (
            f"The quarters add up to {Money(planned)}, "
            f"{Money(planned - terms.total_cap)} more than the total cap"
        )
        first = min(quarter for quarter, pence in terms.profile.items() if pence)
        yield Problem("profile_over_cap", words, quarter_field(first))


def _subcontract_problems(terms: Terms, organisation_id: int) -> Iterator[Problem]:
    before: dict[int, list[Subcontract]] = {}
    for one in terms.subcontractors:
        until = one.until_on or terms.ends_on
        name = f"sub_{one.row}"
        if one.organisation_id == organisation_id:
            yield Problem("own_subcontractor", "A provider is not its own subcontractor", name)
        if not terms.starts_on <= one.from_on <= terms.ends_on:
            words = "A subcontractor begins while the contract runs"
            yield Problem("subcontractor_dates", words, f"{name}_from")
        elif not one.from_on <= until <= terms.ends_on:
            words = "A subcontractor ends after it begins, and no later than the contract"
            yield Problem("subcontractor_dates", words, f"{name}_until")
        for other in before.setdefault(one.organisation_id, []):
            if one.from_on <= (other.until_on or terms.ends_on) and other.from_on <= until:
                words = "This subcontractor stands here twice for the same days"
                yield Problem("subcontractor_twice", words, name)
                break
        before[one.organisation_id].append(one)


def check_variation(
    before: Terms, after: Terms, used: Used, *, effective_on: date, today: date
) -> list[Problem]:
    """Whether a contract in force may be varied so: nothing that was spent or done is cut off."""
    found = []
    if not before.starts_on <= effective_on <= max(before.ends_on, after.ends_on):
        words = "A variation takes effect while the contract runs"
        found.append(Problem("effective", words, "effective_on"))
    elif effective_on > today:
        words = "A variation is entered on the day it takes effect, or later"
        found.append(Problem("effective", words, "effective_on"))
    if after.total_cap < used.total:
        words = f"{Money(used.total)} is spent or set aside: the total cap cannot be below that"
        found.append(Problem("below_spent", words, "total_cap"))
    for kind, pence in after.caps.items():
        spent = used.by_type.get(kind, 0)
        if pence < spent:
            words = f"{Money(spent)} is spent or set aside for {OUTPUT_TYPES[kind].lower()}"
            found.append(Problem("below_spent", words, cap_field(kind)))
    last = max((days[1] for days in used.worked.values()), default=None)
    if last is not None and after.ends_on < last:
        words = f"Work was done on {last.day} {last:%B %Y}: the contract cannot end before that"
        found.append(Problem("ends_before_work", words, "ends_on"))
    found += _cut_off(before, after, used)
    if not found and not differences(before, after):
        found.append(Problem("nothing_changed", "Nothing is changed yet: change a term, then save"))
    return found


def _cut_off(before: Terms, after: Terms, used: Used) -> Iterator[Problem]:
    """Days on which a subcontractor worked and would no longer have been one."""
    for organisation in {one.organisation_id for one in before.subcontractors}:
        if organisation not in used.worked:
            continue
        kept = [one for one in after.subcontractors if one.organisation_id == organisation]
        held = [one for one in before.subcontractors if one.organisation_id == organisation]
        for day in used.worked[organisation]:
            if _covers(held, day) and not _covers(kept, day):
                words = f"A subcontractor delivered on {day.day} {day:%B %Y}: keep that day"
                name = f"sub_{kept[0].row}" if kept else None
                yield Problem("subcontractor_worked", words, name)
                break


def _covers(rows: Iterable[Subcontract], day: date) -> bool:
    return any(one.from_on <= day <= (one.until_on or date.max) for one in rows)


def differences(before: Terms, after: Terms) -> dict[str, list[Any]]:
    """What changed, as it is kept: a key to [before, after], plain enough for JSON."""
    held, said = _plain(before), _plain(after)
    return {
        key: [held.get(key), said.get(key)]
        for key in [*held, *(key for key in said if key not in held)]
        if held.get(key) != said.get(key)
    }


def _plain(terms: Terms) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "total_cap": terms.total_cap,
        "starts_on": terms.starts_on.isoformat(),
        "ends_on": terms.ends_on.isoformat(),
    }
    plain |= {f"cap.{kind}": terms.caps[kind] for kind in OUTPUT_TYPES if kind in terms.caps}
    for quarter in sorted(terms.profile):
        if terms.profile[quarter]:
            plain[f"quarter.{quarter.isoformat()}"] = terms.profile[quarter]
    for one in sorted(terms.subcontractors, key=lambda one: (one.organisation_id, one.from_on)):
        until = None if one.until_on is None else one.until_on.isoformat()
        plain.setdefault(f"subcontractor.{one.organisation_id}", []).append(
            [one.from_on.isoformat(), until]
        )
    return plain


def describe(
    changes: Mapping[str, list[Any]], names: Mapping[int, str]
) -> list[tuple[str, str, str]]:
    """Changes in words: what, before, after. ``names`` are those of organisations."""
    return [
        (_label(key, names), _said(key, pair[0]), _said(key, pair[1]))
        for key, pair in changes.items()
    ]


def _label(key: str, names: Mapping[int, str]) -> str:
    what, _, of = key.partition(".")
    if what == "cap":
        return f"Cap for {OUTPUT_TYPES[of].lower()}"
    if what == "quarter":
        return f"Expected in {quarter_title(date.fromisoformat(of))}"
    if what == "subcontractor":
        return f"Subcontractor {names.get(int(of), 'that is no longer here')}"
    return {"total_cap": "Total cap", "starts_on": "Starts on"}.get(what, "Ends on")


def _said(key: str, value: Any) -> str:
    what = key.partition(".")[0]
    if what == "subcontractor":
        spans = [
            f"{_day(first)} to {'the end' if last is None else _day(last)}"
            for first, last in value or ()
        ]
        return "; ".join(spans) or "not one"
    if value is None:
        return "no cap of its own" if what == "cap" else Money(0).format()
    return _day(value) if what in {"starts_on", "ends_on"} else Money(value).format()


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def quarter_title(quarter: date) -> str:
    """A quarter by its months: April to June 2026."""
    last = next_month(next_month(quarter))
    return f"{quarter:%B} to {last:%B %Y}"


def last_quarter(today: date) -> date:
    """The first day of the last quarter that is over."""
    this = quarter_of(today)
    return (
        date(this.year - 1, 10, 1)
        if this.month == 1
        else this.replace(month=this.month - MONTHS_A_QUARTER)
    )


def later_quarters(ends_on: date) -> list[date]:
    """The four quarters after a contract's last, in case its end moves."""
    found = [quarter_of(ends_on)]
    for _again in range(4):
        found.append(next_month(next_month(next_month(found[-1]))))
    return found[1:]


def cap_field(kind: str) -> str:
    """How the cap of a type is called on forms."""
    return f"cap_{kind}"


def quarter_field(quarter: date) -> str:
    """How a quarter of the profile is called on forms."""
    return f"quarter_{quarter:%Y%m%d}"


def figures(
    moved: Iterable[Moved], *, total_cap: int, caps: Mapping[str, int]
) -> tuple[Figures, dict[str, Figures]]:
    """How the whole contract and each type of output stand, by the ledger."""
    rows = list(moved)
    sums: dict[str | None, dict[Entry, int]] = {}
    for row in rows:
        for key in {None, row.output_type}:
            kinds = sums.setdefault(key, dict.fromkeys(Entry, 0))
            kinds[Entry(row.kind)] += row.pence
    whole = sums.get(None, dict.fromkeys(Entry, 0))
    budget = (
        whole[Entry.ALLOCATE] - whole[Entry.REDUCE] - whole[Entry.COMMIT] + whole[Entry.RELEASE]
    )
    by_type = {}
    for kind in OUTPUT_TYPES:
        found, cap = sums.get(kind, dict.fromkeys(Entry, 0)), caps.get(kind)
        left = None if cap is None else cap - _stand(found, cap, None).spent
        by_type[kind] = _stand(found, cap, left)
    return _stand(whole, total_cap, budget), by_type


def _stand(kinds: Mapping[Entry, int], cap: int | None, remaining: int | None) -> Figures:
    back = kinds[Entry.RECOVER] - kinds[Entry.ADJUST]
    return Figures(
        cap=cap,
        committed=kinds[Entry.COMMIT] - kinds[Entry.RELEASE] - kinds[Entry.APPROVE],
        payable=kinds[Entry.APPROVE] - kinds[Entry.PAY],
        paid=kinds[Entry.PAY] - back,
        recovered=back,
        remaining=remaining,
    )


_CLAIMED: Final[Mapping[Entry, int]] = {
    Entry.COMMIT: 1,
    Entry.ADJUST: 1,
    Entry.RELEASE: -1,
    Entry.RECOVER: -1,
}


def claimed_by_quarter(moved: Iterable[Moved]) -> dict[date, int]:
    """Pence claimed by the quarter of the claim's month, less what was rejected or came back."""
    found: dict[date, int] = {}
    for row in moved:
        sign = _CLAIMED.get(Entry(row.kind), 0)
        if sign and row.month is not None:
            quarter = quarter_of(row.month)
            found[quarter] = found.get(quarter, 0) + sign * row.pence
    return found


def closes_on(month: date, *, working_days: int) -> date:
    """The day in whose first hours a month closes: so many working days after its end."""
    return add_working_days(last_day(month), working_days)


def open_from_on(today: date, *, open_from: date, ends_on: date, working_days: int) -> date:
    """The first month that is still open today.

    The month after a contract's end stays open, for what comes late.
    """
    month = month_of(open_from)
    while month <= month_of(ends_on) and today >= closes_on(month, working_days=working_days):
        month = next_month(month)
    return month
