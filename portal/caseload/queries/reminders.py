"""What advisers are reminded of in the morning, and employers before a follow-up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, exists, or_, select

from portal.accounts.models import Role, User, users_roles
from portal.caseload.models import (
    AdviserPreferences,
    Case,
    Confirmation,
    FollowUp,
    NextAction,
    Referral,
)
from portal.caseload.queries.follow_up import employer_name, planned
from portal.db import current_session
from portal.employers.models import Employer
from portal.programme.models import StaffPost


@dataclass(frozen=True, slots=True)
class Reader:
    """An adviser who has not switched the daily mail off."""

    user_id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing an adviser is reminded of; ``reference`` is the case's, or the referral's."""

    user_id: int
    reference: str
    employer_name: str
    day: date
    what: str = ""
    months: int = 0


@dataclass(frozen=True, slots=True)
class Announcement:
    """A follow-up of which the employer's contact is told in advance."""

    case_reference: str
    months: int


def readers() -> list[Reader]:
    """Active advisers who want the mail; who is only a manager gets none."""
    rows = current_session().execute(
        select(User.id, User.name, User.email)
        .join(users_roles, users_roles.c.user_id == User.id)
        .join(Role, Role.id == users_roles.c.role_id)
        .outerjoin(AdviserPreferences, AdviserPreferences.user_id == User.id)
        .where(
            Role.name == "adviser",
            User.active.is_(True),
            or_(AdviserPreferences.id.is_(None), AdviserPreferences.daily_mail.is_(True)),
        )
        .order_by(User.id)
    )
    return [Reader(*row) for row in rows]


def wants_mail(user_id: int) -> bool:
    """Whether somebody is sent the list of the day: yes, until they switch it off."""
    chosen = current_session().scalar(
        select(AdviserPreferences.daily_mail).where(AdviserPreferences.user_id == user_id)
    )
    return chosen is not False


def preferences_to_change(user_id: int) -> AdviserPreferences | None:
    """What somebody has chosen, locked; None before the first choice."""
    return current_session().scalar(
        select(AdviserPreferences).where(AdviserPreferences.user_id == user_id).with_for_update()
    )


def next_actions(until: date) -> list[Item]:
    """Open next actions due by a day, the longest due first."""
    rows = current_session().execute(
        select(Case.adviser_id, Case.reference, employer_name(), NextAction.due_on, NextAction.what)
        .join(Case, Case.id == NextAction.case_id)
        .join(Employer, Employer.id == Case.employer_id)
        .where(
            NextAction.state == "open",
            NextAction.due_on <= until,
            Case.closed_at.is_(None),
            Case.adviser_id.is_not(None),
        )
        .order_by(NextAction.due_on, NextAction.id)
    )
    return [Item(*row) for row in rows]


def follow_ups(until: date) -> list[Item]:
    """Planned follow-ups due by a day, late ones first."""
    rows = current_session().execute(planned(until).where(Case.adviser_id.is_not(None)))
    return [
        Item(row.adviser_id, row.case_reference, row.employer_name, row.due_on, months=row.months)
        for row in rows
    ]


def confirmations(day: date) -> tuple[list[Item], list[Item]]:
    """Confirmations that are overdue on a day, and those that the employer disputes."""
    overdue = and_(Confirmation.state == "awaiting", Confirmation.due_on < day)
    rows = current_session().execute(
        select(
            Confirmation.state,
            Case.adviser_id,
            Case.reference,
            employer_name(),
            Confirmation.due_on,
            Confirmation.words,
            Confirmation.session_id,
        )
        .join(Case, Case.id == Confirmation.case_id)
        .join(Employer, Employer.id == Case.employer_id)
        .where(
            or_(overdue, Confirmation.state == "disputed"),
            Case.closed_at.is_(None),
            Case.adviser_id.is_not(None),
        )
        .order_by(Confirmation.due_on, Confirmation.id)
    )
    late, disputed = [], []
    for state, adviser, reference, name, due_on, words, session_id in rows:
        subject = "the in-depth session" if session_id is not None else "support delivered"
        if state == "disputed":
            disputed.append(Item(adviser, reference, name, due_on, f"{subject}: “{words}”"))
        else:
            late.append(Item(adviser, reference, name, due_on, subject))
    return late, disputed


def referrals(day: date, before: date) -> list[Item]:
    """Referrals that expire from a day on and before another, for each adviser of the provider."""
    is_adviser = exists().where(
        users_roles.c.user_id == StaffPost.user_id,
        users_roles.c.role_id == Role.id,
        Role.name == "adviser",
    )
    rows = current_session().execute(
        select(StaffPost.user_id, Referral.reference, Referral.employer_name, Referral.expires_on)
        .join(StaffPost, StaffPost.organisation_id == Referral.organisation_id)
        .where(
            Referral.status == "waiting",
            Referral.expires_on >= day,
            Referral.expires_on < before,
            is_adviser,
        )
        .order_by(Referral.expires_on, Referral.id)
    )
    return [Item(*row) for row in rows]


def to_announce(day: date, until: date) -> list[Announcement]:
    """Planned follow-ups due from a day to another whose contact can be told and was not."""
    rows = current_session().execute(_announced(day, until).order_by(FollowUp.due_on, FollowUp.id))
    return [Announcement(*row) for row in rows]


def _announced(day: date, until: date) -> Any:
    return (
        select(Case.reference, FollowUp.months)
        .join(Case, Case.id == FollowUp.case_id)
        .where(
            FollowUp.state == "planned",
            FollowUp.due_on > day,
            FollowUp.due_on <= until,
            FollowUp.reminded_on.is_(None),
            Case.closed_at.is_(None),
            Case.contact_email != "",
        )
    )
