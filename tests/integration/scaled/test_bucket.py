"""What the settings of object storage say on the wire: where, which key, and never over another.

What a store answers is tried in tests/integration/test_storage.py and tests/integration/faults.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from flask import Flask

from config import Settings
from portal.integrations.storage import (
    STORAGE_EXTENSION,
    Bucket,
    ObjectStorage,
    StorageAway,
    init_storage,
)

Heard = list[tuple[str, str, dict[str, str]]]


@pytest.fixture
def listener() -> Iterator[tuple[str, Heard]]:
    """Notes what is asked and keeps nothing."""
    heard: Heard = []

    class Ear(BaseHTTPRequestHandler):
        def answer(self) -> None:
            size = int(self.headers.get("Content-Length", "0"))
            self.rfile.read(size)
            names = {name.lower(): value for name, value in self.headers.items()}
            heard.append((self.command, self.path, names))
            self.send_response(200)
            self.send_header("ETag", '"x"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_PUT = do_GET = answer  # noqa: N815 - as the library calls them

        def log_message(self, *_words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Ear)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    thread.join()
    server.server_close()


def test_settings_say_where_and_with_which_key(listener: tuple[str, Heard]) -> None:
    endpoint, heard = listener
    app = Flask("bucket")
    app.config["SETTINGS"] = Settings(
        portal_env="test",
        storage_url="s3://portal-files/evidence",
        storage_endpoint=endpoint,
        storage_region="eu-west-2",
        storage_access_key_id="the-key",
        storage_secret_access_key="the-secret",
    )
    init_storage(app)
    app.extensions[STORAGE_EXTENSION].put("plans/one.pdf", b"bytes")
    method, path, headers = heard[-1]
    assert (method, path) == ("PUT", "/portal-files/evidence/plans/one.pdf")
    assert "Credential=the-key/" in headers["authorization"]
    assert "/eu-west-2/s3/" in headers["authorization"]
    assert "the-secret" not in str(headers)
    # The service refuses to write over a file, whoever was there in between.
    assert headers["if-none-match"] == "*"


def test_plain_http_is_spoken_only_where_it_is_said(listener: tuple[str, Heard]) -> None:
    """The control: the same address as if it were Amazon's own."""
    endpoint, heard = listener
    known = {"region": "eu-west-2", "key_id": "k", "secret": "s"}
    ObjectStorage("s3://portal-files", Bucket(endpoint=endpoint, **known)).put("a", b"b")
    assert len(heard) == 1
    with pytest.raises(StorageAway):
        secure = endpoint.replace("http://", "https://")
        ObjectStorage("s3://portal-files", Bucket(endpoint=secure, **known)).get("a")
    assert len(heard) == 1


def test_half_a_key_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="belong together"):
        Settings(portal_env="test", storage_access_key_id="k")
    with pytest.raises(ValueError, match="belong together"):
        Settings(portal_env="test", storage_secret_access_key="s")
    assert "the-secret" not in repr(
        Settings(
            portal_env="test",
            storage_access_key_id="k",
            storage_secret_access_key="the-secret",
        )
    )
