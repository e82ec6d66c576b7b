"""Tables of payment: contracts and rates, outputs and claims, decisions and the ledger."""

from portal.payments.models.changes import (
    ContractProposal,
    LedgerProof,
    OutputMiss,
    PayeeChange,
)
from portal.payments.models.claims import (
    CheckOverride,
    CheckResult,
    Claim,
    ClaimLine,
    LineQuery,
)
from portal.payments.models.contracts import (
    Contract,
    ContractCap,
    ContractProfile,
    ContractVariation,
    Subcontractor,
)
from portal.payments.models.ledger import ChainHead, Decision, LedgerEntry
from portal.payments.models.outputs import Output
from portal.payments.models.paying import AuditSample, AuditSampleItem, Payment, PaymentRun
from portal.payments.models.rates import Rate, RateCardVersion

__all__ = [
    "AuditSample",
    "AuditSampleItem",
    "ChainHead",
    "CheckOverride",
    "CheckResult",
    "Claim",
    "ClaimLine",
    "Contract",
    "ContractCap",
    "ContractProfile",
    "ContractProposal",
    "ContractVariation",
    "Decision",
    "LedgerEntry",
    "LedgerProof",
    "LineQuery",
    "Output",
    "OutputMiss",
    "PayeeChange",
    "Payment",
    "PaymentRun",
    "Rate",
    "RateCardVersion",
    "Subcontractor",
]
