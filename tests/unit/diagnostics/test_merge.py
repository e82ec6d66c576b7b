"""Two people at the same diagnostic never overwrite each other in silence."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portal.diagnostics.rules.merge import Clash, Merged, merge, plain_values

AT = "2026-11-22T09:00:00+00:00"


def save(document: Any, revision: int, given: Any, seen: int, by: str = "user:1") -> Merged:
    return merge(document, revision, given, seen=seen, by=by, at=AT)


def test_a_first_answer_is_kept_with_its_revision() -> None:
    merged = save({}, 0, {"a": "yes"}, seen=0)
    assert merged.document == {"a": {"v": "yes", "r": 1, "at": AT, "by": "user:1"}}
    assert (merged.revision, merged.changed, merged.clashes) == (1, ("a",), ())


def test_the_same_answer_again_changes_nothing() -> None:
    first = save({}, 0, {"a": "yes"}, seen=0)
    again = save(first.document, first.revision, {"a": "yes"}, seen=0, by="user:2")
    assert again.revision == 1
    assert again.document["a"]["by"] == "user:1"
    assert again.changed == ()


def test_a_second_person_with_an_old_page_is_told_what_changed() -> None:
    first = save({}, 0, {"a": "yes"}, seen=0)
    second = save(first.document, first.revision, {"a": "no"}, seen=0, by="user:2")
    assert second.clashes == (Clash("a", "yes", "no", "user:1", AT),)
    assert second.document == first.document
    assert second.revision == 1


def test_what_does_not_clash_is_saved_beside_what_does() -> None:
    first = save({}, 0, {"a": "yes"}, seen=0)
    second = save(first.document, first.revision, {"a": "no", "b": 4}, seen=0)
    assert second.changed == ("b",)
    assert plain_values(second.document) == {"a": "yes", "b": 4}


def test_having_seen_the_change_it_may_be_overwritten() -> None:
    first = save({}, 0, {"a": "yes"}, seen=0)
    second = save(first.document, first.revision, {"a": "no"}, seen=1)
    assert second.clashes == ()
    assert plain_values(second.document) == {"a": "no"}


def test_an_answer_taken_back_still_guards_against_an_old_tab() -> None:
    first = save({}, 0, {"a": "yes"}, seen=0)
    withdrawn = save(first.document, 1, {"a": None}, seen=1)
    assert plain_values(withdrawn.document) == {}
    late = save(withdrawn.document, withdrawn.revision, {"a": "no"}, seen=1)
    assert [clash.theirs for clash in late.clashes] == [None]


VALUES = st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["x", "y"]))


@given(
    saves=st.lists(
        st.tuples(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), st.integers(0, 6)),
        max_size=12,
    )
)
def test_every_save_is_kept_or_reported(saves: list[tuple[dict[str, Any], int]]) -> None:
    document: Any = {}
    revision = 0
    for values, behind in saves:
        before = plain_values(document)
        merged = save(document, revision, values, seen=max(0, revision - behind))
        after = plain_values(merged.document)
        clashed = {clash.question for clash in merged.clashes}
        for key, value in values.items():
            assert after.get(key) == (before.get(key) if key in clashed else value)
        assert all(after.get(key) == before.get(key) for key in "abc" if key not in values)
        assert merged.revision in {revision, revision + 1}
        document, revision = merged.document, merged.revision
