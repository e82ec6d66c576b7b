"""What people do with a diagnostic: one function per action."""

from portal.diagnostics.service.answering import Saved, save_answers
from portal.diagnostics.service.completing import complete
from portal.diagnostics.service.holding import (
    attach_to_employer,
    claim_for_person,
    keep_by_email,
)
from portal.diagnostics.service.starting import correct, retake, start, withdraw

__all__ = [
    "Saved",
    "attach_to_employer",
    "claim_for_person",
    "complete",
    "correct",
    "keep_by_email",
    "retake",
    "save_answers",
    "start",
    "withdraw",
]
