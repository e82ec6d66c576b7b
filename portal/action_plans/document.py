"""The plain data an action plan's PDF is made from: frozen, complete, and the same for ever.

A plan version is copied into a `PlanDocument` when it is made, kept as JSON, and rendered from
that alone, so the worker needs no database to draw it and an old version never changes.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import date, datetime
from typing import Annotated, Any

from portal.action_plans.rules.business_case import LONGEST_PAYBACK, BusinessCase, CostLine
from portal.action_plans.rules.business_case_figures import SPEC, Origin, show_value
from portal.kernel.money import Money

FORMAT = 1
"""Version of the JSON layout; raised when a stored document could no longer be read as it is."""


class DocumentError(ValueError):
    """Stored JSON that is not a plan document of this format."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many characters of a text are printed; the PDF cuts the rest with a notice."""

    characters: int


@dataclass(frozen=True, slots=True)
class Signature:
    """One party's sign-off; `on` is the London day, `side` is ``employer`` or ``adviser``."""

    name: Annotated[str, Limit(120)]
    role: Annotated[str, Limit(120)]
    on: date
    # What was kept before advisers signed here is the employer's.
    side: Annotated[str, Limit(10)] = "employer"


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """The diagnostic behind the plan: its title, published version and how much was answered."""

    title: Annotated[str, Limit(160)]
    version: int
    completed_on: date | None
    answered: int
    asked: int


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension's score, 0 to 100, or None when nothing was answered."""

    key: str
    title: Annotated[str, Limit(80)]
    short: Annotated[str, Limit(40)]
    score: int | None
    answered: int
    asked: int
    maturity: Annotated[str, Limit(60)]


@dataclass(frozen=True, slots=True)
class Point:
    """A heading with its explanation: a strength, a gap or a legal item below the minimum."""

    title: Annotated[str, Limit(200)]
    detail: Annotated[str, Limit(600)]


@dataclass(frozen=True, slots=True)
class QuickWin:
    """An action that pays soonest for the least effort."""

    title: Annotated[str, Limit(200)]
    first_step: Annotated[str, Limit(400)]
    who: Annotated[str, Limit(120)]
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A public resource; only http and https addresses become links."""

    title: Annotated[str, Limit(160)]
    url: Annotated[str, Limit(500)]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. `effort` and `impact` run from 1 to 3."""

    title: Annotated[str, Limit(200)]
    because: Annotated[str, Limit(400)]
    why: Annotated[str, Limit(600)]
    first_step: Annotated[str, Limit(400)]
    owner: Annotated[str, Limit(120)]
    due: date | None
    status: Annotated[str, Limit(40)]
    effort: int
    impact: int
    evidence: Annotated[str, Limit(400)]
    link: Link | None = None
    legal: bool = False


@dataclass(frozen=True, slots=True)
class Goal:
    """Actions gathered under what they are for."""

    title: Annotated[str, Limit(200)]
    benefit: Annotated[str, Limit(400)]
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """An amount in pence with how it was worked out."""

    label: Annotated[str, Limit(160)]
    amount_pence: int
    formula: Annotated[str, Limit(400)]


@dataclass(frozen=True, slots=True)
class Assumption:
    """A figure the business case rests on, already in words, with who says so and since when."""

    label: Annotated[str, Limit(160)]
    value: Annotated[str, Limit(60)]
    origin: Annotated[str, Limit(80)]
    as_at: date
    source: Annotated[str, Limit(200)]
    ours: bool = False


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """The business case as printed. Amounts are pence; None where a figure is missing.

    `checked` is False while the figures are only worked out from the diagnostic and our examples.
    """

    verdict: str
    verdict_label: Annotated[str, Limit(120)]
    sentence: Annotated[str, Limit(800)]
    leaver_lines: tuple[Line, ...] = ()
    cost_per_leaver: int | None = None
    leavers: int | None = None
    leavers_percent: int | None = None
    yearly_cost: int | None = None
    saving_low: int | None = None
    saving_central: int | None = None
    saving_formula: Annotated[str, Limit(300)] = ""
    plan_lines: tuple[Line, ...] = ()
    plan_first_year: int | None = None
    net_low: int | None = None
    net_central: int | None = None
    payback_months: int | None = None
    examples_used: int = 0
    assumptions: tuple[Assumption, ...] = ()
    checked: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement comes from."""

    title: Annotated[str, Limit(200)]
    publisher: Annotated[str, Limit(120)]
    year: int | None = None
    url: Annotated[str, Limit(500)] = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Similar employers' middle scores by dimension key; empty when withheld, as `message` says."""

    message: Annotated[str, Limit(400)]
    label: Annotated[str, Limit(60)] = "Similar employers"
    employers: int | None = None
    overall: int | None = None
    scores: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Movement:
    """A dimension's score over the questions that can be compared, then and now, 0 to 100."""

    label: Annotated[str, Limit(40)]
    earlier: int
    later: int


