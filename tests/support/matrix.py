"""Asks every route as everybody, undoes what it did, and judges what came back.

The matrix's own statements are in ``matrix_statement`` (who may) and ``matrix_audiences`` (who may
see); the records are made by ``matrix_world``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.sql.dml import UpdateBase
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.routing.exceptions import RoutingException

from portal.accounts.models import User
from portal.db import current_session
from portal.integrations.jobs import HANDLERS_EXTENSION, run_daily
from tests.factories.accounts import sign_in
from tests.support.matrix_audiences import ALSO, AUDIENCES, FILED, KEYED, WORDLESS, may_see, towards
from tests.support.matrix_reading import members, told_by
from tests.support.matrix_rows import LEFT_ALONE, tables, words_in
from tests.support.matrix_side import Side, State, World, address
from tests.support.matrix_statement import ACTORS, CHANGES, EVERYBODY, STATES, Who, statement
from tests.support.matrix_usual import (
    HARMLESS,
    HOMEWARD,
    MAIL,
    MAILBOX,
    MEETING,
    OTHERWISE,
    TELLERS,
)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
KEPT_OUT = {401, 403, 404, 405}


@dataclass
class Answer:
    """What came back, and what was written meanwhile."""

    status: int
    location: str
    text: str
    writes: list[str] = field(default_factory=list)
    crossings: list[str] = field(default_factory=list)
    # What was promised to the worker, and every mail: to whom, and all its words.
    promised: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    mails: list[tuple[str, str]] = field(default_factory=list)
    # Secret links that it tells, other than the one that was asked.
    secrets: list[str] = field(default_factory=list)

    @property
    def let_in(self) -> bool:
        """Whether the person got further than the door."""
        return self.status not in KEPT_OUT and "/account/login" not in self.location


class Matrix:
    """The application with its world, and a browser for everybody."""

    def __init__(self, app: Flask, world: World) -> None:
        self.app, self.world = app, world
        self.asked = 0
        self.stated = statement()
        self.keys: dict[str, int | None] = {
            "visitor": None,
            **{name: key for name, key in world.people.items() if name in ACTORS},
            **world.a.people,
            **{f"other {name}": key for name, key in world.b.people.items()},
        }
        standing = {**self.keys, "lep manager 2": world.people["payer"]}
        standing["officer 2"] = world.people["assessor"]
        self._readers = {
            current_session().get_one(User, key).email: name.removesuffix(" 2")
            for name, key in standing.items()
            if key is not None
        }
        self._clients = {name: FlaskClient(app) for name in ACTORS}
        for name, client in self._clients.items():
            key = self.keys[name]
            if key is not None:
                sign_in(client, current_session().get_one(User, key))
        self._cookies = {name: dict(one._cookies or {}) for name, one in self._clients.items()}
        self._secrets = {**world.a.secrets, **world.b.secrets}
        self._adapter = app.url_map.bind("localhost")
        self._sides = {
            (table, key): rows.letter
            for rows in (world.a.rows, world.a.further, world.b.rows, world.b.further)
            for table, keys in rows.keys.items()
            for key in keys
        }

    # --- asking -------------------------------------------------------------------------------

    def ask(self, actor: str, method: str, path: str, data: Any = None, **more: Any) -> Answer:
        """One request by one person, whatever it wrote taken back."""
        self.asked += 1
        client = self._clients[actor]
        # Signing out, too, is taken back.
        client._cookies = dict(self._cookies[actor])
        with self.undone() as answer:
            response = client.open(path, method=method, data=data, **more)
            answer.status, answer.location = response.status_code, response.location or ""
            answer.text = told_by(self.app, response)
            response.close()
            answer.secrets = [
                what
                for secret, what in self._secrets.items()
                if secret in answer.text and secret not in path
            ]
            self._tell(answer)
        return answer

    def daily(self) -> Answer:
        """What the worker does each morning, with every mail of it; taken back."""
        with self.undone() as answer:
            failed = run_daily()
            assert failed == [], failed
            self._tell(answer)
        return answer

    @contextmanager
    def undone(self) -> Iterator[Answer]:
        """Note what is written, and take it back; one may stand inside another."""
        current_session().close()
        database = self.app.extensions["portal_db"]
        connection = database.sessions.kw["bind"]
        inside = connection.in_transaction()
        whole = connection.begin_nested() if inside else connection.begin()
        answer = Answer(0, "", "")

        def note(_c: Any, _cur: Any, _sql: str, _parameters: Any, context: Any, _m: bool) -> None:
            if context is not None and context.compiled is not None:
                self._note(answer, context)

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            with self.app.app_context():
                yield answer
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
            current_session().close()
            whole.rollback()

    def _tell(self, answer: Answer) -> None:
        """Let the worker write the mails that were promised, and open them all."""
        handlers = self.app.extensions[HANDLERS_EXTENSION]
        done = len(answer.writes)
        for kind, payload in list(answer.promised):
            if kind in TELLERS:
                handlers[kind](payload)
        # What the worker wrote is not what the person wrote.
        del answer.writes[done:]
        answer.mails = [
            (one["to"], f"{one['subject']} {one['text']} {one['html']}")
            for kind, one in answer.promised
            if kind == MAIL
        ]

    def _note(self, answer: Answer, context: Any) -> None:
        """Remember what a statement writes, and whether it ties one side to the other."""
        written = context.compiled.statement
        if not isinstance(written, UpdateBase):
            return
        table = getattr(written, "table", None)
        if table is None or table.name in HARMLESS:
            return
        answer.writes.append(table.name)
        if table.name == "outbox":
            given = context.compiled_parameters
            answer.promised += [(one["kind"], one["payload"]) for one in given if "payload" in one]
        for values in context.compiled_parameters:
            sides = {self._sides.get((table.name, values.get(f"{table.name}_id")))}
            for column in table.columns:
                for key in column.foreign_keys:
                    target = key.column.table.name
                    sides.add(self._sides.get((target, values.get(column.name))))
            near, far = bool(sides & {"a", "c"}), bool(sides & {"b", "d"})
            if near and far and table.name not in MEETING:
                answer.crossings.append(f"{table.name} ties both sides: {values}"[:300])

    # --- judging ------------------------------------------------------------------------------

    def rules(self) -> list[Rule]:
        """Every route, always in the same order."""
        return sorted(self.app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))

    def dangerous(self) -> Iterator[tuple[Rule, str]]:
        """Whom no page about a record may let in, or tell of another's: every route, every person.

        Those who may, on the record's own side, have nothing to be kept from.
        """
        for rule in self.rules():
            may = self.who(rule.endpoint, "GET")
            if "GET" not in (rule.methods or set()) or not (rule.arguments and may != EVERYBODY):
                continue
            yield from ((rule, name) for name in ACTORS if name not in may or name in RIVALS)

    def path(self, rule: Rule, method: str, side: Side | None = None) -> str:
        """The address of one side's record, of side a unless said."""
        on = method if method in (rule.methods or set()) else "GET"
        if on not in (rule.methods or set()):
            on = min(rule.methods or {"POST"})
        return address(self.app, side or self.world.a, rule.endpoint, set(rule.arguments), on)

    def meet(self, rule: Rule, method: str, actor: str) -> list[str]:
        """Ask one route as one person; what is not as stated."""
        path = self.path(rule, method)
        said = self.world.a.said.get(rule.endpoint, {})
        answer = self.ask(actor, method, path, data=said if method == "POST" else None)
        taker = rule if method in (rule.methods or set()) else self._taker(path, method)
        name = f"{method} {path} ({rule.endpoint}) as {actor}"
        if taker is not None and taker is not rule:
            name += f" by {taker.endpoint}"
        endpoint = (taker or rule).endpoint
        faults = [f"{name}: {one}" for one in self.told(endpoint, actor, answer)]
        if taker is None:
            if answer.status not in {404, 405} or answer.writes:
                faults.append(f"{name}: {answer.status} for a method that is not there")
            return faults
        if method == "OPTIONS":
            return faults
        found = self._judged(taker, method, actor, answer)
        if taker is not rule and found.startswith("kept out"):
            # Not the other route's record: it is asked for its own in its own turn.
            return faults
        return [*faults, f"{name}: {found}"] if found else faults

    def _judged(self, rule: Rule, method: str, actor: str, answer: Answer) -> str:
        """What is wrong with how far somebody got with a route; nothing if nothing is."""
        expected = actor in self.who(rule.endpoint, method)
        usual = OTHERWISE.get((rule.endpoint, "GET" if method == "HEAD" else method), frozenset())
        if answer.status >= 500:
            return f"{answer.status}"
        if expected and not answer.let_in and answer.status not in usual:
            return f"kept out with {answer.status} {answer.location}"
        sent_home = rule.endpoint in HOMEWARD and answer.status == 302
        if not expected and (answer.let_in or answer.writes) and not sent_home:
            return f"let in with {answer.status}, wrote {answer.writes}"
        return ""

    def meet_state(self, state: State, method: str, actor: str) -> list[str]:
        """Ask a route about a record in a state of its own, which has a statement of its own."""
        values = {**self.world.a.values, **state.values}
        rule = next(self.app.url_map.iter_rules(state.endpoint))
        with self.app.test_request_context():
            path = self.app.url_for(
                state.endpoint, **{name: values[name] for name in rule.arguments}
            )
        answer = self.ask(actor, method, path, data={} if method == "POST" else None)
        name = f"{method} {path} ({state.endpoint}) as {actor} where {state.name}"
        faults = [f"{name}: {one}" for one in self.told(state.name, actor, answer)]
        expected = actor in STATES[state.name]
        if answer.status >= 500 or answer.let_in is not expected:
            faults.append(f"{name}: {answer.status}, stated otherwise")
        return faults

    def _taker(self, path: str, method: str) -> Rule | None:
        """The route that takes this address by this method, if any: another may have it too."""
        try:
            rule, _values = self._adapter.match(
                path.partition("?")[0], method=method, return_rule=True
            )
        except (HTTPException, RoutingException):
            return None
        return rule

    def who(self, endpoint: str, method: str) -> Who:
        """Who may use a route by this method, as stated."""
        if method not in {"GET", "HEAD"} and endpoint in CHANGES:
            return CHANGES[endpoint]
        return self.stated.get(endpoint, frozenset())

    def told(self, endpoint: str, actor: str, answer: Answer) -> Iterator[str]:
        """Words that this person may not see, and links that are not theirs."""
        yield from (f"tells {what}" for what in answer.secrets if endpoint not in MAILBOX)
        found = {
            (member, *word) for member, text in members(answer.text) for word in words_in(text)
        }
        for member, letter, column in sorted(found):
            if may_see(actor, letter, column):
                continue
            if column in FILED.get((endpoint, member), frozenset()):
                continue
            table = column.partition(".")[0]
            if letter in "ac" and {table, column} & KEYED.get(endpoint, frozenset()):
                continue
            also = ALSO.get(endpoint)
            if also and {table, column} & also[0] and towards(actor, letter) in also[1]:
                continue
            yield f"tells {column} of side {letter}{f' in {member}' if member else ''}"

    def posted(self, actor: str, answer: Answer) -> Iterator[str]:
        """Words in mails to somebody who may not see them, whoever had them sent."""
        for to, text in answer.mails:
            reader = self._readers.get(to)
            of = next((near(letter) for letter, _column in words_in(to)), near_to(actor))
            for letter, column in words_in(text):
                if reader and may_see(reader, letter, column):
                    continue
                # Somebody outside reads what the side that they belong to, or wrote them, tells.
                if reader is None and (letter == "s" or of in {"", near(letter)}):
                    continue
                yield f"mails {column} of side {letter} to {reader or of or 'somebody'} ({to})"

    def mixed(self, rule: Rule) -> Iterator[str]:
        """Addresses that name one side's record under the other's."""
        names = sorted(rule.arguments)
        pure = {self.path(rule, "GET"), self.path(rule, "GET", self.world.b)}
        for count in range(1, len(names)):
            for chosen in itertools.combinations(names, count):
                side = blend(self.world.a, self.world.b, rule.endpoint, set(chosen))
                path = self.path(rule, "GET", side)
                if path not in pure:
                    pure.add(path)
                    yield path


