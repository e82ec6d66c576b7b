"""Reading a backup: every byte proved genuine, every hash compared, nothing believed."""

from __future__ import annotations

import hashlib
import json
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

from sqlalchemy import Connection, text

from portal.cli.backup.making import ABOUT, DATABASE, FILES, FORMAT, MANIFEST
from portal.cli.backup.naming import named_files
from portal.cli.backup.revisions import known, make_tables, newest
from portal.db.session import Database, PortalSession, bound_session
from portal.governance.service.audit_chain import verify as prove_audit
from portal.integrations.dumps import (
    DumpError,
    PostgresSink,
    Sink,
    SqliteSink,
    Target,
    private_folder,
    sqlite_path,
)
from portal.integrations.sealing import SealedReader, SealError, Secret
from portal.payments.service.proving import verify as prove_ledger
from portal.reports.service.counting import differences as report_differences

_BUFFER: Final = 1024 * 1024
_SHOWN: Final = 3
_LEAVING_SECONDS: Final = 2.0
# Of SQLite it is as the later one.
_PG_DUMPED: Final = 1


class BackupError(RuntimeError):
    """A backup cannot be used; the words say why and what to do."""


@dataclass(frozen=True, slots=True)
class About:
    """What a backup says of itself at its beginning."""

    kind: str
    revision: str
    made_at: str


@dataclass(slots=True)
class Contents:
    """What was found in a backup that is whole."""

    about: About
    rows: dict[str, int]
    files: dict[str, tuple[str, int]]
    faults: list[str]
    notes: list[str] = field(default_factory=list)


def _members(handle: BinaryIO, secret: Secret) -> Iterator[tuple[str, IO[bytes]]]:
    plain = cast("BinaryIO", SealedReader(handle, secret))
    with cast("Any", tarfile.open(fileobj=plain, mode="r|", bufsize=_BUFFER)) as tar:
        while (member := tar.next()) is not None:
            content = tar.extractfile(member)
            if content is None:
                raise BackupError(f"Not a file in the backup: {member.name}")
            yield member.name, content
            tar.members.clear()


def _about(name: str, content: IO[bytes]) -> About:
    if name != ABOUT:
        raise BackupError("The backup does not begin as a backup does")
    said = json.loads(content.read())
    if said.get("format") == _PG_DUMPED and said["kind"] == "postgresql":
        raise BackupError(
            "An older version of the portal made this backup with pg_dump: use that version to "
            "restore it"
        )
    if said.get("format") not in {_PG_DUMPED, FORMAT}:
        raise BackupError(
            "A newer version of the portal made this backup: use that version to restore it"
        )
    return About(said["kind"], said["revision"], said["made_at"])


def read(
    path: Path,
    secret: Secret,
    *,
    sink_for: Callable[[About], Sink | None],
    keep_file: Callable[[str, bytes], None] = lambda _key, _data: None,
    look: Callable[[Contents, Connection | None], None] = lambda _contents, _connection: None,
) -> Contents:
    """Read all of a backup; the database goes into the sink, each file to ``keep_file``.

    The sink is finished last of all: until then nothing has changed. Right before, ``look`` sees
    the database that was put in, if the sink puts it anywhere.

    Raises:
        BackupError, SealError, DumpError: in words for whoever runs the command.
    """
    sink: Sink | None = None
    try:
        with path.open("rb") as handle:
            members = _members(handle, secret)
            about = _about(*next(members))
            sink = sink_for(about)
            contents = _take(members, about, sink, keep_file)
        if sink is not None:
            sink.finish(partial(_check, contents, look))
            if isinstance(sink, PostgresSink) and sink.left_out:
                contents.notes.append(_left_out(sink.left_out))
            sink = None
    except OSError as error:
        raise BackupError(f"The backup cannot be read: {error.strerror or error}") from error
    except (tarfile.TarError, ValueError, KeyError, StopIteration) as error:
        raise BackupError(f"The backup is damaged: {error}") from error
    finally:
        if sink is not None:
            sink.abandon()
    return contents


def _take(
    members: Iterator[tuple[str, IO[bytes]]],
    about: About,
    sink: Sink | None,
    keep_file: Callable[[str, bytes], None],
) -> Contents:
    digest, parts = hashlib.sha256(), 0
    files: dict[str, tuple[str, int]] = {}
    manifest: dict[str, Any] | None = None
    for name, content in members:
        if manifest is not None:
            raise BackupError("The backup goes on after its end")
        data = content.read()
        if name.startswith(DATABASE):
            parts += 1
            digest.update(data)
            if sink is not None:
                sink.write(data)
        elif name.startswith(FILES):
            key = name.removeprefix(FILES)
            files[key] = (hashlib.sha256(data).hexdigest(), len(data))
            keep_file(key, data)
        elif name == MANIFEST:
            manifest = json.loads(data)
        else:
            raise BackupError(f"Unknown in a backup: {name}")
    if manifest is None:
        raise BackupError("The backup ends without its list of contents")
    if manifest["database"] != {"parts": parts, "sha256": digest.hexdigest()}:
        raise BackupError("The database in the backup is not the one that was put in")
    declared = {key: tuple(facts) for key, facts in manifest["files"].items()}
    if declared != files:
        odd = sorted(declared.items() ^ files.items())
        raise BackupError(f"Files in the backup differ from its list: {odd[0][0]}")
    return Contents(about, manifest["rows"], files, manifest["faults"])


