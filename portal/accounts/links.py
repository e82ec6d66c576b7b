"""Links between a person's accounts in several programmes: what they hang on, and how they end.

A link holds while the account is as it was when its owner made it: the same address, password,
second step, passkeys and roles, and nobody has signed it out everywhere. Whatever changes one of
these ends the links at once. The stamp, a keyed digest of all of them, is the second wall: a link
whose account was changed in a way that told nobody is refused when it is used, and removed that
night.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterator

from flask import current_app
from sqlalchemy import delete

from portal.accounts import queries
from portal.accounts.keys import derived_keys
from portal.accounts.models import LinkedAccount, User
from portal.db import audit, current_session, linked, unit_of_work
from portal.db.programmes import current_programme

_PURPOSE = "account-links"


def stamp_of(user: User, reference: str) -> str:
    """The account as it is now, and which link it is for; nobody reads anything out of it."""
    return next(_stamps(user, reference))


def is_as_linked(user: User, row: LinkedAccount) -> bool:
    """Whether the account may still be reached by the link."""
    known = any(hmac.compare_digest(one, row.stamp) for one in _stamps(user, row.reference))
    return bool(known and user.active and user.confirmed_at is not None)


def _stamps(user: User, reference: str) -> Iterator[str]:
    said = "\0".join(
        [
            *(reference, str(user.id), user.email, user.fs_uniquifier, user.password or ""),
            *(user.tf_totp_secret or "", ",".join(sorted(user.role_names))),
            *(f"{key.usage}:{key.credential_id.hex()}" for key in user.webauthn),
        ]
    )
    for key in derived_keys(current_app.config["SETTINGS"], _PURPOSE):
        yield hmac.digest(key, said.encode(), "sha256").hex()


def end_of(user_ids: Collection[int], *, why: str) -> int:
    """End every link of these people, and what came by them; returns how many there were."""
    if current_programme() is None or not user_ids:
        return 0
    return _end(LinkedAccount.user_id.in_(user_ids), why=why)


def end_one(row: LinkedAccount, *, why: str) -> None:
    """End one link."""
    _end(LinkedAccount.id == row.id, why=why)


def _end(which: object, *, why: str) -> int:
    gone = (
        current_session()
        .execute(
            delete(LinkedAccount)
            .where(which)  # type: ignore[arg-type]
            .returning(LinkedAccount.reference, LinkedAccount.user_id, LinkedAccount.partner)
            .execution_options(synchronize_session=False)
        )
        .all()
    )
    if gone:
        linked.end_links([row.reference for row in gone])
    for row in gone:
        audit.record(
            action="account.link_ended",
            subject=f"user:{row.user_id}",
            detail={"programme": row.partner, "why": why},
        )
    return len(gone)


def sweep() -> None:
    """Remove links that hold no more, here or there, and what nobody came to take."""
    if current_programme() is None:
        return
    with unit_of_work():
        linked.forget_old()
        for row in queries.every_link():
            person = queries.user_by_id(row.user_id)
            if person is None or not is_as_linked(person, row):
                end_one(row, why="changed")
            elif not linked.has_half(row.reference):
                end_one(row, why="ended_there")