RIVALS = ("other owner", "other manager", "other adviser", "visitor", "evaluator", "stranger")


def near(letter: str) -> str:
    """Which of the two sides a letter belongs to; nothing for what both have in common."""
    return {"a": "a", "c": "a", "b": "b", "d": "b"}.get(letter, "")


def near_to(actor: str) -> str:
    """Which side somebody belongs to; nothing for the LEP and for strangers."""
    if actor.startswith("other "):
        return "b"
    return "a" if actor in {"owner", "member", "adviser", "manager"} else ""


def blend(one: Side, other: Side, endpoint: str, from_one: set[str]) -> Side:
    """A side whose addresses take some arguments from one and the rest from the other."""
    mine = {**one.values, **one.special.get(endpoint, {})}
    theirs = {**other.values, **other.special.get(endpoint, {})}
    values = {**theirs, **{name: mine[name] for name in from_one if name in mine}}
    return Side("m", other.rows, other.further, values=values)


def unlisted() -> list[str]:
    """Tables with words for which nobody has said whose eyes they are for."""
    return sorted(tables().keys() - AUDIENCES.keys() - LEFT_ALONE.keys() - WORDLESS)


def main() -> None:
    """Write ``docs/access-matrix.md`` anew."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from config import Settings
    from portal import create_app
    from tests.support.matrix_print import printed

    with TemporaryDirectory() as folder:
        app = create_app(
            Settings(
                portal_env="test",
                database_url=f"sqlite:///{folder}/none.db",
                storage_url=f"file://{folder}/files",
                queue_path=Path(folder) / "queue.db",
                demo=True,
            )
        )
        path = Path(__file__).parents[2] / "docs" / "access-matrix.md"
        path.write_text(printed(app), encoding="utf-8")


if __name__ == "__main__":
    main()
