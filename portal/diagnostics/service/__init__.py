"""What people do with a diagnostic: one function per action."""

from portal.diagnostics.service.answering import Saved, save_answers
from portal.diagnostics.service.completing import complete
from portal.diagnostics.service.holding import (
    attach_to_employer,
    claim_for_person,
    keep_by_email,
)
from portal.diagnostics.service.starting import correct, retake, start, withdraw
from portal.diagnostics.service.together import go_through, say_together, start_together, take_in

__all__ = [
    "Saved",
    "attach_to_employer",
    "claim_for_person",
    "complete",
    "correct",
    "go_through",
    "keep_by_email",
    "retake",
    "save_answers",
    "say_together",
    "start",
    "start_together",
    "take_in",
    "withdraw",
]
