"""The database is gone, silent, locked or full: pages say so, nothing is lost, all comes back."""

from __future__ import annotations

import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, make_url, select, text

from portal.caseload.models import Interaction
from portal.db import current_session, unit_of_work
from portal.db.session import LOCK_MILLISECONDS, Database
from tests.factories.accounts import sign_in
from tests.factories.caseload import make_case, make_provider
from tests.support.client import PortalClient
from tests.support.line import line_to
from tests.support.markup import parse
from tests.support.races import database_of

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
AWAY = "The portal cannot reach its records just now"


@dataclass
class World:
    """An adviser with a case, at whose form they sit, and what takes the database away."""

    app: Flask
    client: PortalClient
    case: str
    form: dict[str, str]
    cut: Callable[[], None]
    mend: Callable[[], None]
    silence: Callable[[], None] | None = None

    @property
    def path(self) -> str:
        return f"/cases/{self.case}/log"

    def send(self, **changes: str) -> Any:
        return self.client.post(self.path, data=self.form | changes, headers=SAME_SITE)

    def notes(self) -> list[str]:
        with self.app.app_context():
            return list(current_session().scalars(select(Interaction.summary)))


def use(app: Flask, database: Database) -> None:
    """Have the application work on this database."""
    database_of(app).dispose()
    app.extensions["portal_db"] = database


def sit_down(app: Flask) -> tuple[PortalClient, str, dict[str, str]]:
    """An adviser signed in, with the form of a note filled in."""

    def make() -> tuple[Any, str]:
        provider = make_provider()
        return provider.adviser, make_case(provider).reference

    client = app.test_client()
    assert isinstance(client, PortalClient)
    with app.app_context():
        with unit_of_work():
            adviser, case = make()
        sign_in(client, adviser)
    form = parse(client.get(f"/cases/{case}/log").get_data(as_text=True)).select_one("main form")
    assert form is not None
    hidden = {str(one["name"]): str(one["value"]) for one in form.select("input[type=hidden]")}
    typed = {"kind": "note", "reached": "no", "minutes": "10", "happened": "A note not to be lost"}
    planned = {"when": "tomorrow", "next_kind": "call", "next_what": "Ask again"}
    return client, case, hidden | typed | planned


@pytest.fixture(autouse=True)
def put_away(committed_app: Flask) -> Iterator[None]:
    """Close what a test has put in the place of the application's database."""
    yield
    database_of(committed_app).dispose()


@pytest.fixture
def world(committed_app: Flask) -> Iterator[World]:
    """The database can be taken away: a file that is not there, a line that is cut."""
    app, url = committed_app, make_url(database_of(committed_app).url)
    client, case, form = sit_down(app)
    if database_of(app).is_sqlite:
        assert url.database is not None
        file = Path(url.database)
        aside = file.with_suffix(".aside")

        def cut() -> None:
            database_of(app).dispose()
            file.rename(aside)

        def mend() -> None:
            assert not file.exists(), "an empty database was made in the place of the real one"
            aside.rename(file)

        yield World(app, client, case, form, cut, mend)
        return
    host = url.query.get("host")

    def connect() -> socket.socket:
        if not isinstance(host, str) or not host.startswith("/"):
            return socket.create_connection((url.host, url.port or 5432))
        near = socket.socket(socket.AF_UNIX)
        near.connect(f"{host}/.s.PGSQL.{url.port or 5432}")
        return near

    with line_to(connect) as line:
        through = url.set(host="127.0.0.1", port=line.port, query={"sslmode": "disable"})
        use(app, Database(through.render_as_string(hide_password=False)))
        yield World(app, client, case, form, line.cut, line.mend, line.silence)
        line.mend()


def words_of(answer: Any) -> str:
    return " ".join(parse(answer.get_data(as_text=True)).select_one("main").get_text().split())


