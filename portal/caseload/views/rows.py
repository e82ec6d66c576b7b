"""Lines of lists, made ready for templates: labels, days in words, links that dial."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, Protocol

from portal.caseload.rules.attention import days_late
from portal.caseload.rules.contacts import mail_link, telephone_link
from portal.caseload.rules.stages import STAGE_TITLES, Stage
from portal.caseload.rules.words import ACTION_KINDS


class Line(NamedTuple):
    """One case in a list, as plain words."""

    reference: str
    employer: str
    stage: str
    adviser: str | None
    action: bool
    what: str
    due: str
    late: str
    contact: str
    phone: str
    dial: str
    email: str
    mail: str
    more: str
    open: bool


class _Row(Protocol):
    @property
    def reference(self) -> str: ...
    @property
    def employer(self) -> str: ...
    @property
    def stage(self) -> str: ...
    @property
    def adviser(self) -> str | None: ...
    @property
    def action_id(self) -> int | None: ...
    @property
    def action_kind(self) -> str | None: ...
    @property
    def action_what(self) -> str | None: ...
    @property
    def due_on(self) -> date | None: ...
    @property
    def contact_name(self) -> str: ...
    @property
    def contact_phone(self) -> str: ...
    @property
    def contact_email(self) -> str: ...


_STAGES = {stage.value: title for stage, title in STAGE_TITLES.items()}


def lines(
    rows: Iterable[_Row], day: date, *, more: Iterable[str] | None = None, is_open: bool = True
) -> list[Line]:
    """Rows made ready; ``more`` is a last remark for each."""
    remarks = iter(more or ())
    return [
        Line(
            reference=row.reference,
            employer=row.employer,
            stage=_STAGES[row.stage],
            adviser=row.adviser,
            action=row.action_id is not None,
            what=action_words(row.action_kind, row.action_what),
            due=day_words(row.due_on, day),
            late=late_words(row.due_on, day),
            contact=row.contact_name,
            phone=row.contact_phone,
            dial=telephone_link(row.contact_phone),
            email=row.contact_email,
            mail=mail_link(row.contact_email),
            more=next(remarks, ""),
            open=is_open and row.stage != Stage.CLOSED,
        )
        for row in rows
    ]


def action_words(kind: str | None, what: str | None) -> str:
    """An action's kind and words, once where they are the same."""
    label = ACTION_KINDS.get(kind or "", "")
    if not what or what == label:
        return label
    return what if kind == "other" else f"{label}: {what}"


def day_words(day: date | None, today: date) -> str:
    """A day near today in few words, such as "today" or "Tue 3 Mar"; a year when not this one."""
    if day is None:
        return ""
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get((day - today).days)
    if near:
        return near
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day:%a} {day.day} {day:%b}{year}"


def late_words(day: date | None, today: date) -> str:
    """How late something is, or nothing."""
    late = 0 if day is None else days_late(day, today)
    return f"{late:,} day{'' if late == 1 else 's'} late" if late else ""
