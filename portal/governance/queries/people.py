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
    query = (
        select(User.id, User.name, User.email)
        .join(User.roles)
        .where(Role.name == "lep_manager", User.active.is_(True))
        .order_by(User.id)
    )
    return [Reader(*row) for row in current_session().execute(query)]
