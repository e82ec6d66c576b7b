"""A skipped or expected-to-fail test makes the run fail unless the table says why."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import LEFT_OUT, left_out_in_silence
from tests.unit.house.sources import ROOT


def test_only_listed_tests_may_be_left_out() -> None:
    names = ["tests/a.py::test_one", "tests/b.py::test_two"]
    assert left_out_in_silence(names, {}) == names
    assert left_out_in_silence(names, {"a.py::test_one": "no screen here"}) == names[1:]
    assert all(LEFT_OUT.values())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("def test_x(): pass", 0),
        ("import pytest\n@pytest.mark.skip(reason='x')\ndef test_x(): pass", 1),
        ("import pytest\n@pytest.mark.xfail\ndef test_x(): assert False", 1),
        ("import pytest\n@pytest.mark.parametrize('a', [])\ndef test_x(a): pass", 1),
        ("import pytest\npytest.importorskip('no_such_module_at_all')\ndef test_x(): pass", 1),
    ],
    ids=["run", "skip", "xfail", "no cases", "module skipped"],
)
def test_a_run_that_leaves_a_test_out_fails(tmp_path: Path, body: str, code: int) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    # One test that does run, so that an empty run is not what is refused.
    (tmp_path / "test_sample.py").write_text(f"{body}\n")
    (tmp_path / "test_other.py").write_text("def test_y(): pass\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PORTAL_ENV": "test"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert ("LEFT OUT" in done.stdout) == bool(code)
