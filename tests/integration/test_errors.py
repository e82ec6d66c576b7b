"""Error pages that help, and lose nothing that was typed."""

from __future__ import annotations

import io

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import text

from portal.db import current_session, unit_of_work
from portal.diagnostics import queries
from tests.factories.accounts import make_user, sign_in
from tests.support.client import PortalClient

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


def start(client: PortalClient) -> str:
    answer = client.submit("/diagnostic/start", {"sector": "retail", "size": "small"})
    return answer.request.path


def test_an_unknown_page_says_what_to_check(client: PortalClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "check you copied all of it" in answer.get_data(as_text=True)


def test_a_script_gets_json(client: PortalClient) -> None:
    answer = client.get("/nowhere", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.json["error"] == "Page not found"


@pytest.mark.parametrize("path", ["/dev/mailbox?to=%00", "/toolkit?q=%00", "/toolkit/a%00b"])
def test_a_character_that_no_text_holds_is_no_fault_and_finds_nothing(
    client: PortalClient, path: str
) -> None:
    """On SQLite it would end a text early, and a filter would let everything through."""
    assert client.get(path).status_code in {200, 400, 404}
    if "?" in path:
        assert "\ufffd" in client.get(path).get_data(as_text=True)


def test_a_page_of_somebody_else_is_refused_in_words(app: Flask, client: PortalClient) -> None:
    with unit_of_work():
        person = make_user()
    sign_in(client, person)
    answer = client.get("/employers/0000000000/plan")
    assert answer.status_code == 403
    assert "ask them to add you" in answer.get_data(as_text=True)


def test_an_expired_form_offers_what_was_typed_again(client: PortalClient) -> None:
    path = start(client)
    typed = {"csrf_token": "stale", "staff_total": "34", "staff_part_time": "20", "revision": "0"}
    expired = client.post(path, data=typed, headers=SAME_SITE)
    assert expired.status_code == 419
    soup = BeautifulSoup(expired.get_data(as_text=True), "html5lib")
    form = soup.find("main").find("form")
    kept = {field["name"]: field["value"] for field in form.find_all("input")}
    assert kept["staff_total"] == "34"
    assert kept["csrf_token"] != "stale"
    again = client.post(form["action"], data=kept)
    assert again.status_code == 302
    facts = queries.response_facts(path.split("/")[2])
    assert facts.answers["staff_total"]["v"] == 34


def test_an_expired_form_never_repeats_a_password_or_what_another_site_sent(
    client: PortalClient,
) -> None:
    data = {"csrf_token": "stale", "email": "a@example.org", "password": "hunter2 hunter2"}
    own = client.post("/account/login", data=data, headers=SAME_SITE)
    assert own.status_code == 419
    assert "hunter2" not in own.get_data(as_text=True)
    other = client.post("/account/login", data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert other.status_code == 419
    assert "a@example.org" not in other.get_data(as_text=True)
    no_header = client.post("/account/login", data=data, headers={"Origin": "https://evil.example"})
    assert "a@example.org" not in no_header.get_data(as_text=True)


def test_a_file_over_the_limit_is_refused_with_what_to_do(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 10_000)
    with unit_of_work():
        manager = make_user(roles=["lep_manager"])
    sign_in(client, manager)
    token = client.soup("/employers/import").find("input", {"name": "csrf_token"})["value"]
    name = client.soup("/employers/import").find("input", {"type": "file"})["name"]
    large = io.BytesIO(b"x" * (app.config["MAX_CONTENT_LENGTH"] + 1))
    answer = client.post(
        "/employers/import",
        data={"csrf_token": token, name: (large, "register.csv")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 413
    assert "Choose a smaller file" in answer.get_data(as_text=True)


def test_too_many_tries_say_how_long_to_wait(client: PortalClient) -> None:
    path = start(client).split("/page/")[0] + "/keep"
    token = client.soup(path).find("input", {"name": "csrf_token"})["value"]
    statuses = [
        client.post(path, data={"csrf_token": token, "email": "not an address"}).status_code
        for _ in range(11)
    ]
    assert statuses[-1] == 429
    last = client.post(path, data={"csrf_token": token, "email": "x"})
    assert "What you saved before is safe" in last.get_data(as_text=True)


def test_a_fault_of_ours_says_so_and_leaks_nothing(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise RuntimeError("secret detail of the fault")

    monkeypatch.setitem(app.view_functions, "pages.help_page", broken)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = client.get("/help")
    assert answer.status_code == 500
    assert "there is a problem with the portal" in answer.get_data(as_text=True)
    assert "secret detail" not in answer.get_data(as_text=True)


def test_a_wrong_method_changes_nothing(client: PortalClient) -> None:
    for method, path in (("GET", "/account/logout"), ("GET", "/diagnostic/0000000000/retake")):
        answer = client.open(path, method=method)
        assert answer.status_code == 405
        assert "use the buttons on the page" in answer.get_data(as_text=True)


def test_a_write_the_database_refuses_asks_to_try_again(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def twice() -> str:
        with unit_of_work():
            make_user("same@example.org")
            make_user("same@example.org")
        return ""

    monkeypatch.setitem(app.view_functions, "pages.help_page", twice)
    answer = client.get("/help")
    assert answer.status_code == 503
    assert "Wait a moment and try again" in answer.get_data(as_text=True)


# Faults of the database --------------------------------------------------------------------------

# What PostgreSQL says, and whether trying again may help.
STATES = {
    "53100": 503,  # the disk is full
    "53200": 503,  # no memory
    "55P03": 503,  # no lock in time
    "40P01": 503,  # two that waited for each other
    "40001": 503,
    "57014": 503,  # it took too long
    "57P01": 503,  # the server is stopped
    "58030": 503,  # its disk fails
    "08006": 503,
    "25006": 503,  # it is a copy just now
    "42601": 500,  # no SQL
    "42P01": 500,  # no such table
    "22012": 500,
    # A text with the character 0.
    "22021": 400,
    "22P05": 400,
    "XX000": 500,
    "P0001": 500,
}


def ask(app: Flask, statement: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """A page that asks the database this; its status and its words."""

    def view() -> str:
        current_session().execute(text(statement))
        return ""

    monkeypatch.setitem(app.view_functions, "pages.help_page", view)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = app.test_client().get("/help")
    return answer.status_code, answer.get_data(as_text=True)


def test_a_mistake_in_sql_is_a_fault_and_no_busy_database(
    committed_app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for statement in ("SELEC 1", "SELECT * FROM nothing", "SELECT nothing FROM users"):
        caplog.clear()
        status, words = ask(committed_app, statement, monkeypatch)
        assert status == 500, statement
        assert "there is a problem with the portal" in words
        assert [one.levelname for one in caplog.records if "Unhandled" in one.message] == ["ERROR"]


@pytest.mark.parametrize("committed_app", ["postgresql"], indirect=True)
def test_a_text_that_the_driver_refuses_is_no_fault(
    committed_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a form may send it; the driver says so in words, without a state."""

    def view() -> str:
        current_session().execute(text("SELECT :typed"), {"typed": "a\x00b"})
        return ""

    monkeypatch.setitem(committed_app.view_functions, "pages.help_page", view)
    monkeypatch.setitem(committed_app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = committed_app.test_client().get("/help")
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.get_data(as_text=True)


@pytest.mark.parametrize("committed_app", ["postgresql"], indirect=True)
def test_what_passes_is_told_from_a_fault_by_its_state(
    committed_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, among others, has a page that says what is safe and what to do."""
    found = {}
    for state in STATES:
        raised = f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$"
        found[state], words = ask(committed_app, raised, monkeypatch)
        said = "cannot reach its records just now" in words
        assert said is (found[state] == 503), state
    assert found == STATES
