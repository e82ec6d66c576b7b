"""Employers that take the diagnostic at random times, through the services, and are merged."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from portal.action_plans.models import PlanAction
from portal.caseload.models import FollowUp, FollowUpAnswer
from portal.caseload.service import merge_undo, merging
from portal.db import current_session, unit_of_work
from portal.diagnostics import service
from portal.diagnostics.models import Response
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.path import next_unanswered
from portal.diagnostics.rules.schema import Profile
from portal.diagnostics.rules.values import parse_value, to_json
from portal.employers.models import Employer
from portal.employers.queries import employer_profile
from portal.kernel import clock
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Ok, Problem
from tests.factories.caseload import author_of, make_lep_officer
from tests.factories.diagnostics import candidates
from tests.support.random_records import SIZES, RandomRecords

_SECTORS = ("retail", "retail", "hospitality", "social_care", "other")


class DiagnosticsWorld:
    """A small programme. Every step is its own unit of work."""

    def __init__(self, seed: int, employers: int = 14) -> None:
        self.records = RandomRecords(seed, employers=employers)
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.merges: list[str] = []
        with unit_of_work():
            self.boss: Author = author_of(make_lep_officer("lep_manager"))

    def live(self, steps: int) -> None:
        """So many random diagnostics, with support, follow-ups and merges between them."""
        for _ in range(steps):
            chance = self.random.random()
            if chance < 0.55:
                self.diagnostic()
            elif chance < 0.7:
                self.correction()
            elif chance < 0.8:
                self.visitor()
            elif chance < 0.88:
                self.merge()
            elif chance < 0.92:
                self.take_apart()
            with unit_of_work():
                for _ in range(3):
                    self.records.delivery()
                    self.records.follow_up()
                self.answer()
                self.act()

    @contextmanager
    def some_day(self) -> Iterator[None]:
        """A random instant, near the ends of months and clock changes at times."""
        at = datetime(2024, 4, 1, tzinfo=UTC) + timedelta(
            seconds=self.random.randrange(86_400 * 900)
        )
        with clock.freeze(at if self.random.random() < 0.7 else self.records.at()):
            yield

    def employer(self) -> Employer:
        """One that was not merged into another."""
        standing = current_session().scalars(
            select(Employer)
            .where(Employer.id.in_(self.records.employers), Employer.merged_into_id.is_(None))
            .order_by(Employer.id)
        )
        return self.random.choice(list(standing))

    def diagnostic(self) -> None:
        """A first diagnostic or a later one, from an empty page."""
        employer = self.employer()
        with self.some_day():
            with unit_of_work():
                started = service.start(
                    sector=self.random.choice(_SECTORS),
                    size_tier=self.random.choice(SIZES),
                    district=self.random.choice([None, "leeds", "york"]),
                    employer_id=employer.id,
                )
            self.finish(started.value)

    def visitor(self) -> None:
        """A diagnostic that comes to an employer some time after it was completed."""
        employer = self.employer()
        with self.some_day():
            with unit_of_work():
                started = service.start(
                    sector=self.random.choice(_SECTORS), size_tier=self.random.choice(SIZES)
                )
            self.finish(started.value)
        response = current_session().scalars(
            select(Response).where(Response.reference == started.value)
        )
        profile = employer_profile(employer.reference)
        assert profile is not None
        with unit_of_work():
            service.attach_to_employer(response_id=response.one().id, employer=profile, by=PORTAL)

    def correction(self) -> None:
        """Any completed diagnostic is corrected, an older one too."""
        done = list(
            current_session().scalars(
                select(Response.id)
                .where(Response.status == "completed", Response.employer_id.is_not(None))
                .order_by(Response.id)
            )
        )
        with self.some_day():
            with unit_of_work():
                opened = service.correct(response_id=self.random.choice(done))
            assert isinstance(opened, Ok)
            self.finish(opened.value)

    def finish(self, reference: str) -> None:
        """Random answers to the end, and completion."""
        session = current_session()
        response = session.scalars(select(Response).where(Response.reference == reference)).one()
        questionnaire = load_catalogue().get(
            response.questionnaire_key, response.questionnaire_version
        )
        assert questionnaire is not None
        profile = Profile(response.sector, response.size_tier)
        taken: dict[str, Any] = {}
        while (question := next_unanswered(questionnaire, profile, taken)) is not None:
            raw = self.random.choice(candidates(question))
            if question.not_applicable and self.random.random() < 0.1:
                raw = "not_applicable"
            value = parse_value(question, raw)
            assert value is not None
            assert not isinstance(value, Problem), value
            taken[question.key] = value
        values = {key: to_json(value) for key, value in taken.items()}
        key, revision = response.id, response.revision
        with unit_of_work():
            service.save_answers(response_id=key, values=values, seen=revision, by="visitor")
        with unit_of_work():
            done = service.complete(response_id=key, by=PORTAL)
        assert isinstance(done, Ok), done

    def merge(self) -> None:
        """One employer into another, if nothing stands against it."""
        kept, merged = self.employer().reference, self.employer().reference
        found = merging.plan(kept=kept, merged=merged)
        if not isinstance(found, Ok) or found.value.problems:
            return
        with unit_of_work():
            done = merging.merge(
                kept=kept,
                merged=merged,
                fill=(),
                reason="The same employer",
                fingerprint=found.value.fingerprint,
                by=self.boss,
            )
        if isinstance(done, Ok):
            self.merges.append(done.value.reference)

    def take_apart(self) -> None:
        """The last merge is undone, if it can be."""
        if self.merges:
            with unit_of_work():
                merge_undo.undo(reference=self.merges.pop(), by=self.boss)

    def act(self) -> None:
        """An action goes on, and is sometimes dated to another quarter."""
        session = current_session()
        keys = list(session.scalars(select(PlanAction.id).order_by(PlanAction.id)))
        session.execute(
            update(PlanAction)
            .where(PlanAction.id == self.random.choice(keys))
            .values(
                status=self.random.choice(["not_started", "in_progress", "done", "embedded"]),
                withdrawn_reason=None,
                created_at=self.records.at(),
            )
        )

    def answer(self) -> None:
        """A follow-up asks about an action of a plan."""
        session = current_session()
        items = list(session.scalars(select(PlanAction.reference).order_by(PlanAction.id)))
        follow_ups = list(session.scalars(select(FollowUp.id).order_by(FollowUp.id)))
        if not follow_ups:
            return
        chosen, item = self.random.choice(follow_ups), self.random.choice(items)
        known = session.scalars(
            select(FollowUpAnswer).where(
                FollowUpAnswer.follow_up_id == chosen, FollowUpAnswer.item == item
            )
        )
        if known.first() is None:
            self.records.add(
                FollowUpAnswer,
                follow_up_id=chosen,
                item=item,
                title="Example practice",
                answer=self.random.choice(["embedded", "under_way", "stopped", "not_asked"]),
            )
