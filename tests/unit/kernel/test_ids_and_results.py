"""The kernel: what every figure, day and reference in the portal stands on."""

from __future__ import annotations

import hashlib

import pytest

from portal.kernel.ids import (
    REFERENCE_LENGTH,
    new_reference,
    new_token,
    normalise_reference,
    token_hash,
)
from portal.kernel.result import Err, Ok, Problem, unreachable


def test_references_can_be_read_out_and_do_not_repeat() -> None:
    made = {new_reference() for _ in range(2000)}
    assert len(made) == 2000
    for reference in made:
        assert len(reference) == REFERENCE_LENGTH
        assert not set(reference) & set("ILOU")
        assert normalise_reference(reference) == reference


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("abcde-12345", "ABCDE12345"), (" o1l i0 ", "01110"), ("AB CD", "ABCD"), ("AB\0CD", "ABCD")],
)
def test_a_reference_is_understood_as_typed(typed: str, meant: str) -> None:
    assert normalise_reference(typed) == meant


def test_tokens_are_long_and_only_their_hash_is_kept() -> None:
    token = new_token()
    assert len(token) >= 43
    assert token != new_token()
    assert token_hash(token) == hashlib.sha256(token.encode()).hexdigest()


def test_outcomes_are_values() -> None:
    match Err(Problem("taken", "Choose another name", "name")):
        case Ok():
            pytest.fail("refused is not done")
        case Err(problem):
            assert problem.field == "name"
    assert Ok(3) == Ok(3)
    with pytest.raises(AssertionError, match="Unhandled"):
        unreachable("x")  # type: ignore[arg-type]
