"""Sealed streams: encrypted in chunks, so that memory stays flat, and nothing can be taken away.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): each chunk is sealed with
AES-256-GCM under a nonce that holds its number and whether it is the last. A chunk that was
changed, moved, doubled or left out does not open, nor does a stream that ends early. The key of
each stream comes from the secret and a salt of its own, so nonces never meet the same key twice.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC: Final = b"PTTP-SEALED-1\n"
CHUNK: Final = 1024 * 1024
_TAG: Final = 16
_KEY_BYTES: Final = 32
_LONGEST_HEADER: Final = 4096
_MODE_PRIVATE: Final = 0o600
# 64 MiB and a quarter of a second for each guess at a passphrase.
_SCRYPT: Final = {"n": 2**16, "r": 8, "p": 1}
# What a file from elsewhere may ask of us at most: 1 GiB.
_SCRYPT_LIMIT: Final = {"n": 2**20, "r": 8, "p": 4}
SHORTEST_PASSPHRASE: Final = 12


class SealError(RuntimeError):
    """A sealed stream cannot be opened; the words say whether by its key or by damage."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What opens and seals: a random key of 32 bytes, or a passphrase."""

    kind: str
    value: bytes

    def __repr__(self) -> str:
        return f"Secret({self.kind})"

    def stretch(self, header: Mapping[str, Any]) -> bytes:
        """The key material that a header's parameters make of it."""
        if self.kind == "key":
            return self.value
        salt = bytes.fromhex(header["salt"])
        cost = {name: int(header[name]) for name in _SCRYPT}
        if any(not 1 <= cost[name] <= most for name, most in _SCRYPT_LIMIT.items()):
            raise SealError("The file is damaged: nobody stretches a passphrase like that")
        return Scrypt(salt=salt, length=_KEY_BYTES, **cost).derive(self.value)


def passphrase(words: str) -> Secret:
    """A secret from words.

    Raises:
        SealError: when they are too short to withstand guessing.
    """
    if len(words) < SHORTEST_PASSPHRASE:
        raise SealError(f"A passphrase has {SHORTEST_PASSPHRASE} or more characters")
    return Secret("passphrase", words.encode())


def make_key_file(path: Path) -> None:
    """Write a new random key that only its owner can read.

    Raises:
        FileExistsError: a key is never replaced: what it sealed would be lost.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE_PRIVATE)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n")
        handle.flush()
        os.fsync(handle.fileno())


def key_file(path: Path) -> Secret:
    """The secret in a key file.

    Raises:
        SealError: when it cannot be read, is no key, or others may read it.
    """
    try:
        text = path.read_bytes()
        others = path.stat().st_mode & 0o077
    except OSError as error:
        raise SealError(f"The key file {path} cannot be read: {error.strerror}") from error
    if others:
        raise SealError(f"Other people can read the key file {path}: chmod 600 it")
    try:
        value = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        value = b""
    if len(value) != _KEY_BYTES:
        raise SealError(f"{path} is not a key file: make one with flask backup key FILE")
    return Secret("key", value)


def _derive(material: bytes, header: Mapping[str, Any], purpose: bytes) -> bytes:
    salt = bytes.fromhex(header["salt"])
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=salt, info=purpose).derive(material)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class SealingWriter(io.RawIOBase):
    """Write plain bytes in, sealed ones come out. Only ``close`` makes the stream whole."""

    def __init__(self, target: BinaryIO, secret: Secret) -> None:
        super().__init__()
        header: dict[str, Any] = {"cipher": "AES-256-GCM", "chunk": CHUNK, "secret": secret.kind}
        header["salt"] = secrets.token_bytes(16).hex()
        if secret.kind == "passphrase":
            header |= _SCRYPT
        material = secret.stretch(header)
        # Tells a wrong key from damage; it gives nothing away about the key itself.
        header["check"] = _derive(material, header, b"check")[:8].hex()
        self._header = json.dumps(header, sort_keys=True).encode() + b"\n"
        self._cipher = AESGCM(_derive(material, header, b"chunks"))
        self._target = target
        self._held = bytearray()
        self._number = 0
        self._whole = False
        target.write(MAGIC + self._header)

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Take bytes; whole chunks are sealed and passed on."""
        self._held += data
        # The last chunk is sealed in a way of its own, so one is held back until the end.
        while len(self._held) > CHUNK:
            self._seal(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]
        return len(data)

    def _seal(self, plain: bytes, *, last: bool) -> None:
        nonce = _nonce(self._number, last=last)
        self._target.write(self._cipher.encrypt(nonce, plain, self._header))
        self._number += 1

    def finish(self) -> None:
        """Seal what is left as the end of the stream."""
        if not self._whole:
            self._whole = True
            self._seal(bytes(self._held), last=True)
            self._held.clear()


class SealedReader(io.RawIOBase):
    """Reads the plain bytes of a sealed stream, each chunk only after it was proved genuine.

    Raises:
        SealError: at once when the key is wrong or it is no sealed file; while reading when
            something was changed, moved or cut off.
    """

    def __init__(self, source: BinaryIO, secret: Secret) -> None:
        super().__init__()
        if source.read(len(MAGIC)) != MAGIC:
            raise SealError("This is not a backup of this portal, or its beginning is damaged")
        self._header = source.readline(_LONGEST_HEADER)
        try:
            header = json.loads(self._header)
            needs, chunk, check = header["secret"], int(header["chunk"]), header["check"]
            bytes.fromhex(header["salt"])
        except (ValueError, KeyError, TypeError) as error:
            raise SealError("The file's beginning is damaged") from error
        if chunk != CHUNK or header.get("cipher") != "AES-256-GCM":
            raise SealError("The file was sealed in a way that this version does not know")
        if needs != secret.kind:
            wanted = {"key": "a key file", "passphrase": "a passphrase"}.get(needs, "another key")
            raise SealError(f"This file was sealed with {wanted}")
        material = secret.stretch(header)
        if _derive(material, header, b"check")[:8].hex() != check:
            raise SealError("The key is not the one this file was sealed with")
        self._cipher = AESGCM(_derive(material, header, b"chunks"))
        self._source = source
        self._next = source.read(CHUNK + _TAG)
        self._plain = memoryview(b"")
        self._number = 0
        self._ended = False

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with plain bytes; 0 at the genuine end."""
        while not self._plain and not self._ended:
            self._open_next()
        count = min(len(buffer), len(self._plain))
        buffer[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def _open_next(self) -> None:
        sealed, self._next = self._next, self._source.read(CHUNK + _TAG)
        last = not self._next
        try:
            plain = self._cipher.decrypt(_nonce(self._number, last=last), sealed, self._header)
        except InvalidTag as error:
            at = self._number * (CHUNK + _TAG)
            what = "cut off or damaged" if last else "damaged"
            raise SealError(f"The file is {what} after about {at:,} bytes") from error
        self._plain, self._ended = memoryview(plain), last
        self._number += 1
