"""Every SELECT about people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import selectinload

from portal.accounts import rules
from portal.accounts.models import (
    LinkedAccount,
    Role,
    SignInCounter,
    User,
    UserSession,
    WebauthnCredential,
    users_roles,
)
from portal.db import current_session, prepared
from portal.db.linked import Crossing
from portal.kernel.clock import utc_now


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person and session behind a cookie, as plain data.

    ``crossing`` names what the session of somebody who came over hangs on, ``over`` says it.
    """

    user_id: int
    email: str
    name: str
    roles: frozenset[str]
    session_id: int
    strong: bool
    last_seen_at: datetime
    crossing: str | None = None
    over: Crossing | None = None


# Every page of somebody signed in asks this: built once, since building it costs more than asking.
_person, _visit, _role = User.__table__.c, UserSession.__table__.c, Role.__table__.c
_SIGNED_IN = prepared(
    select(
        _person.id,
        _person.email,
        _person.name,
        _visit.id.label("session_id"),
        _visit.strong,
        _visit.last_seen_at,
        _visit.crossing,
        _role.name.label("role"),
    )
    .select_from(UserSession.__table__)
    .join(User.__table__, _person.id == _visit.user_id)
    .outerjoin(users_roles, users_roles.c.user_id == _person.id)
    .outerjoin(Role.__table__, _role.id == users_roles.c.role_id)
    .where(
        _visit.token_hash == bindparam("token_hash"),
        _visit.ended_at.is_(None),
        _visit.expires_at > bindparam("now"),
        _person.active.is_(True),
        _person.fs_uniquifier == bindparam("uniquifier"),
    )
)


def signed_in(*, uniquifier: str, token_hash: str) -> SignedIn | None:
    """Who is signed in with this cookie, in one statement; None when the session does not count."""
    rows = (
        current_session()
        .execute(_SIGNED_IN, {"uniquifier": uniquifier, "token_hash": token_hash, "now": utc_now()})
        .all()
    )
    if not rows:
        return None
    first = rows[0]
    return SignedIn(
        user_id=first.id,
        email=first.email,
        name=first.name,
        roles=frozenset(row.role for row in rows if row.role is not None),
        session_id=first.session_id,
        strong=first.strong,
        last_seen_at=first.last_seen_at,
        crossing=first.crossing,
    )


def user_by_email(email: str) -> User | None:
    """The person with this address, whatever its capitals."""
    return current_session().scalar(select(User).where(User.email == rules.normal_email(email)))


def user_by_id(user_id: int) -> User | None:
    """The person, their roles loaded."""
    return current_session().scalar(
        select(User).where(User.id == user_id).options(selectinload(User.roles))
    )


def user_id_by_uniquifier(uniquifier: str) -> int | None:
    """Whose cookie or pending sign-in this is."""
    return current_session().scalar(select(User.id).where(User.fs_uniquifier == uniquifier))


def password_hash(*, email: str) -> str | None:
    """The stored password of the account with this address, if it has one."""
    return current_session().scalar(
        select(User.password).where(User.email == rules.normal_email(email))
    )


def lock_user(user: User) -> None:
    """Make others wait who would change this person, and read the person as they are now."""
    session = current_session()
    session.execute(select(User.id).where(User.id == user.id).with_for_update())
    session.refresh(
        user,
        ["active", "fs_uniquifier", "tf_last_counter", "tf_totp_secret", "mf_recovery_codes"],
    )


def locked_user(user_id: int) -> User | None:
    """The person as they are now; others wait who would change them."""
    session = current_session()
    session.execute(select(User.id).where(User.id == user_id).with_for_update())
    return user_by_id(user_id)


def session_of(session_id: int) -> UserSession:
    """A session, by the key that a cookie led to."""
    return current_session().get_one(UserSession, session_id)


def links_of(user_id: int) -> list[LinkedAccount]:
    """The person's links with accounts in other programmes, oldest first."""
    return list(
        current_session().scalars(
            select(LinkedAccount).where(LinkedAccount.user_id == user_id).order_by(LinkedAccount.id)
        )
    )


def link_of(*, user_id: int, link_id: int) -> LinkedAccount | None:
    """One of the person's own links."""
    return current_session().scalar(
        select(LinkedAccount).where(LinkedAccount.user_id == user_id, LinkedAccount.id == link_id)
    )


def link_called(reference: str) -> LinkedAccount | None:
    """The link with a reference, whosever it is."""
    return current_session().scalar(
        select(LinkedAccount).where(LinkedAccount.reference == reference)
    )


def every_link() -> list[LinkedAccount]:
    """Every link of this programme's accounts, by person."""
    return list(current_session().scalars(select(LinkedAccount).order_by(LinkedAccount.user_id)))


def user_names(ids: Collection[int]) -> dict[int, str]:
    """Names by user id, for the ids that exist."""
    if not ids:
        return {}
    rows = current_session().execute(select(User.id, User.name).where(User.id.in_(set(ids))))
    return {row.id: row.name for row in rows}


def roles_by_name(names: Collection[str]) -> list[Role]:
    """Roles with these names, by name; unknown names are missing from the answer."""
    return list(
        current_session().scalars(select(Role).where(Role.name.in_(names)).order_by(Role.name))
    )


def staff() -> list[User]:
    """Everyone with a staff role, by e-mail, their roles loaded."""
    return list(
        current_session().scalars(
            select(User)
            .where(User.id.in_(select(users_roles.c.user_id)))
            .options(selectinload(User.roles))
            .order_by(User.email)
        )
    )


def open_sessions(user_id: int) -> list[UserSession]:
    """The person's sessions that still count, last used first."""
    return list(
        current_session().scalars(
            select(UserSession)
            .where(
                UserSession.user_id == user_id,
                UserSession.ended_at.is_(None),
                UserSession.expires_at > utc_now(),
            )
            .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
        )
    )


def passkeys(user_id: int) -> list[WebauthnCredential]:
    """The person's passkeys, oldest first."""
    return list(
        current_session().scalars(
            select(WebauthnCredential)
            .where(WebauthnCredential.user_id == user_id)
            .order_by(WebauthnCredential.id)
        )
    )


def counter(*, scope: str, key_hash: str, lock: bool = False) -> SignInCounter | None:
    """The failure counter of a key, locked for change on PostgreSQL when asked."""
    query = select(SignInCounter).where(
        SignInCounter.scope == scope, SignInCounter.key_hash == key_hash
    )
    return current_session().scalar(query.with_for_update() if lock else query)
