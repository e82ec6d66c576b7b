"""What of a row is a person's own: over the real data map, and on rows made for it."""

from __future__ import annotations

import pytest

from portal.governance.rules import person_data
from portal.governance.rules.holdings import holdings
from portal.governance.rules.person_data import (
    ABOUT_OTHERS,
    NOT_SEARCHED,
    SECRET,
    SOMEBODY,
    YOU,
    Person,
    own_part,
    scrubbed,
    searches,
)

ME = Person(7, "me@example.org", "Example Me")
MAP = holdings().tables


def test_every_account_and_address_of_the_data_map_is_searched() -> None:
    listed = {one.table: one for one in searches(holdings())}
    for table in MAP.values():
        if table.name in NOT_SEARCHED:
            continue
        for column in (*table.of_kind("account"), *table.of_kind("email")):
            one = listed[table.name]
            assert table.name == "users" or column.name in {*one.accounts, *one.emails}, column
    assert listed["users"].accounts == ("id",)
    for name, (column, above) in person_data.CHILDREN.items():
        assert column in MAP[name].columns
        assert above in listed


def test_a_contact_has_their_own_details_and_nobody_elses() -> None:
    row = {
        "contact_name": "Example Me",
        "contact_email": "ME@example.org",
        "contact_phone": "0113 496 0000",
        "referrer_name": "Other Person",
        "referrer_email": "other@example.net",
        "message": "Other Person says: ring Example Me, or other@example.net on 0113 496 0999",
        "created_by": 9,
        "reference": "ABC",
        "id": 3,
        "case_id": 4,
    }
    part = own_part(MAP["referrals"], row, ME)
    assert part["contact_name"] == "Example Me"
    assert part["contact_phone"] == "0113 496 0000"
    assert part["referrer_name"] == part["referrer_email"] == part["created_by"] == SOMEBODY
    assert "Other" not in part["message"]
    assert "0999" not in part["message"]
    assert "ring Example Me" in part["message"]
    assert part["reference"] == "ABC"
    assert "id" not in part
    assert "case_id" not in part


def test_who_referred_does_not_learn_whom_they_reach() -> None:
    row = {
        "contact_name": "Other Person",
        "contact_email": None,
        "contact_phone": "0113 496 0999",
        "referrer_name": "Example Me",
        "referrer_email": "me@example.org",
    }
    part = own_part(MAP["referrals"], row, ME)
    assert part["referrer_name"] == "Example Me"
    assert part["contact_name"] == part["contact_phone"] == SOMEBODY


def test_a_place_booked_for_somebody_else_keeps_their_needs_to_them() -> None:
    row = {"user_id": 7, "name": "Other", "email": "other@example.net", "needs": "wheelchair"}
    part = own_part(MAP["event_registrations"], row, ME)
    assert part["needs"] == part["name"] == part["email"] == SOMEBODY
    own = own_part(MAP["event_registrations"], {**row, "email": "me@example.org"}, ME)
    assert own["needs"] == "wheelchair"


def test_whoever_pays_does_not_take_the_payees_account_away() -> None:
    row = {
        "paid_by": 7,
        "payee_name": "Other",
        "payee_account": "12345678",
        "remittance_email": "other@example.net",
    }
    part = own_part(MAP["payments"], row, ME)
    assert part["paid_by"] == YOU
    assert SOMEBODY in {part["payee_account"], ABOUT_OTHERS}
    assert "12345678" not in str(part)
    assert "Other" not in str(part)


def test_what_an_adviser_wrote_about_others_is_left_out() -> None:
    row = {
        "by": 7,
        "by_name": "Example Me",
        "summary": "A talk with Other Person",
        "with_name": "O",
    }
    part = own_part(MAP["interactions"], row, ME)
    assert part["by"] == YOU
    assert part["by_name"] == "Example Me"
    assert part["summary"] == ABOUT_OTHERS
    assert part["with_name"] == SOMEBODY


def test_secrets_stay_secret_and_own_words_come() -> None:
    part = own_part(MAP["users"], {"id": 7, "name": "Example Me", "password": "$argon2"}, ME)
    assert part == {"name": "Example Me", "password": SECRET}
    row = {"by": 7, "by_name": "Example Me", "body": "I wrote this"}
    assert own_part(MAP["forum_posts"], row, ME)["body"] == "I wrote this"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("write to Other.One+x@mail.example.co.uk now", "Other.One"),
        ("ring 0113 496 0123", "496"),
        ("ring +44 (0)113 496 0123", "496"),
        ("mobile 07700 900123.", "900123"),
    ],
)
def test_addresses_and_numbers_of_others_are_taken_out(text: str, hidden: str) -> None:
    assert hidden in text
    assert hidden not in scrubbed(text, ME)
    assert hidden not in str(scrubbed({"a": [{"b": text}]}, ME))


def test_own_address_days_and_sums_stay() -> None:
    text = "me@example.org on 2026-11-22 paid 01 12 2026 and £1,234.50, reference 0123456"
    assert scrubbed(text, ME) == text
