"""What an answer at a follow-up does to an action of the plan."""

from __future__ import annotations

import itertools

import pytest

from portal.action_plans.practice import steps
from portal.action_plans.rules.plan import ACTION_TRANSITIONS, ActionStatus

ANSWERS = ("embedded", "under_way", "not_started", "stopped")
LIVE = [status for status in ActionStatus if status is not ActionStatus.WITHDRAWN]


@pytest.mark.parametrize(("status", "answer"), list(itertools.product(LIVE, ANSWERS)))
def test_an_answer_takes_only_steps_that_a_plan_allows(status: ActionStatus, answer: str) -> None:
    at = status
    for target in steps(status, answer):
        assert target in ACTION_TRANSITIONS[at]
        at = target
    if answer == "embedded":
        assert at is ActionStatus.EMBEDDED
    elif status.is_done or answer == "under_way":
        # What was done is never "not started" again.
        assert at is ActionStatus.IN_PROGRESS
    elif answer == "not_started":
        assert at is ActionStatus.NOT_STARTED
    else:
        assert at is status


def test_an_answer_that_says_nothing_is_a_fault() -> None:
    with pytest.raises(KeyError):
        steps(ActionStatus.DONE, "not_asked")
