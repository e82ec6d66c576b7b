"""How the employers' own tables are shown to the employer they are about."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Table, select

from portal.accounts.models import User
from portal.employers.models import (
    Employer,
    EmployerChange,
    EmployerSite,
    Invitation,
    JoinRequest,
    Membership,
    TimelineEntry,
)
from portal.employers.queries.held import MOST_ROWS, TableShown, names
from portal.employers.queries.history import fact_changes
from portal.employers.queries.wording import in_words
from portal.employers.rules.facts import LABELS
from portal.employers.rules.timeline import KINDS


def table_of(model: Any) -> Table:
    """The table of a model."""
    table: Table = model.__table__
    return table


_ROLES: Final = {"owner": "Owner", "member": "Member"}
_NAME_OF_USER: Final = select(User.name).where(User.id == Membership.user_id).scalar_subquery()
_EMAIL_OF_USER: Final = select(User.email).where(User.id == Membership.user_id).scalar_subquery()
_WHO_ASKED: Final = select(User.name).where(User.id == JoinRequest.user_id).scalar_subquery()


def _fact(field: str) -> Any:
    return lambda value: in_words(field, value)


FACTS: Final = TableShown(
    table_of(Employer),
    lambda key: Employer.id == key,
    {
        "reference": "Reference",
        **LABELS,
        "created_at": "Record made",
        "updated_at": "Last changed",
        "version": "Number of changes",
    },
    names("id register_entry_id merged_into_id search_text"),
    words={name: _fact(name) for name in ("sic_codes", "sector", "district", "size_tier")},
)
SITES: Final = TableShown(
    table_of(EmployerSite),
    lambda key: EmployerSite.employer_id == key,
    {
        "name": "Name",
        "address": "Address",
        "postcode": "Postcode",
        "district": "District",
        "created_at": "Added",
        "updated_at": "Last changed",
        "withdrawn_at": "Withdrawn",
    },
    names("id employer_id"),
    words={"district": _fact("district")},
)
PEOPLE: Final = TableShown(
    table_of(Membership),
    lambda key: Membership.employer_id == key,
    {"role": "Acts as", "created_at": "Since", "updated_at": "Last changed"},
    names("id user_id employer_id"),
    more={"Name": _NAME_OF_USER, "E-mail": _EMAIL_OF_USER},
    words={"role": _ROLES},
)
# The address of somebody who has not accepted is that person's, and the token opens the door.
INVITATIONS: Final = TableShown(
    table_of(Invitation),
    lambda key: Invitation.employer_id == key,
    {
        "role": "Invited as",
        "invited_by": "Invited by",
        "created_at": "Invited",
        "expires_at": "Ends",
        "accepted_at": "Accepted",
        "accepted_by": "Accepted by",
        "withdrawn_at": "Withdrawn",
        "updated_at": "Last changed",
    },
    names("id employer_id email token_hash"),
    words={"role": _ROLES},
)
REQUESTS: Final = TableShown(
    table_of(JoinRequest),
    lambda key: JoinRequest.employer_id == key,
    {
        "state": "State",
        "asked_at": "Asked",
        "decided_at": "Decided",
        "decided_by": "Decided by",
        "created_at": "Recorded",
        "updated_at": "Last changed",
    },
    names("id employer_id user_id"),
    more={"Who asked": _WHO_ASKED},
    words={"state": {"pending": "Waiting", "approved": "Approved", "declined": "Declined"}},
)
TIMELINE: Final = TableShown(
    table_of(TimelineEntry),
    lambda key: TimelineEntry.employer_id == key,
    {
        "at": "When",
        "kind": "Kind",
        "title": "What",
        "text": "Details",
        "by_name": "By",
        "recorded_at": "Written down",
        "subject": "Record",
    },
    names("id employer_id by_id"),
    words={"kind": KINDS},
)
CHANGES_TABLE: Final = table_of(EmployerChange).name


def changes_of_facts(employer_id: int) -> tuple[list[str], list[list[Any]]]:
    """Every change of the employer's facts, a row for each fact."""
    header = ["When", "By", "Fact", "Before", "After"]
    rows = [
        [
            change.at,
            change.by or "",
            LABELS.get(name, name),
            in_words(name, old),
            in_words(name, new),
        ]
        for change in reversed(fact_changes(employer_id, limit=MOST_ROWS))
        for name, (old, new) in change.changes.items()
    ]
    return header, rows
