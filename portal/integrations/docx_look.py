"""How our Word documents look: styles, lists, page, foot of the page, language.

Fonts are those that every office suite has or replaces by one of the same widths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from portal.integrations.paper import Paper, clean

ACCENT: Final = "0B5C66"
INK: Final = "14252B"
QUIET: Final = "4A5B62"
WARN: Final = "7A4D00"
FILL: Final = "E3EFF0"
FONT: Final = "Arial"
BOX_FONT: Final = "MS Gothic"
_INDENT: Final = 360
_HANGING: Final = 360
_MARKS: Final = ("\u2022", "\u2013", "\u2022")
_ORDERS: Final = ("decimal", "lowerLetter", "lowerRoman")
_NEW_LISTS: Final = 900


@dataclass(slots=True)
class Lists:
    """The numbering of a document: one list of bullets, and as many numbered ones as it needs."""

    part: Any
    bullets: int
    counted: int
    given: int

    def numbered(self, start: int) -> int:
        """A list of its own that begins at a number."""
        self.given += 1
        overrides = "".join(
            f'<w:lvlOverride w:ilvl="{depth}"><w:startOverride w:val="{start}"/></w:lvlOverride>'
            for depth in range(len(_ORDERS))
        )
        num = _NUM.format(id=self.given, kind=self.counted, overrides=overrides)
        self.part.append(_xml(num))
        return self.given


_NUM: Final = '<w:num {{ns}} w:numId="{id}"><w:abstractNumId w:val="{kind}"/>{overrides}</w:num>'


def dress(made: Any, paper: Paper) -> None:
    """Styles, page and language of a new document, and what stands at the foot of each page."""
    from docx.shared import Cm

    _styles(made)
    _language(made)
    for section in made.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.2)
        section.top_margin = section.bottom_margin = Cm(2)
    _foot(made, paper)
    _without_preview(made)


def numbering(made: Any) -> Lists:
    """Bullets and numbers with three levels each, in place of those of the library's template."""
    part: Any = made.part.numbering_part.element
    for child in list(part):
        part.remove(child)
    for kind, looks in ((1, [("bullet", mark) for mark in _MARKS]), (2, _numbers())):
        levels = "".join(_level(depth, *look) for depth, look in enumerate(looks))
        part.append(
            _xml(
                f'<w:abstractNum {{ns}} w:abstractNumId="{kind}">'
                f'<w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
            )
        )
    part.append(_xml('<w:num {ns} w:numId="1"><w:abstractNumId w:val="1"/></w:num>'))
    return Lists(part, bullets=1, counted=2, given=_NEW_LISTS)


def _numbers() -> list[tuple[str, str]]:
    return [(order, f"%{depth}.") for depth, order in enumerate(_ORDERS, start=1)]


def _level(depth: int, order: str, text: str) -> str:
    left = _INDENT * (depth + 1)
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{order}"/>'
        f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/>'
        f'<w:pPr><w:ind w:left="{left}" w:hanging="{_HANGING}"/></w:pPr>'
        f'<w:rPr><w:rFonts w:ascii="{FONT}" w:hAnsi="{FONT}" w:cs="{FONT}" w:hint="default"/>'
        f"</w:rPr></w:lvl>"
    )


def _xml(text: str) -> Any:
    from docx.oxml.ns import nsdecls
    from docx.oxml.parser import parse_xml

    return parse_xml(text.replace("{ns}", nsdecls("w")))


# Styles ----------------------------------------------------------------------------------------

# Name, what it is made from, size in points, colour, bold, space before and after in points.
_PARAGRAPHS: Final = (
    ("Normal", None, 11, INK, False, 0, 6),
    ("Kind", "Normal", 10, QUIET, False, 0, 0),
    ("Title", "Normal", 25, ACCENT, True, 0, 6),
    ("Subtitle", "Normal", 13, INK, False, 0, 12),
    ("Notice", "Normal", 11, WARN, False, 4, 8),
    ("Heading 1", "Normal", 16, ACCENT, True, 18, 6),
    ("Heading 2", "Normal", 13, INK, True, 12, 4),
    ("Heading 3", "Normal", 11, ACCENT, True, 10, 3),
    ("List Bullet", "Normal", 11, INK, False, 0, 4),
    ("List Number", "Normal", 11, INK, False, 0, 4),
    ("List Continue", "Normal", 11, INK, False, 0, 4),
    ("Tick", "Normal", 11, INK, False, 0, 4),
    ("Table Head", "Normal", 10, INK, True, 3, 3),
    ("Table Text", "Normal", 10, INK, False, 3, 3),
    ("After Table", "Normal", 6, INK, False, 0, 4),
    ("Line", "Normal", 4, INK, False, 4, 8),
    ("Footer", "Normal", 8.5, QUIET, False, 0, 0),
)


