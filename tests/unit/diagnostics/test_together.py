"""Who took part in answering."""

from __future__ import annotations

from portal.diagnostics.rules.together import may_say_together, people_in

DOCUMENT = {
    "a": {"v": 1, "by": "user:7"},
    "b": {"v": "x", "by": "visitor"},
    "c": {"v": None, "by": "user:9"},
    "d": {"v": 2, "by": "user:5"},
    "e": {"v": 3, "by": "user:7"},
}


def test_people_are_named_once_and_only_for_answers_that_stand() -> None:
    assert people_in(DOCUMENT) == (7, 5)


def test_together_needs_an_answer_of_the_advisers() -> None:
    assert may_say_together(DOCUMENT, advisers=[5]) is None
    refused = may_say_together(DOCUMENT, advisers=[9])
    assert refused is not None
    assert refused.code == "not_together"
