"""What the programme has set, as it holds on a day, and its organisations."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from typing import Any

from flask import g, has_app_context
from sqlalchemy import bindparam, select

from portal.db import current_session
from portal.kernel.clock import today
from portal.programme.models import Organisation, ProgrammeSetting, StaffPost
from portal.programme.rules import ProgrammeSettings, default_values, parse_settings

_MEMO = "portal_programme_settings"


def values(*, on: date | None = None) -> dict[str, Any]:
    """The raw value of every setting on a day (today unless given)."""
    known = default_values()
    known.update(_changed(on or today()))
    return known


_CHANGED = (
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
