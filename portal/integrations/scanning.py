"""Virus scanning of files that people send: by a clamd server, or not at all."""

from __future__ import annotations

import socket
from contextlib import closing
from dataclasses import dataclass
from typing import Final, Literal, Protocol
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app

SCANNER_EXTENSION = "portal_scanner"
CLAMD_PORT: Final = 3310
_CHUNK: Final = 64 * 1024
_SECONDS: Final = 30
_LONGEST_ANSWER: Final = 4096

Outcome = Literal["clean", "infected", "failed", "not_scanned"]


class ScanError(RuntimeError):
    """The scanner could not be reached or broke off: try again later."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scanner says of a file; ``words`` names the virus, or why it could not be scanned."""

    outcome: Outcome
    words: str = ""


class Scanner(Protocol):
    """Looks for viruses."""

    @property
    def scans(self) -> bool:
        """Whether it looks at all: where it does, an unscanned file is not handed out."""

    def scan(self, data: bytes) -> Verdict:
        """What is found in the bytes.

        Raises:
            ScanError: when no answer was had.
        """


class NullScanner:
    """No scanner is set up."""

    scans = False

    def scan(self, data: bytes) -> Verdict:  # noqa: ARG002 - it looks at nothing
        """Nothing is known."""
        return Verdict("not_scanned")


class ClamdScanner:
    """A clamd server, spoken to by its INSTREAM command over TCP or a local socket."""

    scans = True

    def __init__(self, address: tuple[str, int] | str, *, seconds: float = _SECONDS) -> None:
        self._address = address
        self._seconds = seconds

    def scan(self, data: bytes) -> Verdict:
        """Send the bytes in chunks and read the one line that comes back."""
        try:
            with closing(self._connect()) as line:
                line.settimeout(self._seconds)
                return self._verdict(self._ask(line, data))
        except OSError as error:
            raise ScanError(f"The virus scanner did not answer: {error}") from error

    def _connect(self) -> socket.socket:
        if not isinstance(self._address, str):
            return socket.create_connection(self._address, timeout=self._seconds)
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.settimeout(self._seconds)
            line.connect(self._address)
        except OSError:
            line.close()
            raise
        return line

    def _ask(self, line: socket.socket, data: bytes) -> bytes:
        try:
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(data), _CHUNK):
                chunk = data[start : start + _CHUNK]
                line.sendall(len(chunk).to_bytes(4, "big") + chunk)
            line.sendall(bytes(4))
        except (BrokenPipeError, ConnectionResetError):
            # It says why before it hangs up, for example that the file is too large.
            pass
        answer = b""
        while b"\0" not in answer and len(answer) < _LONGEST_ANSWER:
            part = line.recv(1024)
            if not part:
                break
            answer += part
        return answer.partition(b"\0")[0].strip()

    @staticmethod
    def _verdict(answer: bytes) -> Verdict:
        words = answer.decode("utf-8", "replace").removeprefix("stream: ")
        if words == "OK":
            return Verdict("clean")
        if words.endswith(" FOUND"):
            return Verdict("infected", words.removesuffix(" FOUND"))
        if words.endswith("ERROR"):
            return Verdict("failed", words)
        raise ScanError(f"The virus scanner's answer makes no sense: {words[:100]!r}")


def make_scanner(url: str | None) -> Scanner:
    """The scanner that SCAN_URL names: ``clamd://host:3310`` or ``clamd:///path/of/socket``."""
    if not url:
        return NullScanner()
    parts = urlsplit(url)
    if parts.scheme != "clamd" or not (parts.hostname or parts.path.strip("/")):
        raise ValueError("SCAN_URL must be clamd://host:3310 or clamd:///path/of/socket")
    if parts.hostname:
        return ClamdScanner((parts.hostname, parts.port or CLAMD_PORT))
    return ClamdScanner(unquote(parts.path))


def scanner() -> Scanner:
    """The scanner of the current application."""
    chosen: Scanner = current_app.extensions[SCANNER_EXTENSION]
    return chosen


def init_scanning(app: Flask) -> None:
    """Choose the scanner from SCAN_URL."""
    app.extensions[SCANNER_EXTENSION] = make_scanner(app.config["SETTINGS"].scan_url)
