"""Employers in the network: what they show, who competes, who brought whom, and mail refused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.employers import models as employers_models
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.network.rules.words import FIELDS, MAIL_KINDS, NAME_LENGTH

assert employers_models  # noqa: S101 - imported so that employers are known


class NetworkMember(Timestamped, Base):
    """An employer in the network, with what it says of itself.

    ``shown`` lists the fields that others see; the rest is kept and not shown. Sector, size,
    district and name are the employer's own record's, shown only where they are listed.
    """

    __tablename__ = "network_members"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("employer_id"),
        UniqueConstraint("link_code"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    shown: Mapped[list[str]] = mapped_column(JsonDocument())
    about: Mapped[str] = mapped_column(Text(), default="")
    changed: Mapped[str] = mapped_column(Text(), default="")
    for_whom: Mapped[str] = mapped_column(Text(), default="")
    cost: Mapped[str] = mapped_column(Text(), default="")
    brought: Mapped[str] = mapped_column(Text(), default="")
    ask_about: Mapped[str] = mapped_column(Text(), default="")
    contact: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    website: Mapped[str] = mapped_column(String(200), default="")
    # Of the personal link by which this employer brings others.
    link_code: Mapped[str] = mapped_column(String(12))
    revision: Mapped[int] = mapped_column(default=0)


class NetworkConsent(Base):
    """That a field was opened to others, or closed again. Only appended."""

    __tablename__ = "network_consents"
    __table_args__ = (
        one_of("field", FIELDS, name="field_known"),
        Index("ix_network_consents_employer_id", "employer_id", "at"),
    )

    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    field: Mapped[str] = mapped_column(String(12))
    shown: Mapped[bool]
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))


class Competitor(Timestamped, Base):
    """That an employer sees another as a competitor. It holds in both directions."""

    __tablename__ = "network_competitors"
    __table_args__ = (
        UniqueConstraint("employer_id", "other_id"),
        CheckConstraint("employer_id <> other_id", name="two_employers"),
        Index("ix_network_competitors_other_id", "other_id"),
    )

    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))


class NetworkInvitation(Timestamped, Base):
    """One business invites another by a personal link; who came by it is counted to them."""

    __tablename__ = "network_invitations"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("token_hash"),
        one_of("state", ["sent", "joined", "refused", "withdrawn"], name="state_known"),
        CheckConstraint(
            "(state = 'joined') = (joined_employer_id IS NOT NULL)", name="joined_is_somebody"
        ),
        Index("ix_network_invitations_from_employer_id", "from_employer_id"),
        Index("ix_network_invitations_joined_employer_id", "joined_employer_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    from_employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    # Empty where somebody came by the link that an employer passes on itself.
    to_business: Mapped[str] = mapped_column(String(160), default="")
    to_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    to_email: Mapped[str] = mapped_column(String(254), default="")
    words: Mapped[str] = mapped_column(Text(), default="")
    token_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default="sent")
    joined_employer_id: Mapped[int | None] = mapped_column(ForeignKey("employers.id"))
    joined_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class MailRefusal(Base):
    """That an address wants no mail of a kind any more."""

    __tablename__ = "mail_refusals"
    __table_args__ = (
        UniqueConstraint("email", "kind"),
        one_of("kind", MAIL_KINDS, name="kind_known"),
        CheckConstraint("email = lower(email)", name="email_small"),
    )

    email: Mapped[str] = mapped_column(String(254))
    kind: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
