"""Which addresses lead to one mailbox."""

from __future__ import annotations

import pytest

from portal.kernel.addresses import mailbox, web_address


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ada@example.org", "ada@example.org"),
        (" Ada@Example.ORG ", "ada@example.org"),
        ("ada+shop@example.org", "ada@example.org"),
        ("ADA+a+b@example.org", "ada@example.org"),
        ("+ada@example.org", "+ada@example.org"),
        ("ada@sub+x.example.org", "ada@sub+x.example.org"),
        ("not an address", "not an address"),
        ("", ""),
    ],
)
def test_two_addresses_of_one_mailbox_compare_the_same(address: str, expected: str) -> None:
    assert mailbox(address) == expected


@pytest.mark.parametrize(
    ("given", "leads"),
    [
        ("https://example.org/a?b=1", True),
        (" http://example.org ", True),
        ("javascript:alert(1)", False),
        ("java\tscript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("http:", False),
        ("http://[::1", False),
        ("", False),
        (None, False),
    ],
)
def test_only_plain_web_addresses_may_be_linked_to(given: str | None, leads: bool) -> None:
    assert web_address(given) == ((given or "").strip() if leads else "")
