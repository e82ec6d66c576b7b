"""The evaluator's pack: its tables, column by column, and how to read them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from portal.kernel.tables import guarded
from portal.reports.rules.anonymity import Checked

# No group of employers that look alike has fewer, whatever the programme's threshold is.
K: Final = 5
_STUDY = ("study_id", "The employer; drawn by lot for this pack alone")
_CASE = ("case_id", "The case; drawn by lot for this pack alone")


@dataclass(frozen=True, slots=True)
class PackTable:
    """One table of the pack: a file name, what a row is, and columns with their meanings."""

    name: str
    row: str
    columns: tuple[tuple[str, str], ...]


TABLES: Final = (
    PackTable(
        "employers",
        "An employer of the programme",
        (
            _STUDY,
            ("sector", "Sector; 'any' where it would be too rare"),
            ("size", "Size tier by employees; 'any' where it would be too rare"),
            ("district", "Local authority district; 'any' where it would be too rare"),
        ),
    ),
    PackTable(
        "cases",
        "A provider's work with an employer",
        (
            _CASE,
            _STUDY,
            ("provider", "The provider, by a letter drawn by lot"),
            ("source", "Kind of body that referred the employer"),
            ("opened", "Month in which the case was opened"),
            ("closed", "Month in which it was closed, if it was within the period"),
            ("support", "Kinds of support the case has had, in a fixed order"),
        ),
    ),
    PackTable(
        "sessions",
        "An in-depth diagnostic session that was not withdrawn",
        (
            _CASE,
            ("month", "Month in which it was held"),
            ("mode", "face_to_face or video"),
            ("quarter_hours", "Length in quarters of an hour, rounded up"),
        ),
    ),
    PackTable(
        "support",
        "An employer at training, a workshop, consultancy or coaching",
        (
            _CASE,
            ("month", "Month of the delivery"),
            ("kind", "training_session, workshop, consultancy or coaching"),
            ("design", "off_the_peg or bespoke"),
            ("mode", "place or online"),
            ("funding", "fully_funded or employer_pays"),
            ("attended", "People who came: 1-4, 5-9, 10-19 or 20+"),
        ),
    ),
    PackTable(
        "diagnostics",
        "A score of a completed diagnostic",
        (
            _STUDY,
            ("diagnostic", "1 for the employer's first in the period, 2 for the next, and so on"),
            ("month", "Month in which it was completed"),
            ("kind", "first, correction or retake"),
            ("questionnaire", "Key and version, as in the folder of questionnaires"),
            ("dimension", "Dimension of practice, or overall"),
            ("score", "0 to 100"),
        ),
    ),
    PackTable(
        "actions",
        "An action in an employer's plan",
        (
            _STUDY,
            ("month", "Month in which it was added"),
            ("dimension", "Dimension it is about"),
            ("recommendation", "Key of the recommendation; empty for the employer's own"),
            ("status", "Its state when the pack was made"),
        ),
    ),
    PackTable(
        "follow_ups",
        "An answer at a follow-up on whether an action has lasted",
        (
            _CASE,
            ("after", "Months after the plan was agreed"),
            ("month", "Month in which the follow-up was done"),
            ("recommendation", "Key of the recommendation; empty for the employer's own"),
            ("dimension", "Dimension it is about"),
            ("answer", "embedded, under_way, not_started, stopped or not_asked"),
        ),
    ),
    PackTable(
        "outcomes",
        "An answer on outcomes, of employers that agreed to share them",
        (
            _CASE,
            ("phase", "baseline or follow_up"),
            ("month", "Month in which it was true"),
            ("question", "Key of the question"),
            ("answer", "A number, or the key of a choice; texts are not in the pack"),
        ),
    ),
)
BY_NAME: Final = {table.name: table for table in TABLES}
Rows = Mapping[str, Sequence[Sequence[Any]]]


def codebook() -> bytes:
    """Every column of every table with its meaning, as CSV."""
    return _csv(
        ("table", "row", "column", "meaning"),
        [
            (table.name, table.row, name, meaning)
            for table in TABLES
            for name, meaning in table.columns
        ],
    )


def table_file(table: PackTable, rows: Sequence[Sequence[Any]]) -> bytes:
    """A table as CSV."""
    return _csv(tuple(name for name, _ in table.columns), rows)


def reading_notes(first: date, last: date, checked: Checked) -> bytes:
    """What a reader must know before the first table is opened."""
    text = f"""# Reading notes

This pack holds records of the programme up to {last.day} {last:%B %Y}, for the evaluation alone.
It belongs to the statistics released for {first:%B} to {last:%B %Y}.

## Handling

* The rows are about real employers. Do not try to find out which, do not join them to other data,
  and do not pass them on. Who asked for the pack and who took it is recorded.
* Publish nothing from it that rests on fewer employers than the released statistics allow. The
  released statistics are for everybody; these rows are not.
* Numbers here may show what a release withholds, because they are rows. That is why they are for
  named evaluators only.

## What was done so that nobody is recognised

* Names, references, addresses, people, texts and money are not in it. Study numbers are drawn by
  lot for this pack: those of two packs have nothing to do with one another.
* Dates are months. Length and attendance are in steps.
* Whether an employer is a champion or a member of the network is left out: the portal shows both.
* Sector, size and district together describe at least {checked.k} employers each. Where they would
  not, the district is 'any', then the size too; {checked.coarsened} of {checked.rows} rows are
  coarsened so, and {checked.left_out} employers are left out with all their records.
  The check is in checks.json. It says that nobody can be picked out by these three; it cannot say
  what somebody learns who knows much more about one employer.

## Reading the tables

* Tables join on study_id and case_id. Files are CSV in UTF-8, the first line names the columns,
  and codebook.csv explains each.
* Sector, size and district are those of today, except that scores were counted under the groups
  of their day in reports.
* A change between two diagnostics is a change, with whoever took both. It is not an effect: there
  are no employers to compare with, and those who take a second one differ from those who do not.
  Say how many are matched and how many were lost.
* Scores of different questionnaire versions compare on questions with the same key only; the
  questionnaires are in the pack.
* Outcomes are there for employers that agreed to share them.
"""
    return text.encode()


def archive(files: Mapping[str, bytes], on: date) -> bytes:
    """The files in one archive: the same files on the same day give the same bytes."""
    held = io.BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as packed:
        for name in sorted(files):
            entry = ZipInfo(name, (on.year, on.month, on.day, 0, 0, 0))
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, files[name])
    return held.getvalue()


def checks(checked: Checked, rows: Rows) -> dict[str, Any]:
    """The result of the check, and how many rows each table has."""
    return {
        **asdict(checked),
        "holds": checked.holds,
        "known": ["sector", "size", "district"],
        "tables": {name: len(rows[name]) for name in BY_NAME},
    }


def checks_file(found: Mapping[str, Any]) -> bytes:
    """The checks as JSON."""
    return (json.dumps(found, indent=1, sort_keys=True) + "\n").encode()


def people_band(attended: int) -> str:
    """How many came, in steps."""
    bands = ((20, "20+"), (10, "10-19"), (5, "5-9"))
    return next((words for least, words in bands if attended >= least), "1-4")


def quarter_hours(minutes: int) -> int:
    """A length in quarters of an hour, rounded up."""
    return -(-minutes // 15)


def month(day: date) -> str:
    """The month of a day."""
    return f"{day:%Y-%m}"


def _csv(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(
        [guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return text.getvalue().encode()
