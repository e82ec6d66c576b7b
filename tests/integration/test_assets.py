"""Built files come packed to browsers that take them so, and whole to the others."""

from __future__ import annotations

import gzip

from flask import Flask
from werkzeug.test import TestResponse

from portal.db import unit_of_work
from portal.web.assets import asset_path, asset_url
from tests.factories.accounts import make_user, sign_in
from tests.support.client import PortalClient

_TAKES = {"Accept-Encoding": "br, gzip"}


def test_styles_come_packed(portal_app: Flask) -> None:
    client = portal_app.test_client()
    address = asset_url("app.css")
    with client.get(address) as whole, client.get(address, headers=_TAKES) as packed:
        _compare(whole, packed)


def _compare(whole: TestResponse, packed: TestResponse) -> None:
    assert whole.data == asset_path("app.css").read_bytes()
    assert "Content-Encoding" not in whole.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.mimetype == whole.mimetype == "text/css"
    assert gzip.decompress(packed.data) == whole.data
    assert len(packed.data) < len(whole.data) / 5
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in whole.headers["Vary"]
    assert "immutable" in packed.headers["Cache-Control"]


def test_fonts_come_as_they_are(portal_app: Flask) -> None:
    address = asset_url("fonts/source-sans-3-latin-400.woff2")
    with portal_app.test_client().get(address, headers={"Accept-Encoding": "gzip"}) as answer:
        assert "Content-Encoding" not in answer.headers
        assert answer.data[:4] == b"wOF2"


def test_nothing_else_is_served(portal_app: Flask) -> None:
    client = portal_app.test_client()
    for path in ("/static/../../config.py", "/static/..%2f..%2fconfig.py", "/static/none.css"):
        assert client.get(path, headers={"Accept-Encoding": "gzip"}).status_code == 404


def test_a_visitors_page_comes_packed(client: PortalClient) -> None:
    client.check_pages = False
    packed = client.get("/toolkit?q=rota", headers=_TAKES)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(packed.data)
    assert "Content-Encoding" not in client.get("/toolkit").headers


def test_a_page_with_a_secret_stays_as_it_is(client: PortalClient) -> None:
    form = client.get("/tools/cost", headers=_TAKES)
    assert b"csrf_token" in form.data
    with unit_of_work():
        user = make_user()
    sign_in(client, user)
    assert b"</html>" in client.get("/toolkit", headers=_TAKES).data
