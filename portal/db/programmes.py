"""Several programmes of several LEPs in one installation: whose records a transaction sees.

Each programme's records stand in a schema of their own on PostgreSQL, which only a role of its own
may use. Whoever works for a programme is inside ``within``; each transaction then begins by going
to that schema as that role. No query names a programme, so none can forget it: outside of
``within`` there are no tables, and no transaction either (docs/decisions/015).

An installation of one programme, SQLite's always, knows nothing of this and pays nothing for it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from flask import current_app, has_app_context
from sqlalchemy import Connection, Engine, event, text

SHARED_SCHEMA: Final = "portal_shared"
# A name that makes a host, a schema and a role: "portal_" and "programme_" stand before it.
SLUG: Final = re.compile(r"[a-z][a-z0-9_]{1,29}")
_KNOWN_EXTENSION: Final = "portal_programmes"
# A new programme, or a changed address, is noticed by every process within this time.
_READ_EVERY_SECONDS: Final = 30.0


Result = TypeVar("Result")


class NoProgrammeError(RuntimeError):
    """Something asked for records without saying whose."""


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme of a LEP: where people reach it, and what it has apart from the others.

    ``settings`` holds the installation's settings that this programme has its own values of.
    """

    slug: str
    title: str
    lep: str
    public_url: str
    role: str
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def schema(self) -> str:
        """Where its tables stand."""
        return f"programme_{self.slug}"

    @property
    def host(self) -> str:
        """The host, with its port if it has one, by which requests name it."""
        return urlsplit(self.public_url).netloc.lower()

    @property
    def origin(self) -> str:
        """Its address as browsers name the site that a form comes from."""
        return f"{urlsplit(self.public_url).scheme.lower()}://{self.host}"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where transactions go: a programme's schema as its role, or as the owner of everything."""

    programme: Programme | None
    as_owner: bool = False


# A name, not looked up yet, is what a command was told to work for.
_here: ContextVar[_Place | str | None] = ContextVar("programme_here", default=None)


def current_programme() -> Programme | None:
    """The programme this request, job or command works for; None where there is only one."""
    place = _place()
    return None if place is None else place.programme


def work_for(slug: str) -> None:
    """Have this process work for one programme whenever nothing else is said: a command does.

    A command is the operator's, who owns the tables: it may count afresh or import a register.
    """
    _here.set(slug)


def _place() -> _Place | None:
    place = _here.get()
    if not isinstance(place, str):
        return place
    if not are_several():
        return None
    programme = programme_called(place)
    if programme is None:
        raise NoProgrammeError(
            f"No open programme is called {place}; `flask programmes list` shows the names."
        )
    found = _Place(programme, as_owner=True)
    _here.set(found)
    return found


@contextmanager
def within(programme: Programme, *, as_owner: bool = False) -> Iterator[None]:
    """Work for a programme; ``as_owner`` only to change its tables, never what people ask for.

    Sessions opened before do not follow: open them inside.
    """
    with _placed(_Place(programme, as_owner)):
        yield


@contextmanager
def outside() -> Iterator[None]:
    """Work on what all programmes share, and on no programme's records."""
    with _placed(_Place(None)):
        yield


@contextmanager
def _placed(place: _Place) -> Iterator[None]:
    token = _here.set(place)
    try:
        yield
    finally:
        _here.reset(token)


def separate_transactions(engine: Engine) -> None:
    """Have every transaction of the engine begin in the schema, and as the role, of its programme.

    This is the one place that keeps programmes apart. Nothing remains of it after the transaction,
    so a pooled connection, or one of a pooler in front of the server, serves them all in turn.
    """

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        _enter(connection, _place())


_ENTER: Final = (
    "SELECT set_config('search_path', %s, true), set_config('role', %s, true), "
    "set_config('portal.programme', %s, true)"
)


