"""A paper as a Word document that people fill in: real headings, lists, tables and controls.

No macros, nothing fetched, no picture: every part is text that a screen reader reads. Equal papers
give equal bytes. The library is imported on the first use: most processes never need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from io import BytesIO
from typing import Any, Final

from portal.integrations.docx_look import BOX_FONT, FILL, dress, numbering
from portal.integrations.packages import repacked
from portal.integrations.paper import (
    ILLUSTRATIVE,
    Block,
    Grid,
    Heading,
    Item,
    Listing,
    Paper,
    Paragraph,
    Quote,
    Run,
    blocks_of,
    clean,
    words_of,
)

_DEEPEST: Final = 2
_LONGEST_NAME: Final = 60
_BOXES: Final = {False: "\u2610", True: "\u2612"}
_WAY_IN: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
# Space in a table's empty row for handwriting: 0.9 cm, in twentieths of a point.
_ROOM: Final = "510"


def make_docx(paper: Paper) -> bytes:
    """The document's bytes."""
    return repacked(_Writer(paper).written())


class _Writer:
    """One document while it is written."""

    def __init__(self, paper: Paper) -> None:
        from docx import Document
        from docx.oxml.parser import OxmlElement

        self._paper = paper
        self._made: Any = Document()
        self._element: Any = OxmlElement
        self._controls = 0
        self._links: dict[str, str] = {}
        dress(self._made, paper)
        self._lists = numbering(self._made)
        # The library looks a style up by walking through all of them, each time.
        self._styles = {style.name: style.style_id for style in self._made.styles}

    def written(self) -> bytes:
        """Everything, in order."""
        self._properties()
        self._opening()
        self._blocks(blocks_of(self._paper), level=0)
        self._sources()
        self._closing()
        data = BytesIO()
        self._made.save(data)
        return data.getvalue()

    # What is around the text ------------------------------------------------------------------

    def _properties(self) -> None:
        paper, facts = self._paper, self._made.core_properties
        day = datetime.combine(paper.written_on, time())
        facts.title, facts.author = clean(paper.title)[:255], clean(paper.author)[:255]
        facts.last_modified_by, facts.language = facts.author, "en-GB"
        facts.subject, facts.category = clean(paper.summary)[:255], paper.kind
        facts.keywords, facts.comments = clean(paper.keywords)[:255], paper.address
        facts.created = facts.modified = day
        facts.revision = 1

    def _opening(self) -> None:
        paper = self._paper
        self._line(
            "Kind",
            paper.kind,
        )
        self._line("Title", clean(paper.title))
        self._line("Subtitle", clean(paper.summary))
        if paper.illustrative:
            self._line(
                "Notice",
                ILLUSTRATIVE,
            )

    def _sources(self) -> None:
        if not self._paper.references:
            return
        self._line(
            "Heading 1",
            "Sources",
        )
        number = self._lists.numbered(1)
        for one in self._paper.references:
            line = self._line("List Number")
            self._number(line, number, 0)
            self._bookmark(line, one.number)
            self._run(line, Run(clean(one.title), href=one.url))
            self._run(line, Run(f", {clean(one.publisher)}, {one.year}"))

    def _closing(self) -> None:
        paper = self._paper
        self._line(
            "Heading 1",
            "About this document",
        )
        for name, value in (*paper.facts, ("Page with the latest version", paper.address)):
            line = self._line("Normal")
            self._run(line, Run(f"{name}: ", strong=True))
            link = value if value.startswith(("http://", "https://")) else ""
            self._run(line, Run(clean(value), href=link))
        self._line("Normal", clean(paper.small_print))

    # The text ---------------------------------------------------------------------------------

    def _blocks(self, blocks: Sequence[Block], *, level: int, style: str = "Normal") -> None:
        for block in blocks:
            if isinstance(block, Heading):
                line = self._line(f"Heading {block.level - 1}")
                self._runs(line, block.runs)
            elif isinstance(block, Paragraph):
                self._runs(self._line(style), block.runs)
            elif isinstance(block, Listing):
                self._listing(block, level)
            elif isinstance(block, Quote):
                self._blocks(block.blocks, level=level, style="Notice")
            elif isinstance(block, Grid):
                self._grid(block)
            else:
                self._line("Line")

    def _listing(self, block: Listing, level: int) -> None:
        depth = min(level, _DEEPEST)
        numbered = block.start is not None
        number = self._lists.numbered(block.start or 0) if numbered else self._lists.bullets
        for item in block.items:
            first, *rest = item.blocks or (Paragraph(()),)
            if isinstance(first, Paragraph):
                self._item(item, first, "List Number" if numbered else "List Bullet", number, depth)
            else:
                rest = [first, *rest]
            self._blocks(rest, level=level + 1, style="List Continue")

    def _item(self, item: Item, first: Paragraph, style: str, number: int, depth: int) -> None:
        line = self._line(style if item.box is None else "Tick")
        if item.box is None:
            self._number(line, number, depth)
        else:
            self._box(line, words_of(first.runs), ticked=item.box)
        self._runs(line, first.runs)

    def _number(self, line: Any, number: int, depth: int) -> None:
        properties: Any = line._p.get_or_add_pPr()  # noqa: SLF001 - the library has no way of its own
        held = properties.get_or_add_numPr()
        held.get_or_add_ilvl().val = depth
        held.get_or_add_numId().val = number

    def _grid(self, block: Grid) -> None:
        columns = len(block.head)
        table = self._made.add_table(rows=1 + len(block.rows), cols=columns, style="Table Grid")
        properties: Any = table._tbl.tblPr  # noqa: SLF001 - as above
        heads = ", ".join(filter(None, (words_of(runs) for runs in block.head)))
        for name, words in (
            ("w:tblCaption", f"Table: {heads}"),
            ("w:tblDescription", f"{len(block.rows)} rows with the columns {heads}"),
        ):
            properties.append(self._valued(name, words[:255]))
        table.rows[0]._tr.get_or_add_trPr().append(self._element("w:tblHeader"))  # noqa: SLF001
        for place, row in enumerate((block.head, *block.rows)):
            written: Any = table.rows[place]._tr.get_or_add_trPr()  # noqa: SLF001
            written.insert(0, self._element("w:cantSplit"))
            if place and any(not runs for runs in row):
                room = self._valued("w:trHeight", _ROOM)
                room.set(_named("w:hRule"), "atLeast")
                written.append(room)
            for cell, runs in zip(table.rows[place].cells, row, strict=False):
                line = cell.paragraphs[0]
                line._p.style = self._styles["Table Text" if place else "Table Head"]  # noqa: SLF001
                if not place:
                    cell._tc.get_or_add_tcPr().append(self._shade())  # noqa: SLF001
                self._runs(line, runs)
        self._line("After Table")

    def _shade(self) -> Any:
        shade = self._valued("w:shd", "clear")
        shade.set(_named("w:color"), "auto")
        shade.set(_named("w:fill"), FILL)
        return shade

    def _line(self, style: str, text: str = "") -> Any:
        """A new paragraph of a style at the end of the document."""
        line = self._made.add_paragraph(text)
        line._p.style = self._styles[style]  # noqa: SLF001 - see __init__
        return line

    # Words ------------------------------------------------------------------------------------

    def _runs(self, line: Any, runs: Sequence[Run]) -> None:
        said = ""
        for run in runs:
            if run.is_gap:
                self._gap(line, run, said)
                said = ""
            else:
                self._run(line, run)
                said += run.text

    def _run(self, line: Any, run: Run) -> None:
        made = line.add_run()
        if run.is_break:
            made.add_break()
            return
        made.text = run.text
        made.bold, made.italic = run.strong or None, run.emphasis or None
        if run.code:
            made._r.style = self._styles["Code"]  # noqa: SLF001
        if run.source:
            made._r.style = self._styles["Hyperlink"]  # noqa: SLF001
            made.font.superscript = True
            self._lead(line, made, anchor=f"source-{run.source}", to=f"Source {run.source}")
        elif run.href:
            made._r.style = self._styles["Hyperlink"]  # noqa: SLF001
            self._lead(line, made, href=run.href)

    def _lead(
        self, line: Any, made: Any, *, href: str = "", anchor: str = "", to: str = ""
    ) -> None:
        link = self._element("w:hyperlink")
        if href:
            if href not in self._links:
                part = self._made.part
                self._links[href] = part.relate_to(href, _WAY_IN, is_external=True)
            link.set(_named("r:id"), self._links[href])
        else:
            link.set(_named("w:anchor"), anchor)
            link.set(_named("w:tooltip"), to)
        line._p.remove(made._r)  # noqa: SLF001 - as above
        link.append(made._r)  # noqa: SLF001
        line._p.append(link)  # noqa: SLF001

    def _bookmark(self, line: Any, number: int) -> None:
        begin, end = self._element("w:bookmarkStart"), self._element("w:bookmarkEnd")
        for part in (begin, end):
            part.set(_named("w:id"), str(number))
            line._p.append(part)  # noqa: SLF001
        begin.set(_named("w:name"), f"source-{number}")

    # What is filled in ------------------------------------------------------------------------

    def _control(self, line: Any, name: str) -> tuple[Any, Any]:
        """A content control at the end of a line: its properties, and what it holds."""
        self._controls += 1
        control, properties = self._element("w:sdt"), self._element("w:sdtPr")
        held = self._element("w:sdtContent")
        properties.append(self._valued("w:alias", name[:_LONGEST_NAME]))
        properties.append(self._valued("w:id", str(self._controls)))
        control.append(properties)
        control.append(held)
        line._p.append(control)  # noqa: SLF001
        return properties, held

    def _gap(self, line: Any, run: Run, said: str) -> None:
        """A line to fill in, named after the words before it."""
        properties, held = self._control(line, said.strip(" :.,") or "Fill in")
        properties.append(self._element("w:showingPlcHdr"))
        properties.append(self._element("w:text"))
        made = line.add_run("_" * 24)
        made._r.style, made.bold = self._styles["Gap"], run.strong or None  # noqa: SLF001
        held.append(made._r)  # noqa: SLF001

    def _box(self, line: Any, words: str, *, ticked: bool) -> None:
        properties, held = self._control(line, words or "Box to tick")
        box = self._element("w14:checkbox")
        for name, value in (
            ("w14:checked", "1" if ticked else "0"),
            ("w14:checkedState", "2612"),
            ("w14:uncheckedState", "2610"),
        ):
            part = self._element(name)
            part.set(_named("w14:val"), value)
            if name != "w14:checked":
                part.set(_named("w14:font"), BOX_FONT)
            box.append(part)
        properties.append(box)
        made = line.add_run(_BOXES[ticked])
        made._r.style = self._styles["Box"]  # noqa: SLF001
        held.append(made._r)  # noqa: SLF001
        line.add_run("\t")

    def _valued(self, name: str, value: str) -> Any:
        made = self._element(name)
        made.set(_named("w:val"), value)
        return made


def _named(name: str) -> str:
    from docx.oxml.ns import qn

    return qn(name)
