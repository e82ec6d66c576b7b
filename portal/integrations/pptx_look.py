"""How our slides look: 16 by 9, white, one accent, Arial, sizes that the last row reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lxml import etree  # type: ignore[import-untyped]

OPENING, CONTENT, TABLE = range(3)
_KEPT: Final = ("Title Slide", "Title and Content", "Title Only")
_WIDTH, _HEIGHT = 12_192_000, 6_858_000
_CM: Final = 360_000
_FONT: Final = "Arial"
_COLOURS: Final = {
    "dk1": "14252B",
    "lt1": "FFFFFF",
    "dk2": "0B5C66",
    "lt2": "F1F8F8",
    "accent1": "0B5C66",
    "accent2": "7A4D00",
    "accent3": "4A5B62",
    "accent4": "2E7D87",
    "accent5": "B3261E",
    "accent6": "5B8F3A",
    "hlink": "0B5C66",
    "folHlink": "4A5B62",
}
_MAIN: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_BODY_SIZES: Final = (2400, 2000, 2000, 1800, 1800)
# Left, top, width and height in centimetres, by the placeholder's number in its layout.
_Place = tuple[float, float, float, float]
_TITLE: Final[_Place] = (2, 1.1, 29.8, 2.6)
_BODY: Final[_Place] = (2, 4.2, 29.8, 13)
_PLACES: Final[Mapping[str, Mapping[int, _Place]]] = {
    "Title Slide": {0: (2.5, 4, 28.8, 5), 1: (2.5, 9.4, 28.8, 6)},
    "Title and Content": {0: _TITLE, 1: _BODY},
    "Title Only": {0: _TITLE},
}
_NUMBER: Final = (28.8, 17.6, 3, 1)


def dress(made: Any) -> None:
    """Turn the library's own empty presentation into ours."""
    made.slide_width, made.slide_height = _WIDTH, _HEIGHT
    master = made.slide_master
    for layout in list(made.slide_layouts):
        if layout.name not in _KEPT:
            made.slide_layouts.remove(layout)
    _theme(master)
    _texts(master)
    _places(master, made.slide_layouts)
    _bar(master)
    _opening(made.slide_layouts[OPENING])
    for ways in (made.part.rels, made.part.package._rels):  # noqa: SLF001 - not to be had otherwise
        for key, way in list(ways.items()):
            if way.reltype.endswith(("/printerSettings", "/thumbnail")):
                ways.pop(key)


def _theme(master: Any) -> None:
    part = next(
        way.target_part for way in master.part.rels.values() if way.reltype.endswith("/theme")
    )
    theme = etree.fromstring(part.blob)
    theme.set("name", "Part-Time Talent Portal")
    scheme = next(theme.iter(f"{_MAIN}clrScheme"))
    scheme.set("name", "Part-Time Talent Portal")
    for name, colour in _COLOURS.items():
        slot = scheme.find(f"{_MAIN}{name}")
        for child in list(slot):
            slot.remove(child)
        etree.SubElement(slot, f"{_MAIN}srgbClr").set("val", colour)
    fonts = next(theme.iter(f"{_MAIN}fontScheme"))
    for which in ("majorFont", "minorFont"):
        fonts.find(f"{_MAIN}{which}/{_MAIN}latin").set("typeface", _FONT)
    part._blob = etree.tostring(  # noqa: SLF001 - the library has no way to change a theme
        theme, xml_declaration=True, encoding="UTF-8", standalone=True
    )


