"""Who sees what: every route, as everybody, by every method, over own and other people's records.

In ``make test`` a share of the routes is asked on each database; ``make prove`` asks them all, in
parts with a world each: on PostgreSQL every statement waits for another process, so that one after
the other leaves the machine idle, and ``-n`` with as many as it has cores does not.
"""

from __future__ import annotations

import io
import itertools
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import pytest
from flask import Flask
from sqlalchemy import select, update
from weasyprint import HTML

from portal.accounts.models import User
from portal.caseload.models import Case
from portal.db import current_session, unit_of_work
from portal.db.session import Database
from portal.web.access import TABLE_EXTENSION, public
from portal.web.security import limiter
from tests.integration.conftest import rolled_back
from tests.support import databases
from tests.support.matrix import METHODS, RIVALS, Answer, Matrix, unlisted
from tests.support.matrix_api import attack_api
from tests.support.matrix_faults import grouped
from tests.support.matrix_forms import INSIDERS, attack_filters, attack_forms
from tests.support.matrix_print import printed, unplaced
from tests.support.matrix_reading import DEEPEST, readable, told_by
from tests.support.matrix_rows import columns, words_in
from tests.support.matrix_side import State
from tests.support.matrix_statement import ACTORS, statement
from tests.support.matrix_world import make_world

BIG = os.environ.get("BIG") == "1"
SHARE = 1 if BIG else int(os.environ.get("SHARE", "10"))
# Parts that may be asked at the same time.
PARTS = 4 if BIG else 1
PRINTED = Path(__file__).parents[3] / "docs" / "access-matrix.md"


@pytest.fixture
def matrix(
    portal_app: Flask, database_kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Matrix]:
    """The world, and everybody in it, in a database of its own, where it is really committed.

    A transaction that made the world and lasted as long as all questions would hold 7,400 locks on
    PostgreSQL, where four of them at once leave none for anybody.
    """
    database = Database(databases.new_database(database_kind, tmp_path))
    with rolled_back(portal_app, database) as app:
        yield _peopled(app, monkeypatch)
    database.dispose()


