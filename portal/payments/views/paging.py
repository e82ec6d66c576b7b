"""Links to the other pages of a list: the first, the last, and those beside the one shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

_NEIGHBOURS: Final = 2


def page_links(
    page: int, total: int, size: int, address: Callable[[int], str]
) -> dict[str, Any] | None:
    """What the pagination component takes; None where one page holds everything."""
    pages = max(-(-total // size), 1)
    if pages == 1:
        return None
    shown = {1, pages, *range(page - _NEIGHBOURS, page + _NEIGHBOURS + 1)}
    items: list[dict[str, Any]] = []
    before = 0
    for number in sorted(n for n in shown if 1 <= n <= pages):
        if number > before + 1:
            items.append({"ellipsis": True})
        items.append({"number": number, "href": address(number), "current": number == page})
        before = number
    return {
        "items": items,
        "previous": address(page - 1) if page > 1 else None,
        "next": address(page + 1) if page < pages else None,
    }
