"""People who sign in: registration, second factors, sessions and roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Put the feature on the application."""
    from portal.accounts import access, links, service, sessions
    from portal.accounts.security import init_security
    from portal.accounts.views import account, mailbox, programmes, recovery
    from portal.integrations.jobs import register_daily, register_handler
    from portal.web.access import register_actor_part, register_routes

    register_actor_part(app, sessions.actor_part)
    init_security(
        app,
        replaced={
            "security.forgot_password": recovery.forgot_password,
            "security.send_confirmation": recovery.send_confirmation,
        },
        link_pages={
            "security.confirm_email": recovery.confirm_page,
            "security.change_email_confirm": recovery.change_email_page,
        },
    )
    app.before_request(sessions.note_seen)
    app.after_request(sessions.note_asked)
    app.register_blueprint(account.blueprint)
    register_routes(app, access.ROUTES)
    register_handler(app, service.RECOVER_KIND, service.send_link)
    if app.config["SETTINGS"].several_programmes:
        app.register_blueprint(programmes.blueprint)
        register_routes(app, access.PROGRAMMES_ROUTES)
        register_daily(app, "accounts.links", links.sweep)
    if app.config["SETTINGS"].show_demo:
        app.register_blueprint(mailbox.blueprint)
        register_routes(app, access.MAILBOX_ROUTES)
