"""The demonstration in this process: its people signed in, and the addresses that they can open.

The demonstration holds records of every kind, so whatever is planted in them is shown somewhere.
Addresses are found as a person finds them, by following links from the first page; what no link
leads to is made up from the records. Nothing here goes through a socket.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import insert, select, text
from werkzeug.exceptions import HTTPException

from config import Settings
from portal import create_app
from portal.accounts.models import User
from portal.db import Base
from portal.db.session import Database, current_session
from portal.employers.models import Membership
from portal.web.security import limiter
from tests.factories.accounts import sign_in
from tests.support import databases
from tests.support.client import PortalClient

STAFF = ("adviser", "provider_manager", "lep_officer", "lep_manager", "evaluator", "administrator")
OWNERS = ("owner", "owner 2", "owner 3", "owner 4")
PEOPLE = ("visitor", *OWNERS, *STAFF)
# How many addresses of one route are opened for one person, with and without a query.
EACH = 2
# One round trip through all pages may not take longer than the pages are worth.
MOST = 3000


@dataclass
class World:
    """A full portal and the people in it."""

    app: Flask
    folder: Path
    users: dict[str, int] = field(default_factory=dict)

    def client(self, person: str) -> PortalClient:
        """A browser in which the person is signed in."""
        client = self.app.test_client()
        assert isinstance(client, PortalClient)
        client.check_pages = False
        if person != "visitor":
            with self.app.app_context():
                sign_in(client, current_session().get_one(User, self.users[person]))
        return client

    def endpoint_of(self, address: str, method: str = "GET") -> str | None:
        """The route that an address leads to."""
        try:
            found: str = self.app.url_map.bind("localhost").match(
                urlsplit(address).path, method=method
            )[0]
        except HTTPException:
            return None
        return found


def _without_limits(app: Flask) -> None:
    """No request of this application is limited; the limiter is one for all, so it comes back."""

    def off() -> None:
        limiter.enabled = False

    def on(_error: BaseException | None) -> None:
        limiter.enabled = True

    app.before_request_funcs.setdefault(None, []).insert(0, off)
    app.teardown_request(on)


def demonstration_world(folder: Path, kind: str = "sqlite") -> World:
    """A world of its own over a copy of the demonstration, which is made once a run."""
    from tests.e2e.support import demonstration

    made = demonstration(folder)
    url = f"sqlite:///{made.database}"
    if kind == "postgresql":
        source = Database(url)
        url = to_postgres(source)
        source.dispose()
    return make_world(folder, url, made.folder / "files")


def make_world(folder: Path, database_url: str, files: Path) -> World:
    """An application over a filled database."""
    settings = Settings(
        portal_env="test",
        database_url=database_url,
        storage_url=f"file://{files}",
        queue_path=folder / "queue.db",
        demo=True,
    )  # type: ignore[call-arg]
    app = create_app(settings)
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
    _without_limits(app)
    app.test_client_class = PortalClient
    world = World(app, folder)
    with app.app_context():
        world.users = _people()
    return world


def _people() -> dict[str, int]:
    """The member of staff of each kind, and the employer's owner, with most to see."""
    session = current_session()
    found = {}
    for user in session.scalars(select(User).where(User.active).order_by(User.id)):
        for role in user.role_names:
            if user.role_names == {role}:
                found.setdefault(role, user.id)
            else:
                found.setdefault(f"+{role}", user.id)
    for role in STAFF:
        found.setdefault(role, found.get(f"+{role}", 0))
    found.update(zip(OWNERS, _owners(), strict=False))
    return {name: key for name, key in found.items() if key and name in PEOPLE}


def _owners() -> list[int]:
    """Owners of employers that together are known to as many tables as can be."""
    session = current_session()
    owners = dict(
        session.execute(
            select(Membership.employer_id, Membership.user_id).where(Membership.role == "owner")
        ).all()
    )
    known: dict[int, set[str]] = {employer: set() for employer in owners}
    for table in Base.metadata.sorted_tables:
        for column in table.c:
            if any(key.column.table.name == "employers" for key in column.foreign_keys):
                for employer in session.scalars(select(column).distinct()):
                    if employer in known:
                        known[employer].add(f"{table.name}.{column.name}")
    chosen: list[int] = []
    covered: set[str] = set()
    for _ in OWNERS:
        best = max(sorted(known), key=lambda key: (len(known[key] - covered), len(known[key])))
        covered |= known.pop(best)
        chosen.append(owners[best])
    return chosen


