"""Employers with plans for tests: a completed diagnostic, and a plan made by the services."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from portal.accounts.models import User
from portal.action_plans import queries, service
from portal.action_plans.queries import ActionFacts, PlanFacts
from portal.action_plans.service import ActionInput
from portal.db import unit_of_work
from portal.diagnostics.queries import ResponseFacts
from portal.kernel.people import Author
from portal.kernel.result import Ok
from tests.factories.accounts import make_user
from tests.factories.diagnostics import make_response
from tests.factories.employers import make_employer, make_membership


@dataclass
class Party:
    """An employer, its owner, and the diagnostic it completed."""

    employer: str
    employer_id: int
    owner: User
    owner_id: int
    response: ResponseFacts

    @property
    def author(self) -> Author:
        return Author(self.owner_id, "Example Owner", "owner@example.org")

    @property
    def recommendations(self) -> list[Mapping[str, Any]]:
        assert self.response.result is not None
        return list(self.response.result["recommendations"])


def make_party(
    *, name: str = "Example Bakers Ltd", worst: bool = True, fixed: Mapping[str, Any] | None = None
) -> Party:
    """An employer whose completed diagnostic calls for many actions."""
    with unit_of_work():
        owner = make_user(name="Example Owner")
        employer = make_employer(owner_id=owner.id, name=name)
        reference, number, owner_id = employer.reference, employer.id, owner.id
    response = make_response(employer=reference, worst=worst, fixed=fixed)
    return Party(reference, number, owner, owner_id, response)


def make_member(party: Party, *, role: str = "member", name: str = "Example Colleague") -> User:
    """Another person of the employer."""
    with unit_of_work():
        user = make_user(name=name)
        make_membership(employer_id=party.employer_id, user_id=user.id, role=role)
    return user


def make_plan(party: Party, *, chosen: Collection[str] | None = None, count: int = 5) -> PlanFacts:
    """A plan with the first few recommendations, legal ones among them."""
    keys = chosen if chosen is not None else [item["key"] for item in party.recommendations[:count]]
    with unit_of_work():
        done = service.start_plan(
            employer=party.employer,
            response=party.response.reference,
            chosen=keys,
            by=party.author,
        )
    assert isinstance(done, Ok), done
    plan = queries.active_plan(party.employer)
    assert plan is not None
    return plan


def add_actions(party: Party, count: int) -> None:
    """So many actions of the employer's own, in the first goal."""
    plan = queries.active_plan(party.employer)
    assert plan is not None
    goal = queries.goal_choices(plan.id)[0][0]
    for number in range(count):
        with unit_of_work():
            done = service.add_action(
                employer=party.employer,
                values=ActionInput(title=f"Own action {number + 1}", goal_id=goal),
                by=party.author,
            )
        assert isinstance(done, Ok), done


def actions_of(party: Party) -> list[ActionFacts]:
    """The plan's actions as they stand."""
    plan = queries.active_plan(party.employer)
    assert plan is not None
    return [action for goal in queries.goals_with_actions(plan.id) for action in goal.actions]
