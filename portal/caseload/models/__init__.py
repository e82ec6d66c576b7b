"""Tables of the caseload, by journey."""

from portal.caseload.models.cases import (
    Assignment,
    Case,
    CaseMilestone,
    NextAction,
    StageChange,
)
from portal.caseload.models.evidence import EvidenceFile
from portal.caseload.models.follow_up import (
    AdviserPreferences,
    FollowUp,
    FollowUpAnswer,
    OutcomeRecord,
)
from portal.caseload.models.merging import EmployerMerge
from portal.caseload.models.referrals import Referral, ReferralBatch, ReferralSource
from portal.caseload.models.support import Attendance, Confirmation, Delivery, ReferralOut
from portal.caseload.models.work import Consultation, DiagnosticSession, Interaction

__all__ = [
    "AdviserPreferences",
    "Assignment",
    "Attendance",
    "Case",
    "CaseMilestone",
    "Confirmation",
    "Consultation",
    "Delivery",
    "DiagnosticSession",
    "EmployerMerge",
    "EvidenceFile",
    "FollowUp",
    "FollowUpAnswer",
    "Interaction",
    "NextAction",
    "OutcomeRecord",
    "Referral",
    "ReferralBatch",
    "ReferralOut",
    "ReferralSource",
    "StageChange",
]
