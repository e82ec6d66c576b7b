# ruff: noqa: RUF001 - formulas shown to people use the multiplication sign
"""What turnover and empty posts cost, and whether keeping people would pay for a measure.

The cost of one leaver is the business case's of the action plan (``portal.action_plans.rules``):
the same lines and formulas, so that the two never disagree. This tool adds the range that unsure
figures make, and sets a measure's own cost beside what keeping so many people would save. Amounts
are whole pence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from portal.action_plans.rules.business_case import BusinessCase, work_out
from portal.action_plans.rules.business_case_figures import (
    SPEC,
    BusinessCaseInputs,
    Figure,
    Origin,
    show_value,
)
from portal.kernel.money import Money
from portal.kernel.result import Problem
from portal.toolkit.rules.cost_words import NOTES, headline, suggestions
from portal.toolkit.rules.tools import Figure as Number
from portal.toolkit.rules.tools import Line, Outcome, Part

# Facts an employer knows, and figures nobody is sure of, which move together for the range.
FACTS: Final = ("leavers", "headcount", "hourly_pay", "weekly_hours")
UNSURE: Final = (
    "recruitment",
    "vacancy_weeks",
    "cover_extra",
    "induction_hours",
    "learning_weeks",
    "learning_loss",
    "manager_hours",
)
FIGURES: Final = (*FACTS, *UNSURE, "manager_pay", "on_costs")
SPREAD: Final = 25
MOST_SPREAD: Final = 100
HOURS_A_DAY: Final = Decimal("7.5")
MONTHS: Final = 12
WHAT_THEY_NEED: Final = {
    "leavers": "Enter how many part-time staff left in the last 12 months",
    "headcount": "Enter how many part-time staff you have",
    "hourly_pay": "Enter their usual hourly pay",
    "weekly_hours": "Enter their usual hours a week",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that may keep people: how many a year, and its cost once and each year."""

    keeps: int
    once: Money
    yearly: Money
    name: str = ""

    @property
    def first_year(self) -> Money:
        """What it costs in its first year."""
        return self.once + self.yearly


@dataclass(frozen=True, slots=True)
class CostInputs:
    """Figures by key as the business case takes them, how unsure they are in percent, a measure."""

    figures: BusinessCaseInputs
    spread: int
    training_days: Decimal | None
    measure: Measure | None


@dataclass(frozen=True, slots=True)
class Range:
    """An amount on the low figures, as typed, and on the high figures."""

    low: Money
    central: Money
    high: Money

    def times(self, number: int) -> Range:
        """So many of it."""
        return Range(self.low * number, self.central * number, self.high * number)

    def less(self, amount: Money) -> Range:
        """What is left of it."""
        return Range(self.low - amount, self.central - amount, self.high - amount)

    @property
    def said(self) -> str:
        """The two ends, or the one amount."""
        if self.low == self.high:
            return self.low.format_whole()
        return f"{self.low.format_whole()} to {self.high.format_whole()}"


def read(values: Mapping[str, Any], *, on: date) -> CostInputs | tuple[Problem, ...]:
    """Figures as typed: text, or pence for money. Returns every problem, each on its field.

    ``training_days`` are days of 7 hours 30 minutes; ``keeps`` is a number of people a year.
    """
    given = {key: values.get(key) for key in FIGURES if key != "induction_hours"}
    problems = [
        Problem("missing", words, key)
        for key, words in WHAT_THEY_NEED.items()
        if given.get(key) in (None, "")
    ]
    days = _number(values.get("training_days"), "training_days", "Paid training days", 250, 1)
    if isinstance(days, Problem):
        problems.append(days)
    elif days is not None:
        given["induction_hours"] = days * HOURS_A_DAY
    spread = _number(values.get("spread"), "spread", "How unsure you are", MOST_SPREAD, 0)
    if isinstance(spread, Problem):
        problems.append(spread)
    figures = BusinessCaseInputs.read(given, as_at=on)
    if isinstance(figures, tuple):
        problems.extend(figures)
    measure = _measure(values)
    if isinstance(measure, tuple):
        problems.extend(measure)
    if problems or isinstance(figures, tuple) or isinstance(measure, tuple):
        return tuple(problems)
    if measure and measure.keeps > int(figures.figures["leavers"].value):
        words = "You cannot keep more people than left: enter fewer"
        return (Problem("too_many", words, "keeps"),)
    assert not isinstance(days, Problem)  # noqa: S101 - it would be among the problems
    assert not isinstance(spread, Problem)  # noqa: S101 - likewise
    return CostInputs(figures, SPREAD if spread is None else int(spread), days, measure)