def _texts(master: Any) -> None:
    """Sizes and places of words, for every slide."""
    styles = master.element.find(
        "{http://schemas.openxmlformats.org/presentationml/2006/main}txStyles"
    )
    title, body = styles[0], styles[1]
    first = title.find(f"{_MAIN}lvl1pPr")
    first.set("algn", "l")
    look = first.find(f"{_MAIN}defRPr")
    look.set("sz", "3200")
    look.set("b", "1")
    _colour(look, "tx2")
    for level, size in enumerate(_BODY_SIZES, start=1):
        line = body.find(f"{_MAIN}lvl{level}pPr")
        line.find(f"{_MAIN}defRPr").set("sz", str(size))
        for space in line.findall(f"{_MAIN}spcBef"):
            line.remove(space)
        space = etree.Element(f"{_MAIN}spcBef")
        etree.SubElement(space, f"{_MAIN}spcPts").set("val", "800")
        line.insert(0, space)


def _colour(look: Any, name: str) -> None:
    for child in look.findall(f"{_MAIN}solidFill"):
        look.remove(child)
    fill = etree.Element(f"{_MAIN}solidFill")
    etree.SubElement(fill, f"{_MAIN}schemeClr").set("val", name)
    look.insert(0, fill)


def _places(master: Any, layouts: Any) -> None:
    for shape in master.placeholders:
        kind = str(shape.placeholder_format.type)
        if kind.startswith(("TITLE", "BODY")):
            _put(shape, _TITLE if kind.startswith("TITLE") else _BODY)
    for shapes in (master, *layouts):
        for shape in list(shapes.placeholders):
            kind = str(shape.placeholder_format.type)
            if kind.startswith(("DATE", "FOOTER")):
                shape._element.getparent().remove(shape._element)  # noqa: SLF001 - not used here
            elif kind.startswith("SLIDE_NUMBER"):
                _put(shape, _NUMBER)
    for layout in layouts:
        for shape in layout.placeholders:
            place = _PLACES[layout.name].get(shape.placeholder_format.idx)
            if place is not None:
                _put(shape, place)


def _put(shape: Any, place: _Place) -> None:
    shape.left, shape.top, shape.width, shape.height = (round(one * _CM) for one in place)


def _bar(master: Any) -> None:
    """A strip of the accent at the left: decoration, and marked as such for screen readers."""
    tree = master.shapes._spTree  # noqa: SLF001 - a master takes no new shape otherwise
    tree.insert(2, etree.fromstring(_BAR))


_BAR: Final = (
    '<p:sp xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    '<p:nvSpPr><p:cNvPr id="90" name="Strip"><a:extLst>'
    '<a:ext uri="{C183D7F6-B498-43B3-948B-1728B52AA6E4}">'
    '<adec:decorative xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative" '
    'val="1"/></a:ext></a:extLst></p:cNvPr><p:cNvSpPr/><p:nvPr userDrawn="1"/></p:nvSpPr>'
    f'<p:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{_CM // 2}" cy="{_HEIGHT}"/></a:xfrm>'
    '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
    '<a:solidFill><a:schemeClr val="accent1"/></a:solidFill><a:ln><a:noFill/></a:ln></p:spPr>'
    "</p:sp>"
)


def _opening(layout: Any) -> None:
    """The first slide: white words on the accent."""
    from pptx.enum.dml import MSO_THEME_COLOR

    fill = layout.background.fill
    fill.solid()
    fill.fore_color.theme_color = MSO_THEME_COLOR.ACCENT_1
    for shape in layout.placeholders:
        if shape.placeholder_format.idx > 1:
            continue
        levels = shape._element.txBody.find(f"{_MAIN}lstStyle")  # noqa: SLF001 - as above
        line = levels.find(f"{_MAIN}lvl1pPr")
        if line is None:
            line = etree.SubElement(levels, f"{_MAIN}lvl1pPr")
        line.set("algn", "l")
        look = line.find(f"{_MAIN}defRPr")
        if look is None:
            look = etree.SubElement(line, f"{_MAIN}defRPr")
        look.set("sz", "4000" if shape.placeholder_format.idx == 0 else "2400")
        _colour(look, "bg1")
        anchor = shape._element.txBody.find(f"{_MAIN}bodyPr")  # noqa: SLF001
        anchor.set("anchor", "b" if shape.placeholder_format.idx == 0 else "t")
