"""What the audit trail asks of worker and pages: its daily proof, and reads put on record."""

from __future__ import annotations

from flask import Flask, current_app

from portal.governance.rules.sensitive_reads import READS
from portal.governance.service import audit_chain
from portal.integrations.jobs import register_daily
from portal.web.reads import SensitiveRead, register_sensitive_reads


def _check_trail() -> None:
    audit_chain.check_daily(current_app.config["SETTINGS"].audit_anchor_file)


def install(app: Flask) -> None:
    """Put both on the application."""
    register_daily(app, "audit trail", _check_trail)
    register_sensitive_reads(
        app, {endpoint: SensitiveRead(*said) for endpoint, said in READS.items()}
    )
