from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import pytest

from portal.diagnostics.rules.algebra import AllOf, AnswerIs, LevelAtMost
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.check import main
from portal.diagnostics.rules.loader import (
    QuestionnaireError,
    load_questionnaire,
    read_questionnaire,
)
from portal.diagnostics.rules.reader import MAX_FILE_BYTES
from tests.unit.diagnostics.fault_cases import CASES
from tests.unit.diagnostics.samples import FILE, SMALL

TEXT = FILE.read_text(encoding="utf-8")
LINE_OF_SICK_PAY = "      - {key: no, text: No, level: 1}\n"


def faults_of(text: str | bytes) -> list[tuple[int, str]]:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(QuestionnaireError) as caught:
        read_questionnaire(data, "q.yaml")
    return [(fault.line, fault.message) for fault in caught.value.faults]


def line_with(text: str, mark: str) -> int:
    assert text.count(mark) == 1, mark
    return text[: text.index(mark)].count("\n") + 1


@pytest.mark.parametrize("name", CASES)
def test_each_fault_is_told_with_its_line(name: str) -> None:
    old, new, mark, message = CASES[name]
    assert TEXT.count(old) == 1, f"{old} stands {TEXT.count(old)} times"
    text = TEXT.replace(old, new)
    found = faults_of(text)
    expected = line_with(text, mark)
    assert any(line == expected and message in told for line, told in found), (expected, found)


def test_a_dimension_needs_a_score() -> None:
    text = TEXT.replace(
        "      - {key: yes, text: Yes, level: 4}\n" + LINE_OF_SICK_PAY,
        ("      - {key: yes, text: Yes}\n      - {key: no, text: No}\n"),
    )
    assert faults_of(text) == [
        (line_with(text, "{key: pay,"),
         "dimension pay: it needs a question with levels that is not legal")
    ]  # fmt: skip


def test_exclusive_belongs_to_multiple_questions() -> None:
    text = TEXT.replace(LINE_OF_SICK_PAY, LINE_OF_SICK_PAY.replace("}", ", exclusive: true}"))
    assert faults_of(text) == [
        (line_with(text, "level: 1, exclusive"),
         "question sick_pay option: `exclusive` belongs to multiple questions only")
    ]  # fmt: skip


def test_a_number_beyond_its_range_makes_an_orphan() -> None:
    when = "{any: [{question: offers, level_at_most: 1}, {question: hours, below: 5}]}"
    found = faults_of(TEXT.replace(when, "{question: hours, at_least: 500.1}"))
    line = line_with(TEXT, when)
    assert (
        line,
        "recommendation offer_training: an orphan: its condition can never be true",
    ) in found


def test_a_longer_loop_is_told_once() -> None:
    text = TEXT.replace(
        "    type: single\n    text: Do you have supervisor posts?",
        "    type: single\n    ask_when: {question: posts_open, level_at_most: 2}\n"
        "    text: Do you have supervisor posts?",
    )
    loops = [message for _, message in faults_of(text) if "loop" in message]
    assert loops == ["question posts: `ask_when` is a loop: posts → posts_open → posts"]


def test_a_question_behind_a_closed_branch_is_unreachable() -> None:
    # hours is asked only of those whose posts_open was hidden, and looks at posts_open.
    text = TEXT.replace(
        "    unit: hours\n",
        "    unit: hours\n    ask_when: {all: [{question: posts, is: no}, "
        "{question: posts_open, level_at_most: 4}]}\n",
    )
    message = "question hours: it can never be asked: `ask_when` is never true"
    assert (line_with(text, "ask_when: {all"), message) in faults_of(text)  # fmt: skip


def test_all_faults_are_told_at_once_in_order_of_lines() -> None:
    text = (
        TEXT.replace("version: 1", "version: one")
        .replace("type: scale", "type: slider")
        .replace("{question: sick_pay, is: yes}", "{question: sick, is: yes}")
        .replace("[access, budget, note]", "[access, budget]")
    )
    lines = [line for line, _ in faults_of(text)]
    assert len(lines) >= 4
    assert lines == sorted(lines)
    assert {line_with(text, "version: one"), line_with(text, "type: slider")} <= set(lines)


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"", 0, "mapping"),
        (b"- a\n", 1, "mapping"),
        (b"a: [b\nc: d\n", 2, "not YAML"),
        (b"a: \xff\n", 0, "not UTF-8"),
        (b"a: \x00\n", 0, "not YAML"),
        (b"a" * (MAX_FILE_BYTES + 1), 0, "larger than"),
        (b"a: " + b"[" * 60 + b"]" * 60, 1, "nested too deeply"),
    ],
)
def test_files_that_are_no_questionnaire(data: bytes, line: int, message: str) -> None:
    found = faults_of(data)
    assert found[0][0] == line
    assert message in found[0][1]


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(QuestionnaireError, match="cannot be read"):
        load_questionnaire(tmp_path / "none.yaml")


def test_what_is_loaded_is_exact() -> None:
    assert SMALL.by_key["access"].weight == Fraction(1, 2)
    assert SMALL.by_key["posts"].options[0].key == "yes"
    assert SMALL.by_key["posts_open"].ask_when == AnswerIs("posts", "yes")
    assert SMALL.recommendation_by_key["open_posts"].when == AllOf(
        (AnswerIs("posts", "yes"), LevelAtMost("posts_open", 1))
    )
    assert SMALL.content_hash == hashlib.sha256(FILE.read_bytes()).hexdigest()
    assert [question.key for question in SMALL.in_order][:3] == [
        "commitment",
        "posts",
        "posts_open",
    ]


def test_the_command_prints_faults_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(TEXT.replace("version: 1", "version: one"), encoding="utf-8")
    assert main([str(FILE)]) == 0
    assert "no faults" in capsys.readouterr().out
    assert main([str(bad)]) == 2
    assert capsys.readouterr().out == f"{bad}:2: questionnaire: `version` must be a number\n"
    assert main([]) == 2


def test_the_catalogue_finds_versions(tmp_path: Path) -> None:
    (tmp_path / "small-1.yaml").write_text(TEXT, encoding="utf-8")
    second = TEXT.replace("version: 1", "version: 2")
    (tmp_path / "small-2.yaml").write_text(second, encoding="utf-8")
    catalogue = load_catalogue(tmp_path)
    latest = catalogue.latest("small")
    assert latest is not None
    assert latest.version == 2
    assert catalogue.get("small", 1) == SMALL
    assert catalogue.get("small", 3) is None
    assert catalogue.latest("other") is None


def test_the_catalogue_refuses_a_file_of_another_name(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(TEXT, encoding="utf-8")
    with pytest.raises(QuestionnaireError, match=r"must be named small-1\.yaml"):
        load_catalogue(tmp_path)