def _enter(connection: Connection, place: _Place | None) -> None:
    if place is None:
        raise NoProgrammeError(
            "Whose records? Name the programme: PROGRAMME=name flask …; "
            "`flask programmes list` shows the names."
        )
    programme = place.programme
    if programme is None:
        said = (SHARED_SCHEMA, "none", "")
    else:
        said = (programme.schema, "none" if place.as_owner else programme.role, programme.slug)
    connection.connection.dbapi_connection.execute(_ENTER, said)  # type: ignore[union-attr]


_LISTED: Final = text(
    f"SELECT slug, title, lep, public_url, role, settings FROM {SHARED_SCHEMA}.programmes "  # noqa: S608
    "WHERE closed_on IS NULL ORDER BY slug"
)


def read_programmes(engine: Engine) -> tuple[Programme, ...]:
    """Every open programme of the installation, by name."""
    with outside(), engine.connect() as connection:
        return tuple(Programme(*row) for row in connection.execute(_LISTED))


class _Known:
    """The programmes as this process last read them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._read_at = float("-inf")
        self._programmes: tuple[Programme, ...] = ()

    def all(self) -> tuple[Programme, ...]:
        """Every open programme, read again after half a minute."""
        if time.monotonic() - self._read_at > _READ_EVERY_SECONDS:
            self._programmes = read_programmes(self._engine)
            self._read_at = time.monotonic()
        return self._programmes

    def forget(self) -> None:
        """Read them again next time."""
        self._read_at = float("-inf")


def init_programmes(app: Any, engine: Engine) -> None:
    """Let this application know its programmes."""
    app.extensions[_KNOWN_EXTENSION] = _Known(engine)


def are_several() -> bool:
    """Whether this application serves several programmes."""
    return _KNOWN_EXTENSION in current_app.extensions


def programmes() -> tuple[Programme, ...]:
    """Every open programme; empty where the installation is of one and knows nothing of names."""
    known: _Known | None = current_app.extensions.get(_KNOWN_EXTENSION)
    return () if known is None else known.all()


def forget_programmes() -> None:
    """Read the programmes again, after a change."""
    known: _Known | None = current_app.extensions.get(_KNOWN_EXTENSION)
    if known is not None:
        known.forget()


def programme_called(slug: str) -> Programme | None:
    """The open programme of that name."""
    return next((one for one in programmes() if one.slug == slug), None)


def programme_at(host: str) -> Programme | None:
    """The open programme that people reach by that host name (with its port, if it has one)."""
    wanted = host.lower()
    return next((one for one in programmes() if one.host == wanted), None)


def for_each_programme(work: Callable[[], Result]) -> list[Result]:
    """Do work for every programme in turn, and return what each brought.

    Where there is one programme, or somebody works for one already, it is done once. What an
    application context remembers belongs to one programme, so each gets a fresh one.
    """
    if current_programme() is not None or not are_several():
        return [work()]
    brought = []
    for programme in programmes():
        with within(programme), current_app.app_context():
            brought.append(work())
    return brought


def at_home(slug: str | None) -> Any:
    """Work for the programme of that name; where there is only one, nothing changes.

    Raises:
        NoProgrammeError: when no open programme has the name.
    """
    if slug is None:
        return nullcontext()
    programme = programme_called(slug)
    if programme is None:
        raise NoProgrammeError(f"No open programme is called {slug}")
    return within(programme)


def settings_here() -> Any:
    """The installation's settings, with what is the current programme's own.

    Backups go into a folder of its own, and so do the anchors of its audit trail.
    """
    settings = current_app.config["SETTINGS"]
    programme = current_programme() if has_app_context() else None
    if programme is None:
        return settings
    own: dict[str, Any] = {**programme.settings, "public_url": programme.public_url}
    if settings.backup_folder is not None:
        own["backup_folder"] = settings.backup_folder / programme.slug
    if settings.audit_anchor_file is not None:
        anchors = settings.audit_anchor_file
        own["audit_anchor_file"] = anchors.parent / programme.slug / anchors.name
    return settings.model_copy(update=own)
