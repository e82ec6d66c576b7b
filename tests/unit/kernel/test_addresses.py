"""Which addresses lead to one mailbox."""

from __future__ import annotations

import pytest

from portal.kernel.addresses import mailbox


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
