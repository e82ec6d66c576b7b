"""Word, Excel and PowerPoint files: real headings, lists, tables, controls; equal each time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest

from portal.integrations.docx import make_docx
from portal.integrations.packages import is_whole, repacked
from portal.integrations.paper import Paper, Reference, blocks_of, printed
from portal.integrations.pptx import make_pptx, slides_of
from portal.toolkit.rules import workbook
from portal.toolkit.service.workbook_file import make_xlsx

BODY = """Read **this** *first* [@one]. More [on the page](/toolkit/other#part) or `code`.

## Before you start

1. Ask
2. Decide
   - with them
   - not for them

Name: ____ and date: ____

- [ ] Ask on Monday
- [x] Tell the team

> Said by a colleague.

| Task | Hours |
| --- | --- |
| Rota [@two] | 3 |
| | |

### A smaller part

1. Begin again
2. And end

---

## A long list

- one
- two
- three
- four
- five
- six
- seven

Say this aloud.
"""
PAPER = Paper(
    title="Example & title",
    summary="What it is for.",
    kind="Template to fill in",
    body=BODY,
    facts=(("For", "Managers"), ("Review by", "1 November 2027")),
    references=(
        Reference(1, "First report", "Publisher", 2019, "https://example.org/report?a=1&b=2"),
        Reference(2, "Second report", "Publisher", 2020),
    ),
    author="Example Author",
    written_on=date(2026, 11, 22),
    review_by=date(2027, 11, 1),
    base="https://portal.example",
    address="https://portal.example/toolkit/example",
    keywords="Progression routes",
    illustrative=True,
)
SHEETS: dict[str, Any] = {
    "sheets": [
        {
            "name": "Tasks",
            "intro": "One row for each task.",
            "columns": [
                {"title": "Task", "width": 40},
                {"title": "Who", "kind": "choice", "choices": ["Me", "Somebody else"]},
                {"title": "Hours", "kind": "hours", "max": 60, "hint": "A usual week"},
                {"title": "Pay", "kind": "pounds"},
                {"title": "Day", "kind": "date"},
                {"title": "Part", "kind": "percent", "max": 1},
                {
                    "title": "Cost",
                    "kind": "formula",
                    "format": "pounds",
                    "formula": "=C{row}*D{row}",
                },
            ],
            "rows": [["=SUM(C4:C5)", "Me", 3, 12.5, "2026-11-22", 0.5]],
            "blank": 5,
            "totals": {"Cost": "sum"},
        }
    ]
}
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
X = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read_xml(text: str | bytes) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - made here


def part(data: bytes, name: str) -> ET.Element:
    with ZipFile(BytesIO(data)) as package:
        return read_xml(package.read(name))


@pytest.fixture(scope="module")
def word() -> bytes:
    return make_docx(PAPER)


@pytest.fixture(scope="module")
def book() -> bytes:
    return make_xlsx(PAPER, workbook.read(SHEETS))


def test_equal_papers_give_equal_bytes(word: bytes, book: bytes) -> None:
    assert make_docx(PAPER) == word
    assert make_xlsx(PAPER, workbook.read(SHEETS)) == book
    assert make_pptx(PAPER) == make_pptx(PAPER)
    assert make_docx(replace(PAPER, title="Another")) != word


def test_packages_are_whole_and_hold_no_macros(word: bytes, book: bytes) -> None:
    for data in (word, book, make_pptx(PAPER)):
        assert is_whole(data)
        assert repacked(data) == data
        with ZipFile(BytesIO(data)) as package:
            names = package.namelist()
            for name in names:
                if name.endswith((".xml", ".rels")):
                    read_xml(package.read(name))
            assert {info.date_time for info in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert names[0] == "[Content_Types].xml"
        assert not [name for name in names if "vba" in name or "thumbnail" in name]
        assert not is_whole(data[:-200])


def test_a_word_document_has_real_headings_and_facts(word: bytes) -> None:
    from docx import Document

    made = Document(BytesIO(word))
    heads = [(line.style.name, line.text) for line in made.paragraphs if line.style]
    assert ("Title", "Example & title") in heads
    assert ("Heading 1", "Before you start") in heads
    assert ("Heading 2", "A smaller part") in heads
    assert [text for name, text in heads if name == "Heading 1"][-2:] == [
        "Sources",
        "About this document",
    ]
    assert any("Illustrative example" in text for _name, text in heads)
    assert any("1 November 2027" in text for _name, text in heads)
    facts = made.core_properties
    assert (facts.title, facts.language, facts.author) == (
        "Example & title",
        "en-GB",
        "Example Author",
    )
    languages = {one.get(f"{W}val") for one in part(word, "word/styles.xml").iter(f"{W}lang")}
    assert languages == {"en-GB"}


def test_a_word_document_is_filled_in(word: bytes) -> None:
    body = part(word, "word/document.xml")
    controls = list(body.iter(f"{W}sdt"))
    named = [control.find(f".//{W}alias").get(f"{W}val") for control in controls]  # type: ignore[union-attr]
    assert named == ["Name", "and date", "Ask on Monday", "Tell the team"]
    ids = [control.find(f".//{W}id").get(f"{W}val") for control in controls]  # type: ignore[union-attr]
    assert len(set(ids)) == len(ids)
    ticks = [one for one in body.iter() if one.tag.endswith("}checked")]
    assert [next(iter(one.attrib.values())) for one in ticks] == ["0", "1"]
    modes = [
        one.get(f"{W}val")
        for one in part(word, "word/settings.xml").iter(f"{W}compatSetting")
        if one.get(f"{W}name") == "compatibilityMode"
    ]
    assert modes == ["15"]


def test_lists_of_a_word_document_count_from_their_start(word: bytes) -> None:
    body, numbers = part(word, "word/document.xml"), part(word, "word/numbering.xml")
    used = {one.get(f"{W}val") for one in body.iter(f"{W}numId")}
    known = {one.get(f"{W}numId") for one in numbers.iter(f"{W}num")}
    # Bullets, two numbered lists and the sources.
    assert used == {"1", "901", "902", "903"}
    assert used <= known


def test_a_table_repeats_its_head_and_links_lead_somewhere(word: bytes) -> None:
    body = part(word, "word/document.xml")
    (table,) = body.iter(f"{W}tbl")
    rows = list(table.iter(f"{W}tr"))
    assert [row.find(f".//{W}tblHeader") is not None for row in rows] == [True, False, False]
    assert table.find(f".//{W}tblCaption").get(f"{W}val") == "Table: Task, Hours"  # type: ignore[union-attr]
    marks = {one.get(f"{W}name") for one in body.iter(f"{W}bookmarkStart")}
    anchors = {one.get(f"{W}anchor") for one in body.iter(f"{W}hyperlink")} - {None}
    assert anchors == {"source-1", "source-2"} <= marks
    with ZipFile(BytesIO(word)) as package:
        ways = package.read("word/_rels/document.xml.rels").decode()
    assert "https://portal.example/toolkit/other#part" in ways
    assert "https://example.org/report?a=1&amp;b=2" in ways


def test_a_sheet_has_formulas_with_values_lists_and_locks(book: bytes) -> None:
    sheet = part(book, "xl/worksheets/sheet2.xml")
    cells = {one.get("r"): one for one in sheet.iter(f"{X}c")}
    assert cells["G4"].find(f"{X}f").text == "C4*D4"  # type: ignore[union-attr]
    assert cells["G4"].find(f"{X}v").text == "37.5"  # type: ignore[union-attr]
    assert cells["G10"].find(f"{X}v").text == "37.5"  # type: ignore[union-attr]
    rules = {one.get("sqref"): one for one in sheet.iter(f"{X}dataValidation")}
    assert rules["B4:B9"].find(f"{X}formula1").text == '"Me,Somebody else"'  # type: ignore[union-attr]
    assert rules["C4:C9"].get("prompt") == "A usual week"
    assert {rules[name].get("type") for name in ("C4:C9", "D4:D9", "F4:F9")} == {"decimal"}
    assert rules["E4:E9"].get("type") == "date"
    styles = part(book, "xl/styles.xml")
    looks = list(styles.find(f"{X}cellXfs") or ())

    def is_locked(name: str) -> bool:
        held = looks[int(cells[name].get("s") or 0)].find(f"{X}protection")
        return held is None or held.get("locked") != "0"

    assert [is_locked(name) for name in ("A3", "C5", "G5", "G10")] == [True, False, True, True]
    protection = sheet.find(f"{X}sheetProtection")
    assert protection is not None
    assert protection.get("password") is None
    pane = next(sheet.iter(f"{X}pane"))
    assert (pane.get("state"), pane.get("topLeftCell")) == ("frozen", "B4")
    setup = sheet.find(f"{X}pageSetup")
    assert setup is not None
    assert (setup.get("orientation"), setup.get("fitToHeight")) == ("landscape", "0")
    assert {one.get("formatCode") for one in styles.iter(f"{X}numFmt")} >= {
        "£#,##0.00",
        "d mmm yyyy",
        "0.0%",
    }


def test_a_workbook_says_how_it_is_used(book: bytes) -> None:
    words = "\n".join(one.text or "" for one in part(book, "xl/sharedStrings.xml").iter(f"{X}t"))
    for said in (
        "Example & title",
        "Tasks: One row for each task.",
        "☐ Ask on Monday",
        "2. Decide",
    ):
        assert said in words
    names = [one.get("name") for one in part(book, "xl/workbook.xml").iter(f"{X}sheet")]
    assert names == ["How to use", "Tasks"]
    defined = [one.text for one in part(book, "xl/workbook.xml").iter(f"{X}definedName")]
    assert "Tasks!$3:$3" in defined


def test_slides_have_titles_points_and_notes() -> None:
    from pptx import Presentation

    data = make_pptx(PAPER)
    made = Presentation(BytesIO(data))
    slides = list(made.slides)
    titles = [slide.shapes.title.text_frame.text for slide in slides]
    assert titles == [
        "Example & title",
        "Before you start (1 of 3)",
        "Before you start (2 of 3)",
        "Before you start (3 of 3)",
        "A long list (1 of 2)",
        "A long list (2 of 2)",
        "Sources",
    ]
    assert len(set(titles)) == len(titles)
    assert "Illustrative example" in slides[0].placeholders[1].text_frame.text
    assert slides[4].placeholders[1].text_frame.text.split("\n") == [
        *("one", "two", "three", "four", "five", "six")
    ]
    assert "Say this aloud." in slides[4].notes_slide.notes_text_frame.text
    table = next(shape for shape in slides[3].shapes if shape.has_table)
    assert table._element.nvGraphicFramePr.cNvPr.get("descr").startswith("Table for")
    assert table.table.first_row
    assert (made.slide_width, made.slide_height) == (12_192_000, 6_858_000)
    assert made.core_properties.language == "en-GB"


def test_every_placeholder_lies_on_its_slide() -> None:
    from pptx import Presentation

    made = Presentation(BytesIO(make_pptx(PAPER)))
    for layout in made.slide_layouts:
        for shape in layout.placeholders:
            assert shape.left >= 0
            assert shape.left + shape.width <= made.slide_width, (layout.name, shape.name)
            assert shape.top + shape.height <= made.slide_height, (layout.name, shape.name)


def test_text_without_headings_or_lists_makes_slides_too() -> None:
    said, slides = slides_of(replace(PAPER, body="Only words.\n\n## One\n\nShown and said.\n"))
    assert said == ["Only words."]
    assert [point.runs[0].text for point in slides[0].points] == ["Shown and said."]
    assert make_pptx(replace(PAPER, body="Only words."))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\x00\x0b bad \ud800 letters",
        "- \n- \n",
        "1. ## heading in a list\n\n   > quote\n   > 1. deep\n   >    - deeper\n   >      - last",
        "| a |\n| --- |\n",
        "<script>alert(1)</script>\n\n[x](javascript:alert(1))",
        "- [ ]\n- [ ] \n",
        "```\nlines\nof code\n```\n\nhard\\\nbreak",
        "[@nowhere] " + "long " * 3000,
    ],
)
def test_whatever_is_written_makes_whole_files(body: str) -> None:
    paper = replace(PAPER, body=body)
    blocks_of(paper)
    for data in (make_docx(paper), make_pptx(paper), make_xlsx(paper, workbook.read(SHEETS))):
        assert is_whole(data)
        assert b"javascript:" not in data
    read_xml(f"<div>{printed(paper)}</div>")


def test_print_draws_boxes_and_whole_addresses() -> None:
    html = str(printed(PAPER))
    assert html.count("<title>Box to tick</title>") == 1
    assert html.count("<title>Ticked</title>") == 1
    assert 'href="https://portal.example/toolkit/other#part"' in html
    assert 'href="/' not in html
    read_xml(f"<div>{html}</div>")
