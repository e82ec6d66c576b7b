"""Logs say where something failed, never what people had answered."""

from __future__ import annotations

import logging

import pytest

from portal.logs import init_logs


def _fail(answer: str) -> None:
    try:
        int(f"{len(answer)} things")
    except ValueError:
        logging.getLogger("portal.test").exception("Something failed")


@pytest.mark.parametrize("json_lines", [True, False])
def test_a_traceback_holds_no_local_variables(
    capsys: pytest.CaptureFixture[str], json_lines: bool
) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    root.handlers = []
    try:
        init_logs("INFO", json_lines=json_lines)
        _fail("we pay late".replace(" ", "-"))
    finally:
        root.handlers, root.level = before, level
        init_logs("INFO", json_lines=False)
        root.handlers = before
    said = capsys.readouterr().err
    assert "Something failed" in said
    assert "ValueError: invalid literal" in said
    assert "we-pay-late" not in said
