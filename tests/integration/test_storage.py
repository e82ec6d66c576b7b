"""Files: written whole or not at all, never changed, never outside their folder."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from portal.integrations.storage import (
    LocalStorage,
    ObjectStorage,
    Storage,
    StorageError,
    make_storage,
)


@pytest.fixture(params=["file", "object"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "file":
        return LocalStorage(tmp_path / "files")
    return ObjectStorage("memory:///")


def test_what_is_stored_comes_back_byte_for_byte(storage: Storage) -> None:
    data = os.urandom(70_000)
    assert not storage.exists("plans/2026/one.pdf")
    assert storage.put("plans/2026/one.pdf", data) == hashlib.sha256(data).hexdigest()
    assert storage.exists("plans/2026/one.pdf")
    assert storage.get("plans/2026/one.pdf") == data
    storage.delete("plans/2026/one.pdf")
    assert not storage.exists("plans/2026/one.pdf")


def test_a_key_is_written_once(storage: Storage) -> None:
    digest = storage.put("a/b", b"first")
    assert storage.put("a/b", b"first") == digest, "the same file again is no change"
    with pytest.raises(StorageError, match="already kept"):
        storage.put("a/b", b"second")
    assert storage.get("a/b") == b"first"


def test_what_is_not_there_is_said(storage: Storage) -> None:
    with pytest.raises(StorageError, match="not in storage"):
        storage.get("nowhere")


@pytest.mark.parametrize(
    "key", ["../secret", "a/../../b", "/etc/passwd", "a//b", "", ".", "a\\b", "a/\0", "a/./b"]
)
def test_a_key_cannot_leave_its_folder(storage: Storage, key: str) -> None:
    with pytest.raises(StorageError):
        storage.put(key, b"x")
    with pytest.raises(StorageError):
        storage.get(key)


def test_removing_what_is_not_there_is_fine(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.put("something", b"kept")
    storage.delete("nothing")
    assert storage.get("something") == b"kept"


def test_nothing_half_written_is_left_under_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = LocalStorage(tmp_path)

    def full_disk(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(StorageError, match="try again"):
        storage.put("a", b"x" * 100)
    assert list(tmp_path.iterdir()) == []


def test_two_writers_of_one_key_leave_one_whole_file(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    data = b"y" * 200_000
    errors: list[BaseException] = []

    def write() -> None:
        try:
            storage.put("same", data)
        except BaseException as error:  # noqa: BLE001 - reported below
            errors.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert storage.get("same") == data
    assert [path.name for path in tmp_path.iterdir()] == ["same"]


def test_the_address_chooses_the_storage(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    assert isinstance(make_storage(f"file://{str(folder).replace(' ', '%20')}"), LocalStorage)
    assert folder.is_dir()
    with pytest.raises(ValueError, match="STORAGE_URL"):
        make_storage("ftp://files.example/")
