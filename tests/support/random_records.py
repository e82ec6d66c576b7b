"""Random records of every table that reports count, written and changed straight in the tables.

Not what the services would write, on purpose: the counts must follow whatever is written. Days
fall around month ends and clock changes more often than elsewhere.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert, select, update

from portal.action_plans.models import PlanAction
from portal.caseload import models as caseload
from portal.caseload.rules.outcomes import load_outcomes
from portal.db import current_session, unit_of_work
from portal.diagnostics.models import Response
from portal.employers.models import Employer
from portal.kernel.ids import new_reference, new_token, token_hash
from portal.network import models as network
from portal.payments.models import Output
from portal.programme.models import Organisation
from portal.toolkit.models import ReachCount
from tests.factories.accounts import make_user
from tests.factories.action_plans import make_party, make_plan
from tests.factories.caseload import make_organisation, make_source
from tests.factories.employers import make_employer
from tests.factories.network import make_event
from tests.factories.payments import make_card, make_contract

SECTORS = ("retail", "hospitality", "social_care", "other")
SIZES = ("micro", "small", "medium", "large")
DISTRICTS = ("leeds", "york", "selby", "craven")
SUPPORT = ("training_session", "workshop", "consultancy", "coaching")
ANSWERS = ("embedded", "under_way", "not_started", "stopped", "not_asked")
_EDGES = (
    datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 31, 23, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 0, tzinfo=UTC),
    datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 6, 30, 23, 0, tzinfo=UTC),
    datetime(2024, 2, 29, 12, 0, tzinfo=UTC),
)


class RandomRecords:
    """A small programme that is written to at random. ``write`` needs a unit of work."""

    def __init__(self, seed: int, *, employers: int = 12) -> None:
        planned = [self._plan() for _ in range(2)]
        with unit_of_work():
            self._begin(seed, employers, planned)

    def _begin(self, seed: int, employers: int, planned: list[int]) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.user = make_user().id
        self.organisations = [make_organisation().id for _ in range(3)]
        self.sources = [make_source(kind).id for kind in ("chamber", "champion", "trade_union")]
        self.events = [make_event().id for _ in range(3)]
        self.card = make_card(date(2024, 1, 1)).id
        organisation = current_session().get_one(Organisation, self.organisations[0])
        self.contract = make_contract(organisation).id
        self.employers = planned + [self._employer() for _ in range(employers)]
        self.rows: dict[str, list[int]] = {}
        for _ in range(employers):
            self.case()
        self.writes: list[Callable[[], None]] = [
            *[getattr(self, name) for name in _WRITES for _ in range(_WRITES[name])]
        ]

    def write(self) -> None:
        """One random write."""
        self.random.choice(self.writes)()

    # --- what every write uses ----------------------------------------------------------------

    def at(self) -> datetime:
        """A random instant."""
        if self.random.random() < 0.3:
            return self.random.choice(_EDGES)
        return datetime(2024, 4, 1, tzinfo=UTC) + timedelta(
            seconds=self.random.randrange(86_400 * 900)
        )

    def day(self) -> date:
        """A random day."""
        return self.at().date()

    def add(self, model: Any, **values: Any) -> int:
        """Insert one row and remember it."""
        table: Table = model.__table__
        row = current_session().execute(insert(table).values(**values).returning(table.c.id))
        key = int(row.scalar_one())
        self.rows.setdefault(table.name, []).append(key)
        return key

    def change(self, model: Any, key: int | None, **values: Any) -> None:
        """Change one row, if there is one."""
        if key is not None:
            table: Table = model.__table__
            current_session().execute(update(table).where(table.c.id == key).values(**values))

    def some(self, model: Any) -> int | None:
        """A row written before, or None."""
        known = self.rows.get(model.__table__.name)
        return self.random.choice(known) if known else None

    def some_case(self) -> int:
        """A case."""
        return self.random.choice(self.rows["cases"])

    def _employer(self) -> int:
        return make_employer(
            sector=self.random.choice(SECTORS),
            size_tier=self.random.choice(SIZES),
            district=self.random.choice(DISTRICTS),
        ).id

    @staticmethod
    def _plan() -> int:
        party = make_party()
        make_plan(party)
        return party.employer_id

    # --- writes -------------------------------------------------------------------------------

    def employer(self) -> None:
        """An employer's facts are corrected."""
        self.change(
            Employer,
            self.random.choice(self.employers),
            sector=self.random.choice(SECTORS),
            size_tier=self.random.choice(SIZES),
            district=self.random.choice(DISTRICTS),
        )

    def case(self) -> None:
        """A closed case of another year."""
        opened = self.at()
        self.add(
            caseload.Case,
            employer_id=self.random.choice(self.employers),
            organisation_id=self.random.choice(self.organisations),
            programme="pilot",
            source_id=self.random.choice([None, *self.sources]),
            opened_at=opened,
            stage="closed",
            closed_at=opened + timedelta(days=900),
            close_reason="completed",
        )

    def case_moves(self) -> None:
        """A case goes to another provider, another source, and another employer at once."""
        self.change(
            caseload.Case,
            self.some_case(),
            employer_id=self.random.choice(self.employers),
            organisation_id=self.random.choice(self.organisations),
            source_id=self.random.choice([None, *self.sources]),
            opened_at=self.at(),
        )

    def merge(self) -> None:
        """Everything of one employer becomes another's, many rows in a statement."""
        old, new = self.random.sample(self.employers, 2)
        responses = Response.__table__
        other = responses.alias("other")
        # One diagnostic stands for an employer: the other's stays behind where there is one.
        takes_place = (
            responses.c.is_current
            & select(other.c.id).where(other.c.employer_id == new, other.c.is_current).exists()
        )
        for model in (caseload.Case, Response, network.EventRegistration):
            table = model.__table__
            moves = update(table).where(table.c.employer_id == old)
            current_session().execute(
                (moves.where(~takes_place) if table is responses else moves).values(employer_id=new)
            )
        merged = None if self.random.random() < 0.5 else new
        self.change(Employer, old, merged_into_id=merged)

    def referral(self) -> None:
        """A referral comes in, or is decided."""
        found = self.some(caseload.Referral)
        if found is not None and self.random.random() < 0.5:
            case = self.some_case()
            self.change(
                caseload.Referral,
                found,
                status="accepted",
                case_id=case,
                decided_at=self.at(),
                employer_id=self.random.choice(self.employers),
                received_at=self.at(),
            )
            return
        self.add(
            caseload.Referral,
            source_id=self.random.choice(self.sources),
            organisation_id=self.random.choice([None, *self.organisations]),
            channel="form",
            employer_name="Example Employer",
            match_name="example employer",
            contact_name="Example Person",
            contact_email="person@business.example",
            consent=True,
            sector=self.random.choice([None, *SECTORS]),
            expires_on=self.day(),
            received_at=self.at(),
        )

    def interaction(self) -> None:
        """A contact, reached or not; its minutes are corrected at times."""
        if self.random.random() < 0.3:
            self.change(
                caseload.Interaction,
                self.some(caseload.Interaction),
                minutes=self.number(),
                reached=self.coin(),
                at=self.at(),
            )
            return
        self.add(
            caseload.Interaction,
            case_id=self.some_case(),
            kind="call",
            at=self.at(),
            reached=self.coin(),
            minutes=self.number(),
            by_name="Example Adviser",
        )

    def number(self) -> int:
        """A small number."""
        return self.random.randrange(0, 90)

    def coin(self) -> bool:
        """Yes or no."""
        return self.random.random() < 0.5

    def consultation(self) -> None:
        """A phone consultation, at times one that corrects another."""
        self.add(
            caseload.Consultation,
            case_id=self.some_case(),
            held_at=self.at(),
            minutes=self.number(),
            with_name="Example Person",
            next_step="session",
            shares_outcomes=self.random.choice([None, True, True, False]),
            by_name="Example Adviser",
            corrects_id=self.some(caseload.Consultation) if self.coin() else None,
        )

    def session(self) -> None:
        """An in-depth session; withdrawn and moved at times."""
        if self.random.random() < 0.5:
            withdrawn = self.coin()
            self.change(
                caseload.DiagnosticSession,
                self.some(caseload.DiagnosticSession),
                withdrawn_at=self.at() if withdrawn else None,
                withdrawn_reason="Example" if withdrawn else None,
                held_on=self.day(),
                case_id=self.some_case(),
            )
            return
        self.add(
            caseload.DiagnosticSession,
            case_id=self.some_case(),
            held_on=self.day(),
            minutes=60 + self.number(),
            mode=self.random.choice(["face_to_face", "video"]),
            by_name="Example Adviser",
        )

    def milestone(self) -> None:
        """A plan is signed off, or that is taken back."""
        if self.random.random() < 0.3:
            self.change(
                caseload.CaseMilestone,
                self.some(caseload.CaseMilestone),
                withdrawn_at=self.at() if self.coin() else None,
            )
            return
        self.add(
            caseload.CaseMilestone,
            case_id=self.some_case(),
            kind=self.random.choice(["plan", "support"]),
            subject=f"plan:{new_reference()}",
            at=self.at(),
        )

    def delivery(self) -> None:
        """Support for several employers in one statement; withdrawn and moved at times."""
        if self.random.random() < 0.4:
            withdrawn = self.coin()
            self.change(
                caseload.Delivery,
                self.some(caseload.Delivery),
                delivered_on=self.day(),
                kind=self.random.choice(SUPPORT),
                organisation_id=self.random.choice(self.organisations),
                withdrawn_at=self.at() if withdrawn else None,
                withdrawn_reason="Example" if withdrawn else None,
            )
            return
        delivery = self.add(
            caseload.Delivery,
            organisation_id=self.random.choice(self.organisations),
            kind=self.random.choice(SUPPORT),
            design="bespoke",
            title="Example session",
            delivered_on=self.day(),
            minutes=60 + self.number(),
            mode="online",
            trainer="Example Trainer",
            funding="fully_funded",
            by_name="Example Adviser",
        )
        chosen = self.random.sample(self.employers, 3)
        rows = [
            {
                "reference": new_reference(),
                "delivery_id": delivery,
                "employer_id": employer,
                "case_id": self.some_case(),
                "attended": 1 + self.number(),
                "sector": self.random.choice(SECTORS),
                "size_tier": self.random.choice(SIZES),
            }
            for employer in chosen
        ]
        table = caseload.Attendance.__table__
        current_session().execute(insert(table).values(rows))

    def follow_up(self) -> None:
        """A follow-up is planned, done, undone, answered; an answer goes away."""
        found = self.some(caseload.FollowUp)
        chance = self.random.random()
        if found is None or chance < 0.3:
            case = self.some_case()
            taken = {
                row[0]
                for row in current_session().execute(
                    caseload.FollowUp.__table__.select()
                    .with_only_columns(caseload.FollowUp.months)
                    .where(caseload.FollowUp.case_id == case)
                )
            }
            months = self.random.choice([3, 6, 12])
            if months not in taken:
                self.add(caseload.FollowUp, case_id=case, months=months, due_on=self.day())
        elif chance < 0.6:
            done = self.coin()
            self.change(
                caseload.FollowUp,
                found,
                state="done" if done else "planned",
                done_on=self.day() if done else None,
            )
        elif chance < 0.9:
            self.add(
                caseload.FollowUpAnswer,
                follow_up_id=found,
                item=new_reference(),
                title="Example practice",
                answer=self.random.choice(ANSWERS),
            )
        else:
            table = caseload.FollowUpAnswer.__table__
            key = self.some(caseload.FollowUpAnswer)
            current_session().execute(table.delete().where(table.c.id == key))

    def outcome(self) -> None:
        """A record of outcomes with some questions answered; an earlier one is replaced."""
        if self.random.random() < 0.3:
            self.change(
                caseload.OutcomeRecord, self.some(caseload.OutcomeRecord), replaced_at=self.at()
            )
            return
        answers = {
            question.key: self.random.choice(list(question.options))
            if question.options
            else self.number()
            for question in load_outcomes().questions
            if self.coin()
        }
        self.add(
            caseload.OutcomeRecord,
            case_id=self.some_case(),
            phase=self.random.choice(["baseline", "follow_up"]),
            true_on=self.day(),
            answers=answers,
            quality_roles=self.random.randrange(4),
            by_name="Example Adviser",
        )

    def output(self) -> None:
        """An output of a session, or it is withdrawn."""
        if self.random.random() < 0.4:
            withdrawn = self.coin()
            self.change(
                Output,
                self.some(Output),
                withdrawn_at=self.at() if withdrawn else None,
                withdrawn_reason="Example" if withdrawn else None,
                occurred_on=self.day(),
            )
            return
        hard = self.coin()
        delivery = self.add(
            caseload.Delivery,
            organisation_id=self.organisations[0],
            kind="workshop",
            design="bespoke",
            title="Example session",
            delivered_on=self.day(),
            minutes=60,
            mode="online",
            trainer="Example Trainer",
            funding="fully_funded",
            by_name="Example Adviser",
        )
        self.add(
            Output,
            programme="pilot",
            contract_id=self.contract,
            organisation_id=self.random.choice(self.organisations),
            output_type="workshop",
            employer_id=self.random.choice(self.employers),
            case_id=self.some_case(),
            delivery_id=delivery,
            occurred_on=self.day(),
            employer_name="Example Employer",
            sector=self.random.choice(SECTORS[:3]),
            district=self.random.choice(DISTRICTS),
            size_tier=self.random.choice(SIZES),
            hard_to_reach=hard,
            facts={},
            card_id=self.card,
            base_pence=self.number() * 100,
            bonus_pence=self.number() * 100 if hard else 0,
            explanation="Example",
        )

    def member(self) -> None:
        """An employer joins the network once."""
        employer = self.random.choice(self.employers)
        table = network.NetworkMember.__table__
        there = (
            current_session().execute(table.select().where(table.c.employer_id == employer)).first()
        )
        if there is None:
            self.add(
                network.NetworkMember,
                employer_id=employer,
                joined_at=self.at(),
                shown=[],
                link_code=new_reference(),
            )
        else:
            self.change(network.NetworkMember, there.id, joined_at=self.at())

    def registration(self) -> None:
        """Somebody registers for an event; comes, or did not come after all."""
        if self.random.random() < 0.5:
            self.change(
                network.EventRegistration,
                self.some(network.EventRegistration),
                attended_at=self.at() if self.coin() else None,
                event_id=self.random.choice(self.events),
            )
            return
        self.add(
            network.EventRegistration,
            event_id=self.random.choice(self.events),
            employer_id=self.random.choice([None, *self.employers]),
            name="Example Person",
            email=f"{new_reference().lower()}@business.example",
            answers={},
            token_hash=token_hash(new_token()),
        )

    def event(self) -> None:
        """An event moves to another day."""
        starts = self.at()
        self.change(
            network.Event,
            self.random.choice(self.events),
            starts_at=starts,
            ends_at=starts + timedelta(hours=2),
            closes_at=starts,
        )

    def response(self) -> None:
        """A diagnostic is completed, or moves to another employer."""
        if self.random.random() < 0.3:
            self.change(
                Response,
                self.some(Response),
                employer_id=self.random.choice([None, *self.employers]),
            )
            return
        done = self.coin()
        self.add(
            Response,
            reference=new_reference(),
            questionnaire_key="part-time-talent",
            questionnaire_version=1,
            kind=self.random.choice(["first", "correction", "retake"]),
            employer_id=self.random.choice([None, *self.employers]),
            sector=self.random.choice(SECTORS),
            size_tier=self.random.choice(SIZES),
            district=self.random.choice([None, *DISTRICTS]),
            status="completed" if done else "in_progress",
            completed_at=self.at() if done else None,
            answers={},
            result={"x": 1} if done else None,
        )

    def action(self) -> None:
        """An action of a plan changes its state."""
        table = PlanAction.__table__
        keys = [
            row[0]
            for row in current_session().execute(table.select().with_only_columns(table.c.id))
        ]
        status = self.random.choice(["not_started", "in_progress", "done", "embedded", "withdrawn"])
        self.change(
            PlanAction,
            self.random.choice(keys),
            status=status,
            withdrawn_reason="Example" if status == "withdrawn" else None,
        )

    def reach(self) -> None:
        """A reader of the library is counted."""
        if self.random.random() < 0.5 and self.rows.get("reach_counts"):
            table = ReachCount.__table__
            current_session().execute(
                update(table)
                .where(table.c.id == self.some(ReachCount))
                .values(count=table.c.count + 1)
            )
            return
        self.add(
            ReachCount,
            day=self.day(),
            kind=self.random.choice(["view", "download"]),
            resource_id=self.random.randrange(1, 10**6),
            number=1,
            campaign_id=self.random.choice([0, 7]),
            count=1,
            reader_sector=self.random.choice(["", *SECTORS]),
        )


# How often each kind of write is chosen.
_WRITES = {
    "employer": 2, "case": 1, "case_moves": 2, "merge": 1, "referral": 2, "interaction": 3,
    "consultation": 2, "session": 3, "milestone": 2, "delivery": 3, "follow_up": 5, "outcome": 3,
    "output": 3, "member": 1, "registration": 3, "event": 1, "response": 2, "action": 1, "reach": 2,
}  # fmt: skip
