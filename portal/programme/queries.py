"""What the programme has set, as it holds on a day, and its organisations."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import g, has_app_context
from sqlalchemy import select

from portal.db import current_session
from portal.kernel.clock import today
from portal.programme.models import Organisation, ProgrammeSetting, StaffPost
from portal.programme.rules import ProgrammeSettings, default_values, parse_settings

_MEMO = "portal_programme_settings"


def values(*, on: date | None = None) -> dict[str, Any]:
    """The raw value of every setting on a day (today unless given)."""
    day = on or today()
    rows = current_session().execute(
        select(ProgrammeSetting.key, ProgrammeSetting.value)
        .where(ProgrammeSetting.effective_from <= day)
        .order_by(ProgrammeSetting.effective_from, ProgrammeSetting.id)
    )
    known = default_values()
    known.update({key: value for key, value in rows})  # noqa: C416 - rows, not pairs, to the checker
    return known


def setting(key: str, *, on: date | None = None) -> Any:
    """One raw setting on a day.

    Raises:
        KeyError: for a key no setting has.
    """
    return values(on=on)[key]


def settings(*, on: date | None = None) -> ProgrammeSettings:
    """Every setting on a day, checked; one statement, remembered for the rest of the request."""
    day = on or today()
    memo: dict[date, ProgrammeSettings] = g.setdefault(_MEMO, {}) if has_app_context() else {}
    if day not in memo:
        memo[day] = parse_settings(values(on=day))
    return memo[day]


def forget() -> None:
    """Read the settings afresh, after a change."""
    if has_app_context():
        g.pop(_MEMO, None)


def history(key: str) -> list[ProgrammeSetting]:
    """Every value a setting was given, newest effective date first."""
    return list(
        current_session().scalars(
            select(ProgrammeSetting)
            .where(ProgrammeSetting.key == key)
            .order_by(ProgrammeSetting.effective_from.desc())
        )
    )


def organisations(*, kind: str | None = None) -> list[Organisation]:
    """Organisations by name."""
    query = select(Organisation).order_by(Organisation.name, Organisation.id)
    if kind is not None:
        query = query.where(Organisation.kind == kind)
    return list(current_session().scalars(query))


def organisations_of(user_id: int) -> list[Organisation]:
    """The organisations a person works for."""
    return list(
        current_session().scalars(
            select(Organisation)
            .join(StaffPost, StaffPost.organisation_id == Organisation.id)
            .where(StaffPost.user_id == user_id)
            .order_by(Organisation.name)
        )
    )
