"""Every form of the portal, filled in with what does harm: no fault, and no markup of it.

The forms are those that people find on the pages that they reach in the demonstration, so a new one
is tried by itself. What breaks is told with the seed that finds it again.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Blueprint, request

from portal.web.access import TABLE_EXTENSION, public
from tests.integration.conftest import make_app
from tests.integration.security.test_injection_sql import Record
from tests.support import databases
from tests.support.attack_forms import LEFT_ALONE, ODD, PageForm, filled, forms_on
from tests.support.client import PortalClient
from tests.support.full_world import PEOPLE, World, demonstration_world, whole_round
from tests.support.script_payloads import markup_faults

BIG = os.environ.get("BIG") == "1"
SEED = 20261122
TIMES = 60 if BIG else 1
PERSONS = tuple(reversed(PEOPLE)) if BIG else ("adviser",)
# Distinct forms, told apart by where they lead and what they ask.
FEWEST = 100 if BIG else 40


@pytest.fixture(params=["sqlite", "postgresql"] if BIG else ["sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    made = demonstration_world(tmp_path, request.param)
    yield made
    made.app.extensions["portal_db"].dispose()


def found_forms(world: World) -> list[tuple[str, str, PageForm]]:
    """Every kind of form with somebody who sees it, and the page on which it stands."""
    found: dict[tuple[str, frozenset[str]], tuple[str, str, PageForm]] = {}
    for one in whole_round(world, thorough=False, people=PERSONS):
        if one.mimetype != "text/html" or one.status != 200:
            continue
        for form in forms_on(one.text, one.address):
            leads = world.endpoint_of(form.action, "POST")
            if leads and leads not in LEFT_ALONE:
                found.setdefault((leads, form.names), (one.person, one.address, form))
    return list(found.values())


def send(client: PortalClient, form: PageForm, chance: random.Random) -> list[str]:
    """Fill in a form and send it; what is wrong with the answer."""
    data = filled(form, chance)
    answer = client.post(form.action, data=data, content_type="multipart/form-data")
    told = answer.get_data().decode("utf-8", "replace")
    answer.close()
    sent = {name: str(value)[:60] for name, value in data.items() if name != "csrf_token"}
    faults = []
    if answer.status_code >= 500:
        faults.append(f"{form.action} {sent}: {answer.status_code}")
    if answer.mimetype == "text/html":
        faults += [f"{form.action}: {fault}" for fault in markup_faults(told)]
    return faults


def fresh(client: PortalClient, page: str, like: PageForm) -> PageForm | None:
    """The form as it stands on its page now, if it still does."""
    answer = client.get(page)
    told = answer.get_data().decode("utf-8", "replace")
    answer.close()
    if answer.status_code != 200 or answer.mimetype != "text/html":
        return None
    same = [form for form in forms_on(told, page) if form.action == like.action]
    return same[0] if same else None


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if BIG else 300)
def test_no_form_breaks(world: World, record_property: Record) -> None:
    forms = found_forms(world)
    assert len(forms) >= FEWEST, len(forms)
    faults: list[str] = []
    sent: Counter[str] = Counter()
    for step in range(TIMES):
        clients = {person: world.client(person) for person in PERSONS}
        for number, (person, page, form) in enumerate(forms):
            now = fresh(clients[person], page, form)
            if now is None:
                # An earlier form may have ended the visit.
                clients[person] = world.client(person)
                now = fresh(clients[person], page, form)
            if now is None:
                continue
            # Choices are the same every time.
            chance = random.Random(SEED + step * 10_000 + number)  # noqa: S311
            faults += send(clients[person], now, chance)
            sent[form.action] += 1
    record_property("forms", f"{sent.total()} sent of {len(forms)} kinds")
    assert not faults, "\n".join(faults[:40])
    assert sent.total() >= len(forms) * TIMES * 0.5


def test_a_form_that_breaks_or_shows_what_it_was_sent_is_noticed(tmp_path: Path) -> None:
    """The control."""
    # An application of its own: a route cannot be taken away again.
    app = make_app(databases.new_sqlite(tmp_path), tmp_path)
    blueprint = Blueprint("weak_form", __name__)

    @blueprint.post("/weak-form")
    def weak() -> str:
        asked = request.form.get("name", "")
        assert asked == asked.strip()
        return f"<p>{asked}</p>"

    app._got_first_request = False
    app.register_blueprint(blueprint)
    app.extensions[TABLE_EXTENSION]["weak_form.weak"] = public
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client = app.test_client()
    client.check_pages = False
    page = client.get("/account/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    html = (
        '<form method="post" action="/weak-form"><input type="hidden" name="csrf_token" '
        f'value="{token[1]}"><input type="text" name="name"></form>'
    )
    form = next(forms_on(html, "/"))
    faults = [
        fault
        for number in range(len(ODD) * 3)
        for fault in send(client, form, random.Random(number))  # noqa: S311
    ]
    assert any(": 500" in fault for fault in faults)
    assert any("onerror" in fault or "a script" in fault for fault in faults)
