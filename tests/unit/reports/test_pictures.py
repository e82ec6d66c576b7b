"""Pictures as drawn: named, described, within their frame, honest about what is withheld."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.reports.rules.document import (
    Column,
    Picture,
    Report,
    Section,
    Table,
    Unit,
    Withheld,
    from_text,
    to_text,
)
from portal.reports.rules.drawing import cells_of, drawing, top_of
from portal.reports.rules.examples import gallery
from portal.reports.rules.readings import KINDS, pictured, renewed
from portal.reports.rules.tiles import tile_of, tiles
from portal.web.brand import BRAND
from tests.unit.house.sources import ROOT

SVG = "{http://www.w3.org/2000/svg}"
SMALL = Withheld.SMALL
GALLERY = gallery()
TABLES = {table.key: table for table in GALLERY.tables}


def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(report_drawing=drawing, report_cells=cells_of)
    return made


MACROS = environment().get_template("reports/pictures.html").module


def draw(picture, table=None, **changes):
    return str(MACROS.picture(picture, table or TABLES[picture.table], **changes))


def parsed(markup):
    return ET.fromstring(f"<root>{markup}</root>")  # noqa: S314 - our own markup


@pytest.fixture(params=GALLERY.pictures, ids=lambda one: one.key)
def picture(request):
    return request.param


@pytest.fixture(params=[False, True], ids=["page", "print"])
def in_print(request):
    return request.param


def two(rows, unit=Unit.COUNT, label=Unit.TEXT, total=None):
    columns = (Column("label", "Label", label, ""), Column("n", "Number", unit, ""))
    return Table("t", "A table", columns, tuple(rows), total)


def test_the_gallery_has_every_kind():
    assert {one.kind for one in GALLERY.pictures} == set(KINDS)


def test_a_picture_is_named_described_and_read(picture, in_print):
    page = parsed(draw(picture, print=in_print))
    assert page.find(".//h3").text == picture.title
    reading = page.find(".//p[@class='govuk-body app-picture__reading']")
    assert "".join(reading.itertext()).strip().startswith(picture.reading)
    svg = page.find(f".//{SVG}svg")
    if not TABLES[picture.table].rows:
        assert svg is None
        return
    assert svg.get("role") == "img"
    title, desc = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert svg.get("aria-labelledby").split() == [title.get("id"), desc.get("id")]
    assert title.text.startswith(picture.title)
    assert (desc.text in title.text) == in_print
    assert svg.get("viewBox").startswith("0 0 ")
    assert svg.get("width") is None


def test_the_description_has_every_label(picture):
    if picture.kind in {"network", "slope"}:
        return
    table = TABLES[picture.table]
    text = drawing(picture, table)["description"]
    heads, rows, _ = cells_of(table)
    labels = [row[0] for row in rows]
    assert all(label in text for label in labels)
    assert heads


def test_nothing_breaks_the_policy(picture, in_print):
    markup = draw(picture, print=in_print)
    assert "style=" not in markup
    assert not re.search(r"<(style|script)|\son\w+=", markup)


def test_everything_stays_within_the_frame(picture, in_print):
    svg = parsed(draw(picture, print=in_print)).find(f".//{SVG}svg")
    if svg is None:
        return
    _, _, width, height = map(float, svg.get("viewBox").split())
    for rect in svg.iter(f"{SVG}rect"):
        left, top = float(rect.get("x")), float(rect.get("y"))
        assert left >= 0
        assert top >= 0
        assert left + float(rect.get("width")) <= width + 0.2
        assert top + float(rect.get("height")) <= height + 0.2
    for text in svg.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x")) <= width
        assert 0 < float(text.get("y")) <= height


def test_no_text_is_drawn_over_another_edge(picture, in_print):
    """By the widths of the type that is used, some 0.54 of its size a letter and 0.6 in bold."""
    svg = parsed(draw(picture, print=in_print)).find(f".//{SVG}svg")
    if svg is None:
        return
    width = float(svg.get("viewBox").split()[2])
    for text in svg.iter(f"{SVG}text"):
        words = "".join(text.itertext())
        size = float(text.get("font-size", 13)) * (0.58 if text.get("font-weight") else 0.52)
        long, x = len(words) * size, float(text.get("x"))
        share = {"end": 1, "middle": 0.5}.get(text.get("text-anchor"), 0)
        assert x - long * share >= -6, words
        assert x + long * (1 - share) <= width + 6, words


def test_the_table_stands_in_details_on_a_page_and_not_in_print(picture):
    table = TABLES[picture.table]
    page = parsed(draw(picture))
    found = page.find(".//details//table")
    assert (found is not None) == bool(table.rows)
    if table.rows:
        assert len(found.findall("tbody/tr")) == len(table.rows)
        region = page.find(".//details//div[@role='region']")
        assert region.get("tabindex") == "0"
    assert parsed(draw(picture, print=True)).find(".//table") is None
    assert parsed(draw(picture, show="none")).find(".//table") is None


def test_ids_are_the_pictures_own(picture):
    both = parsed(draw(picture) + draw(picture, id="again"))
    ids = [each.get("id") for each in both.iter() if each.get("id")]
    assert len(ids) == len(set(ids))


def test_what_is_withheld_is_said_and_not_drawn():
    table = two([("A", SMALL), ("B", 8)])
    for kind in ("bars", "histogram", "funnel", "tile_map"):
        one = pictured("p", kind, "Title", table, what="shops", label="label", value="n")
        drawn = drawing(one, table)
        assert drawn["rows"][0]["value"] is None
        assert drawn["rows"][0]["text"] == "Not shown"
        assert "A: Not shown" in drawn["description"]
        assert "shops: 8 of" not in one.reading


def test_readings_are_made_again_when_a_table_is_protected():
    table = two([("A", 2), ("B", 8)])
    one = pictured("p", "bars", "Title", table, what="shops", label="label", value="n")
    section = Section("s", "S", tables=(table,), pictures=(one,))
    assert one.reading == "B has the most shops: 8 of 10 (80.0%)."
    hidden = replace(section, tables=(two([("A", SMALL), ("B", 8)]),))
    assert renewed(hidden).pictures[0].reading == "Of the figures shown, B has 8 shops."
    assert renewed(section) == section


def test_a_picture_survives_being_kept():
    day = datetime(2026, 2, 1, tzinfo=UTC)
    report = Report("k", "T", "", day.date(), day.date(), day, (GALLERY,))
    kept = from_text(to_text(report)).sections[0]
    for before, after in zip(GALLERY.pictures, kept.pictures, strict=True):
        table = {one.key: one for one in kept.tables}[after.table]
        assert draw(after, table) == draw(before)


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("pie", {}),
        ("bars", {"what": "x", "label": "label"}),
        ("bars", {"what": "x", "label": "label", "value": "n", "colour": "red"}),
        ("bars", {"what": "x", "label": "label", "value": "nowhere"}),
        ("dots", {"what": "x", "label": "label", "values": ["n", "label"]}),
        ("small_multiples", {"what": "x", "label": "label", "values": ["n"], "panels": "both"}),
    ],
)
def test_a_spec_that_does_not_fit_is_refused(kind, spec):
    with pytest.raises(ValueError, match=r"."):
        pictured("p", kind, "Title", two([("A", 1)]), **spec)


@given(
    st.lists(st.integers(0, 10**9), max_size=12),
    st.sampled_from([Unit.COUNT, Unit.PENCE, Unit.PER_MILLE, Unit.TENTHS, Unit.DAYS]),
)
def test_a_scale_ends_at_a_round_number_just_above(numbers, unit):
    top = top_of(numbers, unit)
    most = max(numbers, default=0)
    assert top >= max(most, 1)
    one = {Unit.PENCE: 100, Unit.PER_MILLE: 10, Unit.TENTHS: 10}.get(unit, 1)
    assert top % one == 0
    assert top <= max(2 * most, one)


_VALUES = st.one_of(st.none(), st.just(SMALL), st.integers(0, 5), st.integers(0, 10**9))
_NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=14), st.sampled_from(list(Unit)[:6]))
def test_any_figures_can_be_drawn(rows, unit):
    table = two(rows, unit)
    for kind in ("bars", "histogram", "funnel", "tile_map"):
        one = pictured("p", kind, "A & <b>", table, what="shops", label="label", value="n")
        for in_print in (False, True):
            page = parsed(draw(one, table, print=in_print))
            assert page.find(".//h3").text == "A & <b>"
        assert one.reading.endswith(".")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(_VALUES, _VALUES), min_size=1, max_size=30))
def test_any_months_can_be_drawn(rows):
    columns = (
        Column("m", "Month", Unit.MONTH, ""),
        Column("a", "So far", Unit.COUNT, ""),
        Column("p", "Profile", Unit.COUNT, ""),
    )
    months = [f"{2024 + place // 12}-{place % 12 + 1:02}-01" for place in range(len(rows))]
    table = Table(
        "t", "T", columns, tuple((month, *row) for month, row in zip(months, rows, strict=True))
    )
    given_ = {"what": "deals", "label": "m"}
    for one in (
        pictured("a", "burn_up", "T", table, actual="a", profile="p", **given_),
        pictured("b", "months", "T", table, value="a", target="p", running=True, **given_),
        pictured("c", "small_multiples", "T", table, values=["a", "p"], panels="columns", **given_),
        pictured("d", "dots", "T", table, values=["a", "p"], **given_),
    ):
        assert parsed(draw(one, table)).find(f".//{SVG}svg") is not None
        assert one.reading.endswith(".")


def test_every_district_has_a_tile_and_neighbours_touch():
    settings_ = yaml.safe_load((ROOT / "portal/programme/data/defaults.yaml").read_text())
    places = {one.district: (one.column, one.row) for one in tiles()}
    assert {one["key"] for one in settings_["area"]["districts"]} == set(places)
    assert len(set(places.values())) == len(places)
    neighbours = yaml.safe_load((ROOT / "portal/network/data/neighbours.yaml").read_text())
    for one, other in neighbours["pairs"]:
        (x1, y1), (x2, y2) = places[one], places[other]
        assert abs(x1 - x2) <= 1, (one, other)
        assert abs(y1 - y2) <= 1, (one, other)
    for one in settings_["area"]["districts"]:
        assert tile_of(one["title"]) is tile_of(one["key"]) is not None
    assert tile_of("Outside the area") is None


def test_the_map_has_the_brands_colours():
    tones = environment().get_template("components/charts/tiles.html").module
    assert tones.fills == BRAND.levels
    assert tones.texts == BRAND.text_on_levels


def test_numbers_in_a_table_are_written_as_everywhere():
    table = two([("A", 1204), ("B", SMALL)], total=("All", None))
    assert cells_of(table) == (
        ["Label", "Number"],
        [["A", "1,204"], ["B", "Not shown"]],
        ["All", "\N{EN DASH}"],
    )
    assert isinstance(GALLERY.pictures[0], Picture)
