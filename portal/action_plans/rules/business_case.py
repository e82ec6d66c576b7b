# ruff: noqa: RUF001 - formulas shown to people use the multiplication sign
"""What turnover of part-time staff costs, and whether the chosen actions pay for themselves.

Every amount is whole pence; every line is rounded half up on its own, so a total is exactly the
sum of the lines shown. Money the employer would have spent anyway is not counted as a cost of
turnover: the wage of an empty post is not, the extra for cover is. The answer may be "no".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from portal.action_plans.rules.business_case_figures import (
    SPEC,
    BusinessCaseInputs,
    Origin,
    show_value,
)
from portal.kernel.money import Money

WEEKS_A_YEAR = 52
LONGEST_PAYBACK = 60
"""Months of payback that are worth saying; beyond that nobody's figures hold."""

LEAVER_KEYS = (
    "hourly_pay",
    "weekly_hours",
    "on_costs",
    "recruitment",
    "vacancy_weeks",
    "cover_extra",
    "induction_hours",
    "learning_weeks",
    "learning_loss",
    "manager_hours",
    "manager_pay",
)
SAVING_KEYS = ("leavers", "fewer_low", "fewer_central")
PLAN_KEYS = (
    "hourly_pay",
    "weekly_hours",
    "on_costs",
    "training_hours",
    "new_posts",
    "post_premium",
    "one_off",
)


class Verdict(StrEnum):
    """Whether the plan pays for itself within its first year."""

    PAYS = "pays"
    MAY_PAY = "may_pay"
    DOES_NOT_PAY = "does_not_pay"
    CANNOT_SAY = "cannot_say"

    @property
    def label(self) -> str:
        """The verdict in a few words."""
        return {
            Verdict.PAYS: "Pays within a year on these figures",
            Verdict.MAY_PAY: "May pay within a year",
            Verdict.DOES_NOT_PAY: "Does not pay within a year on these figures",
            Verdict.CANNOT_SAY: "Cannot say yet",
        }[self]


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of a cost, with how it was worked out in words."""

    key: str
    label: str
    amount: Money
    formula: str


@dataclass(frozen=True, slots=True)
class MoneyRange:
    """The slow case and the hoped-for case."""

    low: Money
    central: Money


@dataclass(frozen=True)
class BusinessCase:
    """The result. A part is None when a figure it needs is missing: `missing` names those.

    `plan_upfront` is spent once, `plan_yearly` every year; `net` is the first year's saving less
    both. Payback counts months, rounded up, until the yearly surplus has returned what was spent
    once; None means never on these figures.
    """

    inputs: BusinessCaseInputs
    leaver_lines: tuple[CostLine, ...]
    cost_per_leaver: Money | None
    yearly_cost: Money | None
    leavers_percent: int | None
    saving: MoneyRange | None
    saving_formula: str
    plan_lines: tuple[CostLine, ...]
    plan_upfront: Money | None
    plan_yearly: Money | None
    net: MoneyRange | None
    payback_low: int | None
    payback_central: int | None
    verdict: Verdict
    sentence: str
    missing: tuple[str, ...]

    @property
    def plan_first_year(self) -> Money | None:
        """What the plan costs in its first year."""
        if self.plan_upfront is None or self.plan_yearly is None:
            return None
        return self.plan_upfront + self.plan_yearly

    @property
    def examples_used(self) -> int:
        """How many figures are ours rather than the employer's."""
        return sum(figure.origin is Origin.DEFAULT for figure in self.inputs.figures.values())


def work_out(inputs: BusinessCaseInputs) -> BusinessCase:
    """The business case from the figures given. Pure; equal inputs give equal results."""
    leaver_lines = _leaver_lines(inputs)
    per_leaver = _total(leaver_lines)
    saving = _saving(inputs, per_leaver)
    plan_lines = _plan_lines(inputs)
    yearly = _total(line for line in plan_lines if line.key == "premium")
    upfront = _total(line for line in plan_lines if line.key != "premium")
    net: MoneyRange | None = None
    payback_low = payback_central = None
    if saving and upfront is not None and yearly is not None:
        first_year = upfront + yearly
        net = MoneyRange(saving.low - first_year, saving.central - first_year)
        payback_low = _payback(saving.low - yearly, upfront)
        payback_central = _payback(saving.central - yearly, upfront)
    verdict = _verdict(net)
    missing = _missing(inputs)
    return BusinessCase(
        inputs=inputs,
        leaver_lines=leaver_lines,
        cost_per_leaver=per_leaver,
        yearly_cost=_yearly_cost(inputs, per_leaver),
        leavers_percent=_leavers_percent(inputs),
        saving=saving,
        saving_formula=_saving_formula(inputs) if saving else "",
        plan_lines=plan_lines,
        plan_upfront=upfront,
        plan_yearly=yearly,
        net=net,
        payback_low=payback_low,
        payback_central=payback_central,
        verdict=verdict,
        sentence=_sentence(verdict, inputs, saving, net, missing, payback_central),
        missing=missing,
    )


