"""Tables of information governance."""

from portal.governance.models.audit import AuditCheck

__all__ = ["AuditCheck"]
