"""Employers who answer and advisers who log, through a server that is killed at any moment.

And the judges: what was acknowledged is there, and promised mail went out once.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from typing import Any

from flask import Flask
from sqlalchemy import func, select, update

from portal.caseload.models import Case, Interaction
from portal.caseload.queries import open_action
from portal.db import current_session, outbox, unit_of_work
from portal.diagnostics import queries
from portal.diagnostics.models import Response
from portal.diagnostics.rules import path
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.schema import Profile, QuestionType
from portal.diagnostics.rules.values import answers_from_document, row_field
from portal.employers.models import Employer
from portal.integrations.jobs import sweep
from portal.integrations.mail import KIND, MailboxMessage
from portal.kernel.clock import utc_now
from tests.factories.accounts import make_user
from tests.factories.caseload import make_case, make_provider
from tests.factories.diagnostics import answers_to_the_end
from tests.factories.employers import make_employer
from tests.support.claims_world import set_up
from tests.support.killing import Log, Press, Presser, signed_in

SAVED = 200


class Answering(Presser):
    """An employer's owner, who answers page by page, finishes, and begins again."""

    def __init__(
        self, app: Flask, port: int, log: Log, up: threading.Event, stop: threading.Event
    ) -> None:
        super().__init__(app, port, log, up, stop)

        def make() -> tuple[int, str, int]:
            owner = make_user()
            employer = make_employer(owner_id=owner.id)
            return owner.id, employer.reference, employer.id

        user, self.employer, self.employer_id = set_up(app, make)
        self.owner = signed_in(app, user, "/account")
        with app.app_context():
            employer = current_session().get_one(Employer, self.employer_id)
            self.profile = Profile(employer.sector, employer.size_tier)
        questionnaire = load_catalogue().latest()
        assert questionnaire is not None
        self.questionnaire = questionnaire
        self.answers = answers_to_the_end(questionnaire, self.profile)

    def next(self) -> Press:
        """The first page with something open; then the end; then the beginning."""
        open_one = (
            current_session()
            .execute(
                select(Response.reference)
                .where(Response.employer_id == self.employer_id, Response.status == "in_progress")
                .limit(1)
            )
            .scalar()
        )
        if open_one is None:
            where = f"/employers/{self.employer}/diagnostic/start"
            return Press(self.owner, where, {"sector": self.profile.sector, "size": "small"})
        facts = queries.response_facts(open_one)
        assert facts is not None
        known = answers_from_document(self.questionnaire, facts.answers)
        question = path.next_unanswered(self.questionnaire, self.profile, known)
        if question is None:
            return Press(self.owner, f"/diagnostic/{open_one}/check", {}, open_one, "completed")
        page = self.questionnaire.page_of[question.key]
        asked = path.questions_on(self.questionnaire, page, self.profile, known)
        keys = [one.key for one in asked if one.key in self.answers]
        values = self.form(keys) | {"revision": str(facts.revision)}
        where = f"/diagnostic/{open_one}/page/{page.key}/autosave"
        return Press(self.owner, where, values, open_one, " ".join(keys), SAVED)

    def form(self, keys: list[str]) -> dict[str, Any]:
        """These answers as the fields that a browser would send."""
        form: dict[str, Any] = {}
        for key in keys:
            question, value = self.questionnaire.by_key[key], self.answers[key]
            if question.type is QuestionType.GRID:
                form.update({row_field(question, row): column for row, column in value.items()})
            elif question.type is QuestionType.MONEY:
                form[key] = f"{value // 100}.{value % 100:02d}"
            else:
                form[key] = value
        return form

    def lost(self) -> list[str]:
        """Whatever was acknowledged to this employer and is not there."""
        found = []
        for reference, what in dict.fromkeys(self.log.acknowledged):
            row = current_session().scalar(
                select(Response).where(
                    Response.reference == reference, Response.employer_id == self.employer_id
                )
            )
            if row is None:
                continue
            if what == "completed":
                if row.status != "completed" or row.result is None:
                    found.append(f"{reference} is {row.status}")
                continue
            found += [
                f"{reference}: {key} is {row.answers.get(key)}"
                for key in what.split()
                if row.answers.get(key, {}).get("v") != self.answers[key]
            ]
        return found


class Logging(Presser):
    """An adviser who logs one note after the other on a case."""

    _serial = itertools.count(1)

    def __init__(
        self, app: Flask, port: int, log: Log, up: threading.Event, stop: threading.Event
    ) -> None:
        super().__init__(app, port, log, up, stop)

        def make() -> tuple[int, str, int]:
            provider = make_provider()
            case = make_case(provider)
            return provider.adviser.id, case.reference, case.id

        user, self.case, self.case_id = set_up(app, make)
        self.adviser = signed_in(app, user, f"/cases/{self.case}/log")
        self.sent: list[str] = []

    def next(self) -> Press:
        """Another note."""
        once = f"storm-{next(self._serial)}"
        self.sent.append(once)
        action = open_action(self.case_id)
        values = {
            "once": once,
            "kind": "note",
            "reached": "no",
            "minutes": "10",
            "happened": f"Note {once}",
            "when": "tomorrow",
            "next_kind": "call",
            "next_what": f"After {once}",
            "action": "" if action is None else str(action.id),
        }
        return Press(self.adviser, f"/cases/{self.case}/log", values, self.case, once)

    def lost(self) -> list[str]:
        """Notes that were acknowledged and are not there, that nobody sent, or that are twice."""
        rows = Counter(
            current_session().scalars(
                select(Interaction.once)
                .join(Case, Case.id == Interaction.case_id)
                .where(Case.id == self.case_id)
            )
        )
        noted = {what for reference, what in self.log.acknowledged if reference == self.case}
        return [
            *(f"note {once} is not there" for once in noted if rows[once] == 0),
            *(f"note {once} is there {count} times" for once, count in rows.items() if count > 1),
            *(f"nobody sent the note {once}" for once in rows if once not in self.sent),
        ]


def finish_jobs(*, sweeps: int = 200) -> None:
    """Time passes, leases end, and a worker does what is left."""
    for _ in range(sweeps):
        with unit_of_work() as session:
            session.execute(
                update(outbox.OutboxEntry)
                .where(outbox.OutboxEntry.done_at.is_(None))
                .values(due_at=utc_now())
            )
        if not outbox.waiting():
            return
        sweep()


def job_faults() -> list[str]:
    """Promised work that was not done, and mail that did not go out just once."""
    session = current_session()
    entry = outbox.OutboxEntry
    undone = session.execute(
        select(entry.id, entry.kind, entry.last_error).where(entry.done_at.is_(None))
    )
    faults = [f"{row.kind} {row.id} was not done: {row.last_error}" for row in undone]
    promised = Counter(
        (payload["to"], payload["subject"], payload["text"])
        for payload in session.scalars(select(entry.payload).where(entry.kind == KIND))
    )
    arrived = Counter(
        (row.recipient, row.subject, row.body) for row in session.scalars(select(MailboxMessage))
    )
    return faults + [
        f"{mail[:2]}: {promised[mail]} promised, {arrived[mail]} arrived"
        for mail in promised | arrived
        if promised[mail] != arrived[mail]
    ]


def tried_again() -> int:
    """How many pieces of work were begun more than once: their worker was killed over them."""
    tried = outbox.OutboxEntry.attempts > 1
    return current_session().scalar(select(func.count()).where(tried)) or 0