def _compare_rows(declared: dict[str, int], counted: dict[str, int]) -> None:
    odd = [name for name in sorted(declared) if counted.get(name) != declared[name]]
    if odd:
        told = ", ".join(
            f"{name} has {counted.get(name)}, should have {declared[name]}" for name in odd[:_SHOWN]
        )
        raise BackupError(f"Tables in the backup differ from its list: {told}")


def _check(
    contents: Contents,
    look: Callable[[Contents, Connection | None], None],
    counted: dict[str, int],
    connection: Connection | None,
) -> None:
    _compare_rows(contents.rows, counted)
    look(contents, connection)


def _left_out(tables: dict[str, int]) -> str:
    told = ", ".join(f"{name} ({rows:,} rows)" for name, rows in sorted(tables.items()))
    return f"Tables that are not the portal's have no place in its schema: {told}"


def verify(path: Path, secret: Secret, *, scratch: Database | None, beside: str) -> Contents:
    """Open a backup without changing anything of the portal, and prove what is in it.

    A SQLite database is opened and its proofs are run. For one of PostgreSQL that takes a server:
    ``scratch`` is an empty database it is put into, and which is empty again afterwards; without
    it, its rows are counted. ``beside`` is the address of the portal's own database, where room
    for a copy is taken.
    """
    with private_folder(beside) as folder:

        def sink_for(about: About) -> Sink:
            if about.kind == "sqlite":
                return SqliteSink(folder, None)
            if scratch is None:
                return PostgresSink()
            return postgres_sink(about, scratch, replace=False, keep=False)

        return read(path, secret, sink_for=sink_for, look=_look)


def _look(contents: Contents, connection: Connection | None) -> None:
    if connection is None:
        contents.notes.append(
            "Rows were counted. To run the proofs as well, name an empty database with --scratch "
            "or BACKUP_SCRATCH_URL"
        )
        return
    _compare_files(contents, connection)
    session = PortalSession(bind=connection, join_transaction_mode="rollback_only")
    contents.notes += prove(session, contents)


def _compare_files(contents: Contents, connection: Connection) -> None:
    """Every file that the database has a hash of must be there, unless it was known to lack."""
    lacking = {words.split(" ", 1)[0] for words in contents.faults}
    for file in named_files(connection):
        kept = contents.files.get(file.key)
        if file.sha256 is not None and file.key not in lacking:
            if kept is None:
                contents.notes.append(f"{file.key} was removed while the backup was made")
            elif kept[0] != file.sha256:
                raise BackupError(f"The file {file.key} is not the one the database names")


def prove(session: PortalSession, contents: Contents) -> list[str]:
    """Run the portal's own proofs on a restored database; what they said.

    Raises:
        BackupError: when a proof does not hold.
    """
    if contents.about.revision != newest():
        return ["The backup is of another version's schema: its proofs were not run"]
    with session, bound_session(session):
        proof = prove_ledger()
        if proof.fault is not None:
            raise BackupError(f"The ledger in the backup is not whole: {proof.fault}")
        audited = prove_audit()
        if audited.fault is not None:
            raise BackupError(f"The audit trail in the backup is not whole: {audited.fault}")
        odd = report_differences()
        if odd:
            raise BackupError(f"Figures of reports differ from the records: {odd[0].where}")
    counted = f"{proof.entries:,} entries. The audit trail is whole: {audited.position:,} links"
    return [f"The ledger is whole: {counted}. Reports agree with the records."]


def _others(connection: Connection) -> int:
    """Who else is connected to this database; whoever has just hung up may still be leaving."""
    end = time.monotonic() + _LEAVING_SECONDS
    while True:
        others: int = connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        ).scalar_one()
        if not others or time.monotonic() > end:
            return others
        # Within a transaction the server would show the same again.
        connection.rollback()
        time.sleep(0.1)


def postgres_sink(
    about: About, database: Database, *, replace: bool, keep: bool = True
) -> PostgresSink:
    """A sink into a PostgreSQL database, which must be empty unless it is to be replaced.

    Unless it is to ``keep`` what is put in, it is as empty as before when the sink is finished.

    Raises:
        BackupError: when it is not empty, or somebody else uses it, or the schema is unknown.
    """
    if database.is_sqlite:
        raise BackupError("The backup is of PostgreSQL: a database of PostgreSQL can take it")
    if about.revision not in known():
        raise BackupError(
            f"The backup's schema ({about.revision or 'none'}) is unknown here: use the version "
            "of the portal that made it, or a newer one"
        )
    with database.engine.connect() as connection:
        others = _others(connection)
        full = connection.execute(
            text(
                "SELECT count(*) FROM pg_class "
                "WHERE relnamespace = to_regnamespace(current_schema())"
            )
        ).scalar_one()
    database.dispose()
    if full and not replace:
        raise BackupError(
            "The database is not empty: nothing was changed. To replace what it holds, --force"
            if keep
            else "The scratch database is not empty: nothing was changed. Name an empty one"
        )
    if others:
        raise BackupError(
            f"The database is in use by {others} other connections: stop web and worker first"
        )
    tables = partial(make_tables, revision=about.revision)
    return PostgresSink(Target(database, tables, about.revision, replace=replace, keep=keep))


__all__ = [
    "About",
    "BackupError",
    "Contents",
    "DumpError",
    "SealError",
    "postgres_sink",
    "prove",
    "read",
    "sqlite_path",
    "verify",
]
