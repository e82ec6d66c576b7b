"""Engine, sessions, units of work, column types, the outbox and the audit trail."""

from portal.db import audit, audit_chain, outbox, shown
from portal.db.base import Base, Timestamped
from portal.db.postgres import prepared
from portal.db.session import Database, current_session, unit_of_work
from portal.db.types import JsonDocument, UtcDateTime

__all__ = [
    "Base",
    "Database",
    "JsonDocument",
    "Timestamped",
    "UtcDateTime",
    "audit",
    "audit_chain",
    "current_session",
    "outbox",
    "prepared",
    "shown",
    "unit_of_work",
]
