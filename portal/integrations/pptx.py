"""A paper as slides: each heading a slide, lists its points, other text the speaker's notes.

Titles are real titles and points real points, so that an outline, a screen reader and another
theme work. Nothing is fetched and nothing moves. Equal papers give equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from io import BytesIO
from typing import Any, Final

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
    Runs,
    blocks_of,
    clean,
    words_of,
)
from portal.integrations.pptx_look import CONTENT, OPENING, TABLE, dress

# At 24 points a line of 29 cm holds some 78 letters, and 14 cm hold 10 lines and the space between
# points. More than six points on a slide are read out instead of being talked about.
_MOST_POINTS: Final = 6
_MOST_LINES: Final = 10
_LETTERS: Final = 76
_MOST_ROWS: Final = 7
_BOXES: Final = {False: "\u2610", True: "\u2611"}


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a slide; ``level`` 1 is below the point before it.

    ``number`` is that of a numbered point, ``box`` whether its box is ticked; ``bare`` has neither
    these nor a dot.
    """

    runs: Runs
    level: int = 0
    number: int = 0
    box: bool | None = None
    bare: bool = False

    @property
    def lines(self) -> int:
        """About how many lines it takes."""
        return max(1, -(-len(words_of(self.runs)) // (_LETTERS - 6 * self.level)))


@dataclass(slots=True)
class Slide:
    """What a slide shows and what is said to it."""

    title: str
    points: list[Point] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def make_pptx(paper: Paper) -> bytes:
    """The presentation's bytes."""
    from pptx import Presentation

    made = Presentation()
    dress(made)
    _properties(made, paper)
    opening, slides = slides_of(paper)
    _open(made, paper, opening)
    for slide in slides:
        for place, part in enumerate(_split(slide)):
            _points(made, part, slide.notes if not place else ["Continued."])
    _sources(made, paper)
    data = BytesIO()
    made.save(data)
    return repacked(data.getvalue())


def slides_of(paper: Paper) -> tuple[list[str], list[Slide]]:
    """What is said at the opening, and the slides in their order."""
    opening = Slide(paper.title)
    slides: list[Slide] = []
    for block in blocks_of(paper):
        if isinstance(block, Heading) and block.level == 2:  # noqa: PLR2004 - one below the title
            slides.append(Slide(words_of(block.runs)))
        else:
            _put(slides[-1] if slides else opening, block)
    for slide in slides:
        if not slide.points and not slide.grids:
            # A slide without a list would be empty: it shows what would only be said.
            slide.points = [Point((Run(note),)) for note in slide.notes]
    return [*opening.notes, *(words_of(point.runs) for point in opening.points)], slides


def _put(slide: Slide, block: Block) -> None:
    if isinstance(block, Heading):
        strong = tuple(replace(run, strong=True) for run in block.runs)
        slide.points.append(Point(strong, bare=True))
    elif isinstance(block, Paragraph):
        slide.notes.append(words_of(block.runs))
    elif isinstance(block, Quote):
        for each in block.blocks:
            _put(slide, each)
    elif isinstance(block, Listing):
        slide.points += _listed(block, 0)
    elif isinstance(block, Grid):
        slide.grids.append(block)


def _listed(block: Listing, level: int) -> Iterator[Point]:
    for place, item in enumerate(block.items):
        number = 0 if block.start is None or item.box is not None else block.start + place
        yield from _item(item, number, level)


def _item(item: Item, number: int, level: int) -> Iterator[Point]:
    for place, block in enumerate(item.blocks):
        if isinstance(block, Paragraph):
            first = Point(block.runs, level, number, item.box)
            yield first if not place else Point(block.runs, level=1)
        elif isinstance(block, Listing):
            yield from _listed(block, 1)


def _split(slide: Slide) -> Iterator[Slide]:
    """The slide in as many as its points and tables need, each with a title of its own."""
    parts: list[Slide] = []
    for point in slide.points:
        last = parts[-1].points if parts else []
        full = (
            len(last) >= _MOST_POINTS or sum(one.lines for one in last) + point.lines > _MOST_LINES
        )
        if not parts or full:
            parts.append(Slide(slide.title))
        parts[-1].points.append(point)
    for grid in slide.grids:
        for begin in range(0, max(len(grid.rows), 1), _MOST_ROWS):
            shown = Grid(grid.head, grid.rows[begin : begin + _MOST_ROWS])
            parts.append(Slide(slide.title, grids=[shown]))
    for place, part in enumerate(parts or [Slide(slide.title)], start=1):
        if len(parts) > 1:
            part.title = f"{slide.title} ({place} of {len(parts)})"
        yield part


# Writing ---------------------------------------------------------------------------------------


def _properties(made: Any, paper: Paper) -> None:
    facts, day = made.core_properties, datetime.combine(paper.written_on, time())
    facts.title, facts.author = clean(paper.title)[:255], clean(paper.author)[:255]
    facts.subject, facts.category = clean(paper.summary)[:255], paper.kind
    facts.keywords, facts.comments = clean(paper.keywords)[:255], paper.address
    facts.last_modified_by, facts.language = facts.author, "en-GB"
    facts.created = facts.modified = day
    facts.revision = 1


def _open(made: Any, paper: Paper, said: Sequence[str]) -> None:
    slide = made.slides.add_slide(made.slide_layouts[OPENING])
    _plain(slide.shapes.title.text_frame, clean(paper.title))
    under = slide.placeholders[1].text_frame
    _plain(under, clean(paper.summary))
    if paper.illustrative:
        _plain_line(under.add_paragraph(), ILLUSTRATIVE)
    facts = [f"{name}: {value}" for name, value in paper.facts]
    _say(
        slide, [*said, *facts, f"Page with the latest version: {paper.address}", paper.small_print]
    )


def _points(made: Any, part: Slide, notes: Sequence[str]) -> None:
    layout = TABLE if part.grids else CONTENT
    slide = made.slides.add_slide(made.slide_layouts[layout])
    _plain(slide.shapes.title.text_frame, clean(part.title))
    if part.grids:
        _grid(slide, part.grids[0], part.title)
    else:
        frame = slide.placeholders[1].text_frame
        for place, point in enumerate(part.points):
            line = frame.paragraphs[0] if not place else frame.add_paragraph()
            line.level = point.level
            _mark(line, point)
            for run in point.runs:
                _run(line, run)
    _numbered(slide)
    _say(slide, notes)


def _sources(made: Any, paper: Paper) -> None:
    points = [
        Point(
            (
                Run(clean(one.title), href=one.url),
                Run(f", {clean(one.publisher)}, {one.year}"),
            ),
            number=one.number,
        )
        for one in paper.references
    ]
    if points:
        for part in _split(Slide("Sources", points)):
            _points(made, part, ["Where the facts on the slides come from."])


def _grid(slide: Any, grid: Grid, title: str) -> None:
    from pptx.util import Cm, Pt

    rows = (grid.head, *grid.rows)
    frame = slide.shapes.add_table(
        len(rows), len(grid.head), Cm(2), Cm(4.2), Cm(29.8), Cm(1.3 * len(rows))
    )
    heads = ", ".join(filter(None, (words_of(runs) for runs in grid.head)))
    frame._element.nvGraphicFramePr.cNvPr.set(  # noqa: SLF001 - the library has no alternative text
        "descr", f"Table for “{title}” with the columns {heads} and {len(grid.rows)} rows"
    )
    for place, row in enumerate(rows):
        for at, runs in enumerate(row[: len(grid.head)]):
            cell = frame.table.cell(place, at)
            line = cell.text_frame.paragraphs[0]
            for run in runs:
                _run(line, run)
            for made in line.runs:
                made.font.size = Pt(18)


def _mark(line: Any, point: Point) -> None:
    """What stands before a point, where it is not the layout's dot."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    marks = []
    if point.bare:
        marks = ["<a:buNone {ns}/>"]
    elif point.number:
        marks = [
            '<a:buFont {ns} typeface="+mj-lt"/>',
            f'<a:buAutoNum {{ns}} type="arabicPeriod" startAt="{point.number}"/>',
        ]
    elif point.box is not None:
        marks = [
            '<a:buFont {ns} typeface="Segoe UI Symbol"/>',
            f'<a:buChar {{ns}} char="{_BOXES[point.box]}"/>',
        ]
    properties = line._p.get_or_add_pPr()  # noqa: SLF001 - the library has no marks
    if point.bare:
        properties.set("marL", "0")
        properties.set("indent", "0")
    for mark in marks:
        properties.append(parse_xml(mark.replace("{ns}", nsdecls("a"))))


def _run(line: Any, run: Run) -> None:
    if run.is_break:
        line.add_line_break()
        return
    made = line.add_run()
    made.text = "________" if run.is_gap else clean(run.text)
    made.font.language_id = _english()
    if run.strong:
        made.font.bold = True
    if run.emphasis:
        made.font.italic = True
    if run.source:
        made._r.get_or_add_rPr().set("baseline", "30000")  # noqa: SLF001 - nor raised letters
    if run.href:
        made.hyperlink.address = run.href


def _plain(frame: Any, text: str) -> None:
    _plain_line(frame.paragraphs[0], text)


def _plain_line(line: Any, text: str) -> None:
    made = line.add_run()
    made.text = text
    made.font.language_id = _english()


def _say(slide: Any, notes: Sequence[str]) -> None:
    frame = slide.notes_slide.notes_text_frame
    for place, note in enumerate(notes or ["No notes for this slide."]):
        _plain_line(frame.paragraphs[0] if not place else frame.add_paragraph(), clean(note))


def _numbered(slide: Any) -> None:
    """Show the slide's number: the library copies no such placeholder from the layout."""
    from copy import deepcopy

    for shape in slide.slide_layout.placeholders:
        if shape.placeholder_format.type is not None and shape.placeholder_format.idx == 12:  # noqa: PLR2004 - the number's, in every layout
            copied = deepcopy(shape._element)  # noqa: SLF001 - as above
            copied.nvSpPr.cNvPr.set("id", str(max(one.shape_id for one in slide.shapes) + 1))
            slide.shapes._spTree.append(copied)  # noqa: SLF001


def _english() -> Any:
    from pptx.enum.lang import MSO_LANGUAGE_ID

    return MSO_LANGUAGE_ID.ENGLISH_UK
