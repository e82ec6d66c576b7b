"""What readers and testing employers say: made harmless, and summed up."""

from __future__ import annotations

import pytest

from portal.toolkit.rules.readers import Answered, neutral, summed


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Good. See https://example.org/x now", "Good. See (link taken out) now"),
        ("see www.example.org", "see (link taken out)"),
        ("buy at cheap-pills.shop/now", "buy at (link taken out)"),
        ("[press](https://x.org)", "press (link taken out)"),
        ("<b>loud</b><script>alert(1)</script>", "loudalert(1)"),
        ("javascript:alert(1)", "(link taken out)"),
        ("Ask at 3.30 on Monday. It works", "Ask at 3.30 on Monday. It works"),
        ("3 < 4 and we pay £12.50", "3 < 4 and we pay £12.50"),
    ],
)
def test_nothing_in_a_comment_leads_anywhere(typed: str, kept: str) -> None:
    assert neutral(typed) == kept
    assert neutral(kept) == kept


def answered(**changes: object) -> Answered:
    values: dict[str, object] = {
        "number": 1,
        "sector": "retail",
        "size": "small",
        "tried": True,
        "clear": 4,
        "useful": 5,
        "doable": 3,
        "would_use": "yes",
        "minutes": 10,
    }
    return Answered(**(values | changes))  # type: ignore[arg-type]


def test_feedback_is_counted_and_averaged() -> None:
    one = answered()
    other = answered(tried=False, clear=1, would_use="no", minutes=None)
    found = summed([one, other])
    assert (found.count, found.tried, found.minutes, found.minutes_count) == (2, 1, 10, 1)
    assert (found.clear, found.useful, found.doable) == (2.5, 5, 3)
    assert found.would_use == {"yes": 1, "changed": 0, "no": 1}


def test_no_feedback_has_no_mean() -> None:
    found = summed([])
    assert (found.count, found.clear, found.minutes) == (0, None, None)
