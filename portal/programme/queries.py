"""What the programme has set, as it holds on a day, and its organisations."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from flask import g, has_app_context
from sqlalchemy import bindparam, select

from portal.accounts.models import User
from portal.db import current_session, prepared
from portal.kernel.clock import today
from portal.programme.models import Organisation, ProgrammeSetting, StaffPost
from portal.programme.rules import ProgrammeSettings, default_values, parse_settings

_MEMO = "portal_programme_settings"


def values(*, on: date | None = None) -> dict[str, Any]:
    """The raw value of every setting on a day (today unless given)."""
    known = default_values()
    known.update(_changed(on or today()))
    return known


_CHANGED = prepared(
    select(ProgrammeSetting.key, ProgrammeSetting.value)
    .where(ProgrammeSetting.effective_from <= bindparam("day"))
    .order_by(ProgrammeSetting.effective_from, ProgrammeSetting.id)
)


def _changed(day: date) -> dict[str, Any]:
    rows = current_session().execute(_CHANGED, {"day": day})
    return {key: value for key, value in rows}  # noqa: C416 - rows, not pairs, to the checker


@lru_cache(maxsize=16)
def _parsed(changed: str) -> ProgrammeSettings:
    """The settings with these changes (JSON). Checking them costs more than asking for them."""
    return parse_settings({**default_values(), **json.loads(changed)})


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
        memo[day] = _parsed(json.dumps(_changed(day)))
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


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One value a setting was given: from when, by whom, and when that was said."""

    value: Any
    effective_from: date
    by_name: str | None
    created_at: datetime


def history_lines(key: str) -> list[SettingLine]:
    """Every value a setting was given with who set it, newest effective date first."""
    rows = current_session().execute(
        select(
            ProgrammeSetting.value,
            ProgrammeSetting.effective_from,
            User.name,
            ProgrammeSetting.created_at,
        )
        .outerjoin(User, User.id == ProgrammeSetting.changed_by)
        .where(ProgrammeSetting.key == key)
        .order_by(ProgrammeSetting.effective_from.desc())
    )
    return [SettingLine(row[0], row[1], row[2], row[3]) for row in rows]


def changes() -> dict[str, list[tuple[date, Any]]]:
    """Every value that was ever given or is planned, by setting, in the order of their days."""
    found: dict[str, list[tuple[date, Any]]] = {}
    rows = current_session().execute(
        select(
            ProgrammeSetting.key, ProgrammeSetting.effective_from, ProgrammeSetting.value
        ).order_by(ProgrammeSetting.effective_from)
    )
    for key, day, value in rows:
        found.setdefault(key, []).append((day, value))
    return found


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


_POSTS = prepared(
    select(StaffPost.__table__.c.organisation_id).where(
        StaffPost.__table__.c.user_id == bindparam("user_id")
    )
)


def organisation_ids_of(user_id: int) -> frozenset[int]:
    """Keys of the organisations a person works for."""
    return frozenset(current_session().execute(_POSTS, {"user_id": user_id}).scalars())


def organisation_names(ids: Collection[int]) -> dict[int, str]:
    """Names by key, for the keys that exist."""
    if not ids:
        return {}
    rows = current_session().execute(
        select(Organisation.id, Organisation.name).where(Organisation.id.in_(set(ids)))
    )
    return {row.id: row.name for row in rows}


def staff_of(organisation_ids: Collection[int]) -> dict[int, str]:
    """Everyone active who works for one of these organisations: names by user id, in name order."""
    rows = current_session().execute(
        select(User.id, User.name)
        .join(StaffPost, StaffPost.user_id == User.id)
        .where(StaffPost.organisation_id.in_(set(organisation_ids)), User.active.is_(True))
        .order_by(User.name, User.id)
        .distinct()
    )
    return {row.id: row.name for row in rows}
