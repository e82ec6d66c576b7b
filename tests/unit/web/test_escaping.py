"""What templates write is escaped letter by letter as the library escapes it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment, StrictUndefined, Undefined
from markupsafe import Markup, escape

from portal.web.app import PortalEnvironment
from portal.web.escaping import PlainOutput, escaped


class Own(str):
    """A text of another kind, as a name of a choice may be."""

    __slots__ = ()


class Drawn:
    def __html__(self) -> str:
        return "<b>drawn</b>"


@given(st.text() | st.text(alphabet="<>&'\"ab\0\u2028", max_size=40))
def test_text_is_escaped_as_the_library_does(text: str) -> None:
    assert escaped(text) == str(escape(text))
    assert escaped(Own(text)) == str(escape(Own(text)))
    assert escaped(Markup(text)) == text  # noqa: S704 - that it is left alone is what is asked


@pytest.mark.parametrize(
    "value",
    [None, 0, 1.5, True, Decimal("2.50"), ["<i>"], {"<": ">"}, Drawn(), b"<i>", Undefined()],
)
def test_so_is_everything_else(value: object) -> None:
    assert escaped(value) == str(escape(value))


SOURCES = {
    "base": "<p>{{ first }}{% block inner %}{% endblock %}</p>",
    "page": (
        '{% extends "base" %}{% from "part" import part %}{% block inner %}'
        "{% for one in many %}{{ one }}{{ loop.index }}{% endfor %}"
        "{% set kept %}{{ first }}{% endset %}{{ kept }}{{ kept ~ first }}{{ part(first) }}"
        '{% call part("<u>") %}{{ first }}{% endcall %}'
        "{{ first|upper }}{{ first|safe }}{{ '<s>' }}{% filter upper %}{{ first }}{% endfilter %}"
        "{% autoescape false %}{{ first }}{% endautoescape %}"
        "{% autoescape on %}{{ first }}{% endautoescape %}"
        '{% include "piece" %}{{ super() }}{{ self.inner is defined }}{% endblock %}'
    ),
    "part": (
        "{% macro part(x) %}<i>{{ x }}"
        "{% if caller is defined %}{{ caller() }}{% endif %}</i>{% endmacro %}"
    ),
    "piece": "<em>{{ first }}</em>",
}
VALUES = {"first": "<a href='x'>\"&", "many": ["<1>", Markup("<2>"), Own("<3>"), 4], "on": True}


@pytest.mark.parametrize("autoescape", [True, False])
def test_a_whole_template_comes_out_the_same(*, autoescape: bool) -> None:
    loader = DictLoader(SOURCES)
    usual = Environment(loader=loader, undefined=StrictUndefined, autoescape=autoescape)  # noqa: S701

    class Ours(Environment):
        code_generator_class = PlainOutput

    ours = Ours(loader=loader, undefined=StrictUndefined, autoescape=autoescape)
    drawn = ours.get_template("page").render(VALUES)
    assert drawn == usual.get_template("page").render(VALUES)
    assert ("&lt;a" in drawn) is True
    assert ("escaped(" in ours.compile(SOURCES["piece"], raw=True)) is autoescape


def test_the_portal_writes_its_pages_so() -> None:
    assert PortalEnvironment.code_generator_class is PlainOutput
