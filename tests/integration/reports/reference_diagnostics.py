"""The diagnostics report worked out again: loops over every record, slow and plain.

Nothing is shared with the portal but its tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.action_plans.models import Plan, PlanAction
from portal.caseload.models import Attendance, Case, Delivery, FollowUp, FollowUpAnswer
from portal.db import current_session
from portal.diagnostics.models import Response
from portal.employers.models import Employer

LONDON = ZoneInfo("Europe/London")
# Questions that mean something else from a version on.
BEGUN_ANEW = {"lead_owner": 2}
KINDS = ("training_session", "workshop", "consultancy", "coaching")


@dataclass
class Asked:
    """Which employers, and which time."""

    first: date
    last: date
    sector: str = ""
    size: str = ""
    district: str = ""

    def has(self, month: date) -> bool:
        return self.first.replace(day=1) <= month <= self.last

    def picks(self, sector: str, size: str, district: str | None) -> bool:
        wanted = ((self.sector, sector), (self.size, size), (self.district, district or ""))
        return all(not asked or asked == found for asked, found in wanted)


@dataclass
class Moved:
    """One employer's movement."""

    employer: int
    sector: str
    size: str
    district: str | None
    first_on: date
    first_score: int | None
    latest_on: date | None
    scores: dict[str, tuple[int, int]]

    @property
    def state(self) -> str:
        if self.latest_on is None:
            return "once"
        return "compared" if self.scores else "apart"


def day_of(instant: datetime) -> date:
    return instant.astimezone(LONDON).date()


def month_of(day: date) -> date:
    return day.replace(day=1)


def half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


def mean_tenths(values: list[int]) -> int | None:
    """Of whole points."""
    return half_up(Fraction(sum(values) * 10, len(values))) if values else None


def mean(values: list[int]) -> int | None:
    return half_up(Fraction(sum(values), len(values))) if values else None


def per_mille(part: int, whole: int) -> int | None:
    return half_up(Fraction(part * 1000, whole)) if whole else None


def every(model: Any) -> list[Any]:
    return list(current_session().scalars(select(model).order_by(model.id)))


def scores_now(asked: Asked) -> dict[tuple[str, str], list[int]]:
    """Scores by dimension and sector of the diagnostics that stand for employers."""
    found: dict[tuple[str, str], list[int]] = {}
    for response in every(Response):
        if not response.is_current or not asked.picks(
            response.sector, response.size_tier, response.district
        ):
            continue
        result = response.result
        lines = [(item["key"], item["score"]) for item in result["dimensions"]]
        lines.append(("overall", result["overall"]["score"] if result["overall"] else None))
        for key, score in lines:
            if score is not None:
                found.setdefault((key, response.sector), []).append(score)
    return found


def quartile(values: list[int], share: Fraction) -> int | None:
    """In tenths, between two values in proportion."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = floor(place)
    high = min(low + 1, len(ordered) - 1)
    return half_up((ordered[low] + (place - low) * (ordered[high] - ordered[low])) * 10)


def completed(asked: Asked) -> dict[str, int]:
    found: dict[str, int] = {}
    for response in every(Response):
        if (
            response.status == "completed"
            and response.employer_id is not None
            and asked.has(month_of(day_of(response.completed_at)))
            and asked.picks(response.sector, response.size_tier, response.district)
        ):
            found[response.kind] = found.get(response.kind, 0) + 1
    return found


def movements() -> list[Moved]:
    """Every employer's first diagnostic against its latest."""
    of_employer: dict[int, list[Response]] = {}
    for response in every(Response):
        if response.status == "completed" and response.employer_id is not None:
            of_employer.setdefault(response.employer_id, []).append(response)
    return [movement(employer, rows) for employer, rows in sorted(of_employer.items())]


def movement(employer: int, rows: list[Response]) -> Moved:
    rows = sorted(rows, key=lambda row: (row.completed_at, row.id))
    known = {row.id for row in rows}
    starts = [row for row in rows if row.kind != "correction" or row.earlier_id not in known]
    holds = {}
    for start in starts:
        family = {start.id}
        # As often as there are rows: a correction of a correction comes in at last.
        for _ in rows:
            family |= {
                row.id for row in rows if row.kind == "correction" and row.earlier_id in family
            }
        holds[start.id] = [row for row in rows if row.id in family][-1]
    first, latest = starts[0], starts[-1]
    base = holds[first.id]
    moved = Moved(
        employer,
        base.sector,
        base.size_tier,
        base.district,
        day_of(first.completed_at),
        base.overall_score,
        None,
        {},
    )
    if latest is not first:
        moved.latest_on = day_of(latest.completed_at)
        moved.scores = compared(base, holds[latest.id])
    return moved


