"""`flask employers import` as a person runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

import portal.employers
from portal.db import current_session
from portal.employers.models import RegisterEntry

SAMPLE = Path(portal.employers.__file__).parent / "data" / "register-sample.csv"


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()

    def invoke(*arguments: object):
        return runner.invoke(args=["employers", "import", *map(str, arguments)])

    return invoke


def test_the_sample_is_loaded_with_an_account_of_it(run) -> None:
    result = run(SAMPLE)
    assert result.exit_code == 0, result.output
    assert "1,500 rows" in result.output
    assert "created" in result.output
    assert "SicCodes: 1 stands for unknown, left out" in result.output
    again = run(SAMPLE)
    assert "unchanged    1,500" in again.output


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"PK\x03\x04", "spreadsheet"),
        ("EmployerName,EmployerId\nCAFÉ,1\n".encode("cp1252"), "Windows-1252"),
        ("EmployerName,EmployerId\nA,1\n".encode("utf-16"), "UTF-16"),
        (b"<html>", "web page"),
        (b"a,b\n1,2\n", "required column is missing"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(run, tmp_path, content, says) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    result = run(path)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Nothing was changed" in result.stderr
    assert "Traceback" not in result.output
    assert current_session().scalar(select(func.count(RegisterEntry.id))) == 0


def test_a_file_that_is_not_there(run, tmp_path) -> None:
    result = run(tmp_path / "nothing.csv")
    assert result.exit_code == 2
    assert "No such file" in result.stderr
    assert run(tmp_path).exit_code == 2


def test_refused_rows_are_listed_in_a_file(run, tmp_path) -> None:
    path, listed = tmp_path / "file.csv", tmp_path / "refused.csv"
    path.write_text("EmployerName,EmployerId\n,1\nA,2\n" + ",3\n" * 25, encoding="utf-8")
    result = run(path, "--refused", listed)
    assert result.exit_code == 0
    assert "row 2: EmployerName is empty" in result.output
    assert "and 6 more" in result.output
    lines = listed.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "row,column,reason"
    assert len(lines) == 27
