"""People and employers that the tests of this folder share."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask

from portal.db import unit_of_work
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer, make_membership
from tests.support.client import PortalClient


@dataclass
class Place:
    """An employer with an owner and a member, and the owner's browser."""

    reference: str
    employer_id: int
    owner_id: int
    member_id: int
    owner_email: str
    client: PortalClient


@pytest.fixture
def place(app: Flask, client: PortalClient) -> Place:
    owner = make_user("owner@example.org", name="Olive Owner")
    member = make_user("member@example.org", name="Max Member")
    with unit_of_work():
        employer = make_employer(owner_id=owner.id, name="Example Bakery Ltd", sic_codes=["47240"])
        make_membership(employer_id=employer.id, user_id=member.id)
        found = Place(
            employer.reference, employer.id, owner.id, member.id, "owner@example.org", client
        )
    sign_in(client, owner)
    return found


@pytest.fixture
def browser(app: Flask):
    """Another person's browser, signed in."""

    def make(email: str, **values) -> PortalClient:
        user = make_user(email, **values)
        other = app.test_client()
        sign_in(other, user)
        return other

    return make
