"""The programme report's tables out of the plain reference: first cell → the rest of the row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from statistics import median
from typing import Any

from portal.network.models import Event, EventRegistration, NetworkMember
from portal.payments.models import Claim, Contract, ContractProfile, LedgerEntry
from portal.programme.models import Organisation
from portal.toolkit.models import ReachCount, Resource
from tests.integration.reports.reference_programme import (
    STEP_TITLES,
    STEPS,
    TYPES,
    Reference,
    day_of,
    first_of,
    half_up,
    mean,
    month_of,
    per_mille,
)

SECTORS = {
    "retail": "Retail",
    "hospitality": "Hospitality",
    "social_care": "Social care",
    "other": "Another sector",
}
SIZES = {
    "micro": "Micro (1 to 9)",
    "small": "Small (10 to 49)",
    "medium": "Medium (50 to 249)",
    "large": "Large (250 or more)",
}
SOURCES = {
    "skills_service": "Skills Service",
    "jobcentre_plus": "Jobcentre Plus",
    "chamber": "Chamber of Commerce",
    "growth_hub": "Growth hub",
    "trade_body": "Trade body",
    "trade_union": "Trade union",
    "event": "Event",
    "champion": "Employer champion",
    "self_referral": "The employer itself",
}
Rows = dict[Any, tuple[Any, ...]]


def title(of: str, key: str | None) -> str:
    if not key or key == "unknown":
        return "Not known"
    known = {"sector": SECTORS, "size": SIZES, "source": SOURCES}.get(of, {})
    return known.get(key, "Outside the area" if key == "outside" else key.capitalize())


def place(row: Any, of: str) -> str | None:
    return getattr(row, {"size": "size_tier"}.get(of, of))


def tally(keys: list[Any]) -> dict[Any, int]:
    found: dict[Any, int] = defaultdict(int)
    for key in keys:
        found[key] += 1
    return found


def columns(*found: dict[Any, int]) -> Rows:
    keys = {key for one in found for key in one}
    return {key: tuple(one.get(key, 0) for one in found) for key in keys}


def worth(rows: list[tuple[Any, Any]]) -> dict[Any, int]:
    found: dict[Any, int] = defaultdict(int)
    for key, output in rows:
        found[key] += output.base_pence + output.bonus_pence
    return found


def by_place(ref: Reference, of: str) -> Rows:
    def name(row: Any) -> str:
        return title(of, place(row, of))

    attended = [
        title(of, employer.district if of == "district" else place(attendance, of))
        for attendance, _, employer in ref.support
    ]
    return columns(
        tally([name(one) for one in ref.new("registered")]),
        tally([name(one) for one in ref.new("strand_1")]),
        tally([name(one) for one in ref.new("advised")]),
        tally([name(way.employer) for _, way in ref.sessions]),
        tally(attended),
        tally([name(one) for one in ref.engagements]),
        tally([name(one) for one in ref.outputs if one.output_type != "engagement"]),
        worth([(name(one), one) for one in ref.outputs]),
        tally([name(way.employer) for way in ref.arrived("embedded")]),
    )


def own_place(ref: Reference, of: str) -> Rows:
    def name(row: Any) -> str:
        return title(of, place(row, of))

    return columns(
        tally([name(one) for one in ref.engagements]),
        tally([name(one) for one in ref.outputs if one.output_type != "engagement"]),
        worth([(name(one), one) for one in ref.outputs]),
    )


def by_provider(ref: Reference) -> Rows:
    names = {row.id: row.name for row in ref.records.every(Organisation)}

    def name(key: int | None) -> str:
        return names[key] if key else "No provider yet"

    return columns(
        tally([name(one.organisation_id) for one in ref.referrals()]),
        tally([name(way.case.organisation_id) for way in ref.cohort("accepted")]),
        tally([name(way.case.organisation_id) for _, way in ref.consultations]),
        tally([name(way.case.organisation_id) for _, way in ref.sessions]),
        tally([name(one.organisation_id) for one in ref.deliveries]),
        tally([name(one.organisation_id) for one in ref.engagements]),
        tally(
            [name(one.organisation_id) for one in ref.outputs if one.output_type != "engagement"]
        ),
        worth([(name(one.organisation_id), one) for one in ref.outputs]),
        tally([name(way.case.organisation_id) for way in ref.arrived("embedded")]),
    )


def by_source(ref: Reference) -> Rows:
    kinds = ref.records.sources()
    outputs = [(title("source", source), one) for one, source in ref.outputs_with_cases()]
    return columns(
        tally([title("source", kinds[one.source_id]) for one in ref.referrals()]),
        tally([title("source", way.source) for way in ref.cohort("accepted")]),
        tally([title("source", way.source) for _, way in ref.sessions]),
        tally([source for source, one in outputs if one.output_type == "engagement"]),
        worth(outputs),
        tally([title("source", way.source) for way in ref.arrived("embedded")]),
    )


def by_hard(ref: Reference) -> Rows:
    words = {True: "Hard to reach", False: "Others"}
    found = columns(
        tally([words[one.hard_to_reach] for one in ref.engagements]),
        tally([words[one.hard_to_reach] for one in ref.outputs if one not in ref.engagements]),
        worth([(words[one.hard_to_reach], one) for one in ref.outputs]),
    )
    return {
        key: (n, per_mille(n, len(ref.engagements)), others, pence)
        for key, (n, others, pence) in found.items()
    }


def by_month(ref: Reference) -> Rows:
    def firsts(kind: str) -> dict[str, int]:
        return tally([month_of(days[kind]) for _, days in ref.firsts if ref.within(days[kind])])

    of_employers = [] if ref.provider is not None else [firsts("strand_1"), firsts("advised")]
    return columns(
        tally([month_of(day_of(one.received_at)) for one in ref.referrals()]),
        *of_employers,
        tally([month_of(one.held_on) for one, _ in ref.sessions]),
        tally([month_of(delivery.delivered_on) for _, delivery, _ in ref.support]),
        tally([month_of(one.occurred_on) for one in ref.engagements]),
        tally([month_of(one.occurred_on) for one in ref.outputs if one not in ref.engagements]),
        worth([(month_of(one.occurred_on), one) for one in ref.outputs]),
        tally([month_of(way.days["embedded"]) for way in ref.arrived("embedded")]),  # type: ignore[arg-type]
    )


def sector_months(ref: Reference) -> Rows:
    found: Rows = {}
    for employer, days in ref.firsts:
        if ref.within(days["advised"]):
            row = found.setdefault(month_of(days["advised"]), (0,) * len(SECTORS))  # type: ignore[arg-type]
            at = list(SECTORS).index(employer.sector)
            found[month_of(days["advised"])] = (*row[:at], row[at] + 1, *row[at + 1 :])  # type: ignore[arg-type]
    return found


def quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 3


def funnel(ref: Reference, *, timed: bool) -> Rows:
    counts = {step: len(ref.cohort(step)) for step in STEPS}
    turned_down = [one for one in ref.referrals() if one.status != "accepted"]
    counts["referred"] += len(turned_down)
    steps = list(STEPS)
    if ref.size or ref.district:
        steps.remove("referred")
    found: Rows = {}
    before = None
    for step in steps:
        days = []
        if timed and step != "referred":
            earlier = STEPS[STEPS.index(step) - 1]
            days = [
                (way.days[step] - way.days[earlier]).days  # type: ignore[operator]
                for way in ref.ways
                if way.days[step]
                and way.days[earlier]
                and quarter(ref.first) <= quarter(way.days["accepted"]) <= quarter(ref.last)  # type: ignore[arg-type]
            ]
        days = [number for number in days if number >= 0]
        n = counts[step]
        found[STEP_TITLES[STEPS.index(step)]] = (
            n,
            per_mille(n, counts[steps[0]]),
            None if before is None else per_mille(n, before),
            None if before is None else before - n,
            half_up(Fraction(median(days))) if days else None,
            len(days) or None,
        )
        before = n
    return found


def referrals(ref: Reference) -> Rows:
    received = ref.referrals()
    counts = tally([one.status.capitalize() for one in received])
    return {key: (n, per_mille(n, len(received))) for key, n in counts.items()}


def reach(ref: Reference, key: Callable[[ReachCount], str]) -> Rows:
    kinds = ("reached", "view", "download", "completion", "visit")
    found: Rows = {}
    for one in ref.records.every(ReachCount):
        if ref.within(one.day):
            row = list(found.get(key(one), (0,) * len(kinds)))
            row[kinds.index(one.kind)] += one.count
            found[key(one)] = tuple(row)
    return found


def reach_months(ref: Reference) -> Rows:
    read: dict[str, int] = defaultdict(int)
    for one in ref.records.every(ReachCount):
        if one.kind == "reached" and ref.within(one.day):
            read[month_of(one.day)] += one.count
    came = [one for one in ref.records.every(EventRegistration) if one.attended_at]
    held = {one.event_id for one in came}
    events = [
        month_of(day_of(event.starts_at))
        for event in ref.records.every(Event)
        if event.id in held and ref.within(day_of(event.starts_at))
    ]
    joined = []
    for employer, _ in ref.firsts:
        day = first_of(
            day_of(one.joined_at)
            for one in ref.records.every(NetworkMember)
            if one.employer_id == employer.id
        )
        if day and ref.within(day):
            joined.append(month_of(day))
    people = [
        month_of(day_of(one.attended_at)) for one in came if ref.within(day_of(one.attended_at))
    ]
    return columns(read, tally(events), tally(people), tally(joined))


def stays(entries: list[Any]) -> int:
    sign = {"pay": 1, "recover": -1, "adjust": 1}
    return sum(sign.get(entry.kind, 0) * entry.pence for entry in entries)


def cost_engagements(ref: Reference, *, with_paid: bool) -> Rows:
    found: Rows = {}
    for tier, words in {**SIZES, "": "Total"}.items():
        every = [one for one in ref.engagements if tier in ("", one.size_tier)]
        row: list[Any] = []
        for group in (
            [one for one in every if one.hard_to_reach],
            [one for one in every if not one.hard_to_reach],
        ):
            row += [len(group), mean(sum(worth([(0, one) for one in group]).values()), len(group))]
        pence = sum(worth([(0, one) for one in every]).values())
        row += [len(every), pence, mean(pence, len(every))]
        if with_paid:
            entries = [
                entry
                for entry, output in ref.entries()
                if output.output_type == "engagement" and tier in ("", output.size_tier)
            ]
            row += [len([entry for entry in entries if entry.kind == "pay"]), stays(entries)]
        found[words] = tuple(row)
    return found


def cost_types(ref: Reference) -> Rows:
    found: Rows = {}
    for kind, words in TYPES.items():
        own = [one for one in ref.outputs if one.output_type == kind]
        pence = sum(worth([(0, one) for one in own]).values())
        found[words] = (len(own), pence, mean(pence, len(own)))
    return found


def wilson(part: int, whole: int) -> tuple[int | None, int | None]:
    """Both ends by bisection of what the interval means, not by its formula."""
    if not whole:
        return None, None
    share, z = part / whole, 1.959963984540054

    def outside(at: float) -> bool:
        return (share - at) ** 2 > z * z * at * (1 - at) / whole

    ends = []
    for far in (0.0, 1.0):
        near, away = share, far
        if not outside(far):
            ends.append(int(far * 1000))
            continue
        for _ in range(100):
            middle = (near + away) / 2
            near, away = (near, middle) if outside(middle) else (middle, away)
        ends.append(int(near * 1000 + 0.5))
    return ends[0], ends[1]


def hard_shares(ref: Reference, key: Callable[[Any], str]) -> Rows:
    found: Rows = {}
    for name in {key(one) for one in ref.engagements}:
        own = [one for one in ref.engagements if key(one) == name]
        hard = [one for one in own if one.hard_to_reach]
        share = per_mille(len(hard), len(own))
        found[name] = (len(own), len(hard), share, *wilson(len(hard), len(own)))
    return found


def end_of(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def profile_by(ref: Reference, contract: Contract, month: date) -> int:
    """A third of a quarter's profile for each of its months that has begun."""
    pence = 0
    for row in ref.records.every(ContractProfile):
        if row.contract_id == contract.id:
            months = 12 * (month.year - row.quarter.year) + month.month - row.quarter.month + 1
            pence += half_up(Fraction(row.pence * max(0, min(3, months)), 3))
    return pence


