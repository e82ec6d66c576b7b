"""How Flask-Security is set up and fitted to the portal's sessions, transactions and mail."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask
from flask_login.utils import _user_context_processor
from flask_security.core import Security
from flask_security.core import _user_loader as load_user
from flask_security.signals import user_authenticated

from portal.accounts import sessions
from portal.accounts.models import Role, User, WebauthnCredential
from portal.accounts.security import events, flow, forms, parts
from portal.accounts.security.datastore import PortalUserDatastore
from portal.accounts.security.hashing import PreparedContext
from portal.accounts.security.settings import flask_security_settings


def init_security(
    app: Flask, *, replaced: Mapping[str, flow.View], link_pages: Mapping[str, flow.View]
) -> None:
    """Install the sign-in library and fit it to the portal."""
    app.config.update(flask_security_settings(app))
    security = Security(
        datastore=PortalUserDatastore(User, Role, WebauthnCredential),
        mail_util_cls=parts.PortalMail,
        password_util_cls=parts.PortalPasswords,
        totp_cls=parts.PortalTotp,
        webauthn_util_cls=parts.PortalWebauthn,
        mf_recovery_codes_util_cls=parts.HashedRecoveryCodes,
        **forms.SECURITY_FORMS,
    )
    security.init_app(app)
    security.pwd_context = PreparedContext(security.pwd_context)
    security.want_json(lambda _request: False)
    _only_our_sessions(app, security)
    user_authenticated.connect(sessions.on_authenticated, sender=app)
    events.connect(app)
    flow.fit_views(app, replaced=replaced, link_pages=link_pages)


def _only_our_sessions(app: Flask, security: Security) -> None:
    manager = security.login_manager
    # Our session rows tie a sign-in down; the library's own guess by address and browser signs
    # out everybody whose telephone changes networks.
    manager.session_protection = None

    @manager.user_loader  # type: ignore[untyped-decorator]
    def person_of_session(uniquifier: str) -> User | None:
        if sessions.current_sign_in() is None:
            return None
        user: User | None = load_user(uniquifier)
        return user

    # There are no sign-in tokens in addresses or headers.
    manager.request_loader(lambda _request: None)
    # Both would load the person on every page, beside the one statement that our actor costs.
    security.principal.identity_loaders.clear()
    app.template_context_processors[None].remove(_user_context_processor)
