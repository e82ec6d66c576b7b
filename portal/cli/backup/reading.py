"""Reading a backup: every byte proved genuine, every hash compared, nothing believed."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

from sqlalchemy import text

from portal.cli.backup.making import ABOUT, DATABASE, FILES, FORMAT, MANIFEST
from portal.cli.backup.naming import named_files
from portal.db.session import Database, PortalSession, bound_session
from portal.governance.service.audit_chain import verify as prove_audit
from portal.integrations.dumps import (
    DumpError,
    PostgresSink,
    Sink,
    SqliteSink,
    private_folder,
    reading_file,
    server_version,
    sqlite_path,
)
from portal.integrations.sealing import SealedReader, SealError, Secret
from portal.payments.service.proving import verify as prove_ledger
from portal.reports.service.counting import differences as report_differences

_BUFFER: Final = 1024 * 1024
_SHOWN: Final = 3


class BackupError(RuntimeError):
    """A backup cannot be used; the words say why and what to do."""


@dataclass(frozen=True, slots=True)
class About:
    """What a backup says of itself at its beginning."""

    kind: str
    tool: int
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
    if said.get("format") != FORMAT:
        raise BackupError(
            "A newer version of the portal made this backup: use that version to restore it"
        )
    return About(said["kind"], said["tool"], said["revision"], said["made_at"])


def read(
    path: Path,
    secret: Secret,
    *,
    sink_for: Callable[[About], Sink | None],
    keep_file: Callable[[str, bytes], None] = lambda _key, _data: None,
) -> Contents:
    """Read all of a backup; the database goes into the sink, each file to ``keep_file``.

    The sink is finished last of all: until then nothing has changed.

    Raises:
        BackupError, SealError, DumpError: in words for whoever runs the command.
    """
    sink: Sink | None = None
    try:
        with path.open("rb") as handle:
            members = _members(handle, secret)
            about = _about(*next(members))
            sink = sink_for(about)
            contents, declared = _take(members, about, sink, keep_file)
        if sink is not None:
            sink.finish(partial(_compare_rows, declared["rows"]))
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
) -> tuple[Contents, dict[str, Any]]:
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
    return Contents(about, manifest["rows"], files, manifest["faults"]), manifest


def _compare_rows(declared: dict[str, int], counted: dict[str, int]) -> None:
    odd = [name for name in sorted(declared) if counted.get(name) != declared[name]]
    if odd:
        told = ", ".join(
            f"{name} has {counted.get(name)}, should have {declared[name]}" for name in odd[:_SHOWN]
        )
        raise BackupError(f"Tables in the backup differ from its list: {told}")


def verify(path: Path, secret: Secret, *, scratch: Database | None, beside: str) -> Contents:
    """Open a backup without changing anything of the portal, and prove what is in it.

    A SQLite database is opened and its proofs are run. For one of PostgreSQL that takes a server:
    ``scratch`` is an empty database it is restored into; without it, its rows are counted.
    ``beside`` is the address of the portal's own database, where room for a copy is taken.
    """
    with private_folder(beside) as folder:
        opened: SqliteSink | None = None

        def sink_for(about: About) -> Sink:
            nonlocal opened
            if about.kind == "sqlite":
                opened = SqliteSink(folder, None)
                return opened
            if scratch is None:
                return PostgresSink(tool=about.tool)
            return postgres_sink(about, scratch, replace=False)

        contents = read(path, secret, sink_for=sink_for)
        if opened is not None:
            _compare_files(contents, opened.path)
            database = Database(f"sqlite:///{opened.path}")
        elif scratch is not None:
            database = scratch
        else:
            contents.notes.append(
                "Rows were counted. To run the ledger's proof as well, name an empty database "
                "with --scratch"
            )
            return contents
        try:
            contents.notes += prove(database, contents)
        finally:
            if database is not scratch:
                database.dispose()
    return contents


def _compare_files(contents: Contents, path: Path) -> None:
    """Every file that the database has a hash of must be there, unless it was known to lack."""
    lacking = {words.split(" ", 1)[0] for words in contents.faults}
    with reading_file(path) as connection:
        for file in named_files(connection):
            kept = contents.files.get(file.key)
            if file.sha256 is not None and file.key not in lacking:
                if kept is None:
                    contents.notes.append(f"{file.key} was removed while the backup was made")
                elif kept[0] != file.sha256:
                    raise BackupError(f"The file {file.key} is not the one the database names")


def prove(database: Database, contents: Contents) -> list[str]:
    """Run the portal's own proofs on a restored database; what they said.

    Raises:
        BackupError: when a proof does not hold.
    """
    from portal.cli.backup.restoring import newest

    if contents.about.revision != newest():
        return ["The backup is of another version's schema: its proofs were not run"]
    session: PortalSession = database.sessions()
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


def postgres_sink(about: About, database: Database, *, replace: bool) -> PostgresSink:
    """A sink into a PostgreSQL database, which must be empty unless it is to be replaced.

    Raises:
        BackupError: when it is not empty, or somebody else uses it.
    """
    with database.engine.connect() as connection:
        server = server_version(connection)
        others = connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        ).scalar_one()
        full = connection.execute(
            text("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        ).scalar_one()
    database.dispose()
    if full and not replace:
        raise BackupError(
            "The database is not empty: nothing was changed. To replace what it holds, --force"
        )
    if others:
        raise BackupError(
            f"The database is in use by {others} other connections: stop web and worker first"
        )
    return PostgresSink(
        tool=max(about.tool, server),
        url=database.engine.url.render_as_string(hide_password=False),
        replace=replace,
    )


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
