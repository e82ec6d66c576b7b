"""What people write comes out as safe HTML, with sections, sources and boxes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.integrations.markdown import heading_key, plain_text, render

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](https://example.org/pixel.png)",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](//evil.example)",
    '[x](/ok "onmouseover=alert(1)")',
    "<svg/onload=alert(1)>",
    "`<script>`",
    "# <script>alert(1)</script>",
    "| <script>a</script> | b |\n|---|---|\n| <iframe src=x> | d |",
    "[@<script>]",
    "<style>*{display:none}</style>",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_runs_or_is_fetched(payload: str) -> None:
    html = str(render(f"Before\n\n{payload}\n\nAfter").html)
    assert not re.search(r"<(?:script|img|svg|iframe|style)", html)
    assert not re.search(r'(?:href|src)="(?!https?:|mailto:|tel:|/(?!/)|#)', html)
    assert not re.search(r"<[^>]*\son[a-z]+=", html)
    assert "Before" in html
    assert "After" in html


@given(st.text(max_size=400))
def test_any_text_is_rendered(body: str) -> None:
    html = str(render(body).html)
    assert "<script" not in html
    assert isinstance(plain_text(body), str)


def test_headings_begin_below_the_title_and_open_sections() -> None:
    written = render("Lead\n\n# First\n\na\n\n### Inside\n\n## First\n\nb")
    assert [(part.key, part.title) for part in written.sections] == [
        ("", ""),
        ("first", "First"),
        ("first-2", "First"),
    ]
    assert '<h3 class="govuk-heading-s" id="inside">' in written.sections[1].html
    assert "<h1" not in written.html


def test_sources_are_numbered_in_the_order_they_are_cited() -> None:
    written = render("A [@beta]. B [@alpha], again [@beta].")
    assert written.cited == ("beta", "alpha")
    assert written.html.count('href="#source-1"') == 2
    assert written.html.count('href="#source-2"') == 1


def test_boxes_and_lines_to_fill_in() -> None:
    written = render("- [ ] Ask the rota lead\n- [x] Done\n\nName: ______")
    assert '<li class="app-tick">' in written.html
    assert "☐ Ask the rota lead" in written.html
    assert "☑ Done" in written.html
    assert '<span class="app-fill">' in written.html


def test_tables_get_their_classes_and_no_styles() -> None:
    html = render("| Role | Hours |\n|:--|--:|\n| Lead | 20 |").html
    assert '<div class="app-scroll" tabindex="0" role="region" aria-label="Table 1">' in html
    assert html.count("</table></div>") == 1
    assert '<table class="govuk-table">' in html
    assert 'scope="col"' in html
    assert "style=" not in html


def test_plain_text_has_the_words_only() -> None:
    body = "## Hours\n\nAsk *each* [person](/x) [@a],\nnow.\n\n`today` ____"
    assert plain_text(body) == "Hours Ask each person , now. today"


def test_keys_of_headings_fit_an_address() -> None:
    assert heading_key("Before you start: 5 things") == "before-you-start-5-things"
    assert heading_key("Ŵythnos à la carte") == "wythnos-a-la-carte"
    assert heading_key("……") == "part"
