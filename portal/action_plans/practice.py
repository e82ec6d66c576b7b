"""The plan's actions as the practices that a follow-up asks about, and what an answer changes.

An answer moves an action only along the steps that a plan allows, so what was done never becomes
"not started": it goes back to "in progress". Every answer leaves a note in the action's history,
whether or not it moved the action.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.action_plans import queries
from portal.action_plans.rules.plan import ActionStatus
from portal.action_plans.service.common import note, record, touch
from portal.caseload.panels import PracticeAnswer, PracticeItem
from portal.kernel.people import Author

_DONE = frozenset({ActionStatus.DONE, ActionStatus.EMBEDDED})
_WORDS: Mapping[str, str] = {
    "embedded": "still how we work",
    "under_way": "under way",
    "not_started": "not started",
    "stopped": "stopped",
}


def steps(status: ActionStatus, answer: str) -> tuple[ActionStatus, ...]:
    """The statuses an action passes through because of an answer; none when it stays.

    Raises:
        KeyError: for an answer that says nothing about the action.
    """
    _WORDS[answer]
    if answer == "embedded":
        # Only what is done can prove to last.
        through = () if status in _DONE else (ActionStatus.DONE,)
        return () if status is ActionStatus.EMBEDDED else (*through, ActionStatus.EMBEDDED)
    if status in _DONE or (answer == "under_way" and status is ActionStatus.NOT_STARTED):
        return (ActionStatus.IN_PROGRESS,)
    if answer == "not_started" and status is ActionStatus.IN_PROGRESS:
        return (ActionStatus.NOT_STARTED,)
    return ()


class PlanPractice:
    """The live actions of an employer's active plan, in its order."""

    def items(self, employer_reference: str, *, change: bool = False) -> list[PracticeItem]:
        """Every action that was not withdrawn; none without an active plan."""
        if change and queries.plan_to_change(employer_reference) is None:
            return []
        plan = queries.active_plan(employer_reference)
        if plan is None:
            return []
        return [
            PracticeItem(action.reference, action.title, action.status.label)
            for goal in queries.goals_with_actions(plan.id)
            for action in goal.live
        ]

    def apply(
        self,
        employer_reference: str,
        answers: Mapping[str, PracticeAnswer],
        *,
        occasion: str,
        by: Author,
    ) -> None:
        """Move each action as far as its answer says, with a note that names the occasion."""
        plan = queries.plan_to_change(employer_reference)
        if plan is None:
            return
        for action in queries.actions_to_change(plan.id):
            given = answers.get(action.reference)
            status = ActionStatus(action.status)
            if given is None or status is ActionStatus.WITHDRAWN:
                continue
            text = f"{occasion}: {_WORDS[given.answer]}"
            text = f"{text}. {given.note}" if given.note else text
            path = steps(status, given.answer)
            for target in path:
                action.status = target.value
                note(action, by, old_status=status.value, new_status=target.value, text=text)
                record("action_moved", plan, action=action.reference, old=status, new=target)
                status = target
            if not path:
                note(action, by, text=text)
                record("action_noted", plan, action=action.reference)
            touch(plan)
