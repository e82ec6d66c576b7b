"""What tokens for other programs are like."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

# What a token begins with, so that one that was left lying about is recognised as ours.
PREFIX: Final = "pttp_"
LONGEST: Final = timedelta(days=366)
PROPOSED: Final = timedelta(days=182)
