"""Two programmes in one installation: neither sees, changes or is held up by the other."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import ProgrammingError

from portal.accounts.models import User
from portal.db import Base, current_session, outbox, unit_of_work
from portal.db import programmes as apart
from portal.db.programmes import NoProgrammeError, outside, programmes
from portal.employers.models import Employer
from portal.integrations.jobs import HANDLERS_EXTENSION, sweep
from portal.integrations.mail import public_link
from portal.integrations.storage import StorageError, storage, whole_storage
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer
from tests.integration.several.conftest import EAST, WEST


def _employ(name: str, **values: str) -> str:
    with unit_of_work():
        return make_employer(name=name, **values).reference


def _names() -> set[str]:
    return set(current_session().scalars(select(Employer.name)))


def test_what_is_written_for_one_is_the_others_neither_to_read_nor_to_count(at) -> None:
    with at("east"):
        _employ("Example Eastern Bakery")
        assert "Example Eastern Bakery" in _names()
    with at("west"):
        _employ("Example Western Bakery")
        assert "Example Eastern Bakery" not in _names()
        assert current_session().scalar(select(func.count()).select_from(Employer)) == len(_names())
    with at("east"):
        assert "Example Western Bakery" not in _names()


def test_the_same_business_and_the_same_address_may_be_in_both(at) -> None:
    for slug in ("east", "west"):
        with at(slug):
            _employ("Example Chain", company_number="01234567")
            make_user("both@example.org")


def test_the_host_says_which_programme_and_a_page_shows_that_one_only(at, browser) -> None:
    with at("east"):
        reference = _employ("Example Harbour Café")
        at_east = browser(EAST)
        sign_in(at_east, make_user(roles=["lep_manager"]))
    page = at_east.get(f"/employers/{reference}")
    assert page.status_code == 200
    assert "Example Harbour Café" in page.text
    with at("west"):
        at_west = browser(WEST)
        sign_in(at_west, make_user(roles=["lep_manager"]))
    assert at_west.get(f"/employers/{reference}").status_code == 404
    assert "Example Harbour Café" not in at_west.get("/employers/").text


def test_a_cookie_of_one_signs_nobody_in_at_the_other(at, browser) -> None:
    with at("east"):
        client = browser(EAST)
        sign_in(client, make_user(roles=["lep_manager"]))
    assert client.get("/employers/").status_code == 200
    cookie = client.get_cookie("session", domain="east.example")
    assert cookie is not None
    stranger = browser(WEST)
    stranger.set_cookie("session", cookie.value, domain="west.example")
    assert stranger.get("/employers/").status_code == 302


def test_an_address_that_is_no_programmes_finds_nothing(browser) -> None:
    client = browser("http://north.example")
    client.check_headers = client.check_pages = False
    for path in ("/", "/employers/", "/account/login", "/nothing"):
        page = client.get(path)
        assert page.status_code == 404, path
        assert "No programme has this address" in page.text


def test_nobody_reads_without_saying_for_whom(installation: Flask) -> None:
    with installation.app_context(), pytest.raises(NoProgrammeError, match="PROGRAMME="):
        current_session().scalar(select(func.count()).select_from(User))


def test_without_the_one_place_nothing_is_found_at_all(installation: Flask, at) -> None:
    """The negative control: were that place removed, pages would fail, and show nobody anything."""
    engine = installation.extensions["portal_db"].engine
    hooks = list(engine.dispatch.begin)
    assert len(hooks) == 1
    event.remove(engine, "begin", hooks[0])
    try:
        with at("east"), pytest.raises(ProgrammingError, match="does not exist"):
            _names()
    finally:
        event.listen(engine, "begin", hooks[0])
    with at("east"):
        assert _names() is not None


@pytest.mark.parametrize("table", sorted(Base.metadata.tables))
def test_the_second_wall_stands_before_every_table(at, table: str) -> None:
    """Whatever a statement names, the programme's role may use no other programme's tables."""
    with at("east"):
        session = current_session()
        session.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
        with pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text(f"SELECT count(*) FROM programme_west.{table}"))  # noqa: S608
        session.rollback()


def test_the_second_wall_stands_when_the_first_has_been_talked_round(at) -> None:
    for statement in (
        "SELECT set_config('search_path', 'programme_west', true); SELECT * FROM employers",
        "UPDATE programme_west.employers SET name = 'Example'",
        "DELETE FROM programme_west.outbox",
        "SELECT * FROM portal_shared.programmes",
        "ALTER TABLE employers ADD COLUMN other text",
        "CREATE TABLE programme_east.other (id integer)",
        "TRUNCATE programme_east.audit_entries",
    ):
        with at("east"):
            session = current_session()
            with pytest.raises(ProgrammingError, match=r"permission denied|does not exist|owner"):
                for part in statement.split("; "):
                    session.execute(text(part))
            session.rollback()


def test_work_after_the_commit_is_done_for_whom_it_was_promised(installation: Flask, at) -> None:
    seen: list[tuple[str, str]] = []

    def handler(payload: dict[str, str]) -> None:
        programme = apart.current_programme()
        assert programme is not None
        seen.append((programme.slug, payload["for"]))

    handlers = installation.extensions[HANDLERS_EXTENSION]
    handlers["test.several"] = handler
    try:
        for slug in ("east", "west"):
            with at(slug), unit_of_work():
                outbox.add(kind="test.several", payload={"for": slug})
        with installation.app_context():
            sweep()
    finally:
        del handlers["test.several"]
    assert sorted(seen) == [("east", "east"), ("west", "west")]


def test_the_queue_carries_whose_work_it_is(installation: Flask, at) -> None:
    told: list[tuple[int, str | None]] = []
    queue = installation.extensions[outbox.QUEUE_EXTENSION]
    real = queue._run
    queue._run = lambda entry_id, programme: told.append((entry_id, programme))
    try:
        with at("west"), unit_of_work():
            entry_id = outbox.add(kind="test.told", payload={}).id
    finally:
        queue._run = real
    assert told == [(entry_id, "west")]
    with at("west"), unit_of_work() as session:
        session.delete(session.get_one(outbox.OutboxEntry, entry_id))


def test_each_has_a_shelf_of_its_own(installation: Flask, at) -> None:
    with at("east"):
        storage().put("evidence/one", b"east's")
        assert storage().get("evidence/one") == b"east's"
        assert whole_storage().exists("east/evidence/one")
    with at("west"):
        assert not storage().exists("evidence/one")
        with pytest.raises(StorageError):
            storage().get("../east/evidence/one")


def test_links_and_the_controllers_name_are_the_programmes_own(at, browser) -> None:
    with at("east"):
        assert public_link("pages.home").startswith(EAST)
    with at("west"):
        assert public_link("pages.home").startswith(WEST)
    assert "Example east LEP, controller" in browser(EAST).get("/privacy").text
    assert "Example east LEP, controller" not in browser(WEST).get("/privacy").text


def test_somebody_signed_in_gets_the_portals_own_files(at, browser, installation: Flask) -> None:
    """Whose cookie comes with a request for a style sheet is looked up like any other's."""
    with at("east"):
        client = browser(EAST)
        sign_in(client, make_user())
    page = client.soup("/account")
    sheet = page.find("link", rel="stylesheet")
    assert sheet is not None
    for reader in (client, browser("http://127.0.0.1")):
        with reader.get(str(sheet["href"])) as answer:
            assert answer.status_code == 200


def test_what_watches_asks_for_all(browser, installation: Flask) -> None:
    client = browser("http://127.0.0.1:8000")
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.text
    figures = client.get("/metrics").text
    assert 'portal_outbox_due{programme="east"}' in figures
    assert 'portal_outbox_due{programme="west"}' in figures
    with installation.app_context(), outside():
        assert [one.slug for one in programmes()] == ["east", "west"]
