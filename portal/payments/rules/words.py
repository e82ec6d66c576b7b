"""The fixed choices of payment and their words on screen.

Providers are paid for outputs, not results (file 004, Initiative 3, Commissioning and payment
model): a business's engagement in an initial diagnostic session, more for a smaller business, with
a bonus for the hard to reach, and each training session, workshop and the like delivered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ENGAGEMENT: Final = "engagement"
OUTPUT_TYPES: Final[Mapping[str, str]] = {
    ENGAGEMENT: "Engagement",
    "training_session": "Training session",
    "workshop": "Workshop",
    "consultancy": "Consultancy",
    "coaching": "Coaching",
}
BONUS: Final = "hard_to_reach"
# One amount may not be above this: ten million pounds, in pence. More is a slip of the keyboard.
MOST_PENCE: Final = 1_000_000_000
SIZE_TIERS: Final[Mapping[str, str]] = {
    "micro": "Micro",
    "small": "Small",
    "medium": "Medium",
    "large": "Large",
}
