"""An employer's copy of everything that is held about it."""

from __future__ import annotations

from portal.integrations.noting import audit_later


def note_taken(reference: str) -> None:
    """Put on record that the person signed in has taken the copy."""
    audit_later(action="employer.data_taken", subject=f"employer:{reference}")
