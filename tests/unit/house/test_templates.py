"""Templates obey the content policy: no inline style, no inline script without its nonce."""

from __future__ import annotations

import re

import pytest

from tests.unit.house.sources import name_of, templates

# Mail programs need inline styles; what is printed has a style sheet of its own and no policy.
MAIL = ("templates/mail/", "templates/layouts/email.html", "templates/components/mail.html")

_COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
_STYLE_ATTRIBUTE = re.compile(r"<[a-zA-Z][^<>]*\sstyle\s*=", re.DOTALL)
_STYLE_ELEMENT = re.compile(r"<style\b", re.IGNORECASE)
_SCRIPT = re.compile(r"<script\b([^>]*)>", re.IGNORECASE)
_HANDLER = re.compile(r"<[a-zA-Z][^<>]*\son[a-z]+\s*=\s*[\"']", re.DOTALL)
# What a record says, as the address of a link.
_STORED = re.compile(
    r"""href\s*=\s*["']{{\s*[\w.]*\.(?:url|link_url|value|website|online_address)\s*}}"""
)
_ELSEWHERE = re.compile(r"(?:src|srcset)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE)


def template_faults(name: str, source: str) -> list[str]:
    """Every way in which a template breaks the policy."""
    text = _COMMENT.sub("", source)
    faults = []
    if not name.startswith(MAIL):
        if _STYLE_ATTRIBUTE.search(text):
            faults.append(f"{name}: a style attribute")
        if _STYLE_ELEMENT.search(text):
            faults.append(f"{name}: a style element")
    faults += [
        f"{name}: a script without a nonce"
        for attributes in _SCRIPT.findall(text)
        if "nonce=" not in attributes and "application/json" not in attributes
    ]
    if _HANDLER.search(text):
        faults.append(f"{name}: an inline event handler")
    if _ELSEWHERE.search(text):
        faults.append(f"{name}: something loaded from another site")
    if _STORED.search(text):
        faults.append(f"{name}: a link to what a record says, without |web_address")
    return faults


def test_every_template_keeps_the_policy() -> None:
    assert templates()
    faults = []
    for path in templates():
        faults += template_faults(name_of(path), path.read_text(encoding="utf-8"))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('<p style="color:red">x</p>', "style attribute"),
        ('<p\n  class="a"\n  style="color:red">x</p>', "style attribute"),
        ("<style>p{}</style>", "style element"),
        ("<script>x()</script>", "without a nonce"),
        ('<script src="/x.js"></script>', "without a nonce"),
        ('<a href="#" onclick="x()">x</a>', "event handler"),
        ('<img src="https://elsewhere.example/x.png" alt="">', "another site"),
        ('<a href="{{ source.url }}">x</a>', "without |web_address"),
    ],
)
def test_a_template_that_breaks_the_policy_is_found(source: str, fault: str) -> None:
    assert any(fault in found for found in template_faults("templates/x/y.html", source))


@pytest.mark.parametrize(
    "source",
    [
        '<script nonce="{{ csp_nonce() }}">x()</script>',
        '<script type="application/json">{}</script>',
        '{# never <p style="x"> #}<p class="style">x</p>',
        '<a href="{{ source.url|web_address }}">x</a>',
        '<svg><g transform="x" stroke="y"></g></svg>',
    ],
)
def test_what_the_policy_allows_is_left_alone(source: str) -> None:
    assert template_faults("templates/x/y.html", source) == []


def test_mail_may_carry_its_styles() -> None:
    assert template_faults("templates/mail/x.html", '<p style="margin:0">x</p>') == []
