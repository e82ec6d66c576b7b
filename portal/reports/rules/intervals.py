"""How sure a share is: Wilson's interval for a part of a whole."""

from __future__ import annotations

from math import sqrt
from typing import Final

# The two-sided 95% point of the normal distribution.
_Z: Final = 1.959963984540054
_THOUSAND: Final = 1000


def wilson(part: int, whole: int) -> tuple[int, int] | None:
    """The 95% interval of a share, in tenths of a percent; nothing of nothing.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22 (1927). It holds for small numbers too.

    Raises:
        ValueError: for a part that is below nought or more than the whole.
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} is no part of {whole}")
    if whole == 0:
        return None
    share, square = part / whole, _Z * _Z
    scale = 1 + square / whole
    middle = (share + square / (2 * whole)) / scale
    half = _Z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole)) / scale
    # A share of none or of all is inside its own interval, whatever the rounding.
    low = 0 if part == 0 else int(_THOUSAND * (middle - half) + 0.5)
    high = _THOUSAND if part == whole else int(_THOUSAND * (middle + half) + 0.5)
    return low, high
