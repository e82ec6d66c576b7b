"""Verifying the audit trail, and anchors of its end outside of the database."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Literal

from portal.db import unit_of_work
from portal.db.session import steady_reading
from portal.governance.models import AuditCheck
from portal.governance.models.audit import FAULT_LENGTH
from portal.governance.queries import audit_chain as reading
from portal.governance.rules.audit_chain import (
    Anchor,
    AuditProof,
    ChainFault,
    ChainWalk,
    anchor_line,
    read_anchor,
)
from portal.integrations.mail import public_link
from portal.kernel.clock import today, utc_now
from portal.payments.queries.claims_people import lep_managers
from portal.payments.service.telling import send

Source = Literal["command", "daily"]


def verify(anchors: Iterable[Anchor] = ()) -> AuditProof:
    """Walk the whole chain as of one moment; the first fault, or none.

    Besides the anchors given, those count that earlier checks kept.
    """
    with steady_reading():
        given = [*anchors, *reading.kept_anchors()]
        walk: ChainWalk | None = None
        try:
            walk = ChainWalk(given)
            with closing(reading.walk()) as links:
                for link in links:
                    walk.follow(link)
            walk.end(reading.head(), reading.stray_entry())
        except ChainFault as fault:
            if walk is None:
                return AuditProof(0, "", str(fault))
            return AuditProof(walk.position, walk.hash, str(fault))
    return AuditProof(walk.position, walk.hash)


def check(source: Source, anchors: Iterable[Anchor] = ()) -> AuditProof:
    """Verify, and keep what was found. Opens its own unit of work."""
    started = time.monotonic()
    proof = verify(anchors)
    took = round((time.monotonic() - started) * 1000)
    with unit_of_work() as session:
        session.add(
            AuditCheck(
                at=utc_now(),
                source=source,
                position=proof.position,
                hash=proof.hash,
                milliseconds=took,
                fault=(proof.fault or "")[:FAULT_LENGTH],
            )
        )
        if source == "daily":
            _tell(proof)
    return proof


def _tell(proof: AuditProof) -> None:
    href = public_link("governance.audit")
    if proof.fault is not None:
        send(
            lep_managers(),
            subject="The audit trail is not whole",
            paragraphs=[
                f"The daily check found: {proof.fault}.",
                (
                    "Somebody changed the database behind the portal's back, or it was damaged. "
                    "Tell whoever runs the portal now, and keep every backup until it is "
                    "understood."
                ),
            ],
            href=href,
            key=f"audit-fault:{today().isoformat()}",
        )
        return
    # Once a month, in the words of a mail that nobody can change afterwards.
    send(
        lep_managers(),
        subject=f"The audit trail in {today():%B %Y}: keep this mail",
        paragraphs=[
            f"The audit trail is whole. It holds {proof.position:,} entries, and its anchor is",
            f"{proof.position}:{proof.hash}",
            (
                "Keep this mail: with its anchor, whoever runs the portal can prove later that "
                "nothing up to this day was removed or written afresh "
                "(flask audit verify --anchor)."
            ),
        ],
        href=href,
        key=f"audit-anchor:{today():%Y-%m}",
    )


def read_anchor_file(path: Path) -> list[Anchor]:
    """Every anchor of a file; none when there is no file yet.

    Raises:
        ValueError: when a line is no anchor.
    """
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [read_anchor(line) for line in lines if line.strip()]


def keep_anchor(path: Path, proof: AuditProof) -> None:
    """Add the end of the chain to a file, and have it reach the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as handle:
        handle.write(f"{anchor_line(proof.position, proof.hash, utc_now())}\n")
        handle.flush()
        os.fsync(handle.fileno())


def check_daily(anchor_file: Path | None) -> None:
    """The day's look: verify with the anchors of the file, mail what is wrong, add an anchor."""
    anchors: list[Anchor] = []
    if anchor_file is not None:
        try:
            anchors = read_anchor_file(anchor_file)
        except ValueError:
            # A line that is no anchor counts as a fault of its own: it is one that never holds.
            anchors = [Anchor(0, "unreadable", f"A line of {anchor_file.name}")]
    proof = check("daily", anchors)
    if anchor_file is not None and proof.fault is None:
        keep_anchor(anchor_file, proof)
