"""Peer support for tests, through the services. Call inside ``with unit_of_work():``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from portal.db import current_session
from portal.diagnostics.models import DimensionScore, Response
from portal.employers.models import Employer
from portal.employers.queries import EmployerProfile, employer_profile
from portal.kernel.clock import utc_now
from portal.kernel.people import PORTAL
from portal.kernel.result import Ok
from portal.network.models import PeerMatch, PeerOffer, PeerRequest
from portal.network.rules.matching import SAYS
from portal.network.rules.peers import Asked, Offered
from portal.network.service import peer_matches, peers
from tests.factories.employers import make_employer
from tests.factories.network import make_champion, make_member


def profile_of(employer: Employer) -> EmployerProfile:
    found = employer_profile(employer.reference)
    assert found is not None
    return found


def make_asker(*, owner_id: int | None = None, **changes: Any) -> Employer:
    """An employer in the network."""
    employer = make_employer(owner_id=owner_id, **changes)
    make_member(employer)
    return employer


def make_request(
    employer: Employer, *, topic: str = "scheduling", says: Iterable[str] = SAYS, **changes: Any
) -> PeerRequest:
    """A request that waits."""
    values: dict[str, Any] = {
        "topic": topic,
        "question": f"How did you begin with {topic}?",
        "contact_name": "Asker Example",
        "contact_email": "asker@example.org",
        "says": tuple(says),
    }
    done = peers.ask(employer=profile_of(employer), asked=Asked(**{**values, **changes}), by=PORTAL)
    assert isinstance(done, Ok), done
    return done.value


def make_offer(
    employer: Employer,
    *,
    topics: Iterable[str] = ("scheduling",),
    capacity: int = 1,
    says: Iterable[str] = SAYS,
    revision: int = 0,
    is_paused: bool = False,
    **changes: Any,
) -> PeerOffer:
    """An offer of an employer in the network."""
    values: dict[str, Any] = {
        "topics": tuple(topics),
        "about": "We swapped shifts by team.",
        "capacity": capacity,
        "contact_name": "Helper Example",
        "contact_email": "helper@example.org",
        "says": tuple(says),
        "is_paused": is_paused,
    }
    done = peers.offer(
        employer=profile_of(employer),
        revision=revision,
        offered=Offered(**{**values, **changes}),
        by=PORTAL,
    )
    assert isinstance(done, Ok), done
    return done.value


def make_helper(*, owner_id: int | None = None, capacity: int = 1, **changes: Any) -> Employer:
    """A champion that offers help with scheduling."""
    employer = make_employer(owner_id=owner_id, **changes)
    make_champion(employer)
    make_offer(employer, capacity=capacity)
    return employer


def make_match(asker: Employer, helper: Employer, *, topic: str = "scheduling") -> PeerMatch:
    """A match that both have yet to agree to."""
    request = make_request(asker, topic=topic)
    done = peer_matches.propose(request=request.reference, champion=helper.reference, by=PORTAL)
    assert isinstance(done, Ok), done
    return done.value


def make_introduced(asker: Employer, helper: Employer, **changes: Any) -> PeerMatch:
    """A match to which both have agreed."""
    match = make_match(asker, helper, **changes)
    for side in ("asker", "champion"):
        done = peer_matches.answer(reference=match.reference, side=side, agree=True, by=PORTAL)
        assert isinstance(done, Ok), done
    return match


def make_scores(employer: Employer, scores: Mapping[str, int]) -> Response:
    """A completed diagnostic that now stands for an employer, with these scores."""
    response = Response(
        reference=employer.reference,
        questionnaire_key="part-time-talent",
        questionnaire_version=1,
        employer_id=employer.id,
        sector=employer.sector,
        size_tier=employer.size_tier or "small",
        status="completed",
        is_current=True,
        completed_at=utc_now(),
        overall_score=50,
        result={},
    )
    session = current_session()
    session.add(response)
    session.flush()
    for dimension, score in scores.items():
        session.add(
            DimensionScore(
                response_id=response.id, dimension=dimension, score=score, exact=str(score)
            )
        )
    session.flush()
    return response
