"""Builds the application: settings, database, integrations, web, then each feature in order."""

from __future__ import annotations

from typing import Any

from flask import Flask

from config import ROOT, Settings
from portal import (
    accounts,
    action_plans,
    caseload,
    cli,
    diagnostics,
    employers,
    governance,
    network,
    payments,
    programme,
    reports,
    toolkit,
)
from portal.db import Database
from portal.db.postgres import Limits
from portal.db.replica import init_replica
from portal.integrations import init_integrations
from portal.logs import init_logs
from portal.web.app import PortalEnvironment, PortalFlask, init_web
from portal.web.kept import init_kept_pages


def limits_of(settings: Settings) -> Limits:
    """How PostgreSQL is connected to."""
    return Limits(
        pool_size=settings.database_pool_size,
        pool_overflow=settings.database_pool_overflow,
        pool_timeout=settings.database_pool_timeout,
        pool_recycle=settings.database_pool_recycle,
        pre_ping=settings.database_pre_ping,
        pgbouncer=settings.database_pgbouncer,
        lock_ms=settings.database_lock_timeout_ms,
        statement_ms=settings.database_statement_timeout_ms,
        idle_ms=settings.database_idle_timeout_ms,
        random_page_cost=settings.database_random_page_cost,
    )


def build(settings: Settings | None = None, **engine_options: Any) -> Flask:
    """The application with everything registered, lower rooms first."""
    settings = settings or Settings()
    app = PortalFlask(
        "portal",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static" / "dist"),
        static_url_path="/static",
        instance_path=str(ROOT / "instance"),
    )
    app.jinja_environment = PortalEnvironment
    app.config["SETTINGS"] = settings
    app.debug = settings.debug
    init_logs(settings.log_level, json_lines=settings.is_production)
    limits = limits_of(settings)
    several = settings.several_programmes
    Database(settings.database_url, limits, several_programmes=several, **engine_options).init_app(
        app
    )
    init_replica(app, limits=limits)
    init_integrations(app)
    init_web(app)
    for feature in (
        *(accounts, programme, employers, caseload, diagnostics, action_plans),
        *(toolkit, network, payments, reports, governance),
    ):
        feature.register(app)
    cli.register(app)
    init_kept_pages(app)
    return app
