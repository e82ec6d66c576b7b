"""Payment models as data, and what each pays for one participant.

The pilot pays for outputs only. The staged models of its sister services are expressed here so that
they can be run later: a fee at an event, a sliding scale on growth of earnings, yearly growth by
the third year, payments weighted by group. Amounts are pence, rounded down, so that a fraction of
a penny is never paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from portal.kernel.money import Money
from portal.payments.rules.words import MOST_PENCE

DATA = Path(__file__).resolve().parent.parent / "data" / "payment-models.yaml"
_KINDS = ("fixed", "scale", "weighted")
_YEAR = 12
_LEAST_POINTS = 2


class PaymentModelError(ValueError):
    """A payment model that cannot hold; the message names the model, the stage and the fault."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One payment of a model.

    ``fixed`` pays ``pence`` when ``event`` happened; ``weighted`` the same times the group's weight
    in per cent; ``scale`` reads growth of earnings in per cent, ``months`` after ``event``, on
    ``points`` of (growth, pence) with straight lines between them, flat beyond both ends.
    ``yearly`` takes the average growth a year instead of the whole.
    """

    key: str
    title: str
    linked_to: str
    kind: str
    event: str
    pence: int = 0
    months: int = 0
    yearly: bool = False
    points: tuple[tuple[int, int], ...] = ()
    weights: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class PaymentModel:
    """A way of paying; only those that are ``enabled`` may be used in a programme."""

    key: str
    title: str
    source: str
    enabled: bool
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Participant:
    """What is known of one person: days of events, yearly earnings in pence by month, and group.

    ``earnings`` maps months after the event that a stage counts from to yearly earnings; 0 is the
    start. ``group`` chooses a weight.
    """

    events: Mapping[str, date]
    earnings: Mapping[int, int]
    group: str = "other"


@dataclass(frozen=True, slots=True)
class StagePayment:
    """What one stage pays, and why in a sentence; nothing when it is not due."""

    stage: str
    pence: int
    due: bool
    explanation: str


def growth_percent(before: int, after: int, *, years: int = 1) -> Fraction:
    """Growth of earnings in per cent, spread evenly over so many years.

    Raises:
        ValueError: when there were no earnings to grow from.
    """
    if before <= 0:
        raise ValueError("Growth needs earnings to start from")
    return Fraction((after - before) * 100, before * years)


def on_scale(points: Sequence[tuple[int, int]], growth: Fraction) -> int:
    """Pence for a growth: on the line between the points around it, whole pence, rounded down."""
    if growth <= points[0][0]:
        return points[0][1] if growth == points[0][0] else 0
    for (low, less), (high, more) in pairwise(points):
        if growth <= high:
            exact = less + (growth - low) * Fraction(more - less, high - low)
            return int(exact)
    return points[-1][1]


def pay_stage(stage: Stage, person: Participant) -> StagePayment:
    """What a stage pays for a person."""
    if stage.event not in person.events:
        return StagePayment(stage.key, 0, due=False, explanation=f"{stage.title}: not reached yet")
    on = person.events[stage.event]
    when = f"{on.day} {on:%B %Y}"
    if stage.kind == "fixed":
        words = f"{stage.title}, {stage.linked_to} on {when}: {Money(stage.pence)}"
        return StagePayment(stage.key, stage.pence, due=True, explanation=words)
    if stage.kind == "weighted":
        weight = (stage.weights or {}).get(person.group)
        if weight is None:
            raise PaymentModelError(f"{stage.key}: there is no weight for group {person.group}")
        pence = stage.pence * weight // 100
        words = f"{stage.title} on {when}, {weight}% of {Money(stage.pence)}: {Money(pence)}"
        return StagePayment(stage.key, pence, due=True, explanation=words)
    return _pay_growth(stage, person, when)


def _pay_growth(stage: Stage, person: Participant, when: str) -> StagePayment:
    before, after = person.earnings.get(0), person.earnings.get(stage.months)
    if before is None or after is None:
        words = f"{stage.title}: earnings at {stage.months} months are not known yet"
        return StagePayment(stage.key, 0, due=False, explanation=words)
    years = stage.months // _YEAR if stage.yearly else 1
    growth = growth_percent(before, after, years=years)
    pence = on_scale(stage.points, growth)
    rate = f"{float(growth):.1f}%{' a year' if stage.yearly else ''}"
    words = f"{stage.title}, {rate} at {stage.months} months after {when}: {Money(pence)}"
    return StagePayment(stage.key, pence, due=True, explanation=words)


def pay(model: PaymentModel, person: Participant) -> list[StagePayment]:
    """Every stage of a model for one person, in order."""
    return [pay_stage(stage, person) for stage in model.stages]


# --- Reading the data ------------------------------------------------------------------------


def read_models(text: str) -> tuple[PaymentModel, ...]:
    """Read and check models.

    Raises:
        PaymentModelError: naming the first fault.
    """
    loaded = yaml.safe_load(text)
    rows = loaded.get("models") if isinstance(loaded, Mapping) else None
    if not isinstance(rows, list) or not rows:
        raise PaymentModelError("models must be a list of payment models")
    models = tuple(_model(row) for row in rows)
    keys = [model.key for model in models]
    if len(set(keys)) != len(keys):
        raise PaymentModelError("models: a key is used twice")
    return models


def _model(row: Mapping[str, Any]) -> PaymentModel:
    key = str(row.get("key", ""))
    for name in ("key", "title", "source"):
        if not row.get(name):
            raise PaymentModelError(f"{key or 'a model'}: {name} is missing")
    stages = tuple(_stage(key, stage) for stage in row.get("stages") or ())
    if len({stage.key for stage in stages}) != len(stages):
        raise PaymentModelError(f"{key}: a stage's key is used twice")
    return PaymentModel(
        key, str(row["title"]), str(row["source"]), bool(row.get("enabled")), stages
    )


def _stage(model: str, row: Mapping[str, Any]) -> Stage:
    where = f"{model}.{row.get('key', 'a stage')}"
    kind = row.get("kind")
    if kind not in _KINDS:
        raise PaymentModelError(f"{where}: kind must be one of {', '.join(_KINDS)}")
    event = row.get("after_event") if kind == "scale" else row.get("event")
    for name, value in (
        ("key", row.get("key")),
        ("title", row.get("title")),
        ("linked_to", row.get("linked_to")),
        ("event", event),
    ):
        if not value:
            raise PaymentModelError(f"{where}: {name} is missing")
    weights = row.get("weights")
    if kind == "weighted" and (
        not isinstance(weights, Mapping) or not all(_is_amount(w) for w in weights.values())
    ):
        raise PaymentModelError(f"{where}: weights must be whole per cents by group")
    return Stage(
        key=str(row["key"]),
        title=str(row["title"]),
        linked_to=str(row["linked_to"]),
        kind=str(kind),
        event=str(event),
        pence=0 if kind == "scale" else _amount(where, row.get("pence")),
        months=_months(where, row.get("months")) if kind == "scale" else 0,
        yearly=bool(row.get("yearly")),
        points=_points(where, row.get("scale")) if kind == "scale" else (),
        weights=dict(weights) if isinstance(weights, Mapping) else None,
    )


def _is_amount(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_PENCE


def _amount(where: str, value: object) -> int:
    if not _is_amount(value):
        raise PaymentModelError(f"{where}: pence must be a whole number from 0 to {MOST_PENCE}")
    return int(str(value))


def _months(where: str, value: object) -> int:
    months = _amount(where, value)
    if not months or months % _YEAR:
        raise PaymentModelError(f"{where}: months must be whole years")
    return months


def _points(where: str, rows: object) -> tuple[tuple[int, int], ...]:
    if not isinstance(rows, list) or len(rows) < _LEAST_POINTS:
        raise PaymentModelError(f"{where}: scale needs at least two points")
    points = tuple((_amount(where, row["growth"]), _amount(where, row["pence"])) for row in rows)
    growths = [growth for growth, _pence in points]
    amounts = [pence for _growth, pence in points]
    if growths != sorted(set(growths)) or amounts != sorted(amounts):
        raise PaymentModelError(f"{where}: growth must rise, and pence not fall")
    return points


@cache
def payment_models() -> Mapping[str, PaymentModel]:
    """The models that the portal knows, by key."""
    return {model.key: model for model in read_models(DATA.read_text(encoding="utf-8"))}
