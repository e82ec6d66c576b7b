"""What the portal asks of the outside: each a protocol, a real one and one for development."""

from __future__ import annotations

from flask import Flask


def init_integrations(app: Flask) -> None:
    """Give the application its storage, job queue and mail."""
    from portal.integrations.jobs import init_jobs
    from portal.integrations.mail import init_mail
    from portal.integrations.storage import init_storage

    init_storage(app)
    init_jobs(app)
    init_mail(app)
