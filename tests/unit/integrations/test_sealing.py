"""Sealed streams: what comes out is what went in, or nothing does."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from portal.integrations.sealing import (
    CHUNK,
    MAGIC,
    SealedReader,
    SealError,
    SealingWriter,
    Secret,
    key_file,
    make_key_file,
    passphrase,
)

KEY = Secret("key", b"k" * 32)
FRAME = CHUNK + 16


def seal(plain: bytes, secret: Secret = KEY) -> bytes:
    target = io.BytesIO()
    writer = SealingWriter(target, secret)
    for start in range(0, len(plain), 700_000):
        writer.write(plain[start : start + 700_000])
    writer.finish()
    return target.getvalue()


def unseal(sealed: bytes, secret: Secret = KEY) -> bytes:
    return SealedReader(io.BytesIO(sealed), secret).read()


def split(sealed: bytes) -> tuple[bytes, list[bytes]]:
    """The beginning, and the sealed chunks."""
    start = sealed.index(b"\n", len(MAGIC)) + 1
    return sealed[:start], [sealed[at : at + FRAME] for at in range(start, len(sealed), FRAME)]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 9])
def test_what_is_sealed_is_read_again(size: int) -> None:
    plain = os.urandom(size)
    sealed = seal(plain)
    assert unseal(sealed) == plain
    assert plain[:40] not in sealed or size < 8


def test_the_same_bytes_are_never_sealed_the_same_way() -> None:
    assert seal(b"same") != seal(b"same")


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("cut off after a chunk", lambda chunks: chunks[:-1]),
        ("cut off inside a chunk", lambda chunks: [*chunks[:-1], chunks[-1][:-1]]),
        ("nothing after the beginning", lambda _chunks: []),
        ("reordered", lambda chunks: [chunks[1], chunks[0], *chunks[2:]]),
        ("doubled", lambda chunks: [chunks[0], *chunks]),
        ("left out", lambda chunks: [chunks[0], *chunks[2:]]),
        ("the last one twice", lambda chunks: [*chunks, chunks[-1]]),
        ("something added", lambda chunks: [*chunks, b"more"]),
        ("one bit changed", lambda chunks: [chunks[0], _flip(chunks[1]), *chunks[2:]]),
    ],
)
def test_harm_is_noticed(name: str, harm) -> None:
    plain = os.urandom(3 * CHUNK + 5)
    beginning, chunks = split(seal(plain))
    assert unseal(beginning + b"".join(chunks)) == plain, "the control: unharmed, it opens"
    with pytest.raises(SealError, match="damaged"):
        unseal(beginning + b"".join(harm(chunks)))


def _flip(chunk: bytes) -> bytes:
    return bytes([chunk[0] ^ 1]) + chunk[1:]


def test_chunks_of_two_streams_do_not_mix() -> None:
    plain = os.urandom(2 * CHUNK + 5)
    (beginning, mine), (_, other) = split(seal(plain)), split(seal(plain))
    with pytest.raises(SealError, match="damaged"):
        unseal(beginning + mine[0] + other[1] + mine[2])


def test_what_was_read_before_the_harm_was_genuine() -> None:
    plain = os.urandom(2 * CHUNK)
    beginning, chunks = split(seal(plain))
    reader = SealedReader(io.BytesIO(beginning + chunks[0] + _flip(chunks[1])), KEY)
    assert reader.read(CHUNK) == plain[:CHUNK]
    with pytest.raises(SealError, match=f"about {FRAME:,} bytes"):
        reader.read(1)


def test_the_beginning_is_sealed_too() -> None:
    sealed = seal(b"plain")
    assert unseal(sealed) == b"plain"
    with pytest.raises(SealError):
        unseal(sealed.replace(b'"secret": "key"', b'"secret":  "key"', 1))


def test_a_wrong_key_is_called_that() -> None:
    with pytest.raises(SealError, match="not the one"):
        unseal(seal(b"plain"), Secret("key", b"x" * 32))
    words = passphrase("three calm otters")
    assert unseal(seal(b"plain", words), words) == b"plain"
    with pytest.raises(SealError, match="not the one"):
        unseal(seal(b"plain", words), passphrase("three calm badgers"))
    with pytest.raises(SealError, match="with a passphrase"):
        unseal(seal(b"plain", words), KEY)


def test_other_files_are_no_backups() -> None:
    for other in (b"", b"%PDF-1.7", MAGIC, MAGIC + b"{}\n", MAGIC + b"\xff\n", MAGIC + b"[1]\n"):
        with pytest.raises(SealError):
            unseal(other)


def test_a_hostile_beginning_cannot_ask_for_all_memory() -> None:
    words = passphrase("three calm otters")
    sealed = seal(b"plain", words).replace(b'"n": 65536', b'"n": 1073741824')
    with pytest.raises(SealError, match="damaged"):
        unseal(sealed, words)


def test_short_passphrases_are_refused() -> None:
    with pytest.raises(SealError, match="12 or more"):
        passphrase("otters")


def test_key_files_are_private_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "backup.key"
    make_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    secret = key_file(path)
    assert unseal(seal(b"plain", secret), key_file(path)) == b"plain"
    assert secret.value.hex() not in repr(secret)
    with pytest.raises(FileExistsError):
        make_key_file(path)
    path.chmod(0o644)
    with pytest.raises(SealError, match="chmod 600"):
        key_file(path)


@pytest.mark.parametrize("text", ["", "short", "!!", "A" * 100])
def test_what_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "backup.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(SealError, match="not a key file"):
        key_file(path)


def test_a_key_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SealError, match="cannot be read"):
        key_file(tmp_path / "none")
