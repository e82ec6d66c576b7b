"""Old posts lose the names of those who wrote, addresses and numbers, and nothing else."""

from __future__ import annotations

import pytest

from portal.governance.rules.person_data import without_people


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Thanks, Erika Example!", "Thanks, [a name]!"),
        ("thanks erika example", "thanks [a name]"),
        ("Erika's rota worked", "[a name]'s rota worked"),
        (
            "Ask erika@example.org or 0113 496 0000",
            "Ask [an email address] or [a telephone number]",
        ),
        ("Erikas and an example stay", "Erikas and an example stay"),
        ("We pay £12.60 from 1 April 2026", "We pay £12.60 from 1 April 2026"),
    ],
)
def test_names_addresses_and_numbers_go(said: str, left: str) -> None:
    assert without_people(said, ["Erika Example", "Bo"]) == left
