from __future__ import annotations

import re
import timeit
import xml.etree.ElementTree as ET

import pytest

from portal.action_plans.pdf_view import environment
from portal.web.brand import BRAND, FONT_FAMILY

SVG = "{http://www.w3.org/2000/svg}"

ROWS = [
    {"label": f"Dimension {n}", "score": n * 10 if n != 4 else None, "comparison": 50}
    for n in range(1, 11)
]
CHANGES = [
    {"label": "Up", "earlier": 20, "later": 50},
    {"label": "Down", "earlier": 50, "later": 20},
    {"label": "Same", "earlier": 50, "later": 50},
    {"label": "New", "earlier": None, "later": 50},
    {"label": "Gone", "earlier": 50, "later": None},
]
AMOUNTS = [
    {"label": "Saved", "low": 100, "high": 300, "low_text": "£1", "high_text": "£3"},
    {"label": "Cost", "low": 200, "high": 200, "low_text": "£2", "high_text": "£2"},
    {"label": "Left", "low": -100, "high": 100, "low_text": "−£1", "high_text": "£1"},  # noqa: RUF001
]
SPENT = [
    {"label": "Apr to Jun", "amount": 500, "amount_text": "£5", "mark": 700, "mark_text": "£7"},
    {"label": "Jul to Sep", "amount": 0, "amount_text": "£0", "mark": 0, "mark_text": "£0"},
    {"label": "Oct to Dec", "amount": None, "amount_text": "", "mark": 900, "mark_text": "£9"},
]
CHARTS = {
    "bar_chart": ("bar", {"rows": ROWS, "comparison_label": "Others"}),
    "gauge": (
        "gauge",
        {"score": 43, "level": "Started", "comparison": 50, "comparison_label": "Others"},
    ),
    "slope_chart": ("slope", {"rows": CHANGES}),
    "range_chart": ("range", {"rows": AMOUNTS}),
    "amounts_chart": ("amounts", {"rows": SPENT, "mark_label": "Profile"}),
}


def draw(name, **changes):
    module, arguments = CHARTS[name]
    template = environment().get_template(f"components/charts/{module}.html")
    given = {"id": "c1", "title": "A chart of things", **arguments, **changes}
    return str(getattr(template.module, name)(**given))


def parsed(markup):
    return ET.fromstring(f"<root>{markup}</root>")  # noqa: S314 - our own markup


@pytest.fixture(params=list(CHARTS))
def name(request):
    return request.param


def test_a_chart_is_named_and_described(name):
    svg = parsed(draw(name)).find(f".//{SVG}svg")
    assert svg.get("role") == "img"
    title, desc = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert svg.get("aria-labelledby").split() == [title.get("id"), desc.get("id")]
    assert title.text == "A chart of things"
    assert len(desc.text) > 10


def test_in_print_the_title_says_it_all(name):
    svg = parsed(draw(name, print=True)).find(f".//{SVG}svg")
    assert svg.find(f"{SVG}desc").text in svg.find(f"{SVG}title").text


def test_ids_are_the_charts_own(name):
    both = parsed(draw(name) + draw(name, id="c2"))
    ids = [each.get("id") for each in both.iter() if each.get("id")]
    assert len(ids) == len(set(ids)) == 4


def test_no_inline_style_no_script_and_the_font_is_named(name):
    markup = draw(name)
    assert "style=" not in markup
    assert "<style" not in markup
    assert "<script" not in markup
    assert FONT_FAMILY in parsed(markup).find(f".//{SVG}svg").get("font-family")


def test_it_scales_with_the_page(name):
    svg = parsed(draw(name)).find(f".//{SVG}svg")
    assert svg.get("viewBox").startswith("0 0 ")
    assert svg.get("width") is None


def test_everything_stays_inside_the_picture(name):
    svg = parsed(draw(name)).find(f".//{SVG}svg")
    _, _, width, height = map(float, svg.get("viewBox").split())
    for rect in svg.iter(f"{SVG}rect"):
        left, top = float(rect.get("x")), float(rect.get("y"))
        assert left >= 0
        assert left + float(rect.get("width")) <= width + 0.2
        assert top + float(rect.get("height")) <= height


def test_its_table_stands_behind_a_summary_on_a_page(name):
    page = parsed(draw(name))
    assert page.find(".//details/summary") is not None
    table = page.find(".//table")
    assert table.find("caption").text == "A chart of things"
    assert all(head.get("scope") == "col" for head in table.findall("thead/tr/th"))
    assert all(row.find("th").get("scope") == "row" for row in table.findall("tbody/tr"))


def test_the_table_can_be_open_or_the_callers_own(name):
    assert parsed(draw(name, table="visible")).find(".//details") is None
    assert parsed(draw(name, table="visible")).find(".//table") is not None
    assert parsed(draw(name, table="none")).find(".//table") is None


def test_words_are_escaped():
    row = {"label": '<script>"&', "score": 1, "comparison": None}
    markup = draw("bar_chart", rows=[row], title="<b>&")
    assert "<script" not in markup
    assert parsed(markup).find(f".//{SVG}title").text == "<b>&"


def test_bars_are_as_long_as_their_scores():
    svg = parsed(draw("bar_chart")).find(f".//{SVG}svg")
    widths = [
        float(rect.get("width"))
        for rect in svg.iter(f"{SVG}rect")
        if not rect.get("stroke-dasharray")
    ]
    track = max(widths)
    assert [round(100 * width / track) for width in widths[1::2]] == [
        10,
        20,
        30,
        50,
        60,
        70,
        80,
        90,
        100,
    ]


def test_no_score_is_said_and_never_drawn_as_nought():
    markup = draw("bar_chart")
    assert "No score: nothing answered" in markup
    assert "Dimension 4 no score" in markup
    assert "No score" in draw("gauge", score=None, comparison=None)
    assert "nothing answered yet" in draw("gauge", score=None, comparison=None)


@pytest.mark.parametrize("score", [0, 1, 50, 100])
def test_the_dial_turns_with_the_score(score):
    found = re.search(r'stroke-dasharray="([\d.]+) 300"', draw("gauge", score=score))
    assert (float(found[1]) if found else 0) == pytest.approx(score * 251.33 / 100, abs=0.1)


def test_without_a_comparison_there_is_no_mark():
    rows = [{"label": "A", "score": 10, "comparison": None}]
    markup = draw("bar_chart", rows=rows)
    assert BRAND.warning not in markup
    assert "Others" not in markup


def test_change_is_signed_and_only_where_both_scores_are():
    markup = draw("slope_chart")
    assert ">+30<" in markup
    assert ">−30<" in markup  # noqa: RUF001
    assert markup.count("Not comparable") == 2


def test_colours_are_the_brands():
    palette = environment().get_template("components/charts/_palette.html").module
    assert (palette.ink, palette.quiet) == (BRAND.ink, BRAND.ink_soft)
    assert (palette.accent, palette.track, palette.line) == (
        BRAND.brand,
        BRAND.brand_tint,
        BRAND.line,
    )
    assert (palette.tint_high, palette.tint_mid, palette.tint_low, palette.marker) == (
        BRAND.brand_dark,
        BRAND.level_3,
        BRAND.level_2,
        BRAND.warning,
    )


def test_a_chart_is_small_and_quick():
    picture = draw("gauge", table="none")
    assert len(picture) < 2_000
    assert len(draw("bar_chart", table="none")) < 6_000
    # 0.1 to 0.3 ms on an idle machine; the bound only catches a change of kind.
    assert min(timeit.repeat(lambda: draw("bar_chart"), number=5, repeat=5)) / 5 < 0.01
