"""What the portal asks of the outside: each a protocol, a real one and one for development."""

from __future__ import annotations

from flask import Flask


def init_integrations(app: Flask) -> None:
    """Give the application its storage, virus scanner, job queue and mail."""
    from portal.integrations.jobs import init_jobs
    from portal.integrations.mail import init_mail
    from portal.integrations.noting import init_noting
    from portal.integrations.scanning import init_scanning
    from portal.integrations.storage import init_storage

    init_storage(app)
    init_scanning(app)
    init_jobs(app)
    init_noting(app)
    init_mail(app)
