"""The figures a business case rests on: what each means, its limits and where it came from.

An employer can change every figure. One they have not given is either missing, which the result
says, or an illustrative example of ours that is labelled as such wherever it is shown: none of our
examples is an average, a benchmark or a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from portal.kernel.money import Money
from portal.kernel.result import Problem

MOST = 10**9
"""No figure, in pence or in its own unit, may exceed this: larger is a slip of the keyboard."""

Value = int | Decimal


class Origin(StrEnum):
    """Who says so."""

    ANSWER = "answer"
    DEFAULT = "default"
    SOURCE = "source"

    @property
    def label(self) -> str:
        """The words shown beside a figure."""
        return {
            Origin.ANSWER: "Your answer",
            Origin.DEFAULT: "Our example: change it",
            Origin.SOURCE: "Published source",
        }[self]


class Unit(StrEnum):
    """What a figure counts. Money is pence; hours and weeks may have decimals."""

    PEOPLE = "people"
    PENCE = "pence"
    HOURS = "hours"
    WEEKS = "weeks"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One figure of the calculator: its question, limits and our example if there is one."""

    key: str
    label: str
    unit: Unit
    group: str
    hint: str = ""
    default: Value | None = None
    maximum: Value = MOST
    minimum: Value = 0
    decimals: int = 0


GROUPS: Mapping[str, str] = {
    "staff": "Your part-time staff",
    "leaving": "What happens when somebody leaves",
    "change": "What the plan may change",
    "plan": "What the plan costs",
}

FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "headcount",
        "Part-time staff",
        Unit.PEOPLE,
        "staff",
        "People who work fewer than 30 hours a week",
        minimum=1,
        maximum=1_000_000,
    ),
    FieldSpec(
        "leavers",
        "Part-time staff who left in the last 12 months",
        Unit.PEOPLE,
        "staff",
        "For any reason. It can be more than your headcount if posts turned over twice",
        maximum=1_000_000,
    ),
    FieldSpec("hourly_pay", "Their usual hourly pay", Unit.PENCE, "staff", maximum=100_000),
    FieldSpec(
        "weekly_hours",
        "Their usual hours a week",
        Unit.HOURS,
        "staff",
        "Fewer than 30",
        maximum=Decimal("29.99"),
        decimals=2,
    ),
    FieldSpec(
        "on_costs",
        "Employer's on-costs",
        Unit.PERCENT,
        "staff",
        "National Insurance, pension and holiday pay on top of wages",
        default=20,
        maximum=200,
        decimals=1,
    ),
    FieldSpec(
        "recruitment",
        "Advertising, agency and checks for each person hired",
        Unit.PENCE,
        "leaving",
        default=400_00,
    ),
    FieldSpec(
        "vacancy_weeks",
        "Weeks a post stands empty",
        Unit.WEEKS,
        "leaving",
        default=4,
        maximum=104,
        decimals=1,
    ),
    FieldSpec(
        "cover_extra",
        "Extra paid for cover, over the usual cost of the hours",
        Unit.PERCENT,
        "leaving",
        "Overtime or agency. The wage itself is not counted: you would have paid it anyway",
        default=25,
        maximum=500,
        decimals=1,
    ),
    FieldSpec(
        "induction_hours",
        "Paid hours of induction and training for a new starter",
        Unit.HOURS,
        "leaving",
        default=16,
        maximum=2_000,
        decimals=2,
    ),
    FieldSpec(
        "learning_weeks",
        "Weeks until a new starter is fully productive",
        Unit.WEEKS,
        "leaving",
        default=8,
        maximum=104,
        decimals=1,
    ),
    FieldSpec(
        "learning_loss",
        "Work not yet done in those weeks, on average",
        Unit.PERCENT,
        "leaving",
        default=25,
        maximum=100,
        decimals=1,
    ),
    FieldSpec(
        "manager_hours",
        "Manager's hours for each person hired",
        Unit.HOURS,
        "leaving",
        "Sifting, interviewing, paperwork, showing round",
        default=8,
        maximum=2_000,
        decimals=2,
    ),
    FieldSpec(
        "manager_pay",
        "That manager's hourly pay",
        Unit.PENCE,
        "leaving",
        default=16_00,
        maximum=100_000,
    ),
    FieldSpec(
        "fewer_low",
        "Fewer leavers if it goes slowly",
        Unit.PERCENT,
        "change",
        "Nobody can promise a figure: choose one you would defend",
        default=5,
        maximum=100,
        decimals=1,
    ),
    FieldSpec(
        "fewer_central",
        "Fewer leavers if it goes as hoped",
        Unit.PERCENT,
        "change",
        default=15,
        maximum=100,
        decimals=1,
    ),
    FieldSpec(
        "training_hours",
        "Paid hours spent on training for the actions, all staff together",
        Unit.HOURS,
        "plan",
        default=40,
        maximum=1_000_000,
        decimals=2,
    ),
    FieldSpec(
        "new_posts",
        "New part-time supervisor posts",
        Unit.PEOPLE,
        "plan",
        default=1,
        maximum=10_000,
    ),
    FieldSpec(
        "post_premium",
        "Extra hourly pay in those posts",
        Unit.PENCE,
        "plan",
        default=1_00,
        maximum=100_000,
    ),
    FieldSpec(
        "one_off", "Other costs, once", Unit.PENCE, "plan", "Advice, systems, fees", default=500_00
    ),
)

