"""The functions that a workbook's formula may use, and what values count as in them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

Value = float | str | bool | None
Given = Sequence[Value] | Value
_MANY: Final = 30
_CRITERION: Final = re.compile(r"(<>|<=|>=|=|<|>)?(.*)", re.DOTALL)
_PER_PAIR: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# Fewest and most values each is given.
COUNTS: Final[Mapping[str, tuple[int, int]]] = {
    "SUM": (1, _MANY),
    "AVERAGE": (1, _MANY),
    "MIN": (1, _MANY),
    "MAX": (1, _MANY),
    "COUNT": (1, _MANY),
    "COUNTA": (1, _MANY),
    "COUNTBLANK": (1, 1),
    "COUNTIF": (2, 2),
    "SUMIF": (2, 3),
    "ROUND": (2, 2),
    "ABS": (1, 1),
    "IF": (2, 3),
    "IFERROR": (2, 2),
    "AND": (1, _MANY),
    "OR": (1, _MANY),
    "NOT": (1, 1),
}


class FormulaError(ValueError):
    """A formula that cannot be used, or has no value; the message says why."""


def number(value: Value) -> float:
    """A value where a number belongs: a blank is 0.

    Raises:
        FormulaError: for a text.
    """
    if value is None:
        return 0.0
    if isinstance(value, str):
        raise FormulaError("it reckons with a text (#VALUE!)")
    return float(value)


def words(value: Value) -> str:
    """A value as it is joined to a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def truth(value: Value) -> bool:
    """A value where yes or no belongs."""
    return value if isinstance(value, bool) else number(value) != 0


def compare(sign: str, left: Value, right: Value) -> bool:
    """Two values compared: a blank is an empty text or 0, case is not looked at."""
    if left is None:
        left = "" if isinstance(right, str) else 0.0
    if right is None:
        right = "" if isinstance(left, str) else 0.0
    if isinstance(left, str) and isinstance(right, str):
        return _PER_PAIR[sign](left.casefold(), right.casefold())
    if isinstance(left, str) or isinstance(right, str):
        # A text comes after every number.
        return _PER_PAIR[sign](isinstance(left, str), isinstance(right, str))
    return _PER_PAIR[sign](float(left), float(right))


def call(name: str, given: Sequence[Given]) -> Value:
    """The value of a function.

    Raises:
        FormulaError: where a spreadsheet would show an error.
    """
    if name in _OF_NUMBERS:
        return _OF_NUMBERS[name](_numbers(given))
    if name in _OF_VALUES:
        return _OF_VALUES[name](_values(given))
    if name in {"COUNTIF", "SUMIF"}:
        return _chosen(name, given)
    if name == "ROUND":
        return _rounded(number(_one(given[0])), int(number(_one(given[1]))))
    if name == "ABS":
        return abs(number(_one(given[0])))
    return not truth(_one(given[0]))


def _values(given: Sequence[Given]) -> list[Value]:
    found: list[Value] = []
    for one in given:
        if isinstance(one, Sequence) and not isinstance(one, str):
            found.extend(one)
        else:
            found.append(one)
    return found


def _numbers(given: Sequence[Given]) -> list[float]:
    """Numbers among cells; a value given by itself must be one."""
    found: list[float] = []
    for one in given:
        if isinstance(one, Sequence) and not isinstance(one, str):
            found += [number(each) for each in one if _is_number(each)]
        else:
            found.append(number(one))
    return found


def _is_number(value: Value) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)


def _one(given: Given) -> Value:
    if isinstance(given, Sequence) and not isinstance(given, str):
        if len(given) != 1:
            raise FormulaError("several cells stand where one value belongs")
        return given[0]
    return given


def _average(numbers: Sequence[float]) -> float:
    if not numbers:
        raise FormulaError("it is the average of nothing (#DIV/0!)")
    return sum(numbers) / len(numbers)


def _truths(values: Sequence[Value]) -> list[bool]:
    return [truth(one) for one in values if one is not None and not isinstance(one, str)]


def _rounded(value: float, places: int) -> float:
    """Half away from zero, on the digits that people see."""
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def _chosen(name: str, given: Sequence[Given]) -> float:
    cells, wanted = _values(given[:1]), _one(given[1])
    fits = [_fits(one, wanted) for one in cells]
    if name == "COUNTIF":
        return float(sum(fits))
    summed = _values(given[2:3]) if len(given) > 2 else cells  # noqa: PLR2004 - a third value
    if len(summed) != len(cells):
        raise FormulaError("SUMIF adds up as many cells as it looks at")
    pairs = zip(summed, fits, strict=True)
    return sum((number(one) for one, fit in pairs if fit and _is_number(one)), 0.0)


def _fits(value: Value, wanted: Value) -> bool:
    if not isinstance(wanted, str):
        return value is not None and compare("=", value, wanted)
    found = _CRITERION.fullmatch(wanted)
    sign, text = (found[1] or "=", found[2]) if found else ("=", wanted)
    try:
        figure = float(text)
    except ValueError:
        return (value is not None or sign == "<>") and compare(sign, value, text)
    if value is None or isinstance(value, str):
        return sign == "<>"
    return compare(sign, value, figure)


_OF_NUMBERS: Final[Mapping[str, Callable[[Sequence[float]], Value]]] = {
    "SUM": lambda numbers: sum(numbers, 0.0),
    "AVERAGE": _average,
    "MIN": lambda numbers: min(numbers, default=0.0),
    "MAX": lambda numbers: max(numbers, default=0.0),
}
_OF_VALUES: Final[Mapping[str, Callable[[Sequence[Value]], Value]]] = {
    "COUNT": lambda values: float(sum(map(_is_number, values))),
    "COUNTA": lambda values: float(sum(one is not None for one in values)),
    "COUNTBLANK": lambda values: float(sum(one is None or one == "" for one in values)),
    "AND": lambda values: all(_truths(values)),
    "OR": lambda values: any(_truths(values)),
}
