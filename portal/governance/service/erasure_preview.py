"""What an erasure would do: what goes, what stays and why, what stands in the way."""

from __future__ import annotations

from typing import Final

from portal.accounts.models import User
from portal.employers.models import Employer
from portal.governance.models.retention import ErasureRequest
from portal.governance.queries import erasure as found
from portal.governance.queries.anchors import hanging
from portal.governance.queries.holds import standing
from portal.governance.queries.retention_due import Root, roots_of
from portal.governance.rules.erasure import Part, Preview, stays_until
from portal.governance.rules.holdings import PersonalColumn, TableHolding, holdings
from portal.governance.service.leaving import BELONGINGS
from portal.governance.service.retention import periods

# The account itself, and the requests, which say whom they are about until they are answered.
OWN: Final = frozenset({"users", "erasure_requests"})
_HELD: Final = "A legal hold stands. Lift it first, or refuse the request and say why."
# The records of an employer: class, table and the column that names the employer.
_OF_EMPLOYER: Final = (
    ("case_people", "cases", "employer_id"),
    ("plans", "plans", "employer_id"),
    ("diagnostics", "diagnostic_responses", "employer_id"),
    ("referrals", "referrals", "employer_id"),
    ("invitations", "employer_invitations", "employer_id"),
    ("invitations", "employer_join_requests", "employer_id"),
    ("invitations", "network_invitations", "from_employer_id"),
    ("event_people", "event_registrations", "employer_id"),
    ("awards", "award_applications", "employer_id"),
    ("peers", "peer_requests", "employer_id"),
    ("members", "network_members", "employer_id"),
    ("insights", "insights", "employer_id"),
    ("tests", "resource_tests", "employer_id"),
    ("pulse_views", "pulse_waves", "employer_id"),
    ("evidence", "evidence_files", "employer_id"),
)
# What proves paid work, and stays for its own time.
_PROOF: Final = ("outputs", "confirmations", "evidence_files")


def preview(row: ErasureRequest) -> Preview:
    """What would happen now; changes nothing."""
    seen = Preview()
    if standing().everything:
        seen.blocked.append(_HELD)
    if row.kind == "employer":
        employer = found.employer_of(row.subject)
        if employer is None:
            seen.blocked.append("There is no such employer any more.")
        else:
            _business(employer, seen)
        return seen
    user = found.user_of(row.subject) if row.kind == "person" else None
    if user is not None:
        _account(user, seen)
    _address(user.email if user else row.email, seen)
    words = [user.email, user.name] if user else [row.email]
    tables = holdings().tables
    seen.mentions = [
        Part(name, tables[name].about, count) for name, count in found.mentions(words).items()
    ]
    return seen


def _account(user: User, seen: Preview) -> None:
    if standing().stops("accounts", person=user.id):
        seen.blocked.append(_HELD)
    if user.roles:
        seen.blocked.append(
            "This person has a role in the team. An administrator takes it off first."
        )
    tables = holdings().tables
    seen.going.append(Part("users", "The account: name, address, password, second step", 1))
    for name, column in BELONGINGS:
        if count := found.count_linked(tables[name], column, user.id):
            seen.going.append(Part(name, tables[name].about, count))
    for holding in tables.values():
        for one in holding.of_kind("name"):
            if one.of is not None and (count := found.count_linked(holding, one.of, user.id)):
                _sort(holding, one, count, seen)
    if count := found.count_linked(tables["audit_entries"], "actor_id", user.id):
        why = holdings().reasons["audit"]
        seen.staying.append(Part("audit_entries", tables["audit_entries"].about, count, why))


def _sort(holding: TableHolding, column: PersonalColumn, count: int, seen: Preview) -> None:
    """Rows go, or stay for a reason that is said."""
    if stays(holding, column):
        why = holdings().why_kept(column) or _until(holding)
        seen.staying.append(Part(holding.name, holding.about, count, why))
    else:
        seen.going.append(Part(holding.name, holding.about, count))


def stays(holding: TableHolding, column: PersonalColumn) -> bool:
    """Whether a column is not emptied for the asking: it proves something, or has a reason."""
    return column.ends == "keep" or holding.lasts


def _until(holding: TableHolding) -> str:
    return stays_until(holding, periods().get(holding.retention))


def _address(email: str, seen: Preview) -> None:
    held = standing().employers
    for holding in holdings().tables.values():
        if holding.name in OWN:
            continue
        for column in holding.of_kind("email"):
            if ids := found.rows_with_email(holding, column, email):
                _sort(holding, column, len(ids), seen)
                if held and not held.isdisjoint(found.employers_of(holding.name, ids)):
                    seen.blocked.append(_HELD)


def _business(employer: Employer, seen: Preview) -> None:
    if standing().stops("employer", employers=(employer.id,)):
        seen.blocked.append(_HELD)
    if found.has_open_case(employer.id):
        seen.blocked.append("A case is open. Its adviser closes it first.")
    if found.has_money_open(employer.id):
        seen.blocked.append("Work with this business is claimed and not paid. Settle that first.")
    seen.going.append(Part("employers", "Name, numbers, postcode, sites and history", 1))
    for root, ids in employer_roots(employer.id):
        for holding, keys in hanging(root.class_key, root.table, ids):
            if count := found.count_rows(keys):
                seen.going.append(Part(holding.name, holding.about, count))
    tables = holdings().tables
    for name in _PROOF:
        ids = found.keys_of_employer(name, "employer_id", employer.id)
        if name == "evidence_files":
            going = found.keys_of_employer(name, "employer_id", employer.id, unpaid_only=True)
            ids = sorted(set(ids) - set(going))
        if ids:
            why = holdings().reasons["money"] if name == "outputs" else _until(tables[name])
            seen.staying.append(Part(name, tables[name].about, len(ids), why))


def employer_roots(employer_id: int) -> list[tuple[Root, list[int]]]:
    """The records that go with an employer, by the class that knows how."""
    parts = []
    for key, table, column in _OF_EMPLOYER:
        unpaid = table == "evidence_files"
        ids = found.keys_of_employer(table, column, employer_id, unpaid_only=unpaid)
        if ids:
            parts.append((next(one for one in roots_of(key) if one.table == table), ids))
    return parts