def _peopled(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Matrix:
    world = make_world()
    current_session().close()
    app.extensions["portal_db"].sessions.kw["bind"].get_transaction().commit()
    # Tokens of forms and limits of speed are proved elsewhere; here access alone refuses.
    monkeypatch.setitem(app.config, "WTF_CSRF_CHECK_DEFAULT", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(limiter, "enabled", False)
    return Matrix(app, world)


def shared_out(matrix: Matrix, kind: str, part: int) -> list[tuple[int, object]]:
    """The routes of this part of the run, each with a number that says who asks first."""
    first = 0 if kind == "sqlite" else 2
    numbered = [(crc32(rule.rule.encode()), rule) for rule in matrix.rules()]
    shared = [(number, rule) for number, rule in numbered if number % SHARE == first % SHARE]
    return shared[part::PARTS]


def askers(matrix: Matrix, endpoint: str, method: str, number: int) -> tuple[str, ...]:
    """Who asks a route: everybody, or in the short run one who may and one who may not."""
    if BIG:
        return tuple(ACTORS)
    may = sorted(matrix.who(endpoint, method)) or ["lep manager"]
    rivals = [name for name in RIVALS if name not in may] or ["visitor"]
    return may[number % len(may)], rivals[number // 7 % len(rivals)]


def methods_of(rule: object, number: int) -> list[str]:
    """The methods that are tried: all, or in the short run the route's own and one more."""
    if BIG:
        return list(METHODS)
    own = sorted(rule.methods & {"GET", "POST"})  # type: ignore[attr-defined]
    return [*own, METHODS[number % len(METHODS)]]


def test_every_route_is_stated_and_every_text_has_readers(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert sorted(routes - statement().keys()) == [], "say who may, in matrix_statement.py"
    assert sorted(statement().keys() - routes) == [], "stated, but no route"
    assert unlisted() == [], "say whose eyes they are for, in matrix_audiences.py"


def test_the_printed_matrix_is_current(app: Flask) -> None:
    """To renew it: ``.venv/bin/python -m tests.support.matrix``."""
    assert unplaced(app) == [], "say in which area it belongs, in matrix_print.py"
    assert PRINTED.read_text(encoding="utf-8") == printed(app)


@pytest.mark.slow
@pytest.mark.one_database("Who may is decided in Python; fuzzing and SQL in parameters run on both")
@pytest.mark.timeout(4 * 3600 if BIG else 900)
@pytest.mark.parametrize("part", range(PARTS))
def test_nobody_gets_in_or_reads_where_they_do_not_belong(
    matrix: Matrix, database_kind: str, part: int, record_property: Callable[[str, object], None]
) -> None:
    faults, asked = _always(matrix, database_kind) if part == 0 else ([], 0)
    for number, rule in shared_out(matrix, database_kind, part):
        for method in methods_of(rule, number):
            for actor in askers(matrix, rule.endpoint, method, number):  # type: ignore[attr-defined]
                faults += matrix.meet(rule, method, actor)  # type: ignore[arg-type]
                asked += 1
        if BIG or number % 3 == 0:
            faults += _mixed(matrix, rule)
            faults += _filled(matrix, rule, INSIDERS if BIG else INSIDERS[number % 3 :][:1])
    record_property("answers", asked)
    record_property("requests", matrix.asked)
    assert asked > (2_000 if BIG else 100)
    assert not faults, f"{len(faults)} of {asked}:\n{grouped(faults)}"
    _controls(matrix)
    _mail_controls(matrix)


def _always(matrix: Matrix, kind: str) -> tuple[list[str], int]:
    """What no run leaves out: a leak to another employer or provider does not wait for long proofs.

    Access is decided in Python, so one database is enough.
    """
    faults: list[str] = []
    if kind != "sqlite":
        return faults, 0
    pairs = list(matrix.dangerous())
    for rule, actor in pairs:
        faults += matrix.meet(rule, "GET", actor)
    assert len(pairs) > 2_000
    for state, actor in itertools.product(matrix.world.a.states, ACTORS):
        faults += matrix.meet_state(state, "GET", actor)
    faults += matrix.posted("lep manager", matrix.daily())
    asked, found = attack_api(matrix)
    assert asked > 50
    return faults + found, len(pairs) + len(matrix.world.a.states) * len(ACTORS) + asked


def _mixed(matrix: Matrix, rule: object) -> list[str]:
    """One side's records named under the other's, by people of both sides."""
    faults = []
    for path in matrix.mixed(rule):  # type: ignore[arg-type]
        for actor in ("owner", "manager", "other owner", "other manager"):
            for method in sorted(rule.methods & {"GET", "POST"}):  # type: ignore[attr-defined]
                answer = matrix.ask(actor, method, path, data=MIXED if method == "POST" else None)
                name = f"{method} {path} mixed as {actor}"
                endpoint = rule.endpoint  # type: ignore[attr-defined]
                faults += [f"{name}: {one}" for one in matrix.told(endpoint, actor, answer)]
                faults += [f"{name}: {one}" for one in answer.crossings]
                if answer.status >= 500 or answer.writes or (answer.let_in and method == "GET"):
                    faults.append(f"{name}: {answer.status}, wrote {answer.writes}")
    return faults


# Good values for the forms that such an address may lead to, so that only access refuses.
MIXED = {
    "role": "member",
    "decision": "decline",
    "reason": "Some words",
    "words": "Some words",
    "revision": "0",
    "status": "done",
    "direction": "up",
    "until_on": "2027-01-01",
}


def _filled(matrix: Matrix, rule: object, actors: tuple[str, ...]) -> list[str]:
    """The other side's keys in forms and filters of pages that these people may open."""
    faults: list[str] = []
    for actor in actors:
        if actor not in matrix.who(rule.endpoint, "GET") or "GET" not in rule.methods:  # type: ignore[attr-defined]
            continue
        faults += attack_filters(matrix, rule, actor)  # type: ignore[arg-type]
        faults += attack_forms(matrix, rule, actor)[1]  # type: ignore[arg-type]
    return faults


def _controls(matrix: Matrix) -> None:
    """The same attacks on weakened pieces are noticed: a door, a page, a write, a file, a link."""
    app = matrix.app
    word = "zqb" + _spelt("employers.name") + "qz"
    for name, faults in (("network-competitors.csv", 0), ("people.csv", 1)):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(name, word)
        answer = Answer(200, "", readable(file.getvalue()))
        assert len(list(matrix.told("employers.held_download", "owner", answer))) == faults
    state = next(one for one in matrix.world.a.states if one.name == "a sheet names others")
    assert matrix.meet_state(State("a peer is asked", state.endpoint, state.values), "GET", "owner")
    shown = Answer(200, "", "", secrets=["the link of a place at an event"])
    assert list(matrix.told("caseload.case", "manager", shown))
    rule = next(one for one in matrix.rules() if one.endpoint == "caseload.case")
    assert matrix.meet(rule, "GET", "other manager") == []
    table, views = app.extensions[TABLE_EXTENSION], app.view_functions
    kept = table["caseload.case"], views["caseload.case"]
    secret = next(iter(matrix.world.a.rows.keys["cases"]))
    words = "zqa" + _spelt("interactions.summary") + "qz"
    try:
        table["caseload.case"] = public
        views["caseload.case"] = lambda case: f"<p>{case} {words.upper()} {secret}</p>"
        found = matrix.meet(rule, "GET", "other manager")
        assert any("let in with 200" in one for one in found), found
        assert any("tells interactions.summary of side a" in one for one in found), found
        views["caseload.case"] = lambda case: _taken_over(matrix, case)
        path = matrix.path(rule, "GET")
        assert matrix.ask("manager", "GET", path).crossings
    finally:
        table["caseload.case"], views["caseload.case"] = kept
    assert matrix.meet(rule, "GET", "other manager") == []


def test_a_word_is_found_in_paper_archives_calendars_and_cookies(app: Flask) -> None:
    """Each is searched as the matrix searches answers; in the bytes themselves stands nothing."""
    word = "zqb" + _spelt("users.name") + "qz"
    told = [("b", "users.name")]
    paper = HTML(string=f"<title>Paper</title><p>Said by {word} on paper</p>").write_pdf()
    packed = paper
    for number in range(DEEPEST):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"member {number}", packed)
        packed = file.getvalue()
    calendar = f"BEGIN:VCALENDAR\r\nSUMMARY:About {word[:5]}\r\n {word[5:]}\r\n".encode()
    for data in (paper, packed, calendar, word.encode("utf-16")):
        assert word.encode() not in data
        assert list(words_in(readable(data))) == told
    with pytest.raises(ValueError, match="too deep"):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("member", packed)
        readable(file.getvalue())
    with app.test_request_context():
        response = app.response_class("nothing")
        held = app.session_interface.get_signing_serializer(app).dumps({"said": word * 30})  # type: ignore[attr-defined]
        response.set_cookie("session", held)
        assert list(words_in(told_by(app, response))) == told


def _mail_controls(matrix: Matrix) -> None:
    """A mail with the other side's words is noticed, whoever it goes to."""
    word = "zqb" + _spelt("interactions.summary") + "qz"
    address = current_session().get_one(User, matrix.world.a.people["owner"]).email
    for to in (address, "zqabbbbqz1@example.org", "somebody@example.org"):
        answer = Answer(200, "", "", mails=[(to, f"They said {word}")])
        assert list(matrix.posted("owner", answer)), to
    theirs = current_session().get_one(User, matrix.world.b.people["adviser"]).email
    fine = Answer(200, "", "", mails=[(theirs, f"They said {word}")])
    assert list(matrix.posted("other manager", fine)) == []


def _taken_over(matrix: Matrix, reference: str) -> str:
    """A case given to the other side's provider, as a careless form might."""
    with unit_of_work() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        theirs = matrix.world.b.rows.given["organisations"]
        session.execute(
            update(Case)
            .where(Case.id == case.id)
            .values(organisation_id=theirs, employer_id=case.employer_id)
        )
    return "taken"


def _spelt(column: str) -> str:
    """How a column is spelt in a planted word."""
    from tests.support.matrix_rows import _letters

    return _letters(columns().index(column))


def test_planted_words_are_found_in_whatever_they_are_written() -> None:
    word = "zqb" + _spelt("users.name") + "qz"
    for text in (word, word.upper(), f"x{word}12@example.org", f"%20{word}+"):
        assert list(words_in(text)) == [("b", "users.name")]
    assert re.fullmatch(r"[a-z]+", word)
    assert list(words_in("zqbabcdqz an ordinary sentence")) == []