def to_postgres(source: Database) -> str:
    """A PostgreSQL database with the same rows; its address. No trigger runs meanwhile."""
    url = databases.new_postgres()
    target = Database(url)
    with source.engine.connect() as given, target.engine.connect() as taken:
        taken.exec_driver_sql("SET session_replication_role = replica")
        for table in Base.metadata.sorted_tables:
            taken.execute(table.delete())
            rows = [dict(row) for row in given.execute(select(table)).mappings()]
            for start in range(0, len(rows), 500):
                taken.execute(insert(table), rows[start : start + 500])
            if "id" in table.c and rows and isinstance(rows[0]["id"], int):
                taken.execute(
                    text(
                        f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608
                        f"(SELECT max(id) FROM {table.name}))"
                    )
                )
        taken.commit()
    target.dispose()
    return url


# --- going round ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer that somebody got."""

    person: str
    address: str
    endpoint: str
    status: int
    mimetype: str
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


def _links(html: str) -> Iterator[str]:
    page = LexborHTMLParser(html)
    for tag in page.css("a[href], form[action], img[src], [data-source], [data-url]"):
        for name in ("href", "action", "src", "data-source", "data-url"):
            value = tag.attributes.get(name)
            if value and value.startswith("/") and not value.startswith("//"):
                yield value.partition("#")[0]


def simple_addresses(app: Flask) -> list[str]:
    """Every GET address without a parameter."""
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
    )


def whole_round(
    world: World, *, thorough: bool, people: Iterable[str] = tuple(reversed(PEOPLE))
) -> list[Seen]:
    """What everybody sees; each route once for all of them, or for each of them and more often."""
    counted: dict[tuple[str, bool], int] = {}
    seen = []
    # Who sees most goes first.
    for person in people:
        if thorough:
            seen += go_round(world, person)
        else:
            seen += go_round(world, person, each=1, counted=counted)
    return seen


def _is_signed_out(client: PortalClient) -> bool:
    with client.session_transaction() as cookie:
        return "_user_id" not in cookie


def go_round(
    world: World,
    person: str,
    *,
    each: int = EACH,
    more: Iterable[str] = (),
    counted: dict[tuple[str, bool], int] | None = None,
) -> list[Seen]:
    """Open what a person can reach: at most ``each`` addresses of a route, and as many queries.

    Who is given what another has ``counted`` leaves out what that one saw.
    """
    client = world.client(person)
    waiting = deque([*simple_addresses(world.app), *more])
    counted = {} if counted is None else counted
    done: set[str] = set()
    seen = []
    while waiting and len(seen) < MOST:
        address = waiting.popleft()
        endpoint = world.endpoint_of(address)
        kind = (endpoint or "", "?" in address)
        if address in done or endpoint in {None, "static"} or counted.get(kind, 0) >= each:
            continue
        done.add(address)
        answer = client.get(address)
        answer_body = answer.get_data()
        answer.close()
        if person != "visitor" and _is_signed_out(client):
            client = world.client(person)
        if answer.location and answer.status_code < 400:
            waiting.append(re.sub(r"^https?://[^/]+", "", answer.location))
        if answer.status_code == 200:
            counted[kind] = counted.get(kind, 0) + 1
        found = Seen(
            person, address, str(endpoint), answer.status_code, answer.mimetype, answer_body
        )
        seen.append(found)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            waiting.extend(_links(found.text))
    return seen


@contextmanager
def unguarded(world: World) -> Iterator[Any]:
    """A connection of the database's own that no trigger stops: for planting only."""
    engine = world.app.extensions["portal_db"].engine
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            names = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).scalars()
            for name in list(names):
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        yield connection
        connection.commit()