def test_while_it_is_gone_pages_say_so_and_it_comes_back(world: World) -> None:
    visitor = world.app.test_client()
    world.cut()
    for page in ("/", "/help", "/accessibility", "/account/login"):
        assert visitor.get(page).status_code == 200, page
    for page in (world.path, "/cases", "/help"):
        answer = world.client.get(page)
        assert answer.status_code == 503, page
        assert AWAY in words_of(answer)
        assert "What you saved before is safe" in words_of(answer)
        assert "not saved" not in words_of(answer), "nothing was to be saved"
        assert answer.headers["Retry-After"] == "30"
    assert world.client.get("/nowhere").status_code == 404
    assert visitor.get("/healthz").status_code == 200
    ready = visitor.get("/readyz")
    assert ready.status_code == 503
    assert ready.json["checks"]["database"] == "failed"
    world.mend()
    assert world.client.get(world.path).status_code == 200
    assert visitor.get("/readyz").status_code == 200


def test_what_was_typed_meanwhile_is_sent_again_and_kept_once(world: World) -> None:
    world.cut()
    answer = world.send()
    assert answer.status_code == 503
    assert "Your last change was not saved" in words_of(answer)
    script = world.client.post(
        world.path, data=world.form, headers={**SAME_SITE, "X-Autosave": "1"}
    )
    assert script.status_code == 503
    assert "not saved" in script.json["message"]
    form = parse(answer.get_data(as_text=True)).select_one("main form")
    again = {str(one["name"]): str(one["value"]) for one in form.select("input")}
    assert again["happened"] == "A note not to be lost"
    world.mend()
    assert world.notes() == []
    for _ in range(2):
        assert world.client.post(form["action"], data=again).status_code == 302
    assert world.notes() == ["A note not to be lost"]


