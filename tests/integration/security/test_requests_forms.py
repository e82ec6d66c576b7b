"""Every form, sent with more in it than it asks for: nothing more changes, and nobody is led away.

The demonstration is walked as each of its people. In `make test` a part of it, in `make prove` all.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, request

from portal.accounts import service
from portal.accounts.rules import own_path
from portal.accounts.views import account
from portal.cli.seed import PEOPLE
from portal.db.session import Database
from portal.kernel.clock import freeze, utc_now
from portal.web.security import limiter
from tests.factories.accounts import PASSWORD, make_user
from tests.integration.accounts.journeys import new_browser
from tests.integration.conftest import make_app
from tests.support import databases
from tests.support.attacks import ELSEWHERE, leads_elsewhere
from tests.support.form_walk import (
    Walk,
    additions,
    demonstration_database,
    differences,
    rolled_back,
)

log = logging.getLogger(__name__)
BIG = os.environ.get("BIG") == "1"
PAGES = 400 if BIG else 30
WALKERS = [one.email for one in PEOPLE] if BIG else [
    "owner@cafe.example", "adviser@provider.example", "head@lep.example",
]  # fmt: skip


@pytest.fixture(scope="session")
def database_kind() -> str:
    """What a form takes does not depend on the database."""
    return "sqlite"


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Any]]:
    """The demonstration, in a transaction that is rolled back."""
    folder = tmp_path_factory.mktemp("walked")
    app = make_app(databases.new_database("sqlite", folder), folder)
    url = demonstration_database(app, folder)
    app.extensions["portal_db"].dispose()
    app.extensions["portal_db"] = Database(url)
    with rolled_back(app) as connection:
        yield app, connection
    app.extensions["portal_db"].dispose()


# Fields that some people's page leaves out and the form knows: with one of these it is refused.
KNOWN = {
    "caseload.invite": {"organisation"},
    "network.reply": {"unnamed"},
    "network.thread_new": {"unnamed"},
}


def more_than_asked(names: frozenset[str]) -> dict[str, str]:
    """The additions that are no field of the form."""
    return {name: value for name, value in additions().items() if name not in names}


@pytest.mark.slow
@pytest.mark.timeout(3600 if BIG else 300)
def test_forms_take_what_they_ask_for_and_no_more(walked: tuple[Flask, Any]) -> None:
    app, connection = walked
    faults: list[str] = []
    done: set[tuple[str, frozenset[str]]] = set()
    came_of: Counter[str] = Counter()
    with freeze(utc_now()):
        for email in WALKERS:
            walk = Walk(app, connection, email)
            for met in walk.forms(pages=PAGES, each=2 if BIG else 1):
                if (met.endpoint, met.names) in done:
                    continue
                done.add((met.endpoint, met.names))
                plain, again = walk.send(met), walk.send(met)
                extra = more_than_asked(met.names)
                known = {
                    name: extra.pop(name) for name in KNOWN.get(met.endpoint, ()) if name in extra
                }
                more = walk.send(met, extra)
                refused = walk.send(met, known) if known else None
                if refused is not None and (refused.writes or refused.status >= 300):
                    faults.append(f"{met.endpoint} as {email}: {known} is not refused")
                came_of["written" if plain.writes else f"answered {plain.status}"] += 1
                faults += [
                    f"{met.endpoint} as {email} on {met.page}: {fault}"
                    for fault in differences(plain, again, more)
                ]
    routes = len({endpoint for endpoint, _names in done})
    log.info("%s forms of %s routes: %s", len(done), routes, dict(came_of))
    assert not faults, "\n".join(faults)
    assert len(done) > (150 if BIG else 20)
    assert came_of["written"] > len(done) / 4, came_of


def test_a_form_that_takes_more_is_noticed(
    walked: tuple[Flask, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, connection = walked
    real = service.rename

    def careless(*, user_id: int, name: str) -> Any:
        result = real(user_id=user_id, name=name)
        for column in ("active", "tf_last_counter"):
            if column in request.form:
                setattr(result.value, column, int(request.form[column]) != 1)
        return result

    monkeypatch.setattr(account.service, "rename", careless)
    with freeze(utc_now()):
        walk = Walk(app, connection, "owner@cafe.example")
        walk.client.get("/account/name")
        page = walk.client.get("/account/name").get_data(as_text=True)
        (met,) = [one for one in walk._on("/account/name", _soup(page)) if "name" in one.names]
        plain, again = walk.send(met), walk.send(met)
        assert plain.writes
        assert differences(plain, again, walk.send(met)) == []
        assert differences(plain, again, walk.send(met, more_than_asked(met.names)))


def _soup(page: str) -> Any:
    from tests.support.markup import parse

    return parse(page).find("main")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_way_back_leads_elsewhere(app: Flask, target: str) -> None:
    """Signing in, showing that it is you, and signing out, in the form and in the address."""
    user = make_user()
    for given, query in (({"next": target}, {}), ({}, {"next": target})):
        browser = new_browser()
        browser.check_pages = False
        limiter.reset()
        token = browser.soup("/account/login").find("input", {"name": "csrf_token"})["value"]  # type: ignore[index]
        data = {"email": user.email, "password": PASSWORD, "csrf_token": token, **given}
        # The client refuses any answer that leads elsewhere.
        answer = browser.post("/account/login", data=data, query_string=query)
        assert answer.status_code in {200, 302}
        if answer.status_code == 302:
            assert own_path(answer.location) == answer.location
    assert own_path(target) is None or not leads_elsewhere(target)


def test_what_leads_elsewhere_is_known() -> None:
    """The control of the check itself: each of these was seen to leave, or not to, in a browser."""
    leaving = [one for one in ELSEWHERE if leads_elsewhere(one)]
    staying = {"/%09/evil.example", "/%2fevil.example", "/%5cevil.example"}
    assert not staying & set(leaving)
    assert len(leaving) > 22
    for own in ("/", "/account", "/a?next=//evil.example", "http://localhost/x", "account", "?a=b"):
        assert not leads_elsewhere(own), own
