"""The adviser's home and an employer's timeline, against SQL written by hand.

The lower bound of each checks the same cookie, asks for what the page shows in as few statements
as can be written by hand through the bare driver, writes the rows with string formatting, and puts
them between the rest of the page as it stands.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from werkzeug.http import parse_cookie

from portal.accounts.sessions import TOKEN_KEY
from portal.kernel.clock import today
from tests.bench.harness import Measure, interleaved, paired_ratio
from tests.bench.support import (
    KINDS,
    NAMES,
    Visit,
    plain_connection,
    portal_on,
    repeated,
    seed_employers,
    statements_of,
    visit,
    workplace,
)
from tests.bench.support_caseload import CASES_EACH, LINES, seed_caseload

STATEMENTS_GOAL = 6


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    employers: int
    rounds: int
    times: int


FULL = Size(100_000, rounds=15, times=10)
QUICK = Size(20_000, rounds=5, times=5)

_PERSON = (
    "SELECT u.id, u.email, u.name, s.id, s.strong, s.last_seen_at, r.name, p.organisation_id "
    "FROM user_sessions s JOIN users u ON u.id = s.user_id "
    "LEFT JOIN users_roles ur ON ur.user_id = u.id LEFT JOIN roles r ON r.id = ur.role_id "
    "LEFT JOIN staff_posts p ON p.user_id = u.id "
    "WHERE s.token_hash = {0} AND s.ended_at IS NULL"
)
# What there is to do, and in the same breath how many of each kind: one pass over the own cases.
_HOME = (
    "SELECT c.reference, e.name, e.trading_name, c.stage, c.contact_name, c.contact_phone, "
    "c.contact_email, c.last_contact_at, a.id, a.kind, a.what, a.due_on, "
    "count(*) OVER (), sum(CASE WHEN a.id IS NULL THEN 1 ELSE 0 END) OVER (), "
    "sum(CASE WHEN a.due_on < {1} THEN 1 ELSE 0 END) OVER (), "
    "sum(CASE WHEN c.last_contact_at IS NULL THEN 1 ELSE 0 END) OVER (), "
    "sum(CASE WHEN c.last_contact_at < {2} THEN 1 ELSE 0 END) OVER (), "
    "sum(CASE WHEN c.waiting_since IS NOT NULL THEN 1 ELSE 0 END) OVER () "
    "FROM cases c JOIN employers e ON e.id = c.employer_id "
    "LEFT JOIN next_actions a ON a.case_id = c.id AND a.state = 'open' "
    "WHERE c.organisation_id = {3} AND c.adviser_id = {0} AND c.closed_at IS NULL "
    "ORDER BY a.due_on IS NULL, a.due_on, c.id"
)
_BESIDE = (
    "SELECT r.reference, r.employer_name, r.expires_on FROM referrals r "
    "WHERE r.organisation_id = {0} AND r.status = 'waiting' "
    "UNION ALL SELECT f.reference, '', f.due_on FROM follow_ups f JOIN cases c ON c.id = f.case_id "
    "WHERE c.adviser_id = {1} AND f.state = 'planned' AND f.due_on <= {2} "
    "UNION ALL SELECT q.reference, q.to_name, q.due_on FROM confirmations q "
    "JOIN cases c ON c.id = q.case_id "
    "WHERE c.adviser_id = {1} AND q.state IN ('awaiting', 'disputed')"
)
_TIMELINE = (
    "SELECT t.at, t.kind, t.title, t.text, t.by_name, t.subject FROM employer_timeline t "
    "JOIN employers e ON e.id = t.employer_id WHERE e.reference = {0} "
    "ORDER BY t.at DESC, t.id DESC LIMIT 51"
)
Ask = Callable[[str, Sequence[Any]], list[Any]]


class HandWritten:
    """A page by hand: ``fill`` asks and gives its rows as text; the rest is the page's own HTML."""

    def __init__(self, app: Flask, html: str, fill: Callable[[Ask, int, int], str]) -> None:
        signing = Flask("floor")
        signing.secret_key = app.config["SECRET_KEY"]
        serializer = SecureCookieSessionInterface().get_signing_serializer(signing)
        assert serializer is not None
        self.serializer = serializer
        url = app.config["SETTINGS"].database_url
        self.connection = plain_connection(url)
        self.mark = "?" if url.startswith("sqlite") else "%s"
        self.fill = fill
        # Everything around the rows costs nothing here but its bytes.
        start = html.index("<main")
        self.head, self.tail = html[:start].encode(), html[html.index("</main>") :].encode()

    def ask(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """The rows of a statement whose places are numbered."""
        order: list[Any] = []
        text = statement
        while "{" in text:
            before, _, rest = text.partition("{")
            number, _, after = rest.partition("}")
            order.append(values[int(number)])
            text = f"{before}{self.mark}{after}"
        return self.connection.execute(text, order).fetchall()

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        """Check the cookie, ask, format."""
        cookies = parse_cookie(environ.get("HTTP_COOKIE", ""))
        token = self.serializer.loads(cookies["session"])[TOKEN_KEY]
        person = self.ask(_PERSON, [hashlib.sha256(token.encode()).hexdigest()])
        rows = self.fill(self.ask, person[0][0], person[0][7])
        secrets.token_urlsafe(16)
        body = self.head + rows.encode() + self.tail
        start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [body]


def _home_rows(ask: Ask, person: int, organisation: int) -> str:
    day = today()
    quiet = datetime.now(UTC) - timedelta(days=30)
    plain = quiet.replace(tzinfo=None).isoformat(" ")
    found = ask(_HOME, [person, day.isoformat(), plain, organisation])
    beside = ask(_BESIDE, [organisation, person, day.isoformat()])
    rows = "".join(
        f'<li><a href="/cases/{row[0]}">{escape(row[2] or row[1])}</a> <p>{escape(row[9] or "")} '
        f"{escape(row[10] or '')} {row[11] or ''}</p><p>{escape(row[3])}</p>"
        f'<p>{escape(row[4])} <a href="tel:{escape(row[5])}">{escape(row[5])}</a> '
        f'<a href="mailto:{escape(row[6])}">{escape(row[6])}</a></p>'
        f'<a href="/cases/{row[0]}/log">Log</a><a href="/cases/{row[0]}/next">Done</a></li>'
        for row in found
    )
    more = "".join(f"<li>{row[0]} {escape(row[1])} {row[2]}</li>" for row in beside)
    counts = "".join(f"<b>{number}</b>" for number in found[0][12:])
    return f"<main>{counts}<ul>{rows}</ul><ul>{more}</ul>"


def _timeline_rows(reference: str) -> Callable[[Ask, int, int], str]:
    def fill(ask: Ask, _person: int, _organisation: int) -> str:
        rows = "".join(
            f"<li><h3>{escape(row[2])}</h3><time>{row[0]}</time><p>{escape(row[4])} "
            f"{escape(row[1])}</p><p>{escape(row[3])}</p>"
            f'<a href="/x/{escape(row[5])}">Open</a></li>'
            for row in ask(_TIMELINE, [reference])[:50]
        )
        return f"<main><ol>{rows}</ol>"

    return fill


def measures(*, quick: bool = False) -> Iterator[Measure]:
    """Both pages on both databases, with their statements."""
    size = QUICK if quick else FULL
    for kind in KINDS:
        with workplace() as folder, portal_on(kind, folder) as app:
            seed_employers_first(app, size)
            cookie, employer = seed_caseload(app, employers=size.employers)
            pages = {
                f"Adviser's home, {CASES_EACH} cases": ("/work", _home_rows),
                f"Timeline, {LINES:,} entries": (
                    f"/employers/{employer}/timeline",
                    _timeline_rows(employer),
                ),
            }
            for name, (path, fill) in pages.items():
                yield from _page(app, kind, size, name, visit(app, path, cookie), fill)


def seed_employers_first(app: Flask, size: Size) -> None:
    """The base: somebody must have started their diagnostics."""
    from tests.bench.support import session_cookie

    session_cookie(app, roles=["lep_officer"])
    seed_employers(app, size.employers)


def _page(
    app: Flask,
    kind: str,
    size: Size,
    name: str,
    page: Visit,
    fill: Callable[[Ask, int, int], str],
) -> Iterator[Measure]:
    html = page().decode()
    with statements_of(app) as noted:
        page()
    floor = Visit(HandWritten(app, html, fill), page.environ)
    timed = interleaved(
        size.rounds,
        {"ours": repeated(page, size.times), "floor": repeated(floor, size.times)},
        warm=2,
    )
    yield Measure(
        f"{name}, {NAMES[kind]}",
        timed["ours"].median / size.times * 1000,
        "ms",
        ratio=paired_ratio(timed["ours"], timed["floor"]),
        peer="by hand",
        note=f"{size.employers:,} employers in the base, {len(html) // 1024} KB",
    )
    yield Measure(f"Statements, {name}, {NAMES[kind]}", len(noted), "SQL", goal=STATEMENTS_GOAL)
