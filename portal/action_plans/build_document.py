"""A plan, the result it rests on and its business case, copied into a `PlanDocument`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from portal.action_plans.document import (
    Action,
    CaseSummary,
    Change,
    Comparison,
    Dimension,
    Goal,
    Link,
    PlanDocument,
    Point,
    Questionnaire,
    QuickWin,
    Signature,
    Source,
)
from portal.action_plans.rules.plan import ActionStatus, Step, quick_wins


class ActionLike(Protocol):
    """An action, from the database or straight from a result."""

    @property
    def step(self) -> Step: ...  # noqa: D102 - the protocol only names what is used
    @property
    def recommendation_key(self) -> str | None: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def why(self) -> str: ...  # noqa: D102
    @property
    def first_step(self) -> str: ...  # noqa: D102
    @property
    def owner_name(self) -> str: ...  # noqa: D102
    @property
    def evidence(self) -> str: ...  # noqa: D102
    @property
    def link_title(self) -> str: ...  # noqa: D102
    @property
    def link_url(self) -> str: ...  # noqa: D102
    @property
    def because(self) -> Sequence[Mapping[str, str]]: ...  # noqa: D102


_LONGEST_FLAG = 80
_RESTS_ON = (
    "This plan rests on what the employer told us in the diagnostic, on the date given. "
    "It is not legal advice."
)


@dataclass(frozen=True, slots=True)
class GoalPart:
    """A goal with the actions to print, withdrawn ones left out."""

    title: str
    benefit: str
    actions: Sequence[ActionLike]


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands on the cover: whose plan, which version, by whom and on which London day."""

    employer_name: str
    reference: str
    version: int
    prepared_on: date
    prepared_by: str
    signatures: tuple[Signature, ...] = ()
    signed_off: bool = False


def build_document(
    *,
    heading: Heading,
    result: Mapping[str, Any],
    goals: Sequence[GoalPart],
    maturity_meaning: str = "",
    business_case: CaseSummary | None = None,
    comparison: Comparison | None = None,
    change: Change | None = None,
    withdrawn: int = 0,
) -> PlanDocument:
    """The document of one version. Equal arguments give equal documents.

    `result` is a completed response's frozen result; nothing is looked up or scored again.
    """
    overall = result.get("overall") or {}
    numbers = _numbers(goals)
    return PlanDocument(
        employer_name=heading.employer_name,
        reference=heading.reference,
        version=heading.version,
        prepared_on=heading.prepared_on,
        prepared_by=heading.prepared_by,
        signatures=heading.signatures,
        questionnaire=_questionnaire(result),
        overall=overall.get("score"),
        maturity=overall.get("maturity") or "",
        maturity_meaning=maturity_meaning,
        dimensions=tuple(_dimension(item) for item in result["dimensions"]),
        legal_flags=tuple(_flag(item, numbers) for item in result.get("flags", ())),
        strengths=tuple(_point(item) for item in result.get("strengths", ())),
        gaps=tuple(_point(item) for item in result.get("gaps", ())),
        quick_wins=_quick_wins(goals),
        goals=tuple(
            Goal(part.title, part.benefit, tuple(_action(item) for item in part.actions))
            for part in goals
            if part.actions
        ),
        business_case=business_case,
        sources=_sources(result, numbers),
        comparison=comparison,
        change=change,
        small_print=_small_print(result, withdrawn),
        signed_off=heading.signed_off,
    )


def _sources(result: Mapping[str, Any], numbers: Mapping[str, int]) -> tuple[Source, ...]:
    """What the printed actions rest on; sources of questions alone stand in the portal."""
    used = {
        key
        for item in result.get("recommendations", ())
        if item["key"] in numbers
        for key in item.get("sources", ())
    }
    return tuple(
        Source(item["title"], item["publisher"], item.get("year"), item.get("url") or "")
        for item in result.get("sources", ())
        if item["key"] in used
    )


def _questionnaire(result: Mapping[str, Any]) -> Questionnaire:
    about, dimensions = result["questionnaire"], result["dimensions"]
    day = result.get("completed_on")
    return Questionnaire(
        title=about["title"],
        version=about["version"],
        completed_on=date.fromisoformat(day) if day else None,
        answered=sum(item["answered"] for item in dimensions),
        asked=sum(item["asked"] for item in dimensions),
    )


def _dimension(item: Mapping[str, Any]) -> Dimension:
    return Dimension(
        key=item["key"],
        title=item["title"],
        short=item["short"],
        score=item["score"],
        answered=item["answered"],
        asked=item["asked"],
        maturity=item.get("maturity") or "",
    )


