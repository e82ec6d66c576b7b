"""A person's copy of their data as a ZIP file: a page to read, the same as JSON, and CSV files."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, datetime
from typing import Any, Final

from flask import render_template

from portal.governance.queries import person_data
from portal.governance.rules.holdings import holdings
from portal.governance.rules.person_data import Person, own_part
from portal.kernel.clock import london, utc_now
from portal.web.downloads import csv_bytes

# More rows than this of a table stand in its CSV file only.
MOST_SHOWN: Final = 200


def archive(person: Person) -> bytes:
    """Everything held about a person, other people's data taken out."""
    records = _records(person)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, (_about, rows) in records.items():
            told = ([_words(value) for value in row.values()] for row in rows)
            file.writestr(f"csv/{name}.csv", csv_bytes(list(rows[0]), told))
        page = render_template(
            "governance/privacy/copy.html",
            person=person,
            made=utc_now(),
            sections=[_section(name, about, rows) for name, (about, rows) in records.items()],
            most=MOST_SHOWN,
        )
        file.writestr("read-me.html", page)
        whole = {name: {"about": about, "rows": rows} for name, (about, rows) in records.items()}
        document = {"person": person.email, "made_at": utc_now(), "records": whole}
        text = json.dumps(document, default=_plain, ensure_ascii=False, indent=1)
        file.writestr("data.json", text)
    return buffer.getvalue()


def _records(person: Person) -> dict[str, tuple[str, list[dict[str, Any]]]]:
    found = holdings()
    records = {}
    for search, rows in person_data.everything(found, person):
        kept = [own_part(found.tables[search.table], row, person) for row in rows]
        if kept:
            records[search.table] = (search.about, kept)
    mails = person_data.mails_to(person)
    if mails:
        records["mail"] = ("Mail that the portal wrote to you", mails)
    return records


def _section(name: str, about: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": name,
        "about": about,
        "count": len(rows),
        "head": [column.replace("_", " ").capitalize() for column in rows[0]],
        "rows": [[_words(value) for value in row.values()] for row in rows[:MOST_SHOWN]],
    }


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return f"{london(value):%Y-%m-%d %H:%M}"
    if isinstance(value, dict | list):
        return json.dumps(value, default=_plain, ensure_ascii=False)
    return str(value)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
