"""Proving the audit trail: every link follows the one before, and says what its entry says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from portal.kernel.chain import GENESIS, AuditFacts, link_hash

_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Anchor(NamedTuple):
    """The end of the chain as it was once, written down where the database cannot reach it."""

    position: int
    hash: str
    where: str = "An anchor"


class Link(NamedTuple):
    """A link with the entry it stands for, if that is still there."""

    position: int
    entry_id: int
    previous: str
    hash: str
    facts: AuditFacts | None


class ChainFault(Exception):
    """The first thing that does not hold."""


@dataclass(frozen=True, slots=True)
class AuditProof:
    """What was proved, or the first fault. ``position`` is the last link that held."""

    position: int
    hash: str
    fault: str | None = None


class ChainWalk:
    """Follows the chain link by link and raises ``ChainFault`` at the first that is wrong."""

    def __init__(self, anchors: Iterable[Anchor] = ()) -> None:
        self.position = 0
        self.hash = GENESIS
        self._anchors: dict[int, list[Anchor]] = {}
        for anchor in anchors:
            self._anchors.setdefault(anchor.position, []).append(anchor)
        self._check_anchors()

    def follow(self, link: Link) -> None:
        """The next link."""
        expected = self.position + 1
        if link.position != expected:
            raise ChainFault(f"Link {expected} is missing: after {self.position} comes link "
                             f"{link.position}")  # fmt: skip
        if link.previous != self.hash:
            raise ChainFault(f"Link {expected} does not follow the link before it")
        if link.facts is None:
            raise ChainFault(f"Entry {link.entry_id}, link {expected}, is gone")
        if link_hash(link.previous, link.position, link.facts) != link.hash:
            raise ChainFault(f"Entry {link.entry_id}, link {expected}, is not what was written")
        self.position, self.hash = link.position, link.hash
        self._check_anchors()

    def _check_anchors(self) -> None:
        for anchor in self._anchors.pop(self.position, ()):
            if anchor.hash != self.hash:
                raise ChainFault(
                    f"{anchor.where} says that link {anchor.position} was another: the chain was "
                    "written afresh"
                )

    def end(self, head: tuple[int, str] | None, stray: int | None) -> None:
        """Nothing more follows: compare with the head, the anchors and entries in no link."""
        if head is None:
            raise ChainFault("The head of the chain is gone")
        if head[0] > self.position:
            raise ChainFault(
                f"The trail ends at link {self.position}, its head says {head[0]}: the end was "
                "cut off"
            )
        if head != (self.position, self.hash):
            raise ChainFault(f"The head of the chain is not link {self.position}")
        if self._anchors:
            last = max(self._anchors)
            raise ChainFault(
                f"The trail ends at link {self.position}, {self._anchors[last][0].where} knows "
                f"link {last}: the end was cut off"
            )
        if stray is not None:
            raise ChainFault(f"Entry {stray} was put in beside the chain")


def anchor_line(position: int, digest: str, at: datetime) -> str:
    """An anchor as one line of a file."""
    return json.dumps({"position": position, "hash": digest, "at": at.isoformat()})


def read_anchor(text: str) -> Anchor:
    """``12:ab…`` or a line of an anchor file.

    Raises:
        ValueError: when it is neither.
    """
    try:
        if text.lstrip().startswith("{"):
            said = json.loads(text)
            anchor = Anchor(int(said["position"]), str(said["hash"]), f"The anchor of {said['at']}")
        else:
            number, _, digest = text.strip().partition(":")
            anchor = Anchor(int(number), digest.strip().lower(), f"The anchor of link {number}")
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError("An anchor is POSITION:HASH or a line of an anchor file") from error
    if anchor.position < 0 or not _HASH.fullmatch(anchor.hash):
        raise ValueError("An anchor is POSITION:HASH or a line of an anchor file")
    return anchor
