"""What a merge does with the tables of employers and of the caseload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import aliased

from portal.accounts import queries as accounts
from portal.accounts.models import User
from portal.caseload import queries
from portal.caseload.merging import (
    Effect,
    MergePolicy,
    RowChange,
    register_merge_guard,
    register_merge_policy,
)
from portal.caseload.models import Attendance, Case, Delivery
from portal.caseload.queries import merging
from portal.caseload.rules.stages import Stage
from portal.caseload.rules.words import EVIDENCE_KINDS
from portal.db import current_session
from portal.employers.models import JoinRequest, Membership
from portal.kernel.clock import london
from portal.kernel.result import Problem

_ROLES = {"owner": "owner", "member": "member"}


def day_of(value: date | datetime) -> str:
    """A day in words, for the lines of a preview."""
    day = london(value).date() if isinstance(value, datetime) else value
    return f"{day.day} {day:%B %Y}"


def same_people(kept_id: int, merged_id: int) -> Effect:
    """Somebody who acts for both keeps the stronger role; the other membership stays behind."""
    other = aliased(Membership)
    rows = (
        current_session()
        .execute(
            select(other.id, other.role, Membership.id, Membership.role, User.name)
            .join(Membership, Membership.user_id == other.user_id)
            .join(User, User.id == other.user_id)
            .where(other.employer_id == merged_id, Membership.employer_id == kept_id)
            .order_by(other.id)
        )
        .all()
    )
    staying = {
        row[0]: f"{row[4]} ({_ROLES[row[1]]}): acts for the employer that is kept already"
        for row in rows
    }
    changes = tuple(
        RowChange("memberships", row[2], {"role": "owner"}, f"{row[4]} becomes an owner")
        for row in rows
        if row[1] == "owner" and row[3] != "owner"
    )
    return Effect(staying=staying, changes=changes)


def same_requests(kept_id: int, merged_id: int) -> Effect:
    """A request of somebody who asked, or already acts for, the employer that is kept stays."""
    known = set(
        current_session().scalars(
            select(JoinRequest.user_id).where(JoinRequest.employer_id == kept_id)
        )
    ) | set(
        current_session().scalars(
            select(Membership.user_id).where(Membership.employer_id == kept_id)
        )
    )
    rows: Iterable[Any] = current_session().execute(
        select(JoinRequest.id, JoinRequest.user_id).where(JoinRequest.employer_id == merged_id)
    )
    return Effect(
        staying={
            request: "Asked, or acts for, the employer that is kept already"
            for request, user in rows
            if user in known
        }
    )


def same_deliveries(kept_id: int, merged_id: int) -> Effect:
    """Both at one delivery would count one business twice: refused, unless it was withdrawn."""
    other = aliased(Attendance)
    rows = (
        current_session()
        .execute(
            select(other.id, Delivery.title, Delivery.delivered_on, Delivery.withdrawn_at)
            .join(Attendance, Attendance.delivery_id == other.delivery_id)
            .join(Delivery, Delivery.id == other.delivery_id)
            .where(other.employer_id == merged_id, Attendance.employer_id == kept_id)
            .order_by(Delivery.delivered_on, other.id)
        )
        .all()
    )
    problems = tuple(
        Problem(
            "same_delivery",
            f"Both attended “{row.title}” on {day_of(row.delivered_on)}, which would count one "
            "employer twice. Withdraw that delivery and record it again with one of the two",
        )
        for row in rows
        if row.withdrawn_at is None
    )
    return Effect(
        staying={
            row.id: f"“{row.title}”, withdrawn: the employer that is kept stands on it already"
            for row in rows
        },
        problems=problems,
    )


def two_open_cases(kept_id: int, merged_id: int) -> Problem | None:
    """An employer has one open case in a programme."""
    kept = {case.reference: case for case in queries.open_cases_of(kept_id)}
    own: Iterable[Any] = current_session().execute(
        select(Case.programme, Case.reference).where(
            Case.employer_id == kept_id, Case.closed_at.is_(None)
        )
    )
    programmes = {row.programme: row.reference for row in own}
    clash = current_session().execute(
        select(Case.reference, Case.programme)
        .where(
            Case.employer_id == merged_id,
            Case.closed_at.is_(None),
            Case.programme.in_(list(programmes)),
        )
        .order_by(Case.id)
    )
    found = clash.first()
    if found is None:
        return None
    mine = kept[programmes[found.programme]]
    theirs = queries.case_facts(found.reference)
    assert theirs is not None  # noqa: S101 - it was read a moment ago
    return Problem(
        "two_open_cases",
        f"Both have an open case: {mine.reference} ({mine.adviser_name or 'nobody has it'}) and "
        f"{theirs.reference} ({theirs.adviser_name or 'nobody has it'}). Close one of them first, "
        "with the reason that there is another case for the same employer",
    )


def paid_twice(kept_id: int, merged_id: int) -> Problem | None:
    """An engagement is paid once for each business (file 004): two would become one business."""
    if merging.confirmed_sessions(kept_id) and merging.confirmed_sessions(merged_id):
        return Problem(
            "paid_twice",
            "Both have an in-depth session that the employer confirmed. Each counts as an "
            "engagement, and one business can be paid for only once. Withdraw one of the sessions "
            "first, with the reason",
        )
    return None


def _text(field: str) -> Any:
    return lambda row: str(row[field])


def _person(row: Mapping[str, Any]) -> str:
    return accounts.user_names([row["user_id"]]).get(row["user_id"], "Somebody")


EMPLOYERS: tuple[MergePolicy, ...] = (
    MergePolicy("employers.merged_into_id", "Records merged before", _text("name"), ("name",)),
    MergePolicy(
        "employer_sites.employer_id",
        "Sites",
        lambda row: f"{row['name']}, {row['postcode']}",
        ("name", "postcode"),
    ),
    MergePolicy(
        "memberships.employer_id",
        "People who act for the employer",
        lambda row: f"{_person(row)} ({_ROLES[row['role']]})",
        ("user_id", "role"),
        rule=same_people,
    ),
    MergePolicy(
        "employer_invitations.employer_id",
        "Invitations to act for the employer",
        lambda row: f"{row['email']}, until {day_of(row['expires_at'])}",
        ("email", "expires_at"),
    ),
    MergePolicy(
        "employer_join_requests.employer_id",
        "Requests to act for the employer",
        lambda row: f"{_person(row)}, {row['state']}",
        ("user_id", "state"),
        rule=same_requests,
    ),
    MergePolicy(
        "employer_timeline.employer_id",
        "Lines of the timeline",
        lambda row: f"{day_of(row['at'])}: {row['title']}",
        ("at", "title"),
    ),
    MergePolicy(
        "employer_history.employer_id",
        "Changes of the facts",
        lambda row: f"Version {row['version']}, {day_of(row['at'])}",
        ("version", "at"),
        moves=False,
        stays="They say what was true of the merged record, and stay with it",
    ),
)
CASELOAD: tuple[MergePolicy, ...] = (
    MergePolicy(
        "cases.employer_id",
        "Cases",
        lambda row: (
            f"{row['reference']}, opened {day_of(row['opened_at'])}, {Stage(row['stage']).label}"
        ),
        ("reference", "opened_at", "stage"),
    ),
    MergePolicy(
        "referrals.employer_id",
        "Referrals",
        lambda row: f"{row['employer_name']}, {day_of(row['received_at'])}, {row['status']}",
        ("employer_name", "received_at", "status"),
        follows=("case_id",),
    ),
    MergePolicy(
        "evidence_files.employer_id",
        "Evidence",
        lambda row: f"{row['file_name']} ({EVIDENCE_KINDS[row['kind']]})",
        ("file_name", "kind"),
        follows=("case_id",),
    ),
    MergePolicy(
        "delivery_attendances.employer_id",
        "Support attended",
        lambda row: f"{row['reference']}: {row['attended']} attended",
        ("reference", "attended"),
        rule=same_deliveries,
        follows=("case_id",),
    ),
    MergePolicy(
        "confirmations.employer_id",
        "Confirmations",
        lambda row: f"Asked of {row['to_name']} on {day_of(row['asked_at'])}, {row['state']}",
        ("to_name", "asked_at", "state"),
        follows=("case_id", "session_id", "attendance_id"),
    ),
    *(
        MergePolicy(
            f"employer_merges.{side}_id",
            "Merges made before",
            lambda row: str(row["reference"]),
            ("reference",),
            moves=False,
            stays="They say what was done, and stay as they are",
        )
        for side in ("kept", "merged")
    ),
)


def register_own(app: Flask) -> None:
    """Register the policies and guards of these tables."""
    register_merge_policy(app, *EMPLOYERS, *CASELOAD)
    register_merge_guard(app, two_open_cases)
    register_merge_guard(app, paid_twice)
