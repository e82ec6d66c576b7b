"""One identity everywhere, readable by everyone."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from portal.web.brand import BRAND, FONT_STACK

ROOT = Path(__file__).resolve().parents[4]
SCSS = (ROOT / "static/src/scss/_brand.scss").read_text(encoding="utf-8")


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_style_sheet_and_python_hold_the_same_colours():
    in_scss = {
        n.replace("-", "_"): v for n, v in re.findall(r"^\$([\w-]+): (#\w{6});", SCSS, re.MULTILINE)
    }
    assert in_scss == asdict(BRAND)


def test_style_sheet_and_python_name_the_same_font():
    assert f"$font-stack: {FONT_STACK};" in SCSS


B = BRAND
TEXT_PAIRS = [
    *((text, B.paper) for text in (B.ink, B.ink_soft, B.brand, B.brand_dark, B.brand_deep)),
    *((text, B.paper) for text in (B.error, B.success, B.warning, B.visited)),
    *((text, B.brand_wash) for text in (B.ink, B.ink_soft, B.brand, B.brand_deep, B.visited)),
    *((text, B.brand_tint) for text in (B.ink, B.brand_dark, B.brand_deep)),
    *((B.paper, ground) for ground in (B.brand, B.brand_dark, B.brand_deep, B.error, B.success)),
    *((B.brand_tint, ground) for ground in (B.brand, B.brand_dark, B.brand_deep)),
    *((B.paper, ground) for ground in ("#8c1d17", B.ink_soft)),
    (B.ink, B.focus),
    (B.error, B.error_tint),
    (B.success, B.success_tint),
    (B.warning, B.warning_tint),
    *(("#145230", B.success_tint), ("#5c3a00", B.warning_tint), ("#8c1d17", B.error_tint)),
    ("#2d3c42", "#e6ecee"),
    *zip(B.text_on_levels, B.levels, strict=True),
]
EDGE_PAIRS = [
    (B.line_strong, B.paper),
    (B.line_strong, B.brand_wash),
    (B.brand_mid, B.paper),
    (B.brand_mid, B.brand_wash),
    (B.brand, B.brand_wash),
    (B.ink, B.paper),
    (B.ink, B.focus),
    (B.focus, B.brand_dark),
    (B.focus, B.brand_deep),
    (B.error, B.paper),
    (B.level_3, B.paper),
]


@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_can_be_read(text, ground):
    assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize(("edge", "ground"), EDGE_PAIRS)
def test_edges_can_be_seen(edge, ground):
    assert contrast(edge, ground) >= 3


def test_no_page_template_carries_inline_style():
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if re.search(r"\sstyle\s*=|<style", path.read_text(encoding="utf-8"))
    ]
    # mail programs read nothing else, and the PDF never meets the policy of a page
    assert [p for p in found if not re.search(r"/(email|mail|pdf)[\w./-]*\.html$", p)] == []
