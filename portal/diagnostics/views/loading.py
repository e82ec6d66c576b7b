"""What every page of a diagnostic begins with: the response, if this person may use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import abort, session
from werkzeug.exceptions import NotFound

from portal.diagnostics import access, queries
from portal.diagnostics.rules.answers import Answers
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.schema import Profile, Questionnaire
from portal.diagnostics.rules.values import answers_from_document
from portal.kernel.ids import normalise_reference
from portal.web.access import Actor, current_actor, forget_actor

VISITOR_KEY = "visitor_responses"
_MOST_HELD = 5


@dataclass(frozen=True, slots=True)
class Loaded:
    """A response with its questionnaire and its checked answers."""

    facts: queries.ResponseFacts
    questionnaire: Questionnaire
    profile: Profile
    answers: Answers

    @property
    def on_behalf(self) -> bool:
        """Whether the person answers for an employer that is not their own."""
        return access.is_on_behalf(current_actor(), self.facts)


def load(reference: str) -> Loaded:
    """The response of an address to answer, or 404 when it is absent or not for this person."""
    return _load(reference, access.may_use)


def load_to_read(reference: str) -> Loaded:
    """The response of an address to read: for LEP staff as well."""
    return _load(reference, access.may_read)


def _load(reference: str, allows: Callable[[Actor, access.Holding], bool]) -> Loaded:
    facts = queries.response_facts(normalise_reference(reference))
    # The same answer whether it is absent or another's: a guess learns nothing.
    if facts is None or not allows(current_actor(), facts):
        abort(404)
    return with_questionnaire(facts)


def with_questionnaire(facts: queries.ResponseFacts) -> Loaded:
    """The response with the questionnaire version it was begun with."""
    questionnaire = load_catalogue().get(facts.questionnaire_key, facts.questionnaire_version)
    if questionnaire is None:
        raise NotFound
    return Loaded(
        facts=facts,
        questionnaire=questionnaire,
        profile=Profile(sector=facts.sector, size=facts.size_tier),
        answers=answers_from_document(questionnaire, facts.answers),
    )


def answered_by(actor: Actor) -> str:
    """Who stands behind an answer."""
    return f"user:{actor.user_id}" if actor.is_authenticated else "visitor"


def name_answerer(by: str) -> str:
    """The name of who gave an answer, as another person at the same diagnostic sees it."""
    kind, _, number = by.partition(":")
    if kind != "user" or not number.isdigit():
        return "Somebody who is not signed in"
    if int(number) == current_actor().user_id:
        return "You, in another tab or on another device,"
    return queries.names_of([int(number)]).get(int(number)) or "Somebody else"


def hold(reference: str) -> None:
    """Let this browser use a response that nobody holds yet."""
    held = [item for item in session.get(VISITOR_KEY, []) if item != reference]
    session[VISITOR_KEY] = [*held, reference][-_MOST_HELD:]
    session.permanent = True
    forget_actor()