@dataclass(frozen=True, slots=True)
class Change:
    """What moved since the earlier diagnostic that this one repeats; `message` says how much."""

    message: Annotated[str, Limit(400)]
    earlier_on: date
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """Everything on the pages of one version of one employer's plan. Dates are London days."""

    employer_name: Annotated[str, Limit(200)]
    reference: Annotated[str, Limit(40)]
    version: int
    prepared_on: date
    prepared_by: Annotated[str, Limit(200)]
    signatures: tuple[Signature, ...]
    questionnaire: Questionnaire
    overall: int | None
    maturity: Annotated[str, Limit(60)]
    maturity_meaning: Annotated[str, Limit(400)]
    dimensions: tuple[Dimension, ...] = ()
    legal_flags: tuple[Point, ...] = ()
    strengths: tuple[Point, ...] = ()
    gaps: tuple[Point, ...] = ()
    quick_wins: tuple[QuickWin, ...] = ()
    goals: tuple[Goal, ...] = ()
    business_case: CaseSummary | None = None
    sources: tuple[Source, ...] = ()
    comparison: Comparison | None = None
    change: Change | None = None
    small_print: tuple[Annotated[str, Limit(1_000)], ...] = ()
    signed_off: bool = False
    example: bool = False

    @property
    def actions(self) -> tuple[Action, ...]:
        """Every action, in the order of the goals."""
        return tuple(action for goal in self.goals for action in goal.actions)

    def to_json(self) -> str:
        """The document as JSON text; equal documents give equal text."""
        data = {"format": FORMAT, "plan": _plain(self)}
        return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, stored: str) -> PlanDocument:
        """Read what `to_json` wrote: `from_json(d.to_json()) == d`.

        Raises:
            DocumentError: when the text is not a plan document of this format.
        """
        try:
            data = json.loads(stored)
        except json.JSONDecodeError as error:
            raise DocumentError(f"Not JSON: {error}") from error
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise DocumentError(f"Not a plan document of format {FORMAT}")
        plan = _built(cls, data.get("plan"), "plan")
        if not isinstance(plan, cls):  # pragma: no cover - _built builds what it is asked for
            raise DocumentError("plan: not a plan")
        return plan


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | bool | int):
        return value
    raise TypeError(f"A plan document cannot hold a {type(value).__name__}")


def _built(kind: Any, value: Any, where: str) -> Any:
    """`value` from JSON as the annotated type `kind`; strict, so a slip is found on reading."""
    if is_dataclass(kind) and isinstance(kind, type):
        return _built_record(kind, value, where)
    origin = typing.get_origin(kind)
    if origin is types.UnionType:
        (inner,) = (part for part in typing.get_args(kind) if part is not types.NoneType)
        return None if value is None else _built(inner, value, where)
    if origin is tuple and isinstance(value, list):
        item = typing.get_args(kind)[0]
        return tuple(_built(item, each, f"{where}[{n}]") for n, each in enumerate(value))
    if origin is Mapping and isinstance(value, dict):
        item = typing.get_args(kind)[1]
        return {key: _built(item, each, f"{where}.{key}") for key, each in value.items()}
    if kind is date and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise DocumentError(f"{where}: {error}") from error
    if isinstance(kind, type) and type(value) is kind:
        return value
    raise DocumentError(f"{where}: unexpected {type(value).__name__}")


def _built_record(kind: type[Any], value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise DocumentError(f"{where}: unexpected {type(value).__name__}")
    hints = typing.get_type_hints(kind)
    # What was added after a document was stored has a default.
    needed = {
        each.name
        for each in fields(kind)
        if each.default is MISSING and each.default_factory is MISSING
    }
    odd = (value.keys() - hints.keys()) | (needed - value.keys())
    if odd:
        raise DocumentError(f"{where}: missing or unknown {', '.join(sorted(odd))}")
    return kind(**{name: _built(hints[name], value[name], f"{where}.{name}") for name in value})


def case_summary(case: BusinessCase, *, checked: bool = True) -> CaseSummary:
    """The business case as it is printed, copied from the calculator's result.

    `checked` is whether the employer has looked at the figures and saved them.
    """
    saving, net = case.saving, case.net
    leavers = case.inputs.figures.get("leavers")
    return CaseSummary(
        verdict=case.verdict.value,
        verdict_label=case.verdict.label,
        sentence=case.sentence,
        leaver_lines=tuple(map(_line, case.leaver_lines)),
        cost_per_leaver=_pence(case.cost_per_leaver),
        leavers=int(leavers.value) if leavers else None,
        leavers_percent=case.leavers_percent,
        yearly_cost=_pence(case.yearly_cost),
        saving_low=saving.low.pence if saving else None,
        saving_central=saving.central.pence if saving else None,
        saving_formula=case.saving_formula,
        plan_lines=tuple(map(_line, case.plan_lines)),
        plan_first_year=_pence(case.plan_first_year),
        net_low=net.low.pence if net else None,
        net_central=net.central.pence if net else None,
        payback_months=_months(case.payback_central),
        examples_used=case.examples_used,
        assumptions=tuple(
            Assumption(
                SPEC[key].label,
                show_value(SPEC[key], figure.value),
                figure.origin.label,
                figure.as_at,
                figure.source,
                ours=figure.origin is Origin.DEFAULT,
            )
            for key, figure in case.inputs.figures.items()
        ),
        checked=checked,
    )


def _months(payback: int | None) -> int | None:
    return payback if payback is not None and payback <= LONGEST_PAYBACK else None


def _pence(amount: Money | None) -> int | None:
    return None if amount is None else amount.pence


def _line(line: CostLine) -> Line:
    return Line(line.label, line.amount.pence, line.formula)