def per_leaver(inputs: CostInputs) -> Range:
    """What one leaver costs: on the low figures, as typed, on the high figures."""
    low, central, high = (
        work_out(moved(inputs.figures, move)).cost_per_leaver
        for move in (-inputs.spread, 0, inputs.spread)
    )
    assert low is not None  # noqa: S101 - every figure is given or our example
    assert central is not None  # noqa: S101 - likewise
    assert high is not None  # noqa: S101 - likewise
    return Range(low, central, high)


def moved(figures: BusinessCaseInputs, percent: int) -> BusinessCaseInputs:
    """The figures with the unsure ones moved by so many percent, each within its limits."""
    changed = dict(figures.figures)
    for key in UNSURE if percent else ():
        spec, was = SPEC[key], changed[key]
        places = Decimal(1).scaleb(-spec.decimals)
        value = Decimal(was.value) * (100 + percent) / 100
        value = min(value, Decimal(spec.maximum)).quantize(places, rounding=ROUND_HALF_UP)
        changed[key] = Figure(value, was.origin, was.as_at, was.source)
    return BusinessCaseInputs(changed)


def outcome(inputs: CostInputs) -> Outcome:
    """What it comes to, in lines that say how. Equal inputs give equal results."""
    case = work_out(inputs.figures)
    one = per_leaver(inputs)
    leavers = int(inputs.figures.figures["leavers"].value)
    year = one.times(leavers)
    saved = one.times(inputs.measure.keeps) if inputs.measure else None
    left = saved.less(inputs.measure.first_year) if saved and inputs.measure else None
    net = (left.low, left.central, left.high) if left is not None else None
    said, text, state = headline(leavers, year.said, one.said, net)
    parts = [_leaver_part(case, one), _year_part(case, year, leavers, inputs.spread)]
    if inputs.measure and saved and left:
        parts.append(_measure_part(inputs, one, saved, left))
    return Outcome(
        tool="cost",
        title=f"Turnover cost: {leavers} leaver{'' if leavers == 1 else 's'} a year",
        headline=said,
        text=text,
        state=state,
        figures=_figures(case, one, year, left),
        parts=tuple(parts),
        given=_given(inputs),
        suggestions=suggestions(
            inputs.figures, leavers, pays=left is None or left.central.pence > 0
        ),
        notes=NOTES,
    )


