from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from portal.cli import diagnostics as cli
from portal.diagnostics.rules.catalogue import MAIN_KEY, Catalogue
from portal.diagnostics.rules.loader import QuestionnaireError
from portal.diagnostics.rules.reader import Fault
from portal.diagnostics.rules.values import to_json
from tests.unit.diagnostics.samples import FULL, SMALL

CATALOGUE = Catalogue((replace(SMALL, key=MAIN_KEY),))
MISSING = "an answer is missing: give one of the allowed keys, in quotes"
SHORT: dict[str, Any] = {
    "questionnaire": MAIN_KEY,
    "version": 1,
    "sector": "retail",
    "size": "small",
    "answers": {key: to_json(value) for key, value in FULL.items()},
}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(cli, "load_catalogue", lambda: CATALOGUE)
    app = Flask("test")
    cli.register(app)
    return app


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["diagnostics", *arguments])


def score(app: Flask, tmp_path: Path, content: bytes | str | dict[str, Any]) -> Result:
    path = tmp_path / "answers.json"
    text = json.dumps(content) if isinstance(content, dict) else content
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return run(app, "score", str(path))


def faults(app: Flask, tmp_path: Path, content: bytes | str | dict[str, Any]) -> list[str]:
    result = score(app, tmp_path, content)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    prefix = f"{tmp_path / 'answers.json'}: "
    lines = result.stderr.splitlines()
    assert all(line.startswith(prefix) for line in lines)
    return [line.removeprefix(prefix) for line in lines]


def changed(**answers: Any) -> dict[str, Any]:
    return {**SHORT, "answers": {**SHORT["answers"], **answers}}


def test_the_short_form_is_scored(app: Flask, tmp_path: Path) -> None:
    result = score(app, tmp_path, SHORT)
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert data["scores"]["overall"] == 72
    assert data["scores"]["dimensions"] == {"leadership": 58, "training": 65, "pay": 100}
    assert (data["questionnaire"], data["version"]) == (MAIN_KEY, 1)
    assert data["kept_not_counted"] == []


def test_the_template_filled_in_scores_the_same(app: Flask, tmp_path: Path) -> None:
    printed = run(app, "template", "--sector", "retail", "--size", "25")
    assert printed.exit_code == 0
    form = json.loads(printed.stdout)
    assert list(form["questions"]) == [question.key for question in SMALL.in_order]
    for key, entry in form["questions"].items():
        assert entry["value"] is None
        assert entry["allowed"]
        entry["value"] = SHORT["answers"][key]
    filled = json.dumps(form, indent=4).encode("utf-8-sig")
    assert score(app, tmp_path, filled).stdout == score(app, tmp_path, SHORT).stdout


def test_the_template_tells_types_allowed_values_and_branches(app: Flask) -> None:
    form = json.loads(run(app, "template", "--sector", "social_care", "--size", "micro").stdout)
    questions = form["questions"]
    assert (form["sector"], form["size"]) == ("social_care", "micro")
    assert questions["commitment"]["text"].startswith("Does a registered manager")
    assert questions["commitment"]["allowed"] == ["all", "some", "none", "unsure"]
    assert questions["posts"]["asked_when"] is None
    assert questions["posts_open"]["asked_when"] == "posts is yes"
    assert questions["posts_open"]["allowed"][-1] == "not_applicable"
    assert questions["offers"]["only_alone"] == ["none"]
    hours = {"unit": "hours", "min": 0, "max": 500, "decimals": 1}
    assert questions["hours"]["allowed"] == hours
    assert questions["budget"]["allowed"] == {"unit": "pence", "min": 0, "max": 10_000_000}
    assert questions["access"]["allowed"]["rows"] == ["evening", "weekend"]
    assert questions["note"]["allowed"] == {"max_length": 200}