def _styles(made: Any) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt, RGBColor

    known = {style.name for style in made.styles}
    for name, base, size, colour, bold, before, after in _PARAGRAPHS:
        style: Any = (
            made.styles[name]
            if name in known
            else made.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        )
        _plain(style.element)
        if base:
            style.base_style = made.styles[base]
        style.hidden, style.quick_style = False, True
        _fonts(style.element.get_or_add_rPr())
        style.font.size, style.font.bold = Pt(size), bold
        style.font.italic, style.font.color.rgb = False, RGBColor.from_string(colour)
        style.paragraph_format.space_before = Pt(before)
        style.paragraph_format.space_after = Pt(after)
        style.paragraph_format.line_spacing = 1.15
        style.paragraph_format.keep_with_next = name.startswith("Heading")
    for name, level in (("Heading 1", 0), ("Heading 2", 1), ("Heading 3", 2)):
        made.styles[name].element.get_or_add_pPr().append(
            _xml(f'<w:outlineLvl {{ns}} w:val="{level}"/>')
        )
    tick: Any = made.styles["Tick"]
    tick.paragraph_format.left_indent = Pt(20)
    tick.paragraph_format.first_line_indent = Pt(-20)
    tick.paragraph_format.tab_stops.add_tab_stop(Pt(20))
    continued: Any = made.styles["List Continue"]
    continued.paragraph_format.left_indent = Pt(18)
    _border(made.styles["Notice"].element, "left", WARN, 18, 8)
    _border(made.styles["Line"].element, "bottom", "C9D6D8", 6, 1)
    _letters(made)


def _letters(made: Any) -> None:
    """Styles of single words: links, lines to fill in, boxes, code."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import RGBColor

    for name, font, colour, underline in (
        ("Hyperlink", None, ACCENT, True),
        ("Gap", None, QUIET, None),
        ("Box", BOX_FONT, INK, None),
        ("Code", "Courier New", INK, None),
    ):
        style: Any = made.styles.add_style(name, WD_STYLE_TYPE.CHARACTER)
        if font:
            _fonts(style.element.get_or_add_rPr(), font)
        style.font.color.rgb = RGBColor.from_string(colour)
        style.font.underline = underline


def _plain(element: Any) -> None:
    """Forget what the library's template says of a style's paragraphs and letters."""
    from docx.oxml.ns import qn

    for name in ("w:pPr", "w:rPr"):
        for child in element.findall(qn(name)):
            element.remove(child)


def _fonts(properties: Any, font: str = FONT) -> None:
    from docx.oxml.ns import qn

    fonts = properties.get_or_add_rFonts()
    for key in list(fonts.attrib):
        del fonts.attrib[key]
    for side in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(side), font)


def _border(element: Any, side: str, colour: str, size: int, space: int) -> None:
    properties = element.get_or_add_pPr()
    border = _xml(
        f'<w:pBdr {{ns}}><w:{side} w:val="single" w:sz="{size}" w:space="{space}" '
        f'w:color="{colour}"/></w:pBdr>'
    )
    # Its place among the properties is fixed by the format: before shading, tabs and spacing.
    successors = ("w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc")
    properties.insert_element_before(border, *successors)


# Language, foot, and what the library's template brings that is not ours -----------------------


def _language(made: Any) -> None:
    from docx.oxml.ns import qn

    for element in made.styles.element.iter(qn("w:lang")):
        element.set(qn("w:val"), "en-GB")
        element.set(qn("w:eastAsia"), "en-GB")
    settings: Any = made.settings.element
    for element in settings.iter(qn("w:themeFontLang")):
        element.set(qn("w:val"), "en-GB")
    for element in settings.iter(qn("w:compatSetting")):
        # As Word 2013 and later write: an older number opens in "compatibility mode", in which
        # boxes cannot be ticked.
        if element.get(qn("w:name")) == "compatibilityMode":
            element.set(qn("w:val"), "15")
    for name in ("w:useFELayout", "w:savePreviewPicture"):
        for element in list(settings.iter(qn(name))):
            element.getparent().remove(element)
    for element in settings.findall(qn("w:zoom")):
        element.attrib.clear()
        element.set(qn("w:percent"), "100")


def _foot(made: Any, paper: Paper) -> None:
    from docx.shared import Cm

    line: Any = made.sections[0].footer.paragraphs[0]
    line.style = made.styles["Footer"]
    line.paragraph_format.tab_stops.add_tab_stop(Cm(16.6), _to_the_right())
    line.add_run(f"Part-Time Talent Portal \u00b7 {clean(paper.title)}\tPage ")
    _field(line, "PAGE")
    line.add_run(" of ")
    _field(line, "NUMPAGES")


def _to_the_right() -> Any:
    from docx.enum.text import WD_TAB_ALIGNMENT

    return WD_TAB_ALIGNMENT.RIGHT


def _field(line: Any, name: str) -> None:
    line._p.append(  # noqa: SLF001 - the library has no fields
        _xml(f'<w:fldSimple {{ns}} w:instr=" {name} "><w:r><w:t>1</w:t></w:r></w:fldSimple>')
    )


def _without_preview(made: Any) -> None:
    """Leave out the template's own small picture of an empty page."""
    package: Any = made.part.package
    for key, way in list(package.rels.items()):
        if way.reltype.endswith("/thumbnail"):
            del package.rels[key]
