"""What attackers try, and what every answer must be: used by the tests of requests and sign-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.routing import Rule
from werkzeug.routing.converters import NumberConverter
from werkzeug.test import TestResponse

from portal.web.access import PARTS_EXTENSION, Actor

WRITING = ("POST", "PUT", "PATCH", "DELETE")
CHANGES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
STAFF = ("adviser", "provider_manager", "lep_officer", "lep_manager", "evaluator", "administrator")
REFERENCE = "7ZZZZZZZZZ"
EVIL = "evil.example"

# Addresses that a browser, or a careless check, takes for another than they are.
ELSEWHERE = (
    f"https://{EVIL}/",
    f"//{EVIL}",
    f"///{EVIL}",
    f"////{EVIL}",
    f"/\\{EVIL}",
    f"\\\\{EVIL}",
    f"\\/{EVIL}",
    f"/\t/{EVIL}",
    f"/\n/{EVIL}",
    f"/\r/{EVIL}",
    f"\t//{EVIL}",
    f" https://{EVIL}",
    f"https:{EVIL}",
    f"https:/{EVIL}",
    f"http:///{EVIL}",
    f"HtTpS://{EVIL}",
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    f"https://localhost@{EVIL}/",
    f"//localhost@{EVIL}/",
    f"https://localhost.{EVIL}/",
    f"/%09/{EVIL}",
    f"/%2f{EVIL}",
    f"/%5c{EVIL}",
    f"https://{EVIL}#localhost",
    f"https://{EVIL}?localhost",
    f"ftp://{EVIL}",
    f"/\x00/{EVIL}",
    f"https:\u2044\u2044{EVIL}",
    f"/\u2028/{EVIL}",
)

# Answers that others may keep a copy of, each with its reason.
PUBLIC_COPIES = {
    "static": "the portal's own files, named by their content",
    "network.badge": "a badge stands on other websites",
    "toolkit.file": "published files are for everybody, and asked for again each time",
    "toolkit.added_file": "published files are for everybody, and asked for again each time",
    # Pages without a word of anybody's: they read no record (portal.web.kept).
    **dict.fromkeys(
        (
            *("pages.home", "pages.about", "pages.accessibility", "pages.help_page"),
            *("toolkit.tools", "network.award_criteria", "diagnostics.intro"),
        ),
        "the same for everybody until a new version",
    ),
}
# The pages from which somebody goes over to another programme of the installation.
HANDS_OVER = {"my_programmes.go", "my_programmes.offer"}
_FORMS_ALSO_TO = re.compile(r"(?<=form-action 'self') https?://[\w.-]+(?::\d+)?(?=;)")
_POLICY = re.compile(
    r"default-src 'none'; script-src 'self'"
    r"(?: 'nonce-([\w-]{20,})'|(?: 'sha256-[\w+/]{43}=')*); style-src 'self'; "
    r"img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    r"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_BOXED = "sandbox; default-src 'none'"
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def nonce_of(response: TestResponse) -> str | None:
    """The nonce in an answer's policy, if the policy is the portal's strict one."""
    found = _POLICY.fullmatch(response.headers.get("Content-Security-Policy", ""))
    return found[1] if found else None


def leads_elsewhere(location: str, host: str = "localhost") -> bool:
    """Whether a browser that is sent to this address leaves the portal.

    Browsers drop tabs and line ends, and read a backslash as a slash.
    """
    seen = re.sub(r"[\t\r\n]", "", location).strip("\x00 \x1f").replace("\\", "/")
    if seen.startswith("//"):
        return urlsplit(f"http:{seen}").hostname != host
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*):", seen)
    if scheme is None:
        return False
    return scheme[1].lower() not in {"http", "https"} or urlsplit(seen).hostname != host


def header_faults(response: TestResponse, endpoint: str | None) -> list[str]:
    """What is wrong with the headers of one answer."""
    headers = response.headers
    faults = [
        f"{name} is {headers.get(name)!r}"
        for name, value in _FIXED.items()
        if headers.getlist(name) != [value]
    ]
    # Of an address nothing but the host ever leaves; which of the two, test_secret_links.py asks.
    if headers.getlist("Referrer-Policy") not in (["same-origin"], ["strict-origin"]):
        faults.append(f"Referrer-Policy is {headers.get('Referrer-Policy')!r}")
    policy = headers.get("Content-Security-Policy", "")
    if endpoint in HANDS_OVER:
        policy = _FORMS_ALSO_TO.sub("", policy)
    is_page = response.mimetype == "text/html"
    if _POLICY.fullmatch(policy) is None and (is_page or policy != _BOXED):
        faults.append(f"policy {policy!r}")
    kept = headers.get("Cache-Control", "")
    if "public" in kept and endpoint not in PUBLIC_COPIES:
        faults.append(f"anybody may keep a copy: {kept!r}")
    elif "public" not in kept and not ("private" in kept or "no-store" in kept):
        faults.append(f"a copy may be kept: {kept!r}")
    if "public" in kept and "Set-Cookie" in headers:
        faults.append("a cookie in what anybody may keep a copy of")
    faults += [f"{name} is sent" for name in dict(headers) if name.startswith("Access-Control-")]
    faults += [fault for cookie in headers.getlist("Set-Cookie") for fault in cookie_faults(cookie)]
    return faults


def cookie_faults(cookie: str, *, secure: bool = False) -> list[str]:
    """What is wrong with one cookie as it is set."""
    name, *parts = (part.strip() for part in cookie.split(";"))
    flags = {part.partition("=")[0].lower(): part.partition("=")[2] for part in parts}
    faults = []
    if "httponly" not in flags:
        faults.append(f"scripts can read {name}")
    if flags.get("samesite", "").lower() not in {"lax", "strict"}:
        faults.append(f"other sites send {name}")
    if "domain" in flags:
        faults.append(f"{name} is for {flags['domain']}")
    if secure and "secure" not in flags:
        faults.append(f"{name} travels without https")
    return faults


def all_powers(actor: Actor) -> Actor:
    """Somebody who holds every role and owns an employer nobody has heard of."""
    return replace(
        actor,
        user_id=999_999,
        email="all@example.org",
        name="All Roles",
        roles=frozenset(STAFF),
        employers={REFERENCE: "owner"},
        strong=True,
    )


@contextmanager
def everybody_is_all_powerful(app: Flask) -> Iterator[None]:
    """Whoever asks may do everything that is not about a record."""
    parts = app.extensions.setdefault(PARTS_EXTENSION, [])
    parts.append(all_powers)
    try:
        yield
    finally:
        parts.remove(all_powers)


_SAMPLES: dict[str, Any] = {
    "IntegerConverter": 1,
    "PathConverter": "a/b",
    "UUIDConverter": "0" * 32,
}


def address_of(app: Flask, rule: Rule, method: str) -> str:
    """An address that matches the rule, with made-up values."""
    values: dict[str, Any] = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        kind = type(converter).__name__
        number = isinstance(converter, NumberConverter)
        values[name] = 1 if number else _SAMPLES.get(kind, REFERENCE)
        if kind == "AnyConverter":
            values[name] = min(converter.items)  # type: ignore[attr-defined]
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values, _method=method)


def rules_for(app: Flask, *methods: str) -> list[tuple[Rule, str]]:
    """Every rule and method of the url map among the methods, files of the portal left out."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
        if method in methods and rule.endpoint != "static"
    ]


def is_change(statement: str) -> bool:
    """Whether a statement changes what is kept."""
    return statement.lstrip().upper().startswith(CHANGES)
