"""Two versions side by side: words of the text, and what is said beside it."""

from __future__ import annotations

import time
from dataclasses import replace

from portal.toolkit.rules.comparing import fact_changes, text_changes
from portal.toolkit.rules.content import Source
from tests.factories.toolkit import make_content


def told(before: str, after: str) -> str:
    marks = {"same": "{}", "removed": "[-{}-]", "added": "[+{}+]"}
    return "\n".join(
        f"({line.skipped} same)"
        if line.skipped
        else "".join(marks[piece.kind].format(piece.text) for piece in line.pieces)
        for line in text_changes(before, after)
    )


def test_words_that_came_and_went_stand_in_their_line() -> None:
    assert told("Ask on Monday at noon", "Ask on Friday at noon") == (
        "Ask on [-Monday-][+Friday+] at noon"
    )


def test_long_unchanged_parts_are_left_out() -> None:
    same = "\n".join(f"line {number}" for number in range(20))
    assert told(f"{same}\nold", f"{same}\nnew") == ("(18 same)\nline 18\nline 19\n[-old-][+new+]")


def test_equal_texts_have_no_changes() -> None:
    assert not any(line.changed for line in text_changes("a\nb", "a\nb"))


def test_both_texts_can_be_read_from_the_comparison() -> None:
    before, after = "one two\n\nthree\nfour five", "one 2\nthree\n\nfour five six"
    lines = text_changes(before, after)
    for text, left_out in ((before, "added"), (after, "removed")):
        kept = "".join(p.text for line in lines for p in line.pieces if p.kind != left_out)
        assert kept.replace(" ", "") == text.replace("\n", "").replace(" ", "")


def test_long_texts_are_compared_in_good_time() -> None:
    before = "\n".join("x" for _ in range(30_000))
    after = " ".join(str(number) for number in range(12_000))
    begun = time.process_time()
    text_changes(before, after)
    text_changes(" ".join("ab" for _ in range(20_000)), " ".join("ba" for _ in range(20_000)))
    assert time.process_time() - begun < 3


def test_facts_that_differ_are_named_in_words() -> None:
    before = make_content(title="One")
    after = replace(
        before,
        sectors=(),
        minutes=9,
        sources=(*before.sources, Source("b", "B report", "B", 2020, "https://example.org")),
    )
    found = {one.name: (one.before, one.after) for one in fact_changes(before, after)}
    assert found["Sector"] == ("Retail", "Every sector")
    assert found["Minutes to read"] == ("3", "9")
    assert "B report" in found["Sources"][1]
    assert "Title" not in found
