"""SQL and script in every query parameter of every GET route, on both databases.

Which parameters a route reads is noted while it is asked, so a new filter is tried by itself. What
is asked may reach the database as a value only: no statement may hold it. No answer is a fault, and
none makes markup of what stands in the address.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Blueprint, Flask, request
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import text

from portal.db import current_session
from portal.web.access import TABLE_EXTENSION, public
from tests.integration.conftest import make_app
from tests.integration.test_routes_access import address, every_role, get_rules
from tests.support import databases
from tests.support.attack_queries import (
    ATTACKS,
    MARK,
    WRONG,
    noting_arguments,
    watching_statements,
)
from tests.support.client import PortalClient
from tests.support.full_world import (
    PEOPLE,
    Seen,
    demonstration_world,
    whole_round,
)
from tests.support.script_payloads import PAYLOADS, markup_faults

BIG = os.environ.get("BIG") == "1"
SCRIPTS = [one.text for one in PAYLOADS]
# Parameters that many lists share; a route that reads none of them is not harmed.
COMMON = {"q", "sort", "order", "page", "after", "before", "from", "to", "next"}
FEWEST_ROUTES = 60
# Where a word is looked for and what can be none is left out: then the whole list stands there.
LEFT_OUT = {("/outputs", "sector"), ("/outputs/export.csv", "sector")}
# Pytest's own way of keeping a figure with a result.
Record = Callable[[str, object], None]


@pytest.fixture
def everyone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever asks holds every role."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    with every_role(app):
        yield


def answer_to(client: PortalClient, path: str, query: dict[str, str]) -> tuple[int, str, str]:
    """Status, kind and text of an answer."""
    encoded = urlencode(query, errors="surrogatepass")
    answer = client.get(f"{path}?{encoded}")
    sent = answer.get_data()
    answer.close()
    if answer.mimetype.endswith("spreadsheetml.sheet"):
        # Packed, so a line of the table is no line of the answer.
        return answer.status_code, answer.mimetype, rows_of(sent)
    return answer.status_code, answer.mimetype, sent.decode("utf-8", "replace")


def rows_of(workbook: bytes) -> str:
    """The rows of a workbook, a line each."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return "\n".join(archive.read(name).decode() for name in sheets).replace("<row ", "\n<row ")


def faults_of(client: PortalClient, path: str, query: dict[str, str]) -> list[str]:
    """What is wrong with an answer."""
    status, kind, told = answer_to(client, path, query)
    asked = next(iter(query.values()))[:60]
    faults = [f"{path} {asked!r} {sorted(query)}: {status}"] if status >= 500 else []
    if kind == "text/html":
        faults += [f"{path} {asked!r}: {fault}" for fault in markup_faults(told)]
    return faults


def parameters(client: PortalClient, paths: dict[str, str]) -> dict[str, set[str]]:
    """The query parameters that routes read, by the address asked; two looks, for those that are
    read only where another is given."""
    with noting_arguments(client.application) as asked:
        for path in paths.values():
            client.get(path).close()
        for name, path in paths.items():
            if name in asked:
                given = dict.fromkeys(sorted(asked[name] | COMMON), "1")
                client.get(path, query_string=given).close()
        return {path: set(asked.get(name, set())) for name, path in paths.items()}


@pytest.mark.slow
@pytest.mark.usefixtures("everyone")
@pytest.mark.timeout(4 * 3600 if BIG else 600)
def test_no_query_parameter_of_any_route_reaches_a_statement(
    app: Flask, client: PortalClient, record_property: Record
) -> None:
    """On empty tables: all parameters of a route at once, each attack with some of the routes.

    The whole proof sends every attack to every route; the short cut a NUL to each, which
    PostgreSQL refuses, and three others.
    """
    client.check_pages = False
    paths = {rule.endpoint: address(app, rule) for rule in get_rules(app)}
    read = {path: names for path, names in parameters(client, paths).items() if names}
    assert len(read) >= FEWEST_ROUTES, sorted(read)
    faults: list[str] = []
    texts = [*ATTACKS, *WRONG, *SCRIPTS]
    each = len(texts) if BIG else 3
    sent = 0
    with watching_statements(app) as found:
        for number, (path, names) in enumerate(sorted(read.items())):
            some = [texts[(number * each + step) % len(texts)] for step in range(each)]
            for asked in some if BIG else [f"\x00{MARK}", *some]:
                faults += faults_of(client, path, dict.fromkeys(sorted(names), asked))
                sent += 1
    record_property("requests", sent)
    assert not found, found[:5]
    assert not faults, "\n".join(faults[:40])
    assert sent >= (10_000 if BIG else 180)


