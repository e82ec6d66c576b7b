"""Workbooks are described in words that are checked, and their formulas worked out."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from portal.toolkit.rules import formulas, workbook
from portal.toolkit.rules.content import faults
from portal.toolkit.rules.functions import FormulaError, Value
from portal.toolkit.rules.workbook_sheet import FIRST_ROW, WorkbookError
from tests.factories.toolkit import make_content

SPEC: dict[str, Any] = {
    "sheets": [
        {
            "name": "Tasks",
            "intro": "One row for each task.",
            "columns": [
                {"title": "Task", "width": 40},
                {"title": "Who", "kind": "choice", "choices": ["Post holder", "Somebody else"]},
                {"title": "Hours", "kind": "hours", "max": 60, "hint": "A usual week"},
                {
                    "title": "Share",
                    "kind": "formula",
                    "format": "percent",
                    "formula": "=IF(SUM(C{first}:C{last})=0,0,C{row}/SUM(C{first}:C{last}))",
                },
            ],
            "rows": [["Rota", "Post holder", 3], ["Stock", "Somebody else", 9]],
            "blank": 4,
            "totals": {"Hours": "sum", "Task": "count"},
        },
        {
            "name": "Balance sheet",
            "columns": [{"title": "What"}, {"title": "Hours", "kind": "number"}],
            "rows": [
                ["Post holder", '=SUMIF(Tasks!B4:B9,"Post holder",Tasks!C4:C9)'],
                ["All", "=Tasks!C{total:Tasks}"],
                ["Left", "=B5-'Balance sheet'!B4"],
            ],
        },
    ]
}


def changed(path: str, value: object) -> dict[str, Any]:
    """The description with one thing in it replaced; the path names keys and places."""
    spec = deepcopy(SPEC)
    at: Any = spec
    *way, last = path.split(".")
    for step in way:
        at = at[int(step) if step.isdigit() else step]
    at[int(last) if last.isdigit() else last] = value
    return spec


def worked_out(text: str, cells: dict[tuple[int, int], Value] | None = None) -> Value:
    known = cells or {}
    return formulas.work_out(formulas.parse(text), lambda _sheet, x, y: known.get((x, y)))


def test_formulas_have_their_values_beside_them() -> None:
    tasks, balance = workbook.read(SPEC)
    assert (tasks.last_row, tasks.end_row) == (9, 10)
    share = tasks.rows[0][3]
    assert share.formula == "=IF(SUM(C4:C9)=0,0,C4/SUM(C4:C9))"
    assert share.value == 0.25
    assert tasks.rows[5][3].value == 0.0
    assert [cell.value for cell in tasks.totals] == [2.0, None, 12.0, None]
    assert tasks.totals[0].formula == f"=COUNTA(A{FIRST_ROW}:A9)"
    assert [row[1].value for row in balance.rows] == [3.0, 12.0, 9.0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("=1+2*3-4/2", 5.0),
        ("=(1+2)*3", 9.0),
        ("=-2*-3", 6.0),
        ("=50%", 0.5),
        ('="a"&1&TRUE', "a1TRUE"),
        ('="A"="a"', True),
        ("=A1=0", True),
        ('=A1=""', True),
        ("=1<>2", True),
        ("=2>=2", True),
        ('="x">5', True),
        ('=IF(1>2,"yes","no")', "no"),
        ("=IF(FALSE,1)", False),
        ("=IFERROR(1/0,7)", 7.0),
        ("=AND(TRUE,1)", True),
        ("=OR(FALSE,0)", False),
        ("=NOT(1)", False),
        ("=ROUND(2.5,0)", 3.0),
        ("=ROUND(-2.5,0)", -3.0),
        ("=ROUND(1.005,2)", 1.01),
        ("=ABS(-3)", 3.0),
        ('="say ""hi"""', 'say "hi"'),
        ("=SUM(B1:B4,10)", 16.0),
        ("=AVERAGE(B1:B4)", 2.0),
        ("=MIN(B1:B4)", 1.0),
        ("=MAX(B1:B4)", 3.0),
        ("=COUNT(B1:B5)", 3.0),
        ("=COUNTA(B1:B5)", 4.0),
        ("=COUNTBLANK(B1:B5)", 1.0),
        ('=COUNTIF(B1:B5,">1")', 2.0),
        ('=COUNTIF(B1:B5,"Word")', 1.0),
        ("=COUNTIF(B1:B5,3)", 1.0),
        ('=SUMIF(B1:B4,"<>2")', 4.0),
    ],
)
def test_values_are_those_of_a_spreadsheet(text: str, value: Value) -> None:
    cells: dict[tuple[int, int], Value] = {(2, 1): 1.0, (2, 2): 2.0, (2, 3): 3.0, (2, 5): "word"}
    assert worked_out(text, cells) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1+1", "begins with ="),
        ("=WEBSERVICE(A1)", "may not be used"),
        ('=HYPERLINK("http://x")', "may not be used"),
        ("=INDIRECT(A1)", "may not be used"),
        ("=cmd|' /c calc'!A1", "may not stand in it"),
        ("=[Book2.xlsx]Sheet1!A1", "may not stand in it"),
        ("=SUM(", "nothing belongs at"),
        ("=SUM()", "given 0 values"),
        ("=1 2", "nothing belongs at"),
        ("=B2:A1", "backwards"),
        ("=A1:", "a cell belongs"),
        ("=Tasks!", "a cell belongs"),
        ("=" + "(" * 40 + "1", "too deep"),
        ("=" + "1+" * 300 + "1", "more than 500"),
        ("=1/0", "divides by nothing"),
        ('=1+"a"', "reckons with a text"),
        ("=A1:A2+1", "several cells"),
        ("=AVERAGE(A1:A2)", "average of nothing"),
    ],
)
def test_what_may_not_be_in_a_formula_is_refused(text: str, why: str) -> None:
    with pytest.raises(FormulaError, match=why):
        worked_out(text)


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("sheets", [], "1 to 8 sheets"),
        ("sheets", "Tasks", "a list"),
        ("extra", 1, "a list"),
        ("sheets.0", "x", "names with values"),
        ("sheets.0.colour", "red", "nobody knows “colour”"),
        ("sheets.0.name", "", "needs a name"),
        ("sheets.0.name", "a/b", "needs a name"),
        ("sheets.0.name", "x" * 32, "needs a name"),
        ("sheets.1.name", "TASKS", "Two sheets"),
        ("sheets.1.name", "How to use", "Two sheets"),
        ("sheets.0.columns", [], "1 to 20 columns"),
        ("sheets.0.columns.0.title", "", "needs a title"),
        ("sheets.0.columns.1.title", "task", "two columns"),
        ("sheets.0.columns.0.kind", "colour", "no kind “colour”"),
        ("sheets.0.columns.0.width", "wide", "width"),
        ("sheets.0.columns.1.choices", [], "choices"),
        ("sheets.0.columns.1.choices", ["a, b"], "without a comma"),
        ("sheets.0.columns.1.choices", ["x" * 130, "y" * 130], "at most 255"),
        ("sheets.0.columns.0.formula", "=1", "kind formula"),
        ("sheets.0.columns.3.formula", "", "kind formula"),
        ("sheets.0.columns.2.hint", "x" * 256, "hint"),
        ("sheets.0.columns.2.max", "many", "numbers"),
        ("sheets.0.columns.0.min", 1, "for numbers"),
        ("sheets.0.rows.0", ["a", "b", "c", "d", "e"], "at most 4 cells"),
        ("sheets.0.rows.0.1", "Nobody", "not one of the choices"),
        ("sheets.0.rows.0.2", "three", "is not a number"),
        ("sheets.0.rows.0.0", 3, "a text in quotes"),
        ("sheets.0.blank", -1, "1 to 300 rows"),
        ("sheets.0.blank", 400, "1 to 300 rows"),
        ("sheets.0.totals", {"Who": "sum"}, "no numbers"),
        ("sheets.0.totals", {"Nothing": "sum"}, "cannot be made"),
        ("sheets.0.totals", {"Hours": "median"}, "cannot be made"),
        ("sheets.0.columns.3.formula", "=Z1", "nothing to fill in at Z1"),
        ("sheets.0.columns.3.formula", "=SUM(C4:C400)", "nothing to fill in at C400"),
        ("sheets.0.columns.3.formula", "=Nowhere!A4", "no sheet “Nowhere”"),
        ("sheets.0.columns.3.formula", "=D{row}", "comes back to itself"),
        ("sheets.0.columns.3.formula", "=1/C{last}", "divides by nothing"),
        ("sheets.0.columns.3.formula", "={row:Tasks}", "its own sheet"),
        ("sheets.0.columns.3.formula", "=" + "9" * 300 + "*" + "9" * 190, "too large"),
    ],
)
def test_a_wrong_description_says_what_and_where(path: str, value: object, why: str) -> None:
    with pytest.raises(WorkbookError, match=why):
        workbook.read(changed(path, value))