def test_what_another_site_sent_is_not_offered_again(world: World) -> None:
    world.cut()
    answer = world.client.post(
        world.path, data=world.form, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 503
    assert "A note not to be lost" not in answer.get_data(as_text=True)
    world.mend()


# A file has no line that could break: it was written or it was not.
@pytest.mark.parametrize("committed_app", ["postgresql"], indirect=True)
def test_broken_off_while_it_saves_nobody_claims_to_know(world: World) -> None:
    engine = database_of(world.app).engine
    event.listen(engine, "commit", lambda _connection: world.cut())
    answer = world.send()
    assert answer.status_code == 503
    assert "may not have been saved" in words_of(answer)
    assert parse(answer.get_data(as_text=True)).select_one("main form") is None


@pytest.mark.parametrize("committed_app", ["postgresql"], indirect=True)
def test_a_silent_server_is_not_waited_for(world: World) -> None:
    assert world.silence is not None
    database_of(world.app).dispose()
    world.silence()
    started = time.monotonic()
    assert world.client.get(world.path).status_code == 503
    assert time.monotonic() - started < 15
    world.mend()
    assert world.client.get(world.path).status_code == 200


# Locked ------------------------------------------------------------------------------------------


def impatient(app: Flask, milliseconds: int) -> None:
    """As it is, but waiting for a lock so long."""
    database = database_of(app)
    if database.is_sqlite:
        fresh = Database(database.url)

        @event.listens_for(fresh.engine, "connect")
        def hurry(connection: Any, _record: Any) -> None:
            connection.execute(f"PRAGMA busy_timeout={milliseconds}")
    else:
        options = {"options": f"-c lock_timeout={milliseconds}"}
        url = make_url(database.url).update_query_dict(options)
        fresh = Database(url.render_as_string(hide_password=False))
    use(app, fresh)


def test_a_lock_is_waited_for_less_long_than_anybody_waits_for_a_page(
    committed_app: Flask,
) -> None:
    database = database_of(committed_app)
    asked = "PRAGMA busy_timeout" if database.is_sqlite else "SHOW lock_timeout"
    with database.engine.connect() as connection:
        found = connection.execute(text(asked)).scalar()
    assert found == (5000 if database.is_sqlite else f"{LOCK_MILLISECONDS // 1000}s")


@pytest.mark.parametrize("milliseconds", [200, 0])
def test_locked_for_long_it_says_so_and_goes_on_afterwards(
    committed_app: Flask, milliseconds: int
) -> None:
    """With the control: without a limit (0) the page would wait for ever."""
    app = committed_app
    client, case, form = sit_down(app)
    for_ever = 20_000 if database_of(app).is_sqlite else 0
    holder = Database(database_of(app).url)
    impatient(app, milliseconds or for_ever)
    path, answers = f"/cases/{case}/log", []

    def send() -> None:
        answers.append(client.post(path, data=form, headers=SAME_SITE))

    with holder.engine.connect() as held:
        if holder.is_sqlite:
            held.rollback()
            held.connection.dbapi_connection.execute("BEGIN IMMEDIATE")
        else:
            held.execute(text("SELECT id FROM cases FOR UPDATE"))
        sender = threading.Thread(target=send)
        sender.start()
        sender.join(timeout=60 if milliseconds else 1.0)
        waits = sender.is_alive()
        assert waits is (milliseconds == 0)
        if not waits:
            assert answers[0].status_code == 503
            assert AWAY in words_of(answers[0])
            assert client.get(path).status_code == 200, "reading needs no lock"
        if holder.is_sqlite:
            held.connection.dbapi_connection.execute("ROLLBACK")
        held.rollback()
    sender.join(timeout=60)
    holder.dispose()
    if waits:
        assert answers[0].status_code == 302
    else:
        assert client.post(path, data=form, headers=SAME_SITE).status_code == 302
    with app.app_context():
        assert len(list(current_session().scalars(select(Interaction.id)))) == 1


# Full --------------------------------------------------------------------------------------------

_FULL = """
CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END
$$;
CREATE TRIGGER full_disk BEFORE INSERT ON interactions FOR EACH ROW EXECUTE FUNCTION disk_is_full();
"""


def fill_up(app: Flask) -> Callable[[], None]:
    """Not a page more fits in; what makes room again."""
    database = database_of(app)
    if not database.is_sqlite:
        with database.engine.begin() as connection:
            connection.exec_driver_sql(_FULL)

        def make_room() -> None:
            with database.engine.begin() as connection:
                connection.exec_driver_sql("DROP TRIGGER full_disk ON interactions")

        return make_room
    full = Database(database.url)

    @event.listens_for(full.engine, "connect")
    def no_more(connection: Any, _record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    use(app, full)
    return lambda: use(app, Database(database.url))


def test_a_full_disk_loses_nothing_and_pages_go_on(committed_app: Flask) -> None:
    client, case, form = sit_down(committed_app)
    make_room = fill_up(committed_app)
    path = f"/cases/{case}/log"
    form["happened"] = "Too long for what is left. " * 180
    answer = client.post(path, data=form, headers=SAME_SITE)
    assert answer.status_code == 503
    assert "Your last change was not saved" in words_of(answer)
    assert client.get(path).status_code == 200
    assert client.get("/cases").status_code == 200
    make_room()
    assert client.post(path, data=form, headers=SAME_SITE).status_code == 302
    with committed_app.app_context():
        assert list(current_session().scalars(select(Interaction.summary))) == [
            form["happened"].strip()
        ]


# PostgreSQL's disk is its server's: what it says of it is tried above and in test_errors.
@pytest.mark.parametrize("committed_app", ["sqlite"], indirect=True)
def test_when_the_system_takes_no_more_bytes_nothing_half_written_stays(
    committed_app: Flask,
) -> None:
    client, case, form = sit_down(committed_app)
    path = f"/cases/{case}/log"
    form["happened"] = "Too long for what is left. " * 180
    url = database_of(committed_app).url
    log = Path(url.removeprefix("sqlite:///") + "-wal")
    database_of(committed_app).dispose()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    room = (log.stat().st_size if log.exists() else 0) + 2048
    # The system itself refuses to let any file of this process grow further.
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        answer = client.post(path, data=form, headers=SAME_SITE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert answer.status_code == 503
    assert "Your last change was not saved" in words_of(answer)
    with committed_app.app_context():
        assert current_session().execute(text("PRAGMA integrity_check")).scalar() == "ok"
        assert list(current_session().scalars(select(Interaction.summary))) == []
    assert client.post(path, data=form, headers=SAME_SITE).status_code == 302