def claimed_by(ref: Reference, contract: Contract, month: date) -> int:
    sign = {"commit": 1, "release": -1, "recover": -1, "adjust": 1}
    claims = ref.records.by_id(Claim)
    return sum(
        sign.get(entry.kind, 0) * entry.pence
        for entry in ref.records.every(LedgerEntry)
        if entry.contract_id == contract.id
        and entry.claim_id
        and claims[entry.claim_id].period <= month
        and claims[entry.claim_id].period <= ref.last
    )


def contracts(ref: Reference) -> Rows:
    names = {row.id: row.name for row in ref.records.every(Organisation)}
    found: Rows = {}
    last = ref.last.replace(day=1)
    over = last if end_of(last) <= ref.last else (last - timedelta(days=1)).replace(day=1)
    for one in ref.contracts():
        claimed = claimed_by(ref, one, last)
        planned = profile_by(ref, one, over) if over >= ref.first.replace(day=1) else None
        found[one.title] = (
            names[one.organisation_id],
            one.starts_on.isoformat(),
            one.ends_on.isoformat(),
            one.total_cap_pence,
            claimed,
            per_mille(claimed, one.total_cap_pence),
            planned,
            None if planned is None else claimed - planned,
        )
    return found


def burn_up(ref: Reference, months: list[str]) -> Rows:
    """For months that the report shows."""
    found: Rows = {}
    for month in map(date.fromisoformat, months):
        planned = sum(profile_by(ref, one, month) for one in ref.contracts())
        claimed = sum(claimed_by(ref, one, month) for one in ref.contracts())
        found[month.isoformat()] = (planned, claimed if end_of(month) <= ref.last else None)
    return found


def published(ref: Reference) -> int:
    return len([one for one in ref.records.every(Resource) if one.state == "published"])
