"""The portal's colours and type for places a style sheet cannot reach: mail, charts and the PDF.

The same values stand in static/src/scss/_brand.scss; a unit test compares the two and checks every
pair of colours that meet on screen against WCAG AA.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PRODUCT_NAME: Final = "Part-Time Talent Portal"
FONT_FAMILY: Final = "Source Sans 3"
FONT_STACK: Final = (
    '"Source Sans 3", system-ui, -apple-system, "Segoe UI", roboto, arial, sans-serif'
)


@dataclass(frozen=True, slots=True)
class Brand:
    """Colours as #rrggbb, named as in the style sheet."""

    brand_deep: str = "#062f36"
    brand_dark: str = "#08434b"
    brand: str = "#0b5c66"
    brand_mid: str = "#3f8791"
    brand_soft: str = "#9cc8cd"
    brand_tint: str = "#dcecee"
    brand_wash: str = "#f1f8f8"
    ink: str = "#14252b"
    ink_soft: str = "#4a5b62"
    paper: str = "#ffffff"
    line: str = "#c9d6d8"
    line_strong: str = "#5b6d73"
    focus: str = "#ffd24d"
    error: str = "#b3261e"
    error_tint: str = "#fbeae9"
    success: str = "#1d6b3f"
    success_tint: str = "#e4f3ea"
    warning: str = "#7a4d00"
    warning_tint: str = "#fdf1d8"
    visited: str = "#5b3a8c"
    level_0: str = "#e3e8e9"
    level_1: str = "#bfdcdf"
    level_2: str = "#7fb5bc"
    level_3: str = "#2f7d88"
    level_4: str = "#08434b"

    @property
    def levels(self) -> tuple[str, str, str, str, str]:
        """Fill colours of maturity levels 0 to 4, light to deep."""
        return (self.level_0, self.level_1, self.level_2, self.level_3, self.level_4)

    @property
    def text_on_levels(self) -> tuple[str, str, str, str, str]:
        """The text colour to lay on each level's fill."""
        return (self.ink, self.ink, self.ink, self.paper, self.paper)


BRAND: Final = Brand()
