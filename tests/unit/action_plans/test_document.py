from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from portal.action_plans.document import (
    Comparison,
    DocumentError,
    PlanDocument,
    case_summary,
)
from portal.action_plans.example_plan import example_document
from portal.action_plans.pdf_view import capped, render_plan_html
from portal.action_plans.rules.business_case import work_out
from portal.action_plans.rules.business_case_figures import BusinessCaseInputs
from portal.integrations.pdf import cap_text


def test_the_example_says_that_it_is_one():
    document = example_document()
    assert "EXAMPLE" in document.employer_name
    assert document.example
    assert len(document.actions) == 15
    assert "invented" in render_plan_html(document)


@pytest.mark.parametrize("signed_off", [True, False])
def test_json_gives_back_the_same_document(signed_off):
    document = example_document(7, signed_off=signed_off)
    stored = document.to_json()
    assert PlanDocument.from_json(stored) == document
    assert PlanDocument.from_json(stored).to_json() == stored


def test_an_empty_document_goes_round_too():
    document = replace(
        example_document(),
        employer_name='شركة \U0001f600 "quotes" & <b>',
        goals=(),
        dimensions=(),
        business_case=None,
        comparison=Comparison("Withheld"),
        overall=None,
    )
    assert PlanDocument.from_json(document.to_json()) == document


def test_a_document_cannot_be_changed():
    with pytest.raises(AttributeError):
        example_document().version = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: plan.pop("version"),
        lambda plan: plan.update(extra=1),
        lambda plan: plan.update(version="2"),
        lambda plan: plan.update(version=True),
        lambda plan: plan.update(prepared_on="22 November"),
        lambda plan: plan.update(goals={}),
        lambda plan: plan["goals"][0].update(actions=["x"]),
        lambda plan: plan.update(overall=43.5),
    ],
)
def test_json_that_is_not_a_plan_is_refused(change):
    data = json.loads(example_document().to_json())
    change(data["plan"])
    with pytest.raises(DocumentError):
        PlanDocument.from_json(json.dumps(data))


@pytest.mark.parametrize("stored", ["", "[]", "{}", '{"format": 99, "plan": {}}'])
def test_json_of_something_else_is_refused(stored):
    with pytest.raises(DocumentError):
        PlanDocument.from_json(stored)


def test_a_float_cannot_be_stored():
    with pytest.raises(TypeError):
        replace(example_document(), overall=1.5).to_json()  # type: ignore[arg-type]


def test_a_case_without_figures_is_printed_as_such():
    read = BusinessCaseInputs.read({}, as_at=example_document().prepared_on)
    assert isinstance(read, BusinessCaseInputs)
    summary = case_summary(work_out(read))
    assert summary.verdict == "cannot_say"
    assert summary.leaver_lines == ()
    html = render_plan_html(replace(example_document(), business_case=summary))
    assert "Cannot say yet" in html


def test_texts_are_cut_to_what_is_printed():
    document = example_document()
    action = replace(document.actions[0], why="word " * 20_000, owner="x" * 100_000)
    long = replace(
        document,
        employer_name="N" * 5000,
        goals=(replace(document.goals[0], actions=(action,)),),
        small_print=("y" * 9000,),
    )
    short = capped(long)
    assert len(short.employer_name) < 300
    assert "100,000 characters" in short.actions[0].owner
    assert len(short.actions[0].why) < 800
    assert len(short.small_print[0]) < 1200
    assert len(render_plan_html(long)) < 40_000


def test_capping_leaves_an_ordinary_document_as_it_is():
    assert capped(example_document()) == example_document()


def test_cap_text():
    assert cap_text("short", 10) == "short"
    assert cap_text("one two three", 9).startswith("one two …")
    assert "13 characters" in cap_text("one two three", 9)
    assert cap_text("a\x00b\x1b\ud800\u202ec\n\td", 50) == "abc\n\td"
    assert cap_text("محمد علي", 50) == "محمد علي"


def test_every_text_on_the_page_is_escaped():
    hostile = '"><script>alert(1)</script><img src=x>'

    def poison(value):
        if isinstance(value, str) and value != "may_pay":
            return value + hostile
        if isinstance(value, tuple):
            return tuple(map(poison, value))
        if hasattr(value, "__dataclass_fields__"):
            return replace(
                value, **{each.name: poison(getattr(value, each.name)) for each in fields(value)}
            )
        return value

    html = render_plan_html(poison(example_document()))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "//x", "http:"]
)
def test_only_web_addresses_become_links(address):
    document = example_document()
    action = replace(document.actions[0], link=replace(document.actions[0].link, url=address))
    html = render_plan_html(
        replace(document, goals=(replace(document.goals[0], actions=(action,)),), sources=())
    )
    assert "<a " not in html
    assert "Acas: flexible working" in html
