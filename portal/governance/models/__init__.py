"""Tables of information governance."""

from portal.governance.models.audit import AuditCheck
from portal.governance.models.privacy import (
    Breach,
    BreachStep,
    ConsentRecord,
    PersonCopy,
    RightsRequest,
    RightsStep,
)
from portal.governance.models.retention import (
    ErasureRequest,
    LegalHold,
    RetentionRun,
    RetentionTombstone,
)

__all__ = [
    "AuditCheck",
    "Breach",
    "BreachStep",
    "ConsentRecord",
    "ErasureRequest",
    "LegalHold",
    "PersonCopy",
    "RetentionRun",
    "RetentionTombstone",
    "RightsRequest",
    "RightsStep",
]
