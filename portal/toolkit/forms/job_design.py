"""The job-design worksheet's form: the job, its tasks in rows, and what it shall become."""

from __future__ import annotations

from typing import Any, Final

from wtforms import FieldList, FormField
from wtforms import Form as PlainForm

from portal.kernel.result import Problem
from portal.toolkit.rules.job_design import (
    CHOICES,
    DESIGNS,
    LEVELS,
    MOST_TASKS,
    NAME_LENGTH,
    PEAKS,
)
from portal.web.forms import BooleanField, Form, RadioField, SelectField, StringField

ROWS_AT_FIRST: Final = 6
ROWS_MORE: Final = 3
_SHORT: Final = {"max_length": 20, "width": 5, "spellcheck": False}


class TaskRow(PlainForm):
    """One task."""

    name = StringField("Task", max_length=NAME_LENGTH)
    hours = StringField("Hours a week", **_SHORT)
    level = SelectField("Who can decide?", choices=list(LEVELS.items()), default="anyone")
    choice = SelectField("What becomes of it?", choices=list(CHOICES.items()), default="auto")
    fixed = BooleanField("It must be done at a fixed time")
    other = BooleanField("Somebody else could do it")


class JobDesignForm(Form):
    """What is typed; the rules read and judge hours."""

    title = StringField("Job title", required="Enter the job's title", max_length=50)
    job_hours = StringField(
        "Hours a week of the job now", hint="Like 37.5 or 37:30", suffix="hours", **_SHORT
    )
    tasks = FieldList(FormField(TaskRow), min_entries=ROWS_AT_FIRST, max_entries=MOST_TASKS)
    design = RadioField(
        "What shall it become?",
        choices=list(DESIGNS.items()),
        required="Choose what the job shall become",
    )
    target = StringField("Hours a week of the part-time job", suffix="hours", **_SHORT)
    first_hours = StringField("First person's hours a week", suffix="hours", **_SHORT)
    second_hours = StringField("Second person's hours a week", suffix="hours", **_SHORT)
    handover = StringField(
        "Handover each person needs in a week",
        hint="Like 0:30. In a job share both are there for it",
        suffix="hours",
        **_SHORT,
    )
    peak = RadioField(
        "Who leads at the busiest time of the week?",
        choices=list(PEAKS.items()),
        required="Choose who leads at the busiest time",
    )
    peak_when = StringField("When is that?", hint="For example, Saturday 11 to 3", max_length=80)

    def add_rows(self) -> None:
        """Room for more tasks, up to the most."""
        for _ in range(min(ROWS_MORE, MOST_TASKS - len(self.tasks.entries))):
            self.tasks.append_entry()

    def refuse(self, problem: Problem) -> None:
        """Show a problem beside its field, also in a row, such as ``tasks-2-hours``."""
        parts = (problem.field or "").split("-")
        if len(parts) == len(("tasks", "2", "hours")) and parts[1].isdecimal():
            field = self.tasks.entries[int(parts[1])].form[parts[2]]
            field.errors = [*field.errors, problem.message]
            # A list does not look into its rows once it was judged.
            self.tasks.errors = [*self.tasks.errors, problem.message]
        else:
            super().refuse(problem)

    def inputs(self) -> dict[str, Any]:
        """What was typed, by field; rows in the order of the page, empty ones too."""
        values = {
            name: field.data
            for name, field in self._fields.items()
            if name not in {"csrf_token", "tasks"}
        }
        rows = [entry.data for entry in self.tasks.entries]
        while rows and not (rows[-1]["name"] or rows[-1]["hours"]):
            rows.pop()
        return {**values, "tasks": rows}
