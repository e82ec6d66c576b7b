"""What people type is in no log line: not when all goes well, nor when everything fails.

Marks are typed into every field of every form; then every route that takes a form fails in several
ways with the mark in the words of the error, as drivers and parsers do. No line may hold a mark.
"""

from __future__ import annotations

import ast
import io
import logging
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask, request
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.db import current_session, unit_of_work
from portal.logs import make_formatter
from portal.web.access import TABLE_EXTENSION, public
from portal.web.security import csrf
from tests.factories.accounts import make_user, sign_in
from tests.integration.test_routes_access import address
from tests.support.attack_forms import filled, forms_on
from tests.support.client import PortalClient
from tests.support.full_world import PEOPLE, demonstration_world, whole_round

BIG = os.environ.get("BIG") == "1"
ROOT = Path(__file__).resolve().parents[3]
MARK = "Zqmark"
MARKS = (f"{MARK} O'Neil", f"{MARK.lower()}@{MARK.lower()}.example", f"{MARK}?a={MARK}", MARK)


@contextmanager
def log(formatter: logging.Formatter) -> Iterator[io.StringIO]:
    """Every line logged meanwhile, in as much detail as can be asked for."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def safe() -> logging.Formatter:
    return make_formatter(json_lines=True)


def marked(stream: io.StringIO) -> list[str]:
    return [line[:300] for line in stream.getvalue().splitlines() if MARK.lower() in line.lower()]


# Forms as people find them -----------------------------------------------------------------------


PAGES = (
    *("/account/register", "/account/login", "/account/reset", "/account/confirm", "/refer"),
    *("/diagnostic/start", "/employers/new", "/account/name", "/account/change"),
)


def pages_of_everybody(folder: Path) -> Iterator[tuple[PortalClient, str, str]]:
    """Every page that anybody finds in the demonstration: client, address, markup."""
    world = demonstration_world(folder)
    for one in list(whole_round(world, thorough=False, people=PEOPLE)):
        if one.mimetype == "text/html" and one.status == 200:
            yield world.client(one.person), one.address, one.text
    world.app.extensions["portal_db"].dispose()


def pages_of_a_few(app: Flask) -> Iterator[tuple[PortalClient, str, str]]:
    """Pages with forms of a visitor and of somebody signed in."""
    person = make_user("typing@example.org")
    for path in PAGES:
        visitor, known = app.test_client(), app.test_client()
        sign_in(known, person)
        for client in (visitor, known):
            answer = client.get(path)
            if answer.status_code == 200:
                yield client, path, answer.get_data(as_text=True)


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if BIG else 180)
def test_marks_in_every_form_reach_no_log(app: Flask, tmp_path: Path) -> None:
    sent = set()
    with log(safe()) as stream:
        for client, path, page in pages_of_everybody(tmp_path) if BIG else pages_of_a_few(app):
            client.check_pages = False
            for form in forms_on(page, path):
                if (form.action, form.names) in sent or "sign-out" in form.action:
                    continue
                sent.add((form.action, form.names))
                chance = random.Random(len(sent))  # noqa: S311 - the same every time
                data = filled(form, chance, MARKS)
                client.post(form.action, data=data, content_type="multipart/form-data").close()
    assert len(sent) >= (100 if BIG else 6), sent
    assert "portal.requests" in stream.getvalue()
    assert marked(stream) == []


# Everything fails --------------------------------------------------------------------------------


def _by_value() -> None:
    int(next(iter(request.form.values())))


def _by_key() -> None:
    {}[next(iter(request.form.values()))]


def _by_driver() -> None:
    statement = text("SELECT no_such_column, :given FROM users")
    current_session().execute(statement, {"given": request.form["name"]})


def _by_constraint() -> None:
    with unit_of_work() as session:
        given = {"name": request.form["name"], "email": request.form["email"]}
        session.execute(text("INSERT INTO users (name, email) VALUES (:name, :email)"), given)


def _by_words() -> None:
    detail = f"duplicate key\nDETAIL:  Key (email)=({request.form['email']}) already exists."
    raise IntegrityError("INSERT", dict(request.form), ValueError(detail))


def _by_query() -> None:
    raise RuntimeError(f"could not answer {request.url}")


FAILURES: tuple[Callable[[], None], ...] = (
    *(_by_value, _by_key, _by_driver, _by_constraint, _by_words, _by_query),
)


def fail_everywhere(app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch) -> int:
    """Send marks to every route that takes a form, where each fails in its turn; how many."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(csrf, "protect", lambda **_any: None)
    client.check_pages = False
    typed = {"name": MARKS[0], "email": MARKS[1], "text": MARKS[2]}
    done = 0
    for rule in list(app.url_map.iter_rules()):
        if "POST" not in (rule.methods or ()):
            continue
        fail = FAILURES[done % len(FAILURES)]
        monkeypatch.setitem(app.extensions[TABLE_EXTENSION], rule.endpoint, public)
        monkeypatch.setitem(app.view_functions, rule.endpoint, lambda _f=fail, **_values: _f())
        values = {"q": MARKS[0], "email": MARKS[1]}
        answer = client.post(address(app, rule), data=typed, query_string=values)
        assert answer.status_code >= 400, (rule.endpoint, fail.__name__)
        done += 1
    return done


def test_no_failure_tells_what_was_typed(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with log(safe()) as stream:
        assert fail_everywhere(app, client, monkeypatch) > 150
    assert stream.getvalue().count("Unhandled error on") > 50
    assert marked(stream) == []


def test_usual_logs_would_have_told(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same failures, written as logging does by itself."""
    with log(logging.Formatter("%(message)s")) as stream:
        fail_everywhere(app, client, monkeypatch)
    assert len(marked(stream)) > 20


# Log calls ---------------------------------------------------------------------------------------

_LOGGERS = {"_log", "logger", "log"}
_VERBS = {"debug", "info", "warning", "error", "exception", "critical"}
# Words for what people are called or typed, wherever they stand in what is logged.
_PERSONAL = {
    *("email", "password", "phone", "telephone", "token", "body", "recipient", "form"),
    *("payload", "answers", "by_name", "args"),
}


def telling_calls(name: str, source: str) -> list[str]:
    """Log calls whose arguments name what people are called or typed."""
    faults = []
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        of = node.func.value
        logger = getattr(of, "id", getattr(of, "attr", ""))
        if node.func.attr not in _VERBS or logger not in _LOGGERS:
            continue
        words = {
            getattr(part, "attr", getattr(part, "id", ""))
            for argument in [*node.args, *(key.value for key in node.keywords)]
            for part in ast.walk(argument)
        }
        if words & _PERSONAL:
            faults.append(f"{name}:{node.lineno} logs {sorted(words & _PERSONAL)}")
    return faults


def test_no_log_call_names_what_people_typed() -> None:
    faults = []
    for path in sorted((ROOT / "portal").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "getLogger" in source or "logger." in source:
            faults += telling_calls(str(path.relative_to(ROOT)), source)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "call", ['_log.info("to %s", user.email)', 'app.logger.error("on %s", request.form)']
)
def test_a_telling_log_call_is_noticed(call: str) -> None:
    assert len(telling_calls("x.py", call)) == 1
    assert telling_calls("x.py", '_log.info("Plan %s", reference)') == []
