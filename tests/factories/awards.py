"""The award scheme for tests, walked through its services. Call inside ``with unit_of_work():``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.network.models import AwardApplication, AwardAssessor, AwardRound
from portal.network.queries import award_applications as queries
from portal.network.rules.award_criteria import load_criteria
from portal.network.service import award_applications as applications
from portal.network.service import award_assessing as assessing
from portal.network.service import award_rounds as rounds
from portal.network.service.award_applications import Section
from portal.network.service.award_assessing import Scored
from tests.factories.accounts import make_user
from tests.factories.caseload import author_of, make_lep_officer
from tests.factories.diagnostics import make_response
from tests.factories.employers import make_employer
from tests.factories.network import make_member, make_round

CRITERIA = load_criteria(1)


@dataclass
class Applicant:
    """An employer in the network with a diagnostic that flags nothing, and its owner."""

    employer: Employer
    reference: str
    employer_id: int
    owner: User
    author: Author


@dataclass
class World:
    """An open round, an applicant, the LEP, and three assessors without a conflict."""

    round: AwardRound
    one: Applicant
    officer: Author
    manager: Author
    assessors: list[User]

    @property
    def authors(self) -> list[Author]:
        """The assessors, as authors."""
        return [author_of(user) for user in self.assessors]


def make_applicant(**changes: Any) -> Applicant:
    """An employer that may apply; opens its own units of work."""
    with unit_of_work():
        owner = make_user(name="Olive Ownerson")
        employer = make_employer(owner_id=owner.id, **changes)
        make_member(employer)
        found = Applicant(employer, employer.reference, employer.id, owner, author_of(owner))
    make_response(employer=found.reference)
    return found


def make_world(**changes: Any) -> World:
    """Everything for a round; opens its own units of work."""
    one = make_applicant()
    with unit_of_work():
        award_round = make_round(sectors=[], **changes)
        officer, manager = make_lep_officer(), make_lep_officer("lep_manager")
        people = [make_lep_officer() for _ in range(3)]
        for user in people:
            current_session().add(AwardAssessor(round_id=award_round.id, user_id=user.id))
        current_session().flush()
        return World(award_round, one, author_of(officer), author_of(manager), people)


def begin(world: World, applicant: Applicant | None = None, *, tier: str = "established") -> str:
    """An application that is begun."""
    who = applicant or world.one
    done = applications.begin(
        employer=who.reference, round_reference=world.round.reference, tier=tier, by=who.author
    )
    assert isinstance(done, Ok), done
    return done.value


def write(reference: str, by: Author, *, text: str = "We do this every week.") -> None:
    """Every section written."""
    facts = queries.application(reference)
    assert facts is not None
    for key in CRITERIA.keys:
        seen = facts.section(key).get("revision", 0)
        done = applications.save_section(
            reference=reference, section=Section(key, text, seen=seen), by=by
        )
        assert isinstance(done, Ok), done


def send(world: World, applicant: Applicant | None = None, *, tier: str = "established") -> str:
    """An application that was sent."""
    who = applicant or world.one
    reference = begin(world, who, tier=tier)
    write(reference, who.author)
    done = applications.submit(reference=reference, by=who.author)
    assert isinstance(done, Ok), done
    return reference


def close(world: World) -> None:
    """The round's days are over."""
    found = current_session().get_one(AwardRound, world.round.id)
    found.opens_on, found.closes_on = today() - timedelta(days=9), today() - timedelta(days=1)
    rounds.follow_dates(found)
    current_session().flush()


def scored(score: int = 3, *, seen: int = 0, **different: int) -> Scored:
    """The same score on every criterion but those named."""
    return Scored(
        {key: (different.get(key, score), "As written") for key in CRITERIA.keys}, "Sound", seen
    )


def assessed(world: World, reference: str, *scores: Scored) -> AwardApplication:
    """An application that so many assessors have finished."""
    for place in range(len(scores)):
        given = assessing.assign(
            reference=reference, user_id=world.assessors[place].id, by=world.officer
        )
        assert isinstance(given, Ok), given
    for place, one in enumerate(scores):
        done = assessing.finish(reference=reference, scored=one, by=world.authors[place])
        assert isinstance(done, Ok), done
    found = queries.to_change(reference)
    assert found is not None
    return found
