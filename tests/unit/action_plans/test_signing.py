"""What signatures come to, and what is kept of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from portal.action_plans.document import PlanDocument, Signature
from portal.action_plans.example_plan import example_document
from portal.action_plans.pdf_view import render_plan_html
from portal.action_plans.rules.signing import Side, Standing, standing
from portal.action_plans.service.versions import document_hash


@pytest.mark.parametrize(
    ("sides", "stands"),
    [
        ([], Standing.DRAFT),
        (["adviser"], Standing.ADVISER),
        (["employer"], Standing.EMPLOYER),
        (["adviser", "employer"], Standing.AGREED),
    ],
)
def test_standing(sides: list[str], stands: Standing) -> None:
    assert standing(sides) is stands
    assert stands.label


def test_each_side_has_an_other() -> None:
    assert {side.other for side in Side} == set(Side)


def test_signatures_do_not_change_what_a_plan_says() -> None:
    signed = example_document(signed_off=True)
    assert document_hash(signed) == document_hash(replace(signed, signatures=(), signed_off=False))


def test_a_signature_kept_before_advisers_signed_is_the_employers() -> None:
    kept = json.loads(example_document(signed_off=True).to_json())
    for each in kept["plan"]["signatures"]:
        del each["side"]
    read = PlanDocument.from_json(json.dumps(kept))
    assert {each.side for each in read.signatures} == {"employer"}


@pytest.mark.parametrize(
    ("sides", "words"),
    [
        ((), "Draft – not yet signed off"),  # noqa: RUF001
        (("adviser",), "Signed by the adviser – not yet by the employer"),  # noqa: RUF001
        (("employer",), "Signed off"),
        (("employer", "adviser"), "Agreed: signed by employer and adviser"),
    ],
)
def test_the_cover_says_who_has_signed(sides: tuple[str, ...], words: str) -> None:
    signatures = tuple(
        Signature(f"Example {side}", "Job", date(2026, 11, 22), side=side) for side in sides
    )
    document = replace(example_document(), signatures=signatures, signed_off="employer" in sides)
    html = render_plan_html(document)
    assert words in html
    assert all(f"Example {side}" in html for side in sides)
