"""Every page about money, at both widths: accessible, no wider than the screen, nothing refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e import money_world as world
from tests.e2e.money_world import Furnished
from tests.e2e.support import LiveServer, assert_sound

Found = tuple[Furnished, dict[str, Any]]


@pytest.fixture(scope="module")
def furnished(demo: LiveServer) -> Iterator[Found]:
    """A record of every kind, and the browsers of those who look."""
    with world.inside(demo) as app:
        held = world.furnish()
        people = {
            "provider": held.provider.manager,
            "officer": world.person("officer@lep.example"),
            "head": world.person("head@lep.example"),
        }
        yield held, {who: world.browser_state(app, user) for who, user in people.items()}


def _of_provider(held: Furnished) -> tuple[str, ...]:
    draft, sent = f"/claims/{held.draft}", f"/claims/{held.submitted}"
    return (
        *("/money", "/money/not-paid", "/outputs", f"/outputs/{held.output}"),
        *(f"/cases/{held.case}/claimable", "/claims", draft, f"{draft}/submit"),
        *(f"{draft}/withdraw", f"{draft}/lines/{held.draft_line}", sent),
        *(f"{sent}/lines/{held.queried_line}", "/overrides", "/payments/made"),
        *("/contracts", f"/contracts/{held.contract}", "/rates"),
    )


def _of_officer(held: Furnished) -> tuple[str, ...]:
    contract, card = f"/contracts/{held.drafted_contract}", f"/rates/{held.next_card}"
    review = f"/review/{held.submitted}"
    return (
        *("/review", review, f"{review}/lines/{held.submitted_line}/reject"),
        *("/contracts/new", contract, f"{contract}/edit", "/rates/new", card),
        *(f"{card}/edit", f"{card}/import", f"{card}/what-if", "/ledger"),
        *("/audit-samples", "/payments", "/claims"),
    )


def _of_head(held: Furnished) -> tuple[str, ...]:
    payment, run = f"/payments/{held.payment}", f"/payments/{held.run}"
    line, sample = f"{payment}/lines/{held.paid_line}", f"/audit-samples/{held.sample}"
    return (
        *("/budget", f"/budget?contract={held.contract}", f"/contracts/{held.contract}/vary"),
        *(f"/rates/{held.card}", "/payments/new?all=1", run, f"{run}/paid"),
        *(f"{payment}/remittance", line, f"{line}/recover", f"{line}/give-back"),
        *("/audit-samples/new", sample, f"{sample}/{held.sample_line}", "/decisions"),
        *("/overrides", f"/overrides/{held.override}/decline"),
        f"/ledger?contract={held.contract}",
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("who", "pages"),
    [("provider", _of_provider), ("officer", _of_officer), ("head", _of_head)],
)
def test_pages_about_money_are_sound(
    browser: Browser, demo: LiveServer, furnished: Found, who: str, pages: Any
) -> None:
    """Each page is opened once and looked at at both widths."""
    held, states = furnished
    assert_sound(browser, demo, states[who], pages(held))
