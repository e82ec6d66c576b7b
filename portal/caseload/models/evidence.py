"""Files that prove something."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.caseload.rules.words import EVIDENCE_KINDS
from portal.db import Base, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH


class EvidenceFile(Timestamped, Base):
    """A file kept as it was received, and what it proves. It is withdrawn with a reason.

    ``subject`` names the record it belongs to, such as ``delivery:7Q2M4T9KZC``. ``media_type`` is
    what its bytes are, whatever its name says. Files with an equal ``sha256`` are one file used
    twice, which is shown wherever they are.
    """

    __tablename__ = "evidence_files"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("storage_key"),
        one_of("kind", EVIDENCE_KINDS, name="kind_known"),
        CheckConstraint(
            "scan_state IN ('waiting', 'clean', 'infected', 'failed', 'not_scanned')",
            name="scan_state_known",
        ),
        CheckConstraint("size_bytes > 0", name="size_positive"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawn_has_reason"
        ),
        Index("ix_evidence_files_employer_id", "employer_id"),
        Index("ix_evidence_files_case_id", "case_id"),
        Index("ix_evidence_files_sha256", "sha256"),
        Index("ix_evidence_files_subject", "subject"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[str] = mapped_column(String(24))
    subject: Mapped[str] = mapped_column(String(80), default="")
    note: Mapped[str] = mapped_column(Text(), default="")
    file_name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(String(200))
    scan_state: Mapped[str] = mapped_column(String(12), default="waiting")
    scanned_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    withdrawn_reason: Mapped[str | None] = mapped_column(Text())
