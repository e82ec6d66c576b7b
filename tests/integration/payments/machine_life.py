"""One life of claims: what people do, in any order, and what must hold after each step.

The service does what the model expects (tests/support/claim_model.py), and after every step the
balances are the model's, nothing is held or paid twice, no cap is passed, and the ledger proves
itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from flask import Flask, g
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from portal.db import current_session, unit_of_work
from portal.kernel.clock import freeze, today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.payments.models import Contract, Output
from portal.payments.queries import claims as claiming
from portal.payments.queries import ledger as reading
from portal.payments.queries import paying as schedules
from portal.payments.queries.contracts import terms_of
from portal.payments.service import (
    claims,
    claims_lines,
    contracts,
    outputs,
    paying,
    reviewing,
    variations,
)
from tests.factories.payments import PROGRAMME, make_confirmed_delivery, make_hard_to_reach
from tests.support import claims_world as world
from tests.support.claim_model import HOLDING, Line, Model, Story, Work
from tests.support.claims_world import Desk

NOW = datetime(2026, 12, 5, 12, tzinfo=UTC)
# The last of them is not over yet.
MONTHS = (date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1))
BUDGET = 400_000
CAPS = {"engagement": 250_000}
LEAST_WORK, MOST_WORK = 4, 14

# Mostly what may be done, sometimes what may not: shrinks towards what may.
wild = st.sampled_from([False, False, False, True])
pick = st.integers(0, 20)


@dataclass(frozen=True)
class Cast:
    """The desk, and an officer who has a post at the provider too."""

    desk: Desk
    moonlighter: Author

    @property
    def clean(self) -> tuple[Author, ...]:
        """Who had no hand in anything."""
        return (*self.desk.officers, *self.desk.payers)

    @property
    def everybody(self) -> tuple[Author, ...]:
        """Those who had, and those."""
        return (self.moonlighter, self.desk.adviser, self.desk.manager, *self.clean)


class Life(RuleBasedStateMachine):
    """Every step is one action of one person, in one unit of work."""

    app: ClassVar[Flask]
    cast: ClassVar[Cast]

    def __init__(self) -> None:
        super().__init__()
        self.desk = self.cast.desk
        self.model = Model(BUDGET, dict(CAPS), date(2026, 9, 1))
        self.stack = ExitStack()
        self.stack.enter_context(freeze(NOW))
        # What this life writes is taken back at its end; the people stay for the next.
        connection = self.app.extensions["portal_db"].sessions.kw["bind"]
        self.stack.callback(connection.begin_nested().rollback)
        self.stack.callback(self.leave)

    def leave(self) -> None:
        current_session().close()
        g.pop("portal_session", None)

    def teardown(self) -> None:
        self.stack.close()

    # What is chosen from

    def choose(self, eligible: list[Any], everything: list[Any], number: int, any_: bool) -> Any:
        chosen = everything if any_ or not eligible else eligible
        return chosen[number % len(chosen)]

    def person(self, number: int, any_: bool) -> tuple[Author, bool]:
        chosen = self.choose(list(self.cast.clean), list(self.cast.everybody), number, any_)
        return chosen, chosen in self.cast.clean

    def line(self, states: tuple[str, ...], number: int, any_: bool) -> Line:
        found: Line = self.choose(
            self.model.lines_in(*states), list(self.model.lines.values()), number, any_
        )
        return found

    def story(self, states: tuple[str, ...], number: int, any_: bool) -> Story:
        every = list(self.model.claims.values())
        found: Story = self.choose(
            [one for one in every if one.state in states], every, number, any_
        )
        return found

    def standing(self) -> list[Work]:
        return [work for work in self.model.works.values() if not work.withdrawn]

    def has(self, *states: str) -> bool:
        return bool(self.model.lines_in(*states))

    def do(self, action: Callable[[], Any], *, expected: bool) -> Any:
        """Run one action; it must be let through or refused as the model expects."""
        with unit_of_work():
            result = action()
        assert isinstance(result, Ok | Err), result
        assert isinstance(result, Ok) == expected, result
        return result.value if isinstance(result, Ok) else None

    # Work

    @initialize(days=st.lists(st.integers(0, 29), min_size=3, max_size=5), stage=st.integers(0, 6))
    def begin(self, days: list[int], stage: int) -> None:
        """A September's work, and its claim as far along as the stage says."""
        for day in days:
            self.confirm(day, day % 3 == 0, day % 3 == 1)
        self.build(0)
        for step in (
            lambda: self.submit(0, False, False),
            lambda: self.decide("queried", False, 0, 0, False, False),
            lambda: self.decide("approved", True, 0, 0, False, False),
            lambda: self.remove_line(0, False),
            lambda: self.make_run(0, False),
            lambda: self.mark_paid(0, 0, False),
        )[:stage]:
            step()

    @precondition(lambda self: len(self.model.works) < MOST_WORK)
    @rule(day=st.integers(0, 60), workshop=st.booleans(), hard=st.booleans())
    def confirm(self, day: int, workshop: bool, hard: bool) -> None:
        when = date.fromordinal(MONTHS[0].toordinal() + day)
        with unit_of_work():
            provider = world.provider_of(self.desk)
            if workshop:
                made = make_confirmed_delivery(provider, delivered_on=when)
                arisen = outputs.arise_for_delivery(made.id, self.desk.adviser)
                assert isinstance(arisen, Ok), arisen
                output = arisen.value
            else:
                employer = make_hard_to_reach(on=date(2026, 8, 1)) if hard else None
                key = world.add_work(self.desk, when, employer=employer)[0]
                output = current_session().get_one(Output, key)
            # Their order decides what fits; by lot, the same life would not go the same way twice.
            output.reference = f"{len(self.model.works):010}"
            self.model.works[output.id] = Work(
                output.id,
                "workshop" if workshop else "engagement",
                35_000 if workshop else 60_000 + 15_000 * hard,
                when,
                output.reference,
            )

    @precondition(lambda self: len(self.standing()) > LEAST_WORK)
    @rule(number=pick, any_=wild)
    def withdraw_work(self, number: int, any_: bool) -> None:
        standing = self.standing()
        free = [work for work in standing if self.model.is_free(work)]
        work = self.choose(free, standing, number, any_)
        self.do(
            lambda: outputs.withdraw(
                output=current_session().get_one(Output, work.key),
                reason="Wrong employer",
                by=self.desk.adviser,
            ),
            expected=self.model.may_go(work),
        )
        work.withdrawn = self.model.may_go(work)

    # The provider

    @precondition(lambda self: any(self.model.fitting(month) for month in MONTHS))
    @rule(after=st.sampled_from([0, 0, 0, 1, 1, 2, 3, -1]))
    def build(self, after: int) -> None:
        """A draft of the first open month, or of one before or after it."""
        period = MONTHS[(MONTHS.index(self.model.open_from) + after) % len(MONTHS)]
        fitting = self.model.fitting(period)
        draft = self.model.draft_of(period)
        built = self.do(
            lambda: claims.build(
                contract_id=self.desk.contract, period=period, by=self.desk.manager
            ),
            expected=period != MONTHS[-1]
            and period >= self.model.open_from
            and (draft is not None or bool(fitting)),
        )
        if built is None:
            return
        reference = built.claim.reference
        assert draft is None or reference == draft.reference
        assert built.added == len(fitting)
        self.model.claims.setdefault(reference, Story(reference, period))
        before = {line.work for line in self.model.lines_in("draft", claim=reference)}
        rows = {output.id: line for line, output in claiming.live_lines(built.claim.id)}
        assert rows.keys() == before | set(fitting)
        for key in fitting:
            worth = self.model.works[key].pence
            assert rows[key].pence == worth
            self.model.lines[rows[key].id] = Line(rows[key].id, key, reference, worth)

    @precondition(lambda self: self.has("draft", "queried"))
    @rule(number=pick, any_=wild)
    def remove_line(self, number: int, any_: bool) -> None:
        line = self.line(("draft", "queried"), number, any_)
        was = line.state
        done = self.do(
            lambda: claims.remove_line(
                reference=line.claim, line_id=line.key, reason="Not ours", by=self.desk.manager
            ),
            expected=was in {"draft", "queried"},
        )
        if done is not None:
            line.state = "removed"
            if was == "queried":
                self.model.settle(line.claim, removed=True)

    @precondition(lambda self: self.taken_out())
    @rule(number=pick, any_=wild)
    def put_back(self, number: int, any_: bool) -> None:
        line = self.choose(self.taken_out(), list(self.model.lines.values()), number, any_)
        done = self.do(
            lambda: claims_lines.put_back(
                reference=line.claim, line_id=line.key, by=self.desk.manager
            ),
            expected=line.state == "removed"
            and self.model.claims[line.claim].state == "draft"
            and self.model.goes_back(line),
        )
        if done is not None:
            line.state = "draft"

    def taken_out(self) -> list[Line]:
        return [
            line
            for line in self.model.lines_in("removed")
            if self.model.claims[line.claim].state == "draft"
        ]

    @precondition(lambda self: self.has("draft"))
    @rule(number=pick, any_=wild, stale=wild)
    def submit(self, number: int, any_: bool, stale: bool) -> None:
        story = self.story(("draft",), number, any_)
        lines = self.model.lines_in("draft", claim=story.reference)
        expected = (
            story.state == "draft"
            and bool(lines)
            and not stale
            and self.model.all_fit(story.reference)
        )
        revision = world.revision_of(story.reference) - stale
        done = self.do(
            lambda: claims.submit(
                reference=story.reference, revision=revision, by=self.desk.manager
            ),
            expected=expected,
        )
        if done is not None:
            story.state = "submitted"
            for line in lines:
                line.state = "submitted"

    @precondition(lambda self: self.has("queried"))
    @rule(number=pick, any_=wild)
    def answer(self, number: int, any_: bool) -> None:
        line = self.line(("queried",), number, any_)
        done = self.do(
            lambda: claims.answer_query(
                reference=line.claim, line_id=line.key, words="The owner", by=self.desk.manager
            ),
            expected=line.state == "queried",
        )
        if done is not None:
            line.state = "submitted"
            story = self.model.claims[line.claim]
            if story.state == "queried" and not self.model.lines_in("queried", claim=line.claim):
                story.state = "submitted"

    @precondition(lambda self: len(self.model.lines_in("draft")) > 1)
    @rule(number=pick, any_=wild)
    def withdraw_draft(self, number: int, any_: bool) -> None:
        story = self.story(("draft",), number, any_)
        done = self.do(
            lambda: claims.withdraw_draft(reference=story.reference, by=self.desk.manager),
            expected=story.state == "draft",
        )
        if done is not None:
            self.put_away(story)

    def put_away(self, story: Story) -> None:
        story.state = "withdrawn"
        for line in self.model.lines_in("draft", claim=story.reference):
            line.state = "removed"

    # The LEP

    @precondition(lambda self: self.has("submitted"))
    @rule(whole=st.booleans(), number=pick, who=pick, any_=wild, anybody=wild)
    def approve(self, whole: bool, number: int, who: int, any_: bool, anybody: bool) -> None:
        self.decide("approved", whole, number, who, any_, anybody)

    @precondition(lambda self: self.has("submitted", "queried"))
    @rule(whole=st.booleans(), number=pick, who=pick, any_=wild, anybody=wild)
    def reject(self, whole: bool, number: int, who: int, any_: bool, anybody: bool) -> None:
        self.decide("rejected", whole, number, who, any_, anybody)

    @precondition(lambda self: self.has("submitted"))
    @rule(whole=st.booleans(), number=pick, who=pick, any_=wild, anybody=wild)
    def query(self, whole: bool, number: int, who: int, any_: bool, anybody: bool) -> None:
        self.decide("queried", whole, number, who, any_, anybody)

    def decide(
        self, what: str, whole: bool, number: int, who: int, any_: bool, anybody: bool
    ) -> None:
        eligible = ("submitted", "queried") if what == "rejected" else ("submitted",)
        one = self.line(eligible, number, any_)
        lines = self.model.lines_in("submitted", claim=one.claim) if whole else [one]
        lines = lines or [one]
        by, clean = self.person(who, anybody)
        story = self.model.claims[one.claim]
        moves = {"submitted": {"approved", "rejected", "queried"}, "queried": {"rejected"}}
        expected = (
            clean
            and story.state in {"submitted", "queried"}
            and all(what in moves.get(line.state, ()) for line in lines)
        )
        common: dict[str, Any] = {
            "reference": one.claim,
            "line_ids": [line.key for line in lines],
            "by": by,
        }
        actions = {
            "approved": lambda: reviewing.approve(**common),
            "rejected": lambda: reviewing.reject(reason="Not in the area", **common),
            "queried": lambda: reviewing.query(words="Who was there?", **common),
        }
        if self.do(actions[what], expected=expected) is not None:
            for line in lines:
                line.state = what
            self.model.settle(one.claim)

    def owed(self) -> list[Story]:
        return [
            story
            for story in self.model.claims.values()
            if story.state in {"approved", "part_approved"} and story.payment is None
        ]

    @precondition(lambda self: self.owed())
    @rule(who=pick, anybody=wild)
    def make_run(self, who: int, anybody: bool) -> None:
        by, clean = self.person(who, anybody)
        owed = self.owed()
        if not owed:
            return
        run = self.do(
            lambda: paying.make_run(programme=PROGRAMME, references=None, by=by),
            expected=clean and bool(owed),
        )
        if run is None:
            return
        payments = {one.claim_reference: one for one in schedules.payments_of(run.id)}
        assert payments.keys() == {story.reference for story in owed}
        for story in owed:
            lines = self.model.lines_in("approved", claim=story.reference)
            assert payments[story.reference].pence == sum(line.pence for line in lines)
            story.payment = payments[story.reference].reference
        assert run.total_pence == sum(one.pence for one in payments.values())

    def scheduled(self) -> list[Story]:
        return [story for story in self.model.claims.values() if story.payment]

    @precondition(lambda self: any(story.state != "paid" for story in self.scheduled()))
    @rule(number=pick, who=pick, again=wild)
    def mark_paid(self, number: int, who: int, again: bool) -> None:
        every = self.scheduled()
        if not every:
            return
        story = self.choose([one for one in every if one.state != "paid"], every, number, again)
        done = self.do(
            lambda: paying.mark_paid(
                reference=story.payment,
                paid_on=today(),
                bank_reference="BACS 1",
                by=self.person(who, False)[0],
            ),
            expected=story.state != "paid",
        )
        if done is not None:
            story.state = "paid"
            for line in self.model.lines_in("approved", claim=story.reference):
                line.paid = True

    @precondition(lambda self: any(line.paid for line in self.model.lines.values()))
    @rule(number=pick, back=st.booleans(), part=st.integers(0, 5), who=pick, anybody=wild)
    def correct(self, number: int, back: bool, part: int, who: int, anybody: bool) -> None:
        every = list(self.model.lines.values())
        line = self.choose([one for one in every if one.paid], every, number, anybody)
        by, clean = self.person(who, anybody)
        # A fifth of it five times is all of it; nothing, and more than all, are refused.
        pence = line.pence * part // 4
        kind = self.model.works[line.work].kind
        room = self.model.caps.get(kind, 10**9) - self.model.spent(kind)
        most = min(line.recovered, room) if back else line.pence - line.recovered
        if back and self.model.works[line.work].withdrawn:
            most = 0
        act = paying.give_back if back else paying.recover
        done = self.do(
            lambda: act(line_id=line.key, pence=pence, reason="On review", by=by),
            expected=clean and line.paid and 0 < pence <= most,
        )
        if done is not None:
            line.recovered += -pence if back else pence
            assert done == line.pence - line.recovered

    # The contract

    @precondition(lambda self: self.has("approved"))
    @rule(total=st.integers(5, 60), cap=st.integers(3, 40))
    def vary(self, total: int, cap: int) -> None:
        """The total and the cap for engagements, in hundreds of pounds, up or down."""
        new_total, new_cap = total * 10_000, cap * 10_000
        contract = current_session().get_one(Contract, self.desk.contract)
        terms = replace(terms_of(contract), total_cap=new_total, caps={"engagement": new_cap})
        model = self.model
        changed = (new_total, new_cap) != (model.allocated, model.caps["engagement"])
        expected = (
            changed
            and new_cap <= new_total
            and new_total >= model.allocated - model.budget
            and new_cap >= model.spent("engagement")
        )
        with unit_of_work():
            done = variations.propose(
                reference=contract.reference,
                revision=contract.revision,
                terms=terms,
                effective_on=today(),
                reason="Agreed with the board",
                by=self.desk.payers[0],
            )
        assert isinstance(done, Ok) == expected, done
        if isinstance(done, Ok):
            with unit_of_work():
                held = variations.confirm(proposal=done.value.reference, by=self.desk.payers[1])
            assert isinstance(held, Ok), held
        if expected:
            model.allocated, model.caps["engagement"] = new_total, new_cap

    @precondition(lambda self: self.model.open_from < MONTHS[-2] and len(self.model.claims) > 1)
    @rule(skip=wild)
    def close_month(self, skip: bool) -> None:
        at = MONTHS.index(self.model.open_from)
        month = MONTHS[at + skip]
        reference = current_session().get_one(Contract, self.desk.contract).reference
        done = self.do(
            lambda: contracts.close_period(
                reference=reference, month=month, by=self.desk.payers[0]
            ),
            expected=not skip,
        )
        if done is not None:
            self.model.open_from = MONTHS[at + 1]
            for story in self.model.claims.values():
                if story.state == "draft" and story.period < self.model.open_from:
                    self.put_away(story)

    # What always holds

    @invariant()
    def money_is_the_models(self) -> None:
        standing = reading.standing(self.desk.contract)
        assert (
            standing.budget,
            standing.committed,
            standing.payable,
            standing.paid,
            standing.recovered,
        ) == self.model.balances()
        assert standing.allocated == self.model.allocated
        assert min(self.model.balances()) >= 0

    @invariant()
    def states_are_the_models(self) -> None:
        for story in self.model.claims.values():
            claim = world.claim_of(story.reference)
            assert claim.state == story.state, (claim.state, story)
            for row in claiming.lines_to_change(claim.id):
                assert row.state == self.model.lines[row.id].state

    @invariant()
    def nothing_stands_twice_or_above_its_cap(self) -> None:
        held = [line.work for line in self.model.lines_in(*HOLDING)]
        assert len(held) == len(set(held))
        for kind, cap in self.model.caps.items():
            assert self.model.spent(kind) <= cap
        for line in self.model.lines.values():
            paid, recovered, out = schedules.money_of_line(line.key)
            assert (paid is not None) == line.paid
            assert recovered == line.recovered
            assert 0 <= out <= line.pence

    @invariant()
    def the_ledger_proves_itself(self) -> None:
        world.assert_true()