def _numbers(goals: Iterable[GoalPart]) -> dict[str, int]:
    """The printed number of each action that came from a recommendation."""
    actions = [item for part in goals for item in part.actions]
    return {
        item.recommendation_key: number
        for number, item in enumerate(actions, 1)
        if item.recommendation_key
    }


def _flag(item: Mapping[str, Any], numbers: Mapping[str, int]) -> Point:
    found = sorted(numbers[key] for key in item.get("recommendations", ()) if key in numbers)
    if not found:
        after = "No action in this plan puts this right yet."
    elif len(found) == 1:
        after = f"Action {found[0]} puts this right."
    else:
        after = f"Actions {', '.join(map(str, found[:-1]))} and {found[-1]} put this right."
    # A whole table of answers would crowd the summary: the actions say what is wrong in it.
    answer = item["answer"]
    said = (
        f"You answered: {_sentence(answer)}"
        if len(answer) <= _LONGEST_FLAG
        else "Some answers are below the legal minimum."
    )
    return Point(item["text"], f"{said} {after}")


def _point(item: Mapping[str, Any]) -> Point:
    said = f"{item['score']} out of 100."
    answer = item.get("answer")
    return Point(item["title"], f"You answered: {_sentence(answer)} {said}" if answer else said)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _action(item: ActionLike) -> Action:
    step = item.step
    return Action(
        title=item.title,
        # A recommendation's reasons begin with what was answered: saying it twice costs a page.
        because="" if item.why else _because(item.because),
        why=item.why,
        first_step=item.first_step,
        owner=item.owner_name,
        due=step.due,
        status=step.status.label,
        effort=step.effort,
        impact=step.impact,
        evidence=item.evidence,
        link=Link(item.link_title or item.link_url, item.link_url) if item.link_url else None,
        legal=step.legal,
    )


def _because(answers: Sequence[Mapping[str, str]]) -> str:
    """The answers behind an action, in the words the employer saw."""
    return " ".join(
        f"{_sentence(item['text'])} You answered: {_sentence(item['answer'])}"
        for item in answers
        if item.get("answer")
    )


def _quick_wins(goals: Sequence[GoalPart]) -> tuple[QuickWin, ...]:
    actions = {item.step.key: item for part in goals for item in part.actions}
    return tuple(
        QuickWin(
            actions[step.key].title,
            actions[step.key].first_step,
            actions[step.key].owner_name,
            step.due,
        )
        for step in quick_wins(item.step for item in actions.values())
    )


def _small_print(result: Mapping[str, Any], withdrawn: int) -> tuple[str, ...]:
    lines = [_RESTS_ON]
    if withdrawn:
        actions = "action was" if withdrawn == 1 else "actions were"
        lines.append(
            f"{withdrawn} {actions} withdrawn. They are kept in the portal with the reason."
        )
    if result.get("overall") is None:
        lines.append("No overall score: too few questions that count were answered.")
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class SuggestedAction:
    """A recommendation of a result as an action that nobody has taken up yet."""

    item: Mapping[str, Any]
    due: date | None

    @property
    def step(self) -> Step:
        """As the rules rank it."""
        return Step(
            self.item["key"],
            ActionStatus.NOT_STARTED,
            self.due,
            self.item["effort"],
            self.item["impact"],
            legal=bool(self.item.get("legal")),
        )

    @property
    def recommendation_key(self) -> str | None:
        """The recommendation's own key."""
        return str(self.item["key"])

    @property
    def title(self) -> str:
        """What to do."""
        return str(self.item["title"])

    @property
    def why(self) -> str:
        """Why it matters."""
        return str(self.item["why"])

    @property
    def first_step(self) -> str:
        """What can be done tomorrow."""
        return str(self.item["first_step"])

    @property
    def owner_name(self) -> str:
        """Who it is usually for."""
        return str(self.item.get("who", ""))

    @property
    def evidence(self) -> str:
        """What shows that it is done."""
        return str(self.item.get("evidence", ""))

    @property
    def link_title(self) -> str:
        """The linked resource's name."""
        return str((self.item.get("link") or {}).get("title", ""))

    @property
    def link_url(self) -> str:
        """The linked resource's address."""
        return str((self.item.get("link") or {}).get("url", ""))

    @property
    def because(self) -> Sequence[Mapping[str, str]]:
        """The answers behind it."""
        return tuple(self.item.get("because", ()))
