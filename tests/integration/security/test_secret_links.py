"""Addresses that open something for whoever has them: kept from logs and from other websites."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask, Response
from werkzeug.test import TestResponse

from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.network.service.peer_mails import token_of
from tests.factories.employers import make_employer
from tests.factories.peers import make_asker, make_helper, make_match
from tests.factories.pulse import open_wave
from tests.support.attacks import address_of, rules_for
from tests.support.client import PortalClient

SECRETS = {"token", "code"}
# What a browser says of where a form comes from that goes to the same host, by the page's policy.
SAID = {
    "same-origin": lambda url: url,
    "strict-origin": lambda url: f"https://{urlsplit(url).netloc}/",
    "no-referrer": lambda url: "",
}


@pytest.fixture(scope="session")
def database_kind() -> str:
    """Headers do not depend on the database."""
    return "sqlite"


def referer(page: TestResponse) -> str:
    """What a browser sends with a form on this page."""
    return SAID[page.headers["Referrer-Policy"]](page.request.url)


def test_such_an_address_is_never_told(app: Flask, client: PortalClient) -> None:
    client.check_pages = client.check_headers = False
    met = 0
    for rule, method in rules_for(app, "GET", "POST"):
        answer = client.open(address_of(app, rule, method), method=method)
        policy = answer.headers["Referrer-Policy"]
        # A page says nothing of its own beside the header.
        assert 'name="referrer"' not in answer.get_data(as_text=True), rule
        if SECRETS & rule.arguments:
            met += 1
            assert policy == "strict-origin", rule
            if rule.endpoint not in {"network.badge", "toolkit.go"}:
                assert answer.headers["Cache-Control"] == "no-store, private", rule
        else:
            assert policy == "same-origin", rule
    assert met > 30


def send_over_https(client: PortalClient, path: str, data: dict[str, str]) -> TestResponse:
    """Open a page over https and send its form, as a browser does."""
    page = client.get(path, base_url="https://localhost")
    assert page.status_code == 200, path
    assert path not in referer(page)
    field = BeautifulSoup(page.text, "lxml").find("input", {"name": "csrf_token"})
    assert field is not None
    return client.post(
        path,
        base_url="https://localhost",
        data={**data, "csrf_token": str(field["value"])},
        headers={"Referer": referer(page)},
    )


def test_their_forms_are_taken_over_https(
    app: Flask, client: PortalClient, session: PortalSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that sends no origin at all would have each of its forms refused."""
    with unit_of_work():
        employer = make_employer()
        match = make_match(make_asker(), make_helper())
    link = f"/network/match/{token_of(match.reference, 'asker')}"

    def silent(response: Response) -> Response:
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    with monkeypatch.context() as patch:
        patch.setitem(app.after_request_funcs, None, [silent, *app.after_request_funcs[None]])
        client.check_headers = False
        assert send_over_https(client, link, {"answer": "agree"}).status_code >= 400
        client.check_headers = True
    session.refresh(match)
    assert match.asker_agreed_at is None
    assert send_over_https(client, link, {"answer": "agree"}).status_code == 302
    session.refresh(match)
    assert match.asker_agreed_at is not None
    survey = f"/pulse/{open_wave(employer.reference).code}/en"
    assert send_over_https(client, survey, {}).status_code < 400
