"""What the audit trail asks of worker and pages: its daily proof, figures, reads on record."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask

from portal.db.programmes import settings_here
from portal.governance.queries import audit_chain as chain
from portal.governance.rules.sensitive_reads import READS
from portal.governance.service import audit_chain
from portal.integrations.backup_record import last_backup
from portal.integrations.jobs import register_daily
from portal.payments.queries.proofs import last_proofs
from portal.web.metrics import Gauge, register_gauges
from portal.web.reads import SensitiveRead, register_sensitive_reads


def _check_trail() -> None:
    audit_chain.check_daily(settings_here().audit_anchor_file)


def _proofs() -> Iterable[Gauge]:
    checked = chain.last_check()
    if checked is not None:
        yield Gauge(
            "portal_audit_checked_seconds", "When the trail was verified", checked.at.timestamp()
        )
        yield Gauge("portal_audit_whole", "Whether it was whole", float(not checked.fault))
    _held, newest = last_proofs()
    if newest is not None:
        yield Gauge(
            "portal_ledger_proved_seconds", "When the ledger was proved", newest.at.timestamp()
        )
        yield Gauge("portal_ledger_whole", "Whether the proof held", float(not newest.fault))
    backup = last_backup(settings_here().backup_folder)
    if backup is not None:
        yield Gauge(
            "portal_backup_made_seconds",
            "When the last backup was made",
            backup.made_at.timestamp(),
        )
        verified = backup.verified_at
        yield Gauge(
            "portal_backup_verified_seconds",
            "When it was read back and found good; 0: not yet",
            0.0 if verified is None else verified.timestamp(),
        )


def install(app: Flask) -> None:
    """Put them on the application."""
    register_daily(app, "audit trail", _check_trail)
    register_sensitive_reads(
        app, {endpoint: SensitiveRead(*said) for endpoint, said in READS.items()}
    )
    register_gauges(app, _proofs)
