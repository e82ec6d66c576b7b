"""The stuck-ladder check's form: grades in rows, or a CSV file."""

from __future__ import annotations

from typing import Any, Final

from wtforms import FieldList, FormField
from wtforms import Form as PlainForm

from portal.kernel.result import Problem
from portal.toolkit.rules.ladder import GRADE_LENGTH, MOST_GRADES
from portal.web.forms import FileField, Form, StringField

ROWS_AT_FIRST: Final = 4
ROWS_MORE: Final = 2
_NUMBER: Final = {"max_length": 12, "width": 5, "inputmode": "numeric", "spellcheck": False}


class GradeRow(PlainForm):
    """One grade."""

    grade = StringField("Grade or role", max_length=GRADE_LENGTH)
    staff = StringField("Staff", **_NUMBER)
    part_time = StringField("Of whom part-time", **_NUMBER)
    promoted = StringField("Promoted into it", **_NUMBER)
    promoted_part_time = StringField("Of whom part-time", **_NUMBER)


class LadderForm(Form):
    """What is typed; the rules read and judge it."""

    grades = FieldList(FormField(GradeRow), min_entries=ROWS_AT_FIRST, max_entries=MOST_GRADES)
    file = FileField(
        "Or a CSV file",
        hint="With the columns Grade, Staff, Part-time and, if you know them, Promoted and "
        "Promoted part-time. The lowest grade first",
        accept=".csv,text/csv",
    )

    def add_rows(self) -> None:
        """Room for more grades, up to the most."""
        for _ in range(min(ROWS_MORE, MOST_GRADES - len(self.grades.entries))):
            self.grades.append_entry()

    def refuse(self, problem: Problem) -> None:
        """Show a problem beside its field, also in a row, such as ``grades-2-staff``."""
        parts = (problem.field or "").split("-")
        if len(parts) == len(("grades", "2", "staff")) and parts[1].isdecimal():
            field = self.grades.entries[int(parts[1])].form[parts[2]]
            field.errors = [*field.errors, problem.message]
            # A list does not look into its rows once it was judged.
            self.grades.errors = [*self.grades.errors, problem.message]
        else:
            super().refuse(problem)

    def rows(self) -> list[dict[str, Any]]:
        """The rows as they were typed, empty ones too."""
        return [entry.data for entry in self.grades.entries]