def payback_months(saved_yearly: Money, measure: Measure) -> int | None:
    """Months, rounded up, until what was spent once has come back; None when it never does."""
    surplus = saved_yearly.pence - measure.yearly.pence
    if surplus <= 0:
        return None
    return -(-MONTHS * measure.once.pence // surplus)


def least_kept(one: Money, cost: Money) -> int | None:
    """The fewest people to keep in a year for a cost to be covered; None when nothing is saved."""
    return -(-cost.pence // one.pence) if one.pence > 0 else None


def _leaver_part(case: BusinessCase, one: Range) -> Part:
    lines = [Line(line.label, line.amount.format(), line.formula) for line in case.leaver_lines]
    total = Line(
        "One leaver",
        one.central.format(),
        f"The lines above added up. If the unsure figures are wrong: {one.said}",
        total=True,
    )
    return Part("What one leaver costs", lines=(*lines, total))


def _year_part(case: BusinessCase, year: Range, leavers: int, spread: int) -> Part:
    assert case.cost_per_leaver is not None  # noqa: S101 - as above
    rate = case.leavers_percent
    turnover = (
        Line("Turnover", f"{rate}%", "Leavers ÷ part-time staff")
        if rate is not None
        else Line("Turnover", "Not known")
    )
    return Part(
        "What a year costs",
        lines=(
            turnover,
            Line(
                "A year of leavers",
                year.central.format(),
                f"{leavers} × {case.cost_per_leaver.format()}",
                total=True,
            ),
            Line(
                "Between",
                year.said,
                f"With every unsure figure {spread}% lower, and {spread}% higher",
            ),
        ),
    )


def _measure_part(inputs: CostInputs, one: Range, saved: Range, left: Range) -> Part:
    measure = inputs.measure
    assert measure is not None  # noqa: S101 - asked for with one only
    months = payback_months(saved.central, measure)
    least = least_kept(one.central, measure.first_year)
    back = "It does not come back on these figures"
    if months is not None:
        back = "At once" if not months else f"{months} month{'' if months == 1 else 's'}"
    lines = (
        Line("Saved in a year", saved.said, f"{measure.keeps} kept × one leaver"),
        Line(
            "Cost in the first year",
            measure.first_year.format(),
            f"{measure.once.format()} once + {measure.yearly.format()} each year",
        ),
        Line(
            "Left after the first year",
            _range_said(left),
            "Saved less cost, on the low and on the high figures",
            total=True,
        ),
        Line("What was spent once comes back after", back, "On the figures as typed"),
        Line(
            "Fewest people to keep for it to pay",
            "Never on these figures" if least is None else f"{least} a year",
            "Cost in the first year ÷ one leaver, rounded up",
        ),
    )
    title = f"Would it pay? {measure.name}" if measure.name else "Would the change pay?"
    return Part(title, lines=lines)


def _range_said(amount: Range) -> str:
    return amount.said.replace("-£", "−£")


def _figures(case: BusinessCase, one: Range, year: Range, left: Range | None) -> tuple[Number, ...]:
    found = [
        Number("per_leaver", "One leaver costs", one.central.pence, "pence", "lower", one.said),
        Number("year", "A year of leavers", year.central.pence, "pence", "lower", year.said),
        Number("turnover", "Turnover", case.leavers_percent, "percent", "lower"),
    ]
    if left is not None:
        found.append(
            Number(
                "left",
                "Left after the change's first year",
                left.central.pence,
                "pence",
                "higher",
                _range_said(left),
            )
        )
    return tuple(found)


def _given(inputs: CostInputs) -> tuple[Line, ...]:
    lines = []
    for key in FIGURES:
        figure = inputs.figures.figures[key]
        own = figure.origin is Origin.ANSWER
        words = "Your figure" if own else "Our example, not an average: change it to your own"
        label, value = SPEC[key].label, show_value(SPEC[key], figure.value)
        if key == "induction_hours" and inputs.training_days is not None:
            words = f"Your figure: {inputs.training_days.normalize():f} days of 7 hours 30 minutes"
        lines.append(Line(label, value, words))
    lines.append(Line("How unsure the assumptions are", f"{inputs.spread}% either way"))
    if inputs.measure:
        lines += [
            Line("People kept in a year by the change", f"{inputs.measure.keeps}", "Your figure"),
            Line("Cost of the change, once", inputs.measure.once.format(), "Your figure"),
            Line("Cost of the change, each year", inputs.measure.yearly.format(), "Your figure"),
        ]
    return tuple(lines)


def _measure(values: Mapping[str, Any]) -> Measure | tuple[Problem, ...] | None:
    """The measure, when one was typed at all."""
    once, yearly = values.get("measure_once"), values.get("measure_yearly")
    keeps = _number(values.get("keeps"), "keeps", "People kept", 1_000_000, 0)
    if isinstance(keeps, Problem):
        return (keeps,)
    if keeps is None and not once and not yearly:
        return None
    if keeps is None:
        return (Problem("missing", "Enter how many people it might keep in a year", "keeps"),)
    name = str(values.get("measure_name") or "")
    return Measure(int(keeps), Money(int(once or 0)), Money(int(yearly or 0)), name)


def _number(raw: Any, key: str, label: str, most: int, decimals: int) -> Decimal | Problem | None:
    text = "" if raw is None else str(raw).replace(",", "").strip().removesuffix("%").strip()
    if not text:
        return None
    whole = text.replace(".", "", 1) if decimals else text
    if not (whole.isascii() and whole.isdigit()):
        kind = "a number" if decimals else "a whole number"
        return Problem("not_a_number", f"{label}: enter {kind}, like 2", key)
    value = Decimal(text)
    if value > most:
        return Problem("too_large", f"{label}: enter {most:,} or less", key)
    if value != round(value, decimals):
        return Problem("decimals", f"{label}: enter no more than {decimals} decimals", key)
    return value
