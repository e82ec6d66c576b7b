"""Only listed moves of an application succeed, whatever is tried in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import today
from portal.kernel.result import Err
from portal.network.models import AwardApplication, AwardRound
from portal.network.queries import award_applications as queries
from portal.network.queries import award_assessing, award_rounds
from portal.network.queries.award_applications import ApplicationFacts
from portal.network.rules.states import APPLICATION_MOVES
from portal.network.service import award_applications as service
from portal.network.service import award_assessing as assessing
from portal.network.service import award_deciding as deciding
from tests.factories.awards import (
    Applicant,
    World,
    begin,
    close,
    make_applicant,
    make_world,
    scored,
    write,
)

ENDED = ("awarded", "declined", "lapsed", "withdrawn")


class Moves(RuleBasedStateMachine):
    """Tries every step in any order, and holds what came of it to the table of moves."""

    world: ClassVar[World]
    applicants: ClassVar[list[Applicant]]

    @initialize()
    def start(self) -> None:
        """A fresh application in the round, which is opened again."""
        session = current_session()
        with unit_of_work():
            found = session.get_one(AwardRound, self.world.round.id)
            found.state, found.opens_on = "open", today() - timedelta(days=1)
            found.closes_on = today() + timedelta(days=5)
            for old in session.scalars(select(AwardApplication)).all():
                old.state = old.state if old.state in ENDED else "withdrawn"
            self.who = self.applicants.pop()
            self.reference = begin(self.world, self.who, tier="committed")

    def facts(self) -> ApplicationFacts:
        """The application as it stands."""
        found = queries.application(self.reference)
        assert found is not None
        return found

    def attempt(self, step: Callable[[], Any]) -> None:
        """Do a step; it moves the application on as listed, or is refused and changes nothing."""
        before = self.facts().state
        with unit_of_work():
            done = step()
        after = self.facts().state
        if after != before:
            assert after in APPLICATION_MOVES[before]
        if isinstance(done, Err) and after != before:
            # Only the round's own days may have moved it while something was refused.
            assert (before, after) == ("draft", "lapsed")

    @rule()
    def writes(self) -> None:
        """All sections, where it may be written."""
        facts = self.facts()
        if facts.state == "draft" and award_rounds.round_by_id(facts.round_id).is_open(today()):
            with unit_of_work():
                write(self.reference, self.who.author)

    @rule()
    def submits(self) -> None:
        """Send it."""
        self.attempt(lambda: service.submit(reference=self.reference, by=self.who.author))

    @rule()
    def takes_back(self) -> None:
        """Make it a draft again."""
        self.attempt(lambda: service.take_back(reference=self.reference, by=self.who.author))

    @rule()
    def withdraws(self) -> None:
        """Withdraw it."""
        self.attempt(lambda: service.withdraw(reference=self.reference, by=self.who.author))

    @rule()
    def begins_again(self) -> None:
        """Take up one that was withdrawn."""
        self.attempt(
            lambda: service.begin(
                employer=self.who.reference,
                round_reference=self.world.round.reference,
                tier="committed",
                by=self.who.author,
            )
        )

    @rule()
    def the_round_closes(self) -> None:
        """Drafts lapse, and nothing else moves."""
        before = self.facts().state
        with unit_of_work():
            close(self.world)
        after = self.facts().state
        assert after == before or (before, after) == ("draft", "lapsed")

    @rule()
    def is_given_out(self) -> None:
        """Give it to whoever may assess it."""
        self.attempt(
            lambda: assessing.assign_all(
                round_reference=self.world.round.reference, by=self.world.officer
            )
        )

    @rule()
    def an_assessor_finishes(self) -> None:
        """Whoever is next, the first far below the others; somebody without it, if nobody is."""
        waiting = [
            one.user_id
            for one in award_assessing.of_application(self.facts().id)
            if one.state == "assigned"
        ]
        who = waiting[0] if waiting else self.world.assessors[0].id
        author = next(one for one in self.world.authors if one.user_id == who)
        score = scored(1 if who == self.world.assessors[0].id else 4)
        self.attempt(lambda: assessing.finish(reference=self.reference, scored=score, by=author))

    @rule()
    def is_awarded(self) -> None:
        """Award it, with a reason in case the scores say less."""
        self.attempt(lambda: self.decide("committed"))

    @rule()
    def is_declined(self) -> None:
        """Decline it."""
        self.attempt(lambda: self.decide(None))

    def decide(self, tier: str | None) -> Any:
        """The manager's decision."""
        return deciding.decide(
            reference=self.reference,
            tier=tier,
            feedback="Good rotas.",
            reason="It is worth it to the whole town",
            by=self.world.manager,
        )


def test_only_listed_moves_succeed(session: PortalSession) -> None:
    Moves.world = make_world()
    Moves.applicants = [make_applicant() for _ in range(30)]
    run_state_machine_as_test(
        Moves,
        settings=settings(
            max_examples=12,
            stateful_step_count=18,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_whole_way_is_walked(session: PortalSession) -> None:
    """The machine's own steps lead to an award, so that it does not only meet refusals."""
    Moves.world = make_world()
    Moves.applicants = [make_applicant()]
    walk = Moves()
    seen = []
    for step in (
        walk.start,
        walk.writes,
        walk.submits,
        walk.the_round_closes,
        walk.is_given_out,
        walk.an_assessor_finishes,
        walk.an_assessor_finishes,
        walk.is_given_out,
        walk.an_assessor_finishes,
        walk.is_awarded,
    ):
        step()
        seen.append(walk.facts().state)
    assert [state for place, state in enumerate(seen) if seen[place - 1] != state] == [
        "draft",
        "submitted",
        "assessing",
        "moderation",
        "ready",
        "awarded",
    ]