def test_a_day_is_written_as_text() -> None:
    spec = {"sheets": [{"name": "A", "columns": [{"title": "Day", "kind": "date"}], "rows": []}]}
    spec["sheets"][0]["rows"] = [["2026-11-22"]]  # type: ignore[index]
    assert workbook.read(spec)[0].rows[0][0].value == "2026-11-22"
    spec["sheets"][0]["rows"] = [["tomorrow"]]  # type: ignore[index]
    assert "2026-11-22" in (workbook.fault(spec) or "")


def test_formulas_that_look_at_everything_are_refused() -> None:
    spec = {
        "sheets": [
            {
                "name": "A",
                "columns": [
                    {"title": "Hours", "kind": "hours"},
                    *(
                        {"title": f"F{at}", "kind": "formula", "formula": "=SUM(A4:A303)"}
                        for at in range(3)
                    ),
                ],
                "blank": 300,
            }
        ]
    }
    assert "too many cells" in (workbook.fault(spec) or "")


def test_content_with_a_wrong_workbook_is_not_kept() -> None:
    content = make_content(downloads=("xlsx",), workbook=changed("sheets.0.name", "a:b"))
    found = faults(content, kind="template")
    assert [problem.field for problem in found] == ["workbook"]
    assert faults(make_content(downloads=("xlsx",), workbook=SPEC), kind="template") == []
