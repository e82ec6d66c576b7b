"""Virus scanning through a server that speaks clamd's protocol."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.integrations.scanning import ClamdScanner, NullScanner, ScanError, Verdict, make_scanner
from tests.support.clamd import EICAR, clamd
from tests.support.ports import free_port


def test_files_are_sent_whole_and_the_answer_is_read() -> None:
    large = bytes(range(256)) * 1000
    with clamd() as server:
        scanner = make_scanner(f"clamd://127.0.0.1:{server.server_address[1]}")
        assert scanner.scans
        assert scanner.scan(large) == Verdict("clean")
        assert scanner.scan(b"before " + EICAR) == Verdict("infected", "Eicar-Signature")
        assert server.seen == [large, b"before " + EICAR]


def test_a_socket_file_works_too(tmp_path: Path) -> None:
    path = tmp_path / "clamd.ctl"
    with clamd(path) as server:
        assert make_scanner(f"clamd://{path}").scan(b"hello").outcome == "clean"
        assert server.seen == [b"hello"]


def test_what_the_scanner_refuses_is_said_and_not_taken_for_clean() -> None:
    with clamd() as server:
        server.most = 1000
        scanner = ClamdScanner(("127.0.0.1", server.server_address[1]))
        found = scanner.scan(bytes(400_000))
        assert found.outcome == "failed"
        assert "size limit" in found.words


def test_no_answer_and_nonsense_are_faults_to_try_again() -> None:
    with pytest.raises(ScanError):
        ClamdScanner(("127.0.0.1", free_port()), seconds=1).scan(b"x")
    with pytest.raises(ScanError):
        make_scanner("clamd:///tmp/no/such/socket").scan(b"x")
    with clamd() as server:
        for says in (b"", b"who are you?\0"):
            server.says = says
            with pytest.raises(ScanError):
                ClamdScanner(("127.0.0.1", server.server_address[1])).scan(b"x")


def test_settings_name_the_scanner() -> None:
    assert isinstance(make_scanner(None), NullScanner)
    assert NullScanner().scan(b"x").outcome == "not_scanned"
    for wrong in ("http://host", "clamd://", "clamd:///"):
        with pytest.raises(ValueError, match="SCAN_URL"):
            make_scanner(wrong)