SPEC: Mapping[str, FieldSpec] = {spec.key: spec for spec in FIELDS}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its origin and the day from which it holds; `source` names a published one."""

    value: Value
    origin: Origin
    as_at: date
    source: str = ""


@dataclass(frozen=True)
class BusinessCaseInputs:
    """Valid figures by field key. A key that is absent is a figure nobody has given."""

    figures: Mapping[str, Figure]

    @classmethod
    def read(
        cls,
        values: Mapping[str, object],
        *,
        as_at: date,
        sources: Mapping[str, str] | None = None,
        use_defaults: bool = True,
    ) -> BusinessCaseInputs | tuple[Problem, ...]:
        """Figures from what a person gave, filled up with our labelled examples.

        `values` holds whole numbers, decimals, their text, or `Money`; money is in pence. None and
        blank text are "not given". `sources` names the publication of a figure that has one.
        Returns every problem found, each on its field. A float is a bug and raises TypeError.
        """
        problems = [
            Problem("unknown", f"There is no figure called {key}", key)
            for key in sorted(values.keys() - SPEC.keys())
        ]
        figures: dict[str, Figure] = {}
        for spec in FIELDS:
            read = _read_value(spec, values.get(spec.key))
            if isinstance(read, Problem):
                problems.append(read)
            elif read is not None:
                source = (sources or {}).get(spec.key, "")
                origin = Origin.SOURCE if source else Origin.ANSWER
                figures[spec.key] = Figure(read, origin, as_at, source)
            elif use_defaults and spec.default is not None:
                figures[spec.key] = Figure(spec.default, Origin.DEFAULT, as_at)
        problems.extend(_contradictions(figures))
        return tuple(problems) or cls(figures)

    def to_data(self) -> dict[str, dict[str, str]]:
        """The figures as text, for a JSON column; `from_data` reads them back exactly."""
        return {
            key: {
                "value": str(figure.value),
                "origin": figure.origin.value,
                "as_at": figure.as_at.isoformat(),
                "source": figure.source,
            }
            for key, figure in self.figures.items()
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Mapping[str, Any]]) -> BusinessCaseInputs:
        """Read what `to_data` wrote.

        Raises:
            ValueError: when the data is not ours.
        """
        figures: dict[str, Figure] = {}
        for key, entry in data.items():
            if key not in SPEC:
                raise ValueError(f"There is no figure called {key}")
            read = _read_value(SPEC[key], entry["value"])
            if read is None or isinstance(read, Problem):
                raise ValueError(f"{SPEC[key].label}: {entry['value']!r} is not a figure")
            figures[key] = Figure(
                read,
                Origin(entry["origin"]),
                date.fromisoformat(entry["as_at"]),
                entry.get("source", ""),
            )
        return cls(figures)

    @property
    def missing(self) -> tuple[FieldSpec, ...]:
        """The fields nobody has given a figure for, in the order they are asked."""
        return tuple(spec for spec in FIELDS if spec.key not in self.figures)


def show_value(spec: FieldSpec, value: Value) -> str:
    """A figure with its unit, as read aloud: `£12.60`, `25%`, `4 weeks`."""
    if spec.unit is Unit.PENCE:
        return Money(int(value)).format()
    plain = format(Decimal(value).normalize(), ",f")
    if spec.unit is Unit.PERCENT:
        return f"{plain}%"
    one = {Unit.PEOPLE: "person", Unit.HOURS: "hour", Unit.WEEKS: "week"}
    return f"{plain} {one[spec.unit] if value == 1 else spec.unit.value}"


def _read_value(spec: FieldSpec, raw: object) -> Value | Problem | None:
    number = _as_decimal(spec, raw)
    if number is None or isinstance(number, Problem):
        return number
    if number < spec.minimum:
        least = "more than 0" if spec.minimum else "0 or more"
        return Problem("too_small", f"{spec.label}: enter {least}", spec.key)
    if number > spec.maximum:
        most = show_value(spec, spec.maximum)
        return Problem("too_large", f"{spec.label}: enter {most} or less", spec.key)
    rounded = round(number, spec.decimals)
    if rounded != number:
        allowed = f"no more than {spec.decimals} decimals" if spec.decimals else "a whole number"
        return Problem("decimals", f"{spec.label}: enter {allowed}", spec.key)
    return int(number) if number == number.to_integral_value() else rounded.normalize()


def _as_decimal(spec: FieldSpec, raw: object) -> Decimal | Problem | None:
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if isinstance(raw, Money):
        if spec.unit is not Unit.PENCE:
            raise TypeError(f"{spec.key} is not an amount of money")
        return Decimal(raw.pence)
    if isinstance(raw, bool | float) or not isinstance(raw, int | str | Decimal):
        raise TypeError(f"{spec.key}: a figure is never a {type(raw).__name__}")
    text = raw.replace(",", "").replace("\u00a0", " ").strip() if isinstance(raw, str) else raw
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        return Problem("not_a_number", f"{spec.label}: enter a number, like 12", spec.key)
    return number


def _contradictions(figures: Mapping[str, Figure]) -> tuple[Problem, ...]:
    """Figures that cannot both be right. More leavers than staff can be; ten times as many not."""
    found: list[Problem] = []
    low, central = figures.get("fewer_low"), figures.get("fewer_central")
    if low and central and low.value > central.value:
        message = "The slow case cannot be better than the hoped-for case"
        found.append(Problem("range", message, "fewer_low"))
    leavers, headcount = figures.get("leavers"), figures.get("headcount")
    if leavers and headcount and leavers.value > 10 * headcount.value:
        message = "Check the leavers: that is more than ten for every part-time post"
        found.append(Problem("leavers", message, "leavers"))
    return tuple(found)
