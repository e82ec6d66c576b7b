"""Logs say where something failed, never what people had answered."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from portal.logs import error_words, init_logs, make_formatter, redact


def _fail(answer: str) -> None:
    try:
        int(answer)
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
        _fail(f"{len('we pay late')} things")
    finally:
        root.handlers, root.level = before, level
        init_logs("INFO", json_lines=False)
        root.handlers = before
    said = capsys.readouterr().err
    assert "Something failed" in said
    assert "ValueError: invalid literal" in said
    assert "we pay late" not in said


def logged(message: str, *arguments: object, error: BaseException | None = None) -> dict[str, str]:
    """A line as production writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(make_formatter(json_lines=True))
    logger = logging.getLogger("portal.test_line")
    logger.propagate = False
    logger.handlers = [handler]
    logger.error(message, *arguments, exc_info=error)
    logger.handlers = []
    found: dict[str, str] = json.loads(stream.getvalue())
    return found


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("to jo.o'neil+x@mail.example.org failed", "to [e-mail] failed"),
        ("GET /find?q=Jo+Bloggs&x=1 HTTP", "GET /find?[query] HTTP"),
        ("call 0113 496 0000 now", "call [telephone] now"),
        ("call +44 113 496 0000 now", "call [telephone] now"),
        ("/confirm/Ab3xYz-_Ab3xYz-_Ab3xYz-_Ab3xYz-_Ab3", "/confirm/[token]"),
        ("hash " + "0a" * 32, "hash [token]"),
        ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer [token]"),
        ("postgresql://portal:secret@db.example/x", "postgresql://portal:[secret]@db.example/x"),
    ],
)
def test_what_names_somebody_goes_from_every_line(text: str, left: str) -> None:
    assert logged("%s", text)["event"] == left


@pytest.mark.parametrize(
    "text",
    [
        "Outbox entry 12 (mail.send) failed; it will be tried again",
        "The stored file of version 3 of employer 7K2MP4QRST is damaged",
        "Worker ready in 1.2 s",
        "ix_audit_entries_subject_at_and_something_long",
        "test_visitors_reach_public_pages_only_and_break_nothing",
    ],
)
def test_what_helps_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("invalid literal for int() with base 10: 'Jo Bloggs'"),
         "ValueError: invalid literal for int() with base 10: …"),
        (KeyError("Jo Bloggs"), "KeyError"),
        (
            ValueError('bad "Jo Bloggs" here\nDETAIL: Key (name)=(Jo Bloggs)'),
            "ValueError: bad …",
        ),
        (ValueError("bad name: 'Jo O'Neil'"), "ValueError: bad name: …"),
        (ValueError("Key (name)=(Jo Bloggs) exists"), "ValueError: Key … exists"),
        (LookupError("No handler for mail.send"), "LookupError: No handler for mail.send"),
    ],
)  # fmt: skip
def test_an_error_says_no_values(error: Exception, words: str) -> None:
    said = error_words(error)
    assert said.startswith(words)
    assert "Bloggs" not in said
    assert "Neil" not in said


def test_errors_behind_errors_say_none_either() -> None:
    name = "Jo Bloggs"
    try:
        try:
            _ = {}[name]
        except KeyError as first:
            raise ValueError(f"for {name!r}") from first
    except ValueError as error:
        line = logged("It failed", error=error)
    assert name not in json.dumps(line)
    assert "KeyError" in line["exception"]
    assert "ValueError: for …" in line["exception"]


def test_the_name_of_the_request_is_in_every_line() -> None:
    with structlog.contextvars.bound_contextvars(request_id="abc-12345678"):
        assert logged("Something")["request_id"] == "abc-12345678"
    assert "request_id" not in logged("Something")
