"""Tables of people: accounts, staff roles, passkeys, sign-in sessions, links, failure counters."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.accounts import rules
from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.kernel.clock import utc_now

if TYPE_CHECKING:
    # The library's own declarations of the columns hide that they are columns.
    class RoleMixin:
        """What the sign-in library asks of a role."""

    class UserMixin:
        """What the sign-in library asks of a person."""

    class WebAuthnMixin:
        """What the sign-in library asks of a passkey."""
else:
    from flask_security.core import RoleMixin, UserMixin, WebAuthnMixin

users_roles = Table(
    "users_roles",
    Base.metadata,
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", Integer, ForeignKey("roles.id", ondelete="RESTRICT"), primary_key=True),
    Index("ix_users_roles_role_id", "role_id"),
)


class Role(RoleMixin, Base):
    """A staff role. The seven or so rows are set by the migration, not by people."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str] = mapped_column(String(40))
    description: Mapped[str] = mapped_column(String(200))


class User(UserMixin, Timestamped, Base):
    """A person with an account.

    The address is kept in lower case, so it is unique whatever the capitals. ``fs_uniquifier`` is
    what a cookie names instead of the key: changing it ends every session and pending sign-in.
    """

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("email"),
        UniqueConstraint("fs_uniquifier"),
        UniqueConstraint("fs_webauthn_user_handle"),
        CheckConstraint("email = lower(email)", name="email_lower_case"),
        CheckConstraint(
            "(tf_primary_method IS NULL) = (tf_totp_secret IS NULL)", name="second_step_whole"
        ),
    )

    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120))
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    fs_uniquifier: Mapped[str] = mapped_column(String(64))
    fs_webauthn_user_handle: Mapped[str] = mapped_column(String(64))
    tf_primary_method: Mapped[str | None] = mapped_column(String(20))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(500))
    tf_phone_number: Mapped[str | None] = mapped_column(String(1))
    """Never used: the sign-in library clears it whenever a second step is removed."""
    tf_last_counter: Mapped[int | None]
    """The 30-second period of the last code used; a code of that period or before is refused."""
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(JsonDocument())
    """Keyed hashes of unused recovery codes; replace the list whole."""

    roles: Mapped[list[Role]] = relationship(secondary=users_roles, order_by=Role.name)
    webauthn: Mapped[list[WebauthnCredential]] = relationship(
        cascade="all, delete-orphan", order_by="WebauthnCredential.id"
    )

    @validates("email")
    def _lower_case(self, _key: str, value: str) -> str:
        return rules.normal_email(value)

    @property
    def role_names(self) -> frozenset[str]:
        """The staff roles held."""
        return frozenset(role.name for role in self.roles)

    def check_tf_required(
        self,
        tf_setup_methods: list[tuple[str, str]],
        tf_fresh: bool,  # noqa: FBT001 - the library's signature
    ) -> tuple[bool, list[tuple[str, str]]]:
        """Ask for the second step from everyone who has one and from all staff, every time."""
        del tf_fresh
        return bool(tf_setup_methods) or self.check_tf_required_setup(), tf_setup_methods

    def check_tf_required_setup(self) -> bool:
        """Whether this person may not be without a second step."""
        return rules.needs_second_step(self.role_names)


class WebauthnCredential(WebAuthnMixin, Base):
    """A passkey."""

    __tablename__ = "webauthn_credentials"
    __table_args__ = (
        UniqueConstraint("credential_id"),
        UniqueConstraint("user_id", "name"),
        CheckConstraint("usage IN ('first', 'secondary')", name="usage_known"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(64))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024))
    public_key: Mapped[bytes] = mapped_column(LargeBinary())
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(JsonDocument())
    backup_state: Mapped[bool]
    device_type: Mapped[str] = mapped_column(String(40))
    extensions: Mapped[str | None] = mapped_column(Text())
    usage: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    lastuse_datetime: Mapped[datetime] = mapped_column(UtcDateTime())

    def get_user_mapping(self) -> dict[str, Any]:
        """How the sign-in library finds whose passkey this is."""
        return {"id": self.user_id}


class UserSession(Base):
    """One sign-in on one browser. Only the hash of the cookie's token is kept.

    ``strong`` says a second step stood behind it. A session counts until ``expires_at`` unless
    ``ended_at`` is set.
    """

    __tablename__ = "user_sessions"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_user_sessions_user_id_ended_at", "user_id", "ended_at"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    address: Mapped[str] = mapped_column(String(45))
    browser: Mapped[str] = mapped_column(String(80))
    strong: Mapped[bool] = mapped_column(default=False)
    crossing: Mapped[str | None] = mapped_column(String(64))
    """Of somebody who came over from a linked account: what this sign-in hangs on there."""


class LinkedAccount(Base):
    """That a person's account here is linked with one of theirs in another programme.

    Only this programme's half: the other programme keeps its own, and what both share names no
    account (portal.db.linked). ``stamp`` proves that the account is still as it was linked;
    ``strong`` says whether a second step stood behind the linking.
    """

    __tablename__ = "linked_accounts"
    __table_args__ = (UniqueConstraint("reference"), UniqueConstraint("user_id", "partner"))

    reference: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    partner: Mapped[str] = mapped_column(String(30))
    stamp: Mapped[str] = mapped_column(String(64))
    strong: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)


class SignInCounter(Base):
    """Failed tries for one account, address or second step, over all web processes.

    The key is a hash: the table does not say who has an account or from where they came.
    """

    __tablename__ = "sign_in_counters"
    __table_args__ = (
        UniqueConstraint("scope", "key_hash"),
        CheckConstraint("failures >= 0", name="failures_not_negative"),
        CheckConstraint("scope IN ('account', 'address', 'second_step')", name="scope_known"),
    )

    scope: Mapped[str] = mapped_column(String(20))
    key_hash: Mapped[str] = mapped_column(String(64))
    failures: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