@pytest.mark.parametrize("size", ["0", "-3", "huge", "1" * 40, "\u0661"])
def test_a_size_that_is_none_is_refused(app: Flask, size: str) -> None:
    result = run(app, "template", f"--size={size}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("--size: give a number of employees")


def test_an_unknown_sector_is_refused(app: Flask) -> None:
    result = run(app, "template", "--sector", "farming")
    assert result.exit_code == 2
    assert "retail" in result.stderr


def test_answers_on_a_closed_branch_are_kept_and_not_counted(app: Flask, tmp_path: Path) -> None:
    data = json.loads(score(app, tmp_path, changed(posts="no")).stdout)
    (kept,) = data["kept_not_counted"]
    assert (kept["question"], kept["answer"]) == ("posts_open", "most")
    bare = changed(posts="no")
    del bare["answers"]["posts_open"]
    assert json.loads(score(app, tmp_path, bare).stdout)["scores"] == data["scores"]


def test_the_size_may_be_a_headcount(app: Flask, tmp_path: Path) -> None:
    assert json.loads(score(app, tmp_path, {**SHORT, "size": 25}).stdout)["size"] == "small"


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({"commitmnt": "all"}, "commitmnt: there is no such question; did you mean commitment?"),
        ({"commitment": "maybe"}, 'commitment: "maybe" is not one of: all, some, none, unsure'),
        ({"hours": "lots"}, 'hours: Give a number, such as 12, not "lots"'),
        ({"hours": True}, 'hours: Give a number, such as 12, not "True"'),
        ({"note": 12}, 'note: Give text in quotes, not "12"'),
        ({"note": "x" * 10_000}, "note: The text has 10,000 characters; the most is 200"),
        ({"sick_pay": None}, f"sick_pay: {MISSING} (yes, no)"),
        ({"posts_open": None}, f"posts_open: {MISSING} (zero, few, half, most, every)"),
        ({"x\x1b[31m": 1}, '"x�[31m": there is no such question'),
    ],
)  # fmt: skip
def test_faults_of_answers(app: Flask, tmp_path: Path, answers: dict[str, Any], fault: str) -> None:
    assert faults(app, tmp_path, changed(**answers)) == [fault]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"questionnaire": "other"}, 'questionnaire: it is "other"; there is part-time-talent'),
        ({"questionnaire": None}, "questionnaire: it is missing; there is part-time-talent"),
        ({"version": 7}, "version: these answers are for version 7; there is 1"),
        ({"version": "1"}, 'version: it is "1"; there is 1'),
        ({"version": None}, "version: it is missing; there is 1"),
        ({"sector": "farming"},
         'sector: it is "farming"; it must be one of retail, hospitality, social_care, other'),
        ({"sector": None},
         "sector: it is missing; it must be one of retail, hospitality, social_care, other"),
        ({"size": 0}, 'size: it is "0"; it must be one of micro, small, medium, large'),
        ({"answers": []}, "answers: it must be an object with a question key for each answer"),
        ({"answer": {}}, 'unknown key "answer"; did you mean answers?'),
    ],
)  # fmt: skip
def test_faults_of_the_head(
    app: Flask, tmp_path: Path, changes: dict[str, Any], fault: str
) -> None:
    assert faults(app, tmp_path, {**SHORT, **changes})[0] == fault


def test_every_fault_is_told_on_a_line_of_its_own(app: Flask, tmp_path: Path) -> None:
    content = {**changed(commitment=1, hours="x", sick_pay=None), "sector": "farming", "size": 5}
    assert len(faults(app, tmp_path, {**content, "sector": "retail"})) == 3
    assert len(faults(app, tmp_path, content)) == 3  # no path without a sector


def test_answers_must_be_given_once(app: Flask, tmp_path: Path) -> None:
    assert "give the answers once" in faults(app, tmp_path, {**SHORT, "questions": {}})[0]
    bare = {key: value for key, value in SHORT.items() if key != "answers"}
    assert "give the answers once" in faults(app, tmp_path, bare)[0]


