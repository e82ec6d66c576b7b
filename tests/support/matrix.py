"""Asks every route as everybody, undoes what it did, and judges what came back.

The matrix's own statements are in ``matrix_statement`` (who may) and ``matrix_audiences`` (who may
see); the records are made by ``matrix_world``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.sql.dml import UpdateBase
from werkzeug.routing import Rule

from portal.accounts.models import User
from portal.db import current_session
from portal.integrations.jobs import HANDLERS_EXTENSION, run_daily
from tests.factories.accounts import sign_in
from tests.support.matrix_audiences import ALSO, AUDIENCES, KEYED, WORDLESS, may_see, towards
from tests.support.matrix_reading import told_by
from tests.support.matrix_rows import LEFT_ALONE, tables, words_in
from tests.support.matrix_side import Side, World, address
from tests.support.matrix_statement import ACTORS, CHANGES, EVERYBODY, Who, statement

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
KEPT_OUT = {401, 403, 404, 405}
# Rows that say who was here, not what was done.
# Among them the forum's own log, in which it keeps what it refused.
HARMLESS = {
    *("user_sessions", "sign_in_counters", "audit_entries", "audit_links", "audit_heads"),
    "forum_log",
}


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

    @property
    def let_in(self) -> bool:
        """Whether the person got further than the door."""
        return self.status not in KEPT_OUT and "/account/login" not in self.location


class Matrix:
    """The application with its world, and a browser for everybody."""

    def __init__(self, app: Flask, world: World) -> None:
        self.app, self.world = app, world
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
        self._sides = {
            (table, key): rows.letter
            for rows in (world.a.rows, world.a.further, world.b.rows, world.b.further)
            for table, keys in rows.keys.items()
            for key in keys
        }

    # --- asking -------------------------------------------------------------------------------

    def ask(self, actor: str, method: str, path: str, data: Any = None, **more: Any) -> Answer:
        """One request by one person, whatever it wrote taken back."""
        client = self._clients[actor]
        # Signing out, too, is taken back.
        client._cookies = dict(self._cookies[actor])
        with self.undone() as answer:
            response = client.open(path, method=method, data=data, **more)
            answer.status, answer.location = response.status_code, response.location or ""
            answer.text = told_by(self.app, response)
            response.close()
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
        """Note what is written, and take it back."""
        current_session().close()
        database = self.app.extensions["portal_db"]
        nested = database.sessions.kw["bind"].begin_nested()
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
            nested.rollback()

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
        answer = self.ask(actor, method, path, data={} if method == "POST" else None)
        name = f"{method} {path} ({rule.endpoint}) as {actor}"
        faults = [f"{name}: {one}" for one in self.told(rule.endpoint, actor, answer)]
        if method not in (rule.methods or set()):
            if self._of_another(rule, method):
                return faults
            if answer.status not in {404, 405} or answer.writes:
                faults.append(f"{name}: {answer.status} for a method that is not there")
            return faults
        if method == "OPTIONS":
            return faults
        expected = actor in self.who(rule.endpoint, method)
        usual = OTHERWISE.get((rule.endpoint, "GET" if method == "HEAD" else method), frozenset())
        if answer.status >= 500:
            faults.append(f"{name}: {answer.status}")
        elif expected and not answer.let_in and answer.status not in usual:
            faults.append(f"{name}: kept out with {answer.status} {answer.location}")
        elif not expected and (answer.let_in or answer.writes):
            sent_home = rule.endpoint in HOMEWARD and answer.status == 302
            if not sent_home:
                faults.append(f"{name}: let in with {answer.status}, wrote {answer.writes}")
        return faults

    def _of_another(self, rule: Rule, method: str) -> bool:
        """Whether the same address has another route for this method."""
        return any(
            one.rule == rule.rule and method in (one.methods or set())
            for one in self.app.url_map.iter_rules()
        )

    def who(self, endpoint: str, method: str) -> Who:
        """Who may use a route by this method, as stated."""
        if method not in {"GET", "HEAD"} and endpoint in CHANGES:
            return CHANGES[endpoint]
        return self.stated.get(endpoint, frozenset())

    def told(self, endpoint: str, actor: str, answer: Answer) -> Iterator[str]:
        """Words that this person may not see."""
        for letter, column in words_in(answer.text):
            if may_see(actor, letter, column):
                continue
            table = column.partition(".")[0]
            if letter in "ac" and {table, column} & KEYED.get(endpoint, frozenset()):
                continue
            also = ALSO.get(endpoint)
            if also and {table, column} & also[0] and towards(actor, letter) in also[1]:
                continue
            yield f"tells {column} of side {letter}"

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
MAIL = "mail.send"
# Work of the worker's that writes mails; the rest draws papers and looks through files.
TELLERS = {
    *("accounts.recover", "network.event_tell", "network.forum_tell", "network.event_invite"),
    "network.award_round_opened",
}


def near(letter: str) -> str:
    """Which of the two sides a letter belongs to; nothing for what both have in common."""
    return {"a": "a", "c": "a", "b": "b", "d": "b"}.get(letter, "")


def near_to(actor: str) -> str:
    """Which side somebody belongs to; nothing for the LEP and for strangers."""
    if actor.startswith("other "):
        return "b"
    return "a" if actor in {"owner", "member", "adviser", "manager"} else ""


# Tables in which two businesses are meant to stand together.
MEETING = {
    *("network_competitors", "network_ties", "peer_matches", "employer_merges", "forum_posts"),
    *("forum_helpful", "forum_subscriptions", "forum_reports", "forum_log", "event_registrations"),
}
# Visitors only: whoever is signed in already is sent home.
HOMEWARD = {"security.register"}
UNRELEASED = (
    *("release", "release_definitions", "pack", "pack_ask", "pack_file", "pack_take"),
    "copy_file",
)
NOTHING_THERE = (
    *("erasure", "erasure_do", "erasure_propose", "erasure_refuse", "retention_period"),
    *("my_consent", "my_copy", "my_copy_take", "my_request_withdraw", "privacy_version"),
    *("consent_list", "agreement", "rights_copy_take"),
)
# What somebody who may gets, where the example's record is not in a state for it.
OTHERWISE: Mapping[tuple[str, str], frozenset[int]] = {
    # To sign out everywhere is to be asked to sign in again.
    ("account.end_all_sessions", "POST"): frozenset({302}),
    # The first session is somebody else's, whoever asks.
    ("account.end_session", "POST"): frozenset({404}),
    # A link that was never sent, and no business chosen to ask.
    ("diagnostics.resume", "GET"): frozenset({404}),
    ("employers.ask", "GET"): frozenset({404}),
    ("employers.ask", "POST"): frozenset({404}),
    # Nobody has said where the money comes from; no kind of records is asked for.
    ("payments.run_bacs", "GET"): frozenset({404}),
    ("reports.records", "GET"): frozenset({404}),
    # Without two results that are to be compared.
    ("toolkit.compare_results", "GET"): frozenset({404}),
    # A step is of somebody's own business, which is not said.
    ("toolkit.step", "POST"): frozenset({403}),
    ("network.certificate", "GET"): frozenset({404}),
    ("security.two_factor_rescue", "GET"): frozenset({404}),
    ("security.two_factor_rescue", "POST"): frozenset({404}),
    ("security.two_factor_setup", "GET"): frozenset({302}),
    ("security.two_factor_setup", "POST"): frozenset({302}),
    # There is no file of this name.
    ("static", "GET"): frozenset({404}),
    # Nobody has given a password first.
    ("security.mf_recovery", "GET"): frozenset({302}),
    ("security.tf_select", "GET"): frozenset({302}),
    ("security.two_factor_token_validation", "GET"): frozenset({302}),
    ("security.two_factor_token_validation", "POST"): frozenset({302}),
    # The survey is still open: there are no results.
    ("reports.pulse_csv", "GET"): frozenset({404}),
    # No quarter has been released in this world.
    **{
        (f"reports.{name}", method): frozenset({403, 404})
        for name in UNRELEASED
        for method in ("GET", "POST")
    },
    # Nobody has asked for anything, and nothing has gone wrong, in this world.
    **{
        (f"governance.{name}", method): frozenset({404})
        for name in NOTHING_THERE
        for method in ("GET", "POST")
    },
    # Without the two businesses that would be one.
    ("caseload.merge_preview", "GET"): frozenset({404}),
}


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
