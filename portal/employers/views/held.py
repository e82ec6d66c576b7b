"""What is held about an employer: in plain words, and all of it in one download."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, Final

from flask import Flask, render_template, send_file
from flask.typing import ResponseReturnValue

from portal.employers.panels import HeldRecords, held_records, register_held_records
from portal.employers.queries import EmployerProfile, held_tables
from portal.employers.queries.held import MOST_ROWS, TableShown, read_table
from portal.employers.rules.held import file_stem, readme
from portal.employers.service.held import note_taken
from portal.employers.views import blueprint
from portal.employers.views.record import profile_or_404
from portal.kernel.clock import london, utc_now
from portal.web.access import current_actor
from portal.web.downloads import csv_bytes
from portal.web.security import limiter

MOST_FILE_BYTES: Final = 100 * 1024 * 1024
_IN_MEMORY: Final = 2 * 1024 * 1024
_EVERYONE: Final = "You, the provider that works with you, and the LEP"
_OWNERS: Final = "You; e-mail addresses of people invited are for your owners only"


def register_own_records(app: Flask) -> None:
    """What this feature itself holds."""

    def kind(
        order: int, name: str, file: str, about: str, shown: TableShown, who: str = _EVERYONE
    ) -> HeldRecords:
        table = partial(read_table, shown)
        return HeldRecords(name, file, about, who, (shown.table.name,), table, order=order)

    register_held_records(
        app,
        kind(
            1, "Facts", "facts", "Who you are, what you do, how many work there", held_tables.FACTS
        ),
        HeldRecords(
            "Changes of facts",
            "changes-of-facts",
            "What was changed, when and by whom",
            _EVERYONE,
            (held_tables.CHANGES_TABLE,),
            held_tables.changes_of_facts,
            order=2,
        ),
        kind(3, "Sites", "sites", "The places you work from", held_tables.SITES),
        kind(4, "People", "people", "Who acts for you in the portal", held_tables.PEOPLE),
        kind(5, "Invitations", "invitations", "Whom you invited", held_tables.INVITATIONS, _OWNERS),
        kind(6, "Requests", "requests", "Who asked to act for you", held_tables.REQUESTS, _OWNERS),
        kind(90, "Timeline", "timeline", "Everything that was done", held_tables.TIMELINE),
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    records: HeldRecords
    count: int


@blueprint.get("/<employer>/data")
def held_data(employer: str) -> str:
    """The kinds of record, how many, who sees them, and the download."""
    profile = profile_or_404(employer)
    kinds = held_records(own=_is_own(profile))
    shown = [_Shown(one, len(one.table(profile.id)[1])) for one in kinds]
    return render_template(
        "employers/held.html",
        profile=profile,
        held=[one for one in shown if one.count],
        without=[one.records.name for one in shown if not one.count],
    )


@blueprint.get("/<employer>/data.zip")
@limiter.limit("30/hour")
def held_download(employer: str) -> ResponseReturnValue:
    """Everything in one archive: a table for each kind of record, the files, and what is what."""
    profile = profile_or_404(employer)
    # Small ones stay in memory, others on the disk; closed with the response.
    file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    write_archive(file, profile, own=_is_own(profile))
    length = file.tell()
    file.seek(0)
    note_taken(profile.reference)
    response = send_file(
        file,
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"{file_stem(profile.display_name)}.zip",
        etag=False,
    )
    response.headers["Cache-Control"] = "no-store, private"
    response.content_length = length
    return response


def _is_own(profile: EmployerProfile) -> bool:
    """Whether the person looking belongs to the employer: some records are nobody else's."""
    return profile.reference in current_actor().employers


def write_archive(file: IO[bytes], profile: EmployerProfile, *, own: bool = True) -> None:
    """Write the archive of an employer; ends with the file's position at its end."""
    left = MOST_FILE_BYTES
    contents: list[tuple[str, str, str]] = []
    missing: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for records in held_records(own=own):
            header, rows = records.table(profile.id)
            archive.writestr(f"{records.file_name}.csv", csv_bytes(header, rows))
            count = f"{len(rows)} row{'' if len(rows) == 1 else 's'}"
            if len(rows) >= MOST_ROWS:
                count += " (there are more: ask the LEP for the rest)"
            contents.append((f"{records.file_name}.csv", f"{records.about}. {count}", records.who))
            left = _add_files(archive, records, profile.id, left, missing)
        made = london(utc_now())
        archive.writestr(
            "README.txt",
            readme(profile.display_name, f"{made:%d %B %Y at %H:%M}", contents, missing),
        )
    file.seek(0, io.SEEK_END)


def _add_files(
    archive: zipfile.ZipFile, records: HeldRecords, employer_id: int, left: int, missing: list[str]
) -> int:
    """Add the files that go with some records; returns how many bytes may still come."""
    for one in records.files(employer_id) if records.files else ():
        name = f"{records.folder}/{one.name}"
        data = one.read() if one.size <= left else None
        if data is None:
            missing.append(name)
            continue
        # Pictures and documents are packed already.
        archive.writestr(name, data, compress_type=zipfile.ZIP_STORED)
        left -= len(data)
    return left