def test_a_template_entry_without_its_shape(app: Flask, tmp_path: Path) -> None:
    head = {key: value for key, value in SHORT.items() if key != "answers"}
    found = faults(app, tmp_path, {**head, "questions": {"commitment": "all"}})
    assert found[0] == 'commitment: its answer must stand under "value"'


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "the file is not JSON: line 1, column 1"),
        (b"{\n  'a': 1}", "the file is not JSON: line 2, column 3"),
        (b"question,answer\na,b\n", "the file is not JSON: line 1"),
        (b"[1]", "the file must be a JSON object"),
        (b"PK\x03\x04rest", "the file is not JSON text: it is a spreadsheet or a zip archive"),
        (b"\xd0\xcf\x11\xe0rest", "the file is not JSON text: it is an old spreadsheet"),
        ('{"a": 1}'.encode("utf-16"), "the file is not JSON text: it is UTF-16 text"),
        (b'{"a": "\xe9"}', "the file is not UTF-8 text: byte 8 cannot be read"),
        (b'{"version": 1, "version": 2}', '"version" is given twice'),
        (b'{"answers": {"hours": NaN}}', "NaN is not a number"),
        (b'{"answers": {"hours": -Infinity}}', "-Infinity is not a number"),
        (b"[" * 200_000, "the file is nested too deeply"),
        (b" " * 1_000_001, "the file is larger than 1,000,000 bytes"),
    ],
)
def test_files_that_are_no_answers(app: Flask, tmp_path: Path, content: bytes, fault: str) -> None:
    (found,) = faults(app, tmp_path, content)
    assert found.startswith(fault)


def test_numbers_of_any_length_are_read(app: Flask, tmp_path: Path) -> None:
    text = json.dumps(SHORT).replace('"20.5"', "9" * 5000)
    assert faults(app, tmp_path, text) == ["hours: The number must be from 0 to 500"]
    assert score(app, tmp_path, json.dumps(SHORT).replace('"20.5"', "20.50")).exit_code == 0


def test_a_missing_file_is_one_line(app: Flask, tmp_path: Path) -> None:
    result = run(app, "score", str(tmp_path / "none.json"))
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert run(app, "score", str(tmp_path)).exit_code == 2


def test_a_faulty_questionnaire_is_told_line_by_line(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> Catalogue:
        raise QuestionnaireError((Fault("q.yaml", 3, "one"), Fault("q.yaml", 4, "two")))

    monkeypatch.setattr(cli, "load_catalogue", refuse)
    result = run(app, "template")
    assert (result.exit_code, result.stderr) == (2, "q.yaml:3: one\nq.yaml:4: two\n")


def test_an_empty_catalogue_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "load_catalogue", lambda: Catalogue(()))
    assert run(app, "template").stderr == "there is no questionnaire\n"


def test_the_pdf_is_written_beside_the_scores(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: dict[str, Any] = {}

    def write_pdf(**facts: Any) -> None:
        written.update(facts)
        if facts["out"].parent != tmp_path:
            raise FileNotFoundError(2, "No such file or directory")

    module = ModuleType("portal.action_plans.headless")
    module.write_pdf = write_pdf  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "portal.action_plans.headless", module)
    score(app, tmp_path, SHORT)
    answers, out = str(tmp_path / "answers.json"), tmp_path / "out.pdf"
    result = run(app, "score", answers, "--pdf", str(out))
    assert result.exit_code == 0
    assert json.loads(result.stdout)["scores"]["overall"] == 72
    assert written["out"] == out
    assert written["answers"] == FULL
    assert (written["profile"].sector, written["questionnaire"].version) == ("retail", 1)
    failed = run(app, "score", answers, "--pdf", str(tmp_path / "none" / "out.pdf"))
    assert (failed.exit_code, failed.stdout) == (2, "")
    assert "cannot be written: No such file" in failed.stderr
