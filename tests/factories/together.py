"""An employer with its owner, a case of a provider, and a stranger provider, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask

from portal.accounts.models import User
from portal.caseload.models import DiagnosticSession
from portal.db import current_session, unit_of_work
from portal.kernel.people import Author
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import Provider, make_case, make_lep_officer, make_provider
from tests.factories.employers import make_employer

HELD_ON = date(2026, 11, 20)


@dataclass
class Pair:
    """Two people who work together, and those who must not see it."""

    app: Flask
    employer: str
    employer_id: int
    owner: User | None
    provider: Provider
    other: Provider
    officer: User
    case: str

    def client(self, user: User) -> Any:
        """A browser in which this person is signed in."""
        client = self.app.test_client()
        sign_in(client, user)
        return client

    @property
    def adviser(self) -> Author:
        """The adviser, as what they change remembers them."""
        return self.provider.author


def make_pair(app: Flask, *, owner: bool = True, name: str = "Example Café") -> Pair:
    """An employer with an open case; without an owner when nobody there has an account."""
    with unit_of_work():
        person = make_user(name="Olive Example") if owner else None
        employer = make_employer(owner_id=person.id if person else None, name=name)
        provider, other = make_provider(), make_provider()
        provider.adviser.name = "Ada Adviser"
        case = make_case(provider, employer, contact_email="contact@example.org")
        return Pair(
            app,
            employer.reference,
            employer.id,
            person,
            provider,
            other,
            make_lep_officer(),
            case.reference,
        )


def make_session(pair: Pair, *, by: str = "Ada Adviser") -> str:
    """An in-depth session of the pair's case; its reference."""
    from portal.caseload import queries

    with unit_of_work():
        case = queries.case_facts(pair.case)
        assert case is not None
        session = DiagnosticSession(
            case_id=case.id, held_on=HELD_ON, minutes=90, mode="face_to_face", by_name=by
        )
        current_session().add(session)
        current_session().flush()
        return session.reference
