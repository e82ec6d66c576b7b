"""Whom information governance writes to."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from portal.accounts.models import Role, User
from portal.db import current_session


class Reader(NamedTuple):
    """Somebody to write to."""

    user_id: int
    name: str
    email: str


def managers() -> list[Reader]:
    """Everyone who answers for people's data: the LEP's managers."""
    return _with_role("lep_manager")


def seconds(first_id: int | None) -> list[Reader]:
    """Who may do what somebody proposed: the other managers.

    Administrators stand in where the LEP has one manager only.
    """
    others = [one for one in managers() if one.user_id != first_id]
    return others or [one for one in _with_role("administrator") if one.user_id != first_id]


def _with_role(role: str) -> list[Reader]:
    query = (
        select(User.id, User.name, User.email)
        .join(User.roles)
        .where(Role.name == role, User.active.is_(True))
        .order_by(User.id)
    )
    return [Reader(*row) for row in current_session().execute(query)]
