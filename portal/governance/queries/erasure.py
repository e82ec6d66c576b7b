"""What is held about somebody who asks to be forgotten, found by the data map."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from portal.accounts.models import User
from portal.caseload.models import Case
from portal.db import current_session
from portal.employers.models import Employer, Membership
from portal.governance.models.retention import ErasureRequest
from portal.governance.queries.anchors import table_of
from portal.governance.rules.holdings import PersonalColumn, TableHolding, holdings
from portal.payments.models import Claim, ClaimLine, Output

_MONEY_OPEN = ("draft", "submitted", "queried", "approved", "part_approved")
_SHORT = 4
# What pages call it.
Request = ErasureRequest


def user_of(subject: str) -> User | None:
    """The account that ``user:7`` names."""
    key = subject.partition(":")[2]
    return current_session().get(User, int(key)) if key.isdecimal() else None


def user_by_email(email: str) -> User | None:
    """The account with an address."""
    return current_session().scalar(select(User).where(User.email == email.strip().lower()))


def employer_of(subject: str) -> Employer | None:
    """The employer that ``employer:REF`` names."""
    reference = subject.partition(":")[2]
    return current_session().scalar(select(Employer).where(Employer.reference == reference))


def requests(*, proposed_only: bool = False) -> list[ErasureRequest]:
    """Every request, those that wait first, by the day they are due."""
    query = select(ErasureRequest).order_by(
        ErasureRequest.state != "asked", ErasureRequest.due_on.desc(), ErasureRequest.id.desc()
    )
    if proposed_only:
        query = query.where(
            ErasureRequest.state == "asked", ErasureRequest.proposed_at.is_not(None)
        )
    return list(current_session().scalars(query.limit(500)))


def of_rights_request(request_id: int) -> list[ErasureRequest]:
    """The erasures that answer what a person asked, in the order in which they were begun."""
    query = select(ErasureRequest).where(ErasureRequest.rights_request_id == request_id)
    return list(current_session().scalars(query.order_by(ErasureRequest.id)))


def whom(row: ErasureRequest) -> str:
    """In words, whom a request is about, as far as that is still known."""
    if row.kind == "employer":
        employer = employer_of(row.subject)
        return row.subject.partition(":")[2] if employer is None else employer.name
    user = user_of(row.subject) if row.kind == "person" else None
    if user is None:
        return row.email
    return user.name if row.state == "done" else f"{user.name}, {user.email}"


def owned_by(email: str) -> list[Employer]:
    """The businesses of which the person with an address is an owner."""
    query = (
        select(Employer)
        .join(Membership, Membership.employer_id == Employer.id)
        .join(User, User.id == Membership.user_id)
        .where(User.email == email.strip().lower(), Membership.role == "owner")
        .order_by(Employer.name)
    )
    return list(current_session().scalars(query))


def request_of(reference: str, *, lock: bool = False) -> ErasureRequest | None:
    """One request."""
    query = select(ErasureRequest).where(ErasureRequest.reference == reference)
    return current_session().scalar(query.with_for_update() if lock else query)


def has_open_case(employer_id: int) -> bool:
    """Whether somebody still works with an employer."""
    query = select(Case.id).where(Case.employer_id == employer_id, Case.closed_at.is_(None))
    return current_session().scalar(query.limit(1)) is not None


def has_money_open(employer_id: int) -> bool:
    """Whether something about an employer is claimed and not paid yet."""
    query = (
        select(Claim.id)
        .join(ClaimLine, ClaimLine.claim_id == Claim.id)
        .join(Output, Output.id == ClaimLine.output_id)
        .where(Output.employer_id == employer_id, Claim.state.in_(_MONEY_OPEN))
    )
    return current_session().scalar(query.limit(1)) is not None


def rows_with_email(holding: TableHolding, column: PersonalColumn, email: str) -> list[int]:
    """Rows in which an address stands."""
    table = table_of(holding.name)
    query = select(table.c.id).where(func.lower(table.c[column.name]) == email.lower())
    return list(current_session().scalars(query.order_by(table.c.id)))


def employers_of(table_name: str, ids: list[int]) -> set[int]:
    """The employers that rows of a table name; none where it names no employer."""
    table = table_of(table_name)
    if "employer_id" not in table.c:
        return set()
    query = select(table.c.employer_id).where(table.c.id.in_(ids))
    return {key for key in current_session().scalars(query) if key is not None}


def count_linked(holding: TableHolding, column: str, user_id: int) -> int:
    """How many rows lead to an account by a column."""
    table = table_of(holding.name)
    query = select(func.count()).select_from(table).where(table.c[column] == user_id)
    return current_session().scalar(query) or 0


def count_rows(keys: Select[tuple[int]]) -> int:
    """How many rows a select of keys finds."""
    return current_session().scalar(select(func.count()).select_from(keys.subquery())) or 0


def keys_of_employer(
    table_name: str, column: str, employer_id: int, *, unpaid_only: bool = False
) -> list[int]:
    """Keys of the rows of a table that name an employer."""
    table = table_of(table_name)
    query = select(table.c.id).where(table.c[column] == employer_id).order_by(table.c.id)
    if unpaid_only:
        outputs = table_of("outputs")
        query = query.where(~exists().where(outputs.c.case_id == table.c.case_id))
    return list(current_session().scalars(query))


def mentions(words: list[str]) -> dict[str, int]:
    """In how many rows of each table a name or an address stands in what somebody wrote.

    Nobody but a person can say whether it is the same person, so these are only counted.
    """
    wanted = [one.strip().lower() for one in words if len(one.strip()) >= _SHORT]
    if not wanted:
        return {}
    found: dict[str, int] = {}
    for holding in holdings().personal:
        table = table_of(holding.name)
        parts: list[ColumnElement[bool]] = [
            func.lower(table.c[column.name]).contains(one, autoescape=True)
            for column in (*holding.of_kind("text"), *holding.of_kind("post"))
            if str(table.c[column.name].type) not in {"JSON", "JSONB"}
            for one in wanted
        ]
        if parts:
            query = select(func.count()).select_from(table).where(or_(*parts))
            count = current_session().scalar(query) or 0
            if count:
                found[holding.name] = count
    return found
