"""Pasted text becomes plain Markdown, and what is taken out is said."""

from __future__ import annotations

import time

import pytest

from portal.integrations.markdown import render
from portal.integrations.pasting import MOST, cleaned

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta charset=utf-8>
<style>p.MsoNormal{margin:0}</style></head><body lang=EN-GB>
<!--[if gte mso 9]><xml><w:WordDocument/></xml><![endif]-->
<p class=MsoNormal><b>Start in <st1:place w:st="on">Leeds</st1:place></b> today<o:p></o:p></p>
<h2 style='mso-x:1'>Ask first</h2>
<p class=MsoListParagraphCxSpFirst style='mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol'><span style='mso-list:Ignore'>·<span
style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp; </span></span></span><![endif]>One</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0'><span
style='mso-list:Ignore'>2.<span>&nbsp; </span></span>Two</p>
<table class=MsoTableGrid border=1><tr><td><p class=MsoNormal>Day</p></td><td>Who</td></tr>
<tr><td>Monday</td><td>Example &lt;b&gt;</td></tr></table>
<p><img src="data:image/png;base64,AAAA" alt="A chart"></p>
<p>Fill in ________ [@key-1] a &amp; b</p></body></html>"""


def said(text: str) -> dict[str, str]:
    return {one.words: one.example for one in cleaned(text).taken}


def test_what_word_writes_becomes_plain_markdown() -> None:
    found = cleaned(WORD)
    assert found.text == (
        "**Start in Leeds** today\n\n## Ask first\n\n- One\n\n1. Two\n\n"
        "| Day | Who |\n| --- | --- |\n| Monday | Example \\<b> |\n\n"
        "Fill in ________ [@key-1] a & b"
    )
    words = said(WORD)
    assert words["a picture"] == "A chart"
    assert any("marks of Word" in one for one in words)
    assert "a hidden comment" in words


@pytest.mark.parametrize(
    ("text", "left", "words"),
    [
        ("Before <script>alert(1)</script>after", "Before after", "a script"),
        ("<SCRIPT SRC=//x></SCRIPT>after", "after", "a script"),
        ("[go](javascript:alert(1))", "go", "a link that runs a program or leads nowhere"),
        ("[go](java\tscript:x)", "go", "a link that runs a program or leads nowhere"),
        ("[go](&#106;avascript:x)", "go", "a link that runs a program or leads nowhere"),
        ("[go](data:text/html,x)", "go", "a link that runs a program or leads nowhere"),
        ('<a href=" javascript:x">go</a>', "go", "a link that runs a program or leads nowhere"),
        ("[a]: vbscript:x", "", "a link that runs a program or leads nowhere"),
        ("![chart](data:image/png;base64,AAA=)", "chart", "a picture"),
        ("<p onclick='x()'>words</p>", "words", "an instruction that runs by itself"),
        ("one\x00two\u200b", "onetwo", "2 control or hidden characters"),
        ("<iframe src=https://example.org></iframe>x", "x", "a frame with another page"),
        ("<svg onload=alert(1)>x</svg>y", "y", "a drawing"),
    ],
)
def test_what_could_do_harm_is_taken_out_and_said(text: str, left: str, words: str) -> None:
    found = cleaned(text)
    assert found.text == left
    assert words in said(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Plain **words** [@a-1] and [a link](https://example.org/a_(b)) and [here](#x)\n",
        "- [ ] box\n- [x] done\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        "`<script>alert(1)</script>` is shown\n\n```\n<p>as it is</p>\n```",
        "3 < 4, a<b and 5 > 4; <https://example.org> and <name@example.org>",
        "Name: ________\n\n> quoted\n\n1. one\n2. two",
        "an escaped \\<b>",
    ],
)
def test_markdown_stays_as_it_is(text: str) -> None:
    assert cleaned(text).text == text
    assert cleaned(text).taken == ()


def test_markdown_round_a_piece_of_html_stays() -> None:
    found = cleaned("# Title\n\n- a <b>bold</b> item\n- two\n\n> quoted & more\n\n<div>part</div>")
    assert found.text == "# Title\n\n- a **bold** item\n- two\n\n> quoted & more\n\npart"


@pytest.mark.parametrize(
    "text", [WORD, "&lt;script&gt;x&lt;/script&gt; <b>a</b>", "<b>x</b> [a](b:c)"]
)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = cleaned(text)
    again = cleaned(once.text)
    assert (again.text, again.taken) == (once.text, ())


def test_what_is_left_renders_without_marks_of_its_own() -> None:
    html = render(cleaned(WORD).text).html
    assert "<table" in html
    assert "mso" not in html.lower()
    assert "<script" not in render(cleaned("<b>x</b><script>y</script>").text).html


@pytest.mark.parametrize(
    "text",
    [
        "<div>" * 50_000,
        "<p " * 100_000,
        "<!--" * 80_000,
        "[" * 300_000,
        "![a](" * 70_000,
        "[a](" * 90_000,
        "[a]:" * 90_000,
        "```a\n~~~b\n" * 30_000,
        "<a href=" + " " * 300_000,
        "<b>x</b>" + "\n \n" * 100_000,
        "&lt;" * 90_000 + "<b>x</b>",
    ],
    ids=range(11),
)
def test_nothing_that_is_pasted_takes_long(text: str) -> None:
    begun = time.process_time()
    cleaned(text)
    assert time.process_time() - begun < 3


def test_pictures_of_megabytes_are_taken_out_before_the_length_is_judged() -> None:
    found = cleaned(f'<p>words</p><img src="data:image/png;base64,{"A" * 5_000_000}">')
    assert found.text == "words"
    assert "a picture" in {one.words for one in found.taken}


def test_a_text_of_megabytes_is_left_to_be_refused() -> None:
    text = "<p>word</p>" * 100_000
    assert len(text) > MOST
    assert cleaned(text).text == text
