"""What is hashed of an entry is one text, however it is made."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.payments.rules.chain import Layout, canonical, entry_hash, text_hash
from portal.payments.service.ledger import ENTRY_LAYOUT, HASHED_ENTRY, hashable


class Kind(StrEnum):
    PAY = "pay"


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.just(Kind.PAY),
    st.datetimes(timezones=st.just(UTC)),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=3),
)


def plainly(values: dict[str, Any]) -> str:
    """As it was first defined: the standard library's JSON, sorted and without spaces."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@given(st.dictionaries(st.text(min_size=1, max_size=8), VALUES, max_size=8))
def test_a_layout_says_letter_by_letter_what_is_canonical(values: dict[str, Any]) -> None:
    names = list(values)
    said = hashable(values, names)
    assert canonical(said) == plainly(said)
    assert Layout(names).text(list(values.values())) == plainly(said)


@given(st.lists(VALUES, min_size=len(HASHED_ENTRY), max_size=len(HASHED_ENTRY)))
def test_so_does_that_of_the_ledger(values: list[Any]) -> None:
    row = dict(zip(HASHED_ENTRY, values, strict=True))
    said = hashable(row, HASHED_ENTRY)
    # Columns read beyond those that are hashed are not part of it.
    text = ENTRY_LAYOUT.text([*values, 7, "before", "hash"])
    assert text == plainly(said)
    assert text_hash("0" * 64, text) == entry_hash("0" * 64, said)
    assert entry_hash("a", {}) == hashlib.sha256(b"a\n{}").hexdigest()


def test_letters_that_json_writes_in_its_own_way() -> None:
    words = 'quoted " and \\ and / and \n\t\x00\x1f and \u2028 é 🙂'
    assert Layout(["words"]).text([words]) == plainly({"words": words})


def test_a_value_that_no_entry_is_made_of_is_refused() -> None:
    with pytest.raises(TypeError):
        Layout(["at"]).text([timedelta(1)])


def test_an_instant_is_told_with_its_zone() -> None:
    at = datetime(2026, 3, 29, 1, 30, 0, 5, tzinfo=UTC)
    assert Layout(["at"]).text([at]) == '{"at":"2026-03-29T01:30:00.000005+00:00"}'
    other = at.astimezone(timezone(timedelta(hours=1)))
    assert Layout(["at"]).text([other]) != Layout(["at"]).text([at])
