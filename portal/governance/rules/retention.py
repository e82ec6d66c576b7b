"""How long each class of records keeps its personal data, and when that time is over."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import yaml

from portal.governance.rules.holdings import DATA
from portal.kernel.result import Problem

REMOVED_NAME: Final = "Name removed"
REMOVED_TEXT: Final = "Removed"
# A name that can belong to nobody: .invalid is reserved and never delivered (RFC 2606).
REMOVED_DOMAIN: Final = "removed.invalid"


class RetentionError(ValueError):
    """The schedule cannot hold; the message names the class."""


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """One class: ``counts_from`` says from when; ``least`` and ``most`` bound the months.

    A class with no bounds is kept, on the ground that ``why`` names. ``notice`` is what the privacy
    notice says of it: what it is, and how long.
    """

    key: str
    title: str
    counts_from: str
    then: str
    why: str
    least: int | None
    most: int | None
    notice: tuple[str, str]

    @property
    def ends(self) -> bool:
        """Whether its personal data goes by itself one day."""
        return self.least is not None


@cache
def classes() -> Mapping[str, RetentionClass]:
    """Every class of this portal by key, read once."""
    return parse(yaml.safe_load((DATA / "retention.yaml").read_text(encoding="utf-8")))


def parse(raw: Mapping[str, Any]) -> Mapping[str, RetentionClass]:
    """Read and check a schedule.

    Raises:
        RetentionError: naming the class that cannot hold.
    """
    found = {}
    for key, entry in raw["classes"].items():
        least, most = entry.get("least"), entry.get("most")
        if (least is None) != (most is None) or (least is not None and not 0 < least <= most):
            raise RetentionError(f"{key}: give both least and most, or neither")
        for word in ("title", "from", "then", "why"):
            if not entry.get(word):
                raise RetentionError(f"{key}: {word} is missing")
        found[key] = RetentionClass(
            key,
            entry["title"],
            entry["from"],
            entry["then"],
            entry["why"],
            least,
            most,
            _notice(key, entry.get("notice") or {}, ends=least is not None),
        )
    return found


def _notice(key: str, said: Mapping[str, str], *, ends: bool) -> tuple[str, str]:
    """What everybody is told of a class; one that ends says when by its period, no other does."""
    what, how_long = said.get("what", ""), said.get("how_long", "")
    if not what or not how_long:
        raise RetentionError(f"{key}: the privacy notice has no words for it")
    if ("{period}" in how_long) is not ends:
        raise RetentionError(f"{key}: the privacy notice must say {{period}} just where one ends")
    return what, how_long


def told(months: Mapping[str, int]) -> list[tuple[str, str]]:
    """What is kept and how long, for the privacy notice, as the periods are now.

    Raises:
        KeyError: when a class that ends has no period.
    """
    return [
        (
            one.notice[0],
            one.notice[1].format(period=in_words(months[key])) if one.ends else one.notice[1],
        )
        for key, one in classes().items()
    ]


def in_words(months: int) -> str:
    """A period as people say it: whole years where it is years."""
    count, unit = (months // 12, "year") if months % 12 == 0 else (months, "month")
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def refused(key: str, months: int) -> Problem | None:
    """Why a class may not keep its data for so many months; None when it may."""
    known = classes().get(key)
    if known is None or known.least is None or known.most is None:
        return Problem("no_class", "There is no such period to set", "months")
    if not known.least <= months <= known.most:
        return Problem(
            "out_of_bounds",
            f"Enter a whole number of months from {known.least} to {known.most}",
            "months",
        )
    return None


def months_before(moment: datetime, months: int) -> datetime:
    """The same time so many months earlier, on the month's last day where it has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def months_after(moment: datetime, months: int) -> datetime:
    """The same time so many months later."""
    return months_before(moment, -months)
