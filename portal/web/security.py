"""Headers on every response, a nonce for scripts, CSRF on every write, and request limits."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask.sessions import SecureCookieSessionInterface
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect
from itsdangerous import URLSafeTimedSerializer
from werkzeug.middleware.proxy_fix import ProxyFix

csrf = CSRFProtect()


class RouteLimits(Limiter):
    """Limits of routes and of nothing wider, each checked where its route is called.

    The library also asks before every request what holds for the whole application or for a
    blueprint; here nothing does, and to find that out took a twentieth of a list page.
    """

    def _check_request_limit(
        self,
        callable_name: str | None = None,
        in_middleware: bool = True,  # noqa: FBT001, FBT002 - as the library calls it
    ) -> None:
        if not in_middleware:
            super()._check_request_limit(callable_name, in_middleware=False)


limiter = RouteLimits(key_func=get_remote_address, headers_enabled=False)

_YEAR = 31_536_000
_POLICY = (
    "style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# Arguments of addresses that open something for whoever has them. Such an address is not told in a
# Referer, not even to ourselves, where a log might keep it; the host alone is, because a form sent
# over https is only taken from our own pages, and that is how its origin is known.
_KEYS_IN_ADDRESSES = frozenset({"token", "code"})
_HOST_ALONE = "strict-origin"
# Said by a view that has thought about who may keep a copy.
_KEPT_BY = {"public", "private", "no-store"}


class CookieSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, with its signer made once instead of at every request."""

    def __init__(self) -> None:
        self._signers: dict[tuple[Any, ...], URLSafeTimedSerializer | None] = {}

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The signer for the keys as they are now."""
        keys = (app.secret_key, *(app.config["SECRET_KEY_FALLBACKS"] or ()))
        if keys not in self._signers:
            self._signers[keys] = super().get_signing_serializer(app)
        return self._signers[keys]


def csp_nonce() -> str:
    """This request's nonce for script elements."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def content_security_policy(nonce: str, *, forms_to: str = "") -> str:
    """A strict policy: our own files, scripts by nonce, no inline styles, never framed.

    ``forms_to`` is the one other site that a form of the page goes to, as the page for going over
    to another programme of the installation does.
    """
    policy = _POLICY
    if forms_to:
        policy = policy.replace("form-action 'self'", f"form-action 'self' {forms_to}")
    return f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; {policy}"


def policy_of_hashes(hashes: Collection[str]) -> str:
    """The same for a page that several people are given: scripts by their hash, without a nonce."""
    known = "".join(f" 'sha256-{one}'" for one in hashes)
    return f"default-src 'none'; script-src 'self'{known}; {_POLICY}"


def _words(cache_control: str) -> list[str]:
    return [word.strip().lower() for word in cache_control.split(",")]


def _add_headers(response: Response) -> Response:
    headers = response.headers
    # One look at what a view has set, instead of a search for each of ours.
    present = {name.lower() for name, _value in headers}
    if _KEYS_IN_ADDRESSES & (request.view_args or {}).keys():
        headers["Referrer-Policy"] = _HOST_ALONE
        present.add("referrer-policy")
    for name, value in _FIXED_HEADERS.items():
        if name.lower() not in present:
            headers.add(name, value)
    if "content-security-policy" not in present:
        headers.add("Content-Security-Policy", content_security_policy(csp_nonce()))
    if request.endpoint == "static" and response.status_code < 400:  # noqa: PLR2004
        # File names carry a hash of the content, so a copy never goes stale.
        headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    elif not _KEPT_BY.intersection(_words(headers.get("Cache-Control", ""))):
        # Nothing is said, or only what Flask says of every file: that it is to be asked for again.
        headers["Cache-Control"] = "no-store, private"
    if request.is_secure or current_app.config["SETTINGS"].is_production:
        # Behind a proxy that does not say how it was asked, too; over plain http it means nothing.
        headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR}; includeSubDomains")
    return response


def init_security(app: Flask) -> None:
    """Install headers, CSRF protection and limits."""
    settings = app.config["SETTINGS"]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SECRET_KEY_FALLBACKS=[key.get_secret_value() for key in settings.secret_key_fallbacks],
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="__Host-session" if settings.secure_cookies else "session",
        REMEMBER_COOKIE_SECURE=settings.secure_cookies,
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=60 * 60 * 24 * 14,
        TRUSTED_HOSTS=settings.answered_hosts,
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=500,
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_STORAGE_URI=settings.redis_url or "memory://",
        RATELIMIT_STRATEGY="moving-window",
        # With Redis gone each process counts for itself: pages answer, limits still hold.
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=bool(settings.redis_url),
        RATELIMIT_STORAGE_OPTIONS=(
            {"socket_connect_timeout": 2, "socket_timeout": 2} if settings.redis_url else {}
        ),
    )
    app.session_interface = CookieSessions()
    csrf.init_app(app)
    limiter.init_app(app)
    app.after_request(_add_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
