"""Providers, staff and cases for tests. Call inside ``with unit_of_work():``."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from portal.accounts.models import User
from portal.caseload.models import Case, Referral, ReferralSource
from portal.caseload.service import cases
from portal.db import current_session
from portal.employers.models import Employer
from portal.employers.rules.names import match_name
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.programme.models import Organisation, StaffPost
from tests.factories.accounts import make_user
from tests.factories.employers import make_employer

_serial = itertools.count(1)


@dataclass(frozen=True)
class Provider:
    """A provider with one adviser and one manager."""

    organisation: Organisation
    adviser: User
    manager: User

    @property
    def author(self) -> Author:
        """The adviser, as what they change remembers them."""
        return author_of(self.adviser)


def author_of(user: User) -> Author:
    """A person as what they change remembers them."""
    return Author(user.id, user.name, user.email)


def make_organisation(kind: str = "provider", name: str | None = None) -> Organisation:
    """A provider, or the LEP."""
    organisation = Organisation(kind=kind, name=name or f"Example Organisation {next(_serial)}")
    current_session().add(organisation)
    current_session().flush()
    return organisation


def make_staff(organisation: Organisation, *roles: str, name: str = "Example Adviser") -> User:
    """Somebody who works for an organisation, an adviser unless other roles are given."""
    user = make_user(roles=roles or ("adviser",), name=name)
    current_session().add(StaffPost(user_id=user.id, organisation_id=organisation.id))
    current_session().flush()
    return user


def make_provider() -> Provider:
    """A provider, its adviser and its manager."""
    organisation = make_organisation()
    return Provider(
        organisation,
        make_staff(organisation),
        make_staff(organisation, "provider_manager", name="Example Manager"),
    )


def make_lep_officer(*roles: str) -> User:
    """Somebody of the LEP."""
    return make_staff(
        make_organisation("lep"), *(roles or ("lep_officer",)), name="Example Officer"
    )


def make_source(kind: str = "chamber", **changes: Any) -> ReferralSource:
    """A body that refers employers."""
    values: dict[str, Any] = {"kind": kind, "name": f"Example Source {next(_serial)}", **changes}
    source = ReferralSource(**values)
    current_session().add(source)
    current_session().flush()
    return source


def make_referral(source: ReferralSource, **changes: Any) -> Referral:
    """A referral that waits, with consent and a contact."""
    values: dict[str, Any] = {
        "source_id": source.id,
        "channel": "form",
        "employer_name": f"Example Referred Employer {next(_serial)}",
        "contact_name": "Example Contact",
        "contact_email": "contact@example.org",
        "consent": True,
        "expires_on": today(),
        **changes,
    }
    values.setdefault("match_name", match_name(values["employer_name"]))
    referral = Referral(**values)
    current_session().add(referral)
    current_session().flush()
    return referral


def make_case(
    provider: Provider,
    employer: Employer | None = None,
    *,
    by: Author | None = None,
    **changes: Any,
) -> Case:
    """A provider's open case for an employer (a new one unless given), held by its adviser."""
    employer = employer or make_employer()
    opened = cases.open_case(
        employer_id=employer.id,
        organisation_id=provider.organisation.id,
        adviser_id=provider.adviser.id,
        by=by or provider.author,
    )
    assert isinstance(opened, Ok), opened
    for name, value in changes.items():
        setattr(opened.value, name, value)
    current_session().flush()
    return opened.value
