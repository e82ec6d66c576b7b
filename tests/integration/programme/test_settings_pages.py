"""The LEP manager changes a setting from a day on; others read or are kept out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.programme import queries
from tests.factories.accounts import make_user, sign_in
from tests.support.client import PortalClient


def a_manager(client: PortalClient) -> None:
    with unit_of_work():
        user = make_user(roles=["lep_manager"], name="Hana Example")
    sign_in(client, user)


def day_fields(name: str, ahead: int = 0) -> dict[str, str]:
    day = today() + timedelta(days=ahead)
    return {
        f"{name}-day": str(day.day),
        f"{name}-month": str(day.month),
        f"{name}-year": str(day.year),
    }


def test_a_manager_plans_a_change(client: PortalClient) -> None:
    a_manager(client)
    page = client.soup("/programme/settings").get_text(" ")
    assert "30 hours a week" in page
    assert "£12.60 an hour, an example until the LEP sets its own" in page
    assert "3, 6 and 12 months" in page
    done = client.submit(
        "/programme/settings/quiet_days", {"value": "21", **day_fields("effective_from", 7)}
    )
    assert done.status_code == 200
    text = done.get_data(as_text=True)
    assert "21 days" in text
    assert queries.settings().quiet_days == 30
    assert queries.settings(on=today() + timedelta(days=7)).quiet_days == 21
    again = client.soup("/programme/settings/quiet_days").get_text(" ")
    assert "set by Hana Example" in again


def test_pay_is_set_in_pounds_and_is_no_example_then(client: PortalClient) -> None:
    a_manager(client)
    client.submit("/programme/settings/low_pay", {"value": "12.71", **day_fields("effective_from")})
    assert queries.settings().low_pay.pence == 1271
    assert not queries.settings().low_pay_is_example


@pytest.mark.parametrize(
    ("key", "typed", "words"),
    [
        ("quiet_days", "a month", "whole number"),
        ("quiet_days", "0", "from 1 to 365"),
        ("follow_up_months", "6, 3", "rising"),
        ("follow_up_months", "six", "with commas"),
        ("low_pay", "12.605", "pounds and pence"),
    ],
)
def test_a_value_that_cannot_hold_is_refused_and_kept(
    client: PortalClient, key: str, typed: str, words: str
) -> None:
    a_manager(client)
    answer = client.submit(
        f"/programme/settings/{key}", {"value": typed, **day_fields("effective_from")}
    )
    text = answer.get_data(as_text=True)
    assert words in text
    assert f'value="{typed}"' in text
    assert queries.history(key) == []


def test_the_past_is_not_changed_and_fixed_settings_have_no_page(client: PortalClient) -> None:
    a_manager(client)
    answer = client.submit(
        "/programme/settings/quiet_days", {"value": "21", **day_fields("effective_from", -1)}
    )
    assert 'class="govuk-error-summary"' in answer.get_data(as_text=True)
    assert queries.history("quiet_days") == []
    assert client.get("/programme/settings/sectors").status_code == 404
    assert client.get("/programme/settings/unheard").status_code == 404


@pytest.mark.parametrize(
    ("role", "reads"), [("lep_officer", True), ("adviser", False), ("evaluator", False)]
)
def test_others_read_or_are_kept_out(client: PortalClient, role: str, reads: bool) -> None:
    with unit_of_work():
        user = make_user(roles=[role])
    sign_in(client, user)
    assert client.get("/programme/settings").status_code == (200 if reads else 403)
    assert client.get("/programme/settings/quiet_days").status_code == 403
