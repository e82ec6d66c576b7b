"""Search expressions are quoted for each engine."""

from __future__ import annotations

import pytest

from portal.integrations.search import (
    LONGEST_WORD,
    AllOf,
    AnyOf,
    SearchIndex,
    Word,
    fts5,
    tsquery,
)


def test_words_are_joined_and_quoted() -> None:
    expression = AnyOf((AllOf((Word("tesco", prefix=True), Word("stores"))), Word("x")))
    assert fts5(expression) == '(("tesco"* AND "stores") OR "x")'
    assert tsquery(expression) == "(('tesco':* & 'stores') | 'x')"


def test_quotes_cannot_end_a_word() -> None:
    assert fts5(Word('a" OR "b')) == '"a"" OR ""b"'
    assert tsquery(Word("a' | 'b\\")) == "'a'' | ''b\\\\'"


def test_a_word_is_cut_before_a_database_refuses_it() -> None:
    longest = "\U0001f469" * LONGEST_WORD
    assert len(longest.encode()) <= 2046
    assert fts5(Word(longest + "x", prefix=True)) == f'"{longest}"*'
    assert tsquery(Word(longest + "x")) == f"'{longest}'"
    assert tsquery(Word("'" * 600)) == "'" + "''" * LONGEST_WORD + "'"


def test_an_index_is_named_by_our_code_only() -> None:
    with pytest.raises(ValueError, match="Not the name"):
        SearchIndex("x; DROP TABLE y", content="z")