def _has(inputs: BusinessCaseInputs, keys: Iterable[str]) -> bool:
    return all(key in inputs.figures for key in keys)


def _number(inputs: BusinessCaseInputs, key: str) -> Fraction:
    return Fraction(inputs.figures[key].value)


def _share(inputs: BusinessCaseInputs, key: str) -> Fraction:
    return _number(inputs, key) / 100


def _said(inputs: BusinessCaseInputs, key: str) -> str:
    return show_value(SPEC[key], inputs.figures[key].value)


def _round(pence: Fraction) -> Money:
    """Whole pence, half a penny up; amounts here are never negative."""
    return Money(int(pence + Fraction(1, 2)))


def _total(lines: Iterable[CostLine]) -> Money | None:
    amounts = [line.amount for line in lines]
    return sum(amounts[1:], amounts[0]) if amounts else None


def _leaver_lines(inputs: BusinessCaseInputs) -> tuple[CostLine, ...]:
    """Five costs of one person leaving, each from the figures and the formula shown with it."""
    if not _has(inputs, LEAVER_KEYS):
        return ()
    on_top = 1 + _share(inputs, "on_costs")
    hour = _number(inputs, "hourly_pay") * on_top
    manager_hour = _number(inputs, "manager_pay") * on_top
    week = _number(inputs, "weekly_hours") * hour
    hour_said = f"{_round(hour).format()} an hour with on-costs"
    week_said = f"{_said(inputs, 'weekly_hours')} a week × {hour_said}"
    cover = _number(inputs, "vacancy_weeks") * week * _share(inputs, "cover_extra")
    learning = _number(inputs, "learning_weeks") * week * _share(inputs, "learning_loss")
    return (
        CostLine(
            "recruitment",
            "Finding a replacement",
            _round(_number(inputs, "recruitment")),
            "Advertising, agency and checks for one person hired",
        ),
        CostLine(
            "cover",
            "Extra pay for cover",
            _round(cover),
            f"{_said(inputs, 'vacancy_weeks')} empty × {week_said}"
            f" × {_said(inputs, 'cover_extra')} extra",
        ),
        CostLine(
            "induction",
            "Paid induction",
            _round(_number(inputs, "induction_hours") * hour),
            f"{_said(inputs, 'induction_hours')} × {hour_said}",
        ),
        CostLine(
            "learning",
            "Work not done while learning",
            _round(learning),
            f"{_said(inputs, 'learning_weeks')} × {week_said}"
            f" × {_said(inputs, 'learning_loss')} not yet done",
        ),
        CostLine(
            "manager",
            "Manager's time",
            _round(_number(inputs, "manager_hours") * manager_hour),
            f"{_said(inputs, 'manager_hours')} × {_round(manager_hour).format()}"
            " an hour with on-costs",
        ),
    )


def _plan_lines(inputs: BusinessCaseInputs) -> tuple[CostLine, ...]:
    """What the chosen actions cost: two lines once, one every year."""
    if not _has(inputs, PLAN_KEYS):
        return ()
    on_top = 1 + _share(inputs, "on_costs")
    hour = _number(inputs, "hourly_pay") * on_top
    premium = _number(inputs, "post_premium") * on_top
    yearly_hours = _number(inputs, "weekly_hours") * WEEKS_A_YEAR
    posts = int(inputs.figures["new_posts"].value)
    return (
        CostLine(
            "training",
            "Paid time for training, once",
            _round(_number(inputs, "training_hours") * hour),
            f"{_said(inputs, 'training_hours')} × {_round(hour).format()} an hour with on-costs",
        ),
        CostLine(
            "one_off",
            "Other costs, once",
            _round(_number(inputs, "one_off")),
            "Advice, systems and fees, as estimated",
        ),
        CostLine(
            "premium",
            "Extra pay in new supervisor posts, each year",
            _round(posts * yearly_hours * premium),
            f"{posts} {'post' if posts == 1 else 'posts'} × {_said(inputs, 'weekly_hours')} a week"
            f" × {WEEKS_A_YEAR} weeks × {_round(premium).format()} with on-costs",
        ),
    )


