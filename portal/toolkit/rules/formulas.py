"""Formulas of a workbook: read, held to a list of what may stand in them, and worked out.

The values go into the file beside the formulas, so that a viewer that does not calculate shows
numbers too. What a blank cell, text and a comparison count as follows spreadsheets (ECMA-376,
part 1, 18.17); anything not listed here is refused, so no formula reaches outside the workbook.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from portal.toolkit.rules import functions
from portal.toolkit.rules.functions import FormulaError, Value

LONGEST: Final = 500
_DEEPEST: Final = 30
_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<number>\d+(?:\.\d+)?)
  | (?P<text>"(?:[^"]|"")*")
  | (?P<sheet>(?:'(?:[^']|'')+'|[A-Za-z_][A-Za-z0-9_.]*)!)
  | (?P<cell>\$?[A-Za-z]{1,2}\$?[1-9]\d{0,4}(?![A-Za-z0-9_(]))
  | (?P<name>[A-Za-z]+)
  | (?P<sign><>|<=|>=|[-+*/&=<>(),:%])
    )""",
    re.VERBOSE,
)
_CELL: Final = re.compile(r"\$?([A-Z]{1,2})\$?(\d+)")
_COMPARISONS: Final = frozenset({"=", "<>", "<", "<=", ">", ">="})
_LETTERS: Final = 26
_WORDS: Final = {"TRUE": True, "FALSE": False}


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, TRUE or FALSE."""

    value: Value


@dataclass(frozen=True, slots=True)
class Area:
    """Cells of a sheet (none: the formula's own), by columns and rows from 1, both ends in."""

    sheet: str | None
    left: int
    top: int
    right: int
    bottom: int

    @property
    def is_one(self) -> bool:
        """Whether it is a single cell."""
        return (self.left, self.top) == (self.right, self.bottom)

    def places(self) -> Iterator[tuple[int, int]]:
        """Every column and row in it."""
        for row in range(self.top, self.bottom + 1):
            for column in range(self.left, self.right + 1):
                yield column, row


@dataclass(frozen=True, slots=True)
class Sum:
    """Two things with a sign between them; ``-`` before one has nothing on its left."""

    sign: str
    left: Node | None
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function with what it is given."""

    name: str
    given: tuple[Node, ...]


Node = Literal | Area | Sum | Call
# Gives the value of a cell: sheet (none: the formula's own), column and row.
Lookup = Callable[[str | None, int, int], Value]


def letter_of(column: int) -> str:
    """The letters of a column from 1."""
    tens, ones = divmod(column - 1, _LETTERS)
    return (chr(ord("A") + tens - 1) if tens else "") + chr(ord("A") + ones)


def parse(text: str) -> Node:
    """What a formula says.

    Raises:
        FormulaError: when it is not one, or names a function that is not on the list.
    """
    if not text.startswith("="):
        raise FormulaError("it begins with =")
    if len(text) > LONGEST:
        raise FormulaError(f"it has more than {LONGEST} characters")
    return _Parser(text[1:]).whole()


def areas(node: Node) -> Iterator[Area]:
    """Every reference in a formula."""
    if isinstance(node, Area):
        yield node
    elif isinstance(node, Call):
        for each in node.given:
            yield from areas(each)
    elif isinstance(node, Sum):
        if node.left is not None:
            yield from areas(node.left)
        yield from areas(node.right)


def work_out(node: Node, lookup: Lookup) -> Value:
    """The value of a formula.

    Raises:
        FormulaError: where a spreadsheet would show an error.
    """
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Area):
        if not node.is_one:
            raise FormulaError("several cells stand where one value belongs")
        return lookup(node.sheet, node.left, node.top)
    if isinstance(node, Call):
        return _called(node, lookup)
    left = None if node.left is None else work_out(node.left, lookup)
    return _joined(node.sign, left, work_out(node.right, lookup))


def _called(node: Call, lookup: Lookup) -> Value:
    if node.name == "IF":
        chosen = 1 if functions.truth(work_out(node.given[0], lookup)) else 2
        return work_out(node.given[chosen], lookup) if chosen < len(node.given) else False
    if node.name == "IFERROR":
        try:
            return work_out(node.given[0], lookup)
        except FormulaError:
            return work_out(node.given[1], lookup)
    given: list[Sequence[Value] | Value] = [
        [lookup(one.sheet, *place) for place in one.places()]
        if isinstance(one, Area)
        else work_out(one, lookup)
        for one in node.given
    ]
    return functions.call(node.name, given)


def _joined(sign: str, left: Value, right: Value) -> Value:
    if sign == "&":
        return functions.words(left) + functions.words(right)
    if sign in _COMPARISONS:
        return functions.compare(sign, left, right)
    one, other = functions.number(left), functions.number(right)
    if sign == "/":
        if not other:
            raise FormulaError("it divides by nothing (#DIV/0!)")
        return one / other
    if sign == "*":
        return one * other
    return one + other if sign == "+" else one - other


class _Parser:
    """Reads a formula from left to right; comparison binds least, then &, then + -, then * /."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._level(0)
        if self._at < len(self._tokens):
            raise FormulaError(f"nothing belongs at “{self._tokens[self._at][1]}”")
        return node

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "its end")

    def _take(self) -> tuple[str, str]:
        found = self._peek()
        self._at += 1
        return found

    def _expect(self, sign: str) -> None:
        kind, text = self._take()
        if kind != "sign" or text != sign:
            raise FormulaError(f"“{sign}” is missing before “{text}”")

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._signed()
        node = self._level(level + 1)
        while self._peek()[0] == "sign" and self._peek()[1] in _LEVELS[level]:
            sign = self._take()[1]
            node = Sum(sign, node, self._level(level + 1))
        return node

    def _signed(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise FormulaError("its brackets go too deep")
        if self._peek() in {("sign", "-"), ("sign", "+")}:
            node: Node = Sum(self._take()[1], None, self._signed())
        else:
            node = self._one()
        while self._peek() == ("sign", "%"):
            self._take()
            node = Sum("/", node, Literal(100.0))
        self._depth -= 1
        return node

    def _one(self) -> Node:
        kind, text = self._take()
        if kind == "number":
            return Literal(float(text))
        if kind == "text":
            return Literal(text[1:-1].replace('""', '"'))
        if kind == "cell":
            return self._area(None, text)
        if kind == "sheet":
            sheet = text[:-1]
            sheet = sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
            after, cell = self._take()
            if after != "cell":
                raise FormulaError(f"a cell belongs after “{text}”")
            return self._area(sheet, cell)
        if kind == "name":
            return self._call(text.upper())
        if (kind, text) == ("sign", "("):
            node = self._level(0)
            self._expect(")")
            return node
        raise FormulaError(f"nothing belongs at “{text}”")

    def _area(self, sheet: str | None, text: str) -> Area:
        left, top = _place(text)
        right, bottom = left, top
        if self._peek() == ("sign", ":"):
            self._take()
            kind, other = self._take()
            if kind != "cell":
                raise FormulaError("a cell belongs after “:”")
            right, bottom = _place(other)
        if right < left or bottom < top:
            raise FormulaError(f"the cells from {text} on run backwards")
        return Area(sheet, left, top, right, bottom)

    def _call(self, name: str) -> Node:
        if name in _WORDS and self._peek() != ("sign", "("):
            return Literal(_WORDS[name])
        if name not in functions.COUNTS:
            raise FormulaError(f"the function {name} may not be used here")
        self._expect("(")
        given = [self._level(0)] if self._peek() != ("sign", ")") else []
        while self._peek() == ("sign", ","):
            self._take()
            given.append(self._level(0))
        self._expect(")")
        least, most = functions.COUNTS[name]
        if not least <= len(given) <= most:
            raise FormulaError(f"{name} is given {len(given)} values")
        return Call(name, tuple(given))


_LEVELS: Final = (_COMPARISONS, frozenset("&"), frozenset("+-"), frozenset("*/"))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise FormulaError(f"“{text[at : at + 10].strip()}” may not stand in it")
        kind = str(found.lastgroup)
        value = found[kind]
        yield kind, value.upper() if kind == "cell" else value
        at = found.end()


def _place(cell: str) -> tuple[int, int]:
    found = _CELL.fullmatch(cell)
    if found is None:
        raise FormulaError(f"“{cell}” is not a cell")
    column = 0
    for letter in found[1]:
        column = column * _LETTERS + ord(letter) - ord("A") + 1
    return column, int(found[2])
