"""Changes to the programme: a setting from a date on, an organisation, a post in it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from portal.db import audit, current_session
from portal.kernel.clock import today
from portal.kernel.result import Err, Ok, Problem
from portal.programme import queries
from portal.programme.models import ORGANISATION_KINDS, Organisation, ProgrammeSetting, StaffPost
from portal.programme.rules import SettingsError, parse_settings


def change_setting(
    *, key: str, value: Any, effective_from: date, changed_by: int | None
) -> Ok[ProgrammeSetting] | Err:
    """Give a setting a new value from a day on, today or later: the past stays as it was counted.

    A value that was planned for the same day is replaced.
    """
    if effective_from < today():
        return Err(
            Problem(
                "past_date",
                "The date must be today or later: what was counted before stays as it was",
                "effective_from",
            )
        )
    known = queries.values(on=effective_from)
    if key not in known:
        return Err(Problem("unknown_setting", f"There is no setting called {key}", "key"))
    try:
        parse_settings({**known, key: value})
    except SettingsError as error:
        return Err(Problem("bad_value", str(error), "value"))
    session = current_session()
    row = session.scalar(
        select(ProgrammeSetting)
        .where(ProgrammeSetting.key == key, ProgrammeSetting.effective_from == effective_from)
        .with_for_update()
    )
    if row is None:
        row = ProgrammeSetting(key=key, effective_from=effective_from)
        session.add(row)
    row.value = value
    row.changed_by = changed_by
    audit.record(
        action="programme.setting_changed",
        subject=f"setting:{key}",
        detail={"value": value, "effective_from": effective_from.isoformat()},
        actor_id=changed_by,
    )
    session.flush()
    queries.forget()
    return Ok(row)


def create_organisation(*, kind: str, name: str) -> Ok[Organisation] | Err:
    """Add the LEP or a provider."""
    name = " ".join(name.split())
    if kind not in ORGANISATION_KINDS:
        return Err(Problem("unknown_kind", "Choose LEP or provider", "kind"))
    if len(name) < 2:  # noqa: PLR2004
        return Err(Problem("name_missing", "Enter the organisation's name", "name"))
    session = current_session()
    if session.scalar(
        select(Organisation.id).where(Organisation.kind == kind, Organisation.name == name)
    ):
        return Err(Problem("name_taken", "There is already an organisation of that name", "name"))
    organisation = Organisation(kind=kind, name=name)
    session.add(organisation)
    session.flush()
    audit.record(
        action="programme.organisation_created", subject=f"organisation:{organisation.reference}"
    )
    return Ok(organisation)


def add_post(*, user_id: int, organisation_id: int) -> Ok[StaffPost]:
    """Record that a person works for an organisation; recording it again changes nothing."""
    session = current_session()
    post = session.scalar(
        select(StaffPost).where(
            StaffPost.user_id == user_id, StaffPost.organisation_id == organisation_id
        )
    )
    if post is None:
        post = StaffPost(user_id=user_id, organisation_id=organisation_id)
        session.add(post)
        session.flush()
        audit.record(
            action="programme.post_added",
            subject=f"user:{user_id}",
            detail={"organisation": organisation_id},
        )
    return Ok(post)