def counted_lines(response: Response) -> dict[str, tuple[str, Fraction, Fraction]]:
    """Question to (dimension, points, weight) of what counts in a score."""
    return {
        line["question"]: (
            dimension["key"],
            Fraction(line["level"]) * 25,
            Fraction(line["weight"]),
        )
        for dimension in response.result["dimensions"]
        for line in dimension["lines"]
        if line["counted"]
    }


def compared(earlier: Response, later: Response) -> dict[str, tuple[int, int]]:
    old, new = counted_lines(earlier), counted_lines(later)
    sums: dict[str, list[Fraction]] = {}
    for question in old.keys() & new.keys():
        if BEGUN_ANEW.get(question, 0) > earlier.questionnaire_version and (
            later.questionnaire_version >= BEGUN_ANEW[question]
        ):
            continue
        dimension, after, weight = new[question]
        of_dimension = sums.setdefault(dimension, [Fraction(0)] * 3)
        of_dimension[0] += old[question][1] * weight
        of_dimension[1] += after * weight
        of_dimension[2] += weight
    exact = {key: (then / weight, now / weight) for key, (then, now, weight) in sums.items()}
    if not exact:
        return {}
    weights = {item["key"]: Fraction(item["weight"]) for item in later.result["dimensions"]}
    whole = sum(weights[key] for key in exact)
    exact["overall"] = (
        sum(weights[key] * exact[key][0] for key in exact) / whole,
        sum(weights[key] * exact[key][1] for key in exact) / whole,
    )
    return {key: (half_up(then * 10), half_up(now * 10)) for key, (then, now) in exact.items()}


def support_of(moved: Moved) -> tuple[str, ...]:
    """Kinds an employer came to after its first diagnostic and up to its latest."""
    assert moved.latest_on is not None
    deliveries = {row.id: row for row in every(Delivery)}
    met = set()
    for attendance in every(Attendance):
        delivery = deliveries[attendance.delivery_id]
        if (
            attendance.employer_id == moved.employer
            and delivery.withdrawn_at is None
            and moved.first_on < delivery.delivered_on <= moved.latest_on
        ):
            met.add(delivery.kind)
    return tuple(kind for kind in KINDS if kind in met)


def in_quarters(asked: Asked, day: date) -> bool:
    """Quarters that the time touches count whole, but for months after its last one."""
    quarter = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    first = date(asked.first.year, (asked.first.month - 1) // 3 * 3 + 1, 1)
    return first <= quarter <= asked.last


def actions(asked: Asked) -> dict[str, list[str]]:
    """The states of actions, by recommendation."""
    sectors = {row.id: row.sector for row in every(Employer)}
    plans = {row.id: row.employer_id for row in every(Plan)}
    found: dict[str, list[str]] = {}
    for action in every(PlanAction):
        if (
            action.status != "withdrawn"
            and in_quarters(asked, day_of(action.created_at))
            and asked.sector in {"", sectors[plans[action.plan_id]]}
        ):
            found.setdefault(action.recommendation_key or "own", []).append(action.status)
    return found


def lasted(asked: Asked) -> dict[tuple[str, int], list[str]]:
    """What follow-ups found, by recommendation and months."""
    sectors = {row.id: row.sector for row in every(Employer)}
    cases = {row.id: row.employer_id for row in every(Case)}
    follow_ups = {row.id: row for row in every(FollowUp)}
    keys = {row.reference: row.recommendation_key for row in every(PlanAction)}
    found: dict[tuple[str, int], list[str]] = {}
    for answer in every(FollowUpAnswer):
        follow_up = follow_ups[answer.follow_up_id]
        if (
            follow_up.state == "done"
            and in_quarters(asked, follow_up.done_on)
            and asked.sector in {"", sectors[cases[follow_up.case_id]]}
            and answer.answer != "not_asked"
        ):
            key = keys.get(answer.item) or "own"
            found.setdefault((key, follow_up.months), []).append(answer.answer)
    return found