def size_of(kind: str, told: str) -> int:
    """How much an answer lists."""
    if kind == "text/html":
        return len(LexborHTMLParser(told).css("main a, main tr, main li, main article"))
    return told.count("\n")


def widened(client: PortalClient, path: str, parameter: str) -> list[str]:
    """What an attack in one parameter finds that its words do not."""
    faults: list[str] = []
    # How much words list, each asked for once.
    plain: dict[str, int] = {}
    whole = size_of(*answer_to(client, path, {})[1:]) if (path, parameter) in LEFT_OUT else 0
    for attack in ATTACKS if BIG else ATTACKS[2:6]:
        # A search may find the words that an attack is made of; no more than that.
        for words in (MARK, " ".join(re.findall(r"[A-Za-z0-9_]+", attack))):
            if words not in plain:
                plain[words] = size_of(*answer_to(client, path, {parameter: words})[1:])
        none = max(plain[MARK], plain[words], whole)
        status, media, told = answer_to(client, path, {parameter: attack})
        if status >= 500:
            faults.append(f"{path} {parameter}={attack[:50]!r}: {status}")
        elif status == 200 and size_of(media, told) > none:
            faults.append(f"{path} {parameter}={attack[:50]!r} lists more")
    return faults


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if BIG else 300)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"] if BIG else ["sqlite"])
def test_filled_lists_are_not_widened(tmp_path: Path, kind: str, record_property: Record) -> None:
    """On the demonstration: what finds nothing finds nothing more for holding SQL.

    The whole proof asks every parameter of every address that anybody reaches for every attack;
    the short cut the lists of employers, resources and the forum.
    """
    world = demonstration_world(tmp_path, kind)
    if BIG:
        seen = [one for one in whole_round(world, thorough=False) if one.status == 200]
    else:
        paths = ("/employers/", "/toolkit", "/forum/search", "/decisions", "/cases", "/events")
        seen = [Seen("lep_manager", path, path, 200, "", b"") for path in paths]
    clients = {person: world.client(person) for person in PEOPLE}
    # The same page with and without a query is one.
    pages = {one.address.partition("?")[0]: one for one in reversed(seen)}
    faults: list[str] = []
    tried = 0
    with watching_statements(world.app) as found:
        for path, one in sorted(pages.items()):
            client, name = clients[one.person], world.endpoint_of(path) or one.endpoint
            for parameter in sorted(parameters(client, {name: path})[path]):
                tried += 1
                faults += widened(client, path, parameter)
    world.app.extensions["portal_db"].dispose()
    assert not found, found[:5]
    assert not faults, "\n".join(faults[:40])
    record_property("parameters", tried)
    assert tried >= (200 if BIG else 8)


def test_a_filter_written_into_its_statement_is_noticed(tmp_path: Path) -> None:
    """The control: a route that writes what it is asked into SQL, and shows it as it is."""
    # An application of its own: a route cannot be taken away again.
    app = make_app(databases.new_sqlite(tmp_path), tmp_path)
    blueprint = Blueprint("weak", __name__)

    @blueprint.get("/weak")
    def weak() -> str:
        asked = request.args.get("name", "")
        current_session().execute(text(f"SELECT 1 WHERE 'a' = '{asked}'"))
        return f"<p>{asked}</p>"

    app._got_first_request = False
    app.register_blueprint(blueprint)
    app.extensions[TABLE_EXTENSION]["weak.weak"] = public
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client: Any = app.test_client()
    client.check_pages = False
    assert parameters(client, {"weak.weak": "/weak"}) == {"/weak": {"name"}}
    with watching_statements(app) as found:
        assert answer_to(client, "/weak", {"name": f"{MARK}' OR '1'='1"})[0] == 200
        assert found
        assert any(": 50" in fault for fault in faults_of(client, "/weak", {"name": f"{MARK}'"}))
    assert faults_of(client, "/weak", {"name": "<img src=x onerror=alert(1)>"})
