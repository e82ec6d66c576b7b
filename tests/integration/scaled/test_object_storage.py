"""The portal's own storage class against a server that speaks S3, over the wire.

What is said on the wire word for word is looked at in test_bucket.py.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from portal.integrations.storage import ObjectStorage, StorageAway, StorageError
from tests.support.s3_server import REGION, S3Server

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    """Started once; only who has the key gets in."""
    server = S3Server()
    server.start()
    server.make_bucket()
    server.guard()
    yield server
    server.close()


@pytest.fixture
def storage(server: S3Server) -> ObjectStorage:
    return ObjectStorage(f"s3://{server.name}/portal", server.bucket())


def test_put_get_head_list_and_delete(server: S3Server, storage: ObjectStorage) -> None:
    data = os.urandom(70_000)
    key = "evidence/2026/é a+b.pdf"
    assert not storage.exists(key)
    assert storage.put(key, data) == hashlib.sha256(data).hexdigest()
    assert storage.exists(key)
    assert storage.get(key) == data
    assert server.keys() == [f"portal/{key}"]
    read = storage.read(key)
    assert (read.size, b"".join(read.pieces)) == (len(data), data)
    storage.delete(key)
    storage.delete(key)
    assert not storage.exists(key)
    assert server.keys() == []
    for read_it in (storage.get, storage.read):
        with pytest.raises(StorageError, match="not in storage"):
            read_it(key)


def test_a_key_is_written_once_whoever_is_first(storage: ObjectStorage) -> None:
    digest = storage.put("once", b"first")
    assert storage.put("once", b"first") == digest
    with pytest.raises(StorageError, match="already kept"):
        storage.put("once", b"second")
    assert storage.get("once") == b"first"
    storage.delete("once")


def test_of_many_at_once_one_writes() -> None:
    """On the library's own store: moto looks first and writes then, so two may get in between.

    That the service is told to refuse, and does not have to be asked first, test_bucket.py sees.
    """
    storage = ObjectStorage("memory:///")
    kept: list[bytes] = []
    together = threading.Barrier(8)

    def write(data: bytes) -> None:
        together.wait()
        try:
            storage.put("race", data)
        except StorageError:
            return
        kept.append(data)

    threads = [threading.Thread(target=write, args=(bytes([n]) * 1000,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept == [storage.get("race")]


def _elsewhere(server: S3Server, work: str) -> Any:
    """What some work with ``store`` says, done in a fresh process that is not this one's copy.

    The library's threads do not outlive a fork, so a process that has used it cannot be forked.
    """
    script = f"""
import hashlib, json, os, sys
from portal.integrations.storage import Bucket, ObjectStorage
from tests.support.measured import cost_of, in_own_process
store = ObjectStorage("s3://{server.name}/portal", Bucket(*json.loads(sys.argv[1])))
{work}
"""
    told = json.dumps([server.endpoint, REGION, server.key_id, server.secret])
    done = subprocess.run(
        [sys.executable, "-c", script, told],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_fifty_megabytes_are_read_in_flat_memory(server: S3Server, storage: ObjectStorage) -> None:
    digest = storage.put("large", os.urandom(MIB) * 50)
    said = _elsewhere(
        server,
        """
store.put("warm", b"w"); store.get("warm"); store.delete("warm")
def flat():
    found, size = hashlib.sha256(), 0
    for piece in store.read("large").pieces:
        found.update(piece)
        size += len(piece)
    return [found.hexdigest(), size]
streamed = cost_of(flat)
whole = cost_of(lambda: len(store.get("large")))
print(json.dumps([streamed.said, streamed.mib, whole.mib]))
""",
    )
    storage.delete("large")
    answer, flat, whole = said
    assert answer == [digest, 50 * MIB]
    assert flat < 20
    # The control: a file that is had whole is seen by the measure.
    assert whole > 45


def test_what_is_made_before_a_fork_works_after_it(
    server: S3Server, storage: ObjectStorage
) -> None:
    """Gunicorn's main process makes the storage and its workers use it."""
    storage.put("forked", b"forked")
    said = _elsewhere(
        server, 'print(json.dumps(in_own_process(lambda: store.get("forked").decode())))'
    )
    storage.delete("forked")
    assert said == "forked"


@pytest.mark.parametrize(
    "wrong", [{"key_id": "AKIANOBODYKNOWSTHIS0"}, {"secret": "not-the-secret"}]
)
def test_a_wrong_key_opens_nothing_and_is_no_missing_file(
    server: S3Server, storage: ObjectStorage, wrong: dict[str, str]
) -> None:
    storage.put("kept", b"kept")
    stranger = ObjectStorage(f"s3://{server.name}/portal", server.bucket(**wrong))
    for ask in (stranger.get, stranger.exists, stranger.read, stranger.delete):
        with pytest.raises(StorageAway):
            ask("kept")
    with pytest.raises(StorageError, match="could not be stored"):
        stranger.put("other", b"x")
    assert storage.get("kept") == b"kept"
    assert not storage.exists("other")
    storage.delete("kept")


def test_a_bucket_that_is_missing_takes_nothing(server: S3Server) -> None:
    nowhere = ObjectStorage("s3://no-such-bucket/portal", server.bucket())
    with pytest.raises(StorageError, match="could not be stored"):
        nowhere.put("x", b"x")
    with pytest.raises((StorageError, StorageAway)):
        nowhere.get("x")


def test_a_server_that_is_gone_says_so_and_comes_back_with_everything(
    server: S3Server, storage: ObjectStorage
) -> None:
    storage.put("before", b"before")
    server.stop()
    for ask in (storage.get, storage.exists, storage.read, storage.delete):
        with pytest.raises(StorageAway, match="cannot be reached"):
            ask("before")
    with pytest.raises(StorageError, match="try again"):
        storage.put("meanwhile", b"meanwhile")
    server.start()
    assert storage.get("before") == b"before"
    assert storage.put("meanwhile", b"meanwhile")
    storage.delete("before")
    storage.delete("meanwhile")
