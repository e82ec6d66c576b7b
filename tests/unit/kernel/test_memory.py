"""The search for garbage is left until work is done, and only by who began with it."""

from __future__ import annotations

import gc

import pytest

from portal.kernel.memory import uninterrupted


def test_the_search_goes_on_afterwards_whatever_happens() -> None:
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), uninterrupted():
        assert not gc.isenabled()
        _ = 1 / 0
    assert gc.isenabled()


def test_it_may_be_nested_and_decorate() -> None:
    @uninterrupted()
    def inner() -> bool:
        return gc.isenabled()

    with uninterrupted():
        assert not inner()
        assert not inner()
        assert not gc.isenabled()
    assert gc.isenabled()