def _yearly_cost(inputs: BusinessCaseInputs, per_leaver: Money | None) -> Money | None:
    if per_leaver is None or not _has(inputs, ("leavers",)):
        return None
    return per_leaver * int(inputs.figures["leavers"].value)


def _saving(inputs: BusinessCaseInputs, per_leaver: Money | None) -> MoneyRange | None:
    if per_leaver is None or not _has(inputs, SAVING_KEYS):
        return None
    cost = per_leaver.pence * _number(inputs, "leavers")
    return MoneyRange(
        _round(cost * _share(inputs, "fewer_low")), _round(cost * _share(inputs, "fewer_central"))
    )


def _saving_formula(inputs: BusinessCaseInputs) -> str:
    low, central = _said(inputs, "fewer_low"), _said(inputs, "fewer_central")
    return f"Yearly cost of turnover × {low} to {central} fewer leavers"


def _leavers_percent(inputs: BusinessCaseInputs) -> int | None:
    if not _has(inputs, ("leavers", "headcount")):
        return None
    return int(100 * _number(inputs, "leavers") / _number(inputs, "headcount") + Fraction(1, 2))


def _payback(surplus: Money, upfront: Money) -> int | None:
    """Months, rounded up, until a yearly surplus has returned what was spent once."""
    if surplus.pence <= 0:
        return None
    return -(-12 * upfront.pence // surplus.pence)


def _verdict(net: MoneyRange | None) -> Verdict:
    if net is None:
        return Verdict.CANNOT_SAY
    if net.low.pence > 0:
        return Verdict.PAYS
    return Verdict.MAY_PAY if net.central.pence > 0 else Verdict.DOES_NOT_PAY


def _missing(inputs: BusinessCaseInputs) -> tuple[str, ...]:
    needed = {*LEAVER_KEYS, *SAVING_KEYS, *PLAN_KEYS}
    return tuple(spec.label for spec in inputs.missing if spec.key in needed)


def _sentence(
    verdict: Verdict,
    inputs: BusinessCaseInputs,
    saving: MoneyRange | None,
    net: MoneyRange | None,
    missing: tuple[str, ...],
    payback: int | None,
) -> str:
    """The verdict as a director would want to hear it, with its limits."""
    if saving is None or net is None:
        names = "; ".join(name[0].lower() + name[1:] for name in missing)
        return f"Cannot say: still missing {names}."
    said = _verdict_said(verdict, net, payback)
    avoided = _number(inputs, "leavers") * _share(inputs, "fewer_central")
    if 0 < avoided < 1:
        said += (
            " The hoped-for case is less than one leaver a year: read it as odds, not a promise."
        )
    return said


def _verdict_said(verdict: Verdict, net: MoneyRange, payback: int | None) -> str:
    low, central = net.low, net.central
    if verdict is Verdict.PAYS:
        return (
            f"After its costs the plan would leave between {low.format_whole()} and "
            f"{central.format_whole()} in the first year."
        )
    if verdict is Verdict.MAY_PAY:
        slowly = f"cost {(-low).format_whole()} more than it saves" if low else "break even"
        return (
            f"If it goes as hoped the plan would leave {central.format_whole()} in the first year; "
            f"if it goes slowly it would {slowly}."
        )
    if central:
        said = (
            f"Even if it goes as hoped the plan would cost {(-central).format_whole()} more than "
            "it saves in the first year."
        )
    else:
        said = "Even if it goes as hoped the plan would save no more than it costs."
    if payback and payback <= LONGEST_PAYBACK:
        said += f" What is spent once would come back after about {payback} months."
    elif payback:
        said += " What is spent once would not come back within five years."
    return said + " Saving on turnover alone is not the reason to do it."
