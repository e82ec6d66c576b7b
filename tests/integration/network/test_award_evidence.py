"""Completed actions and evidence fill in an application only with consent, and are then frozen."""

from __future__ import annotations

from io import BytesIO

from sqlalchemy import select

from portal.action_plans import service as plans
from portal.action_plans.models import PlanAction
from portal.action_plans.rules.plan import ActionStatus
from portal.caseload.models import EvidenceFile
from portal.caseload.service import evidence
from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.employers.models import Employer
from portal.kernel.result import Ok
from portal.network.models import AwardAssessor, AwardRound
from portal.network.queries import award_applications as queries
from portal.network.service import award_applications as service
from portal.network.service import award_assessing as assessing
from portal.network.service.award_applications import Section
from tests.factories.accounts import sign_in
from tests.factories.action_plans import Party, actions_of, make_party, make_plan
from tests.factories.awards import CRITERIA, World, close
from tests.factories.caseload import (
    author_of,
    make_case,
    make_lep_officer,
    make_provider,
)
from tests.factories.files import pdf
from tests.factories.network import make_member, make_round
from tests.support.client import PortalClient

TRAINING = CRITERIA.criterion("training")


def make_active() -> tuple[Party, str]:
    """An employer with completed actions and a file of evidence, and its draft."""
    party = make_party()
    make_plan(party, chosen=[one["key"] for one in party.recommendations])
    for action in actions_of(party):
        with unit_of_work():
            done = plans.change_status(
                employer=party.employer,
                action=action.reference,
                revision=action.revision,
                status=ActionStatus.DONE,
                by=party.author,
            )
        assert isinstance(done, Ok), done
    with unit_of_work():
        employer = current_session().get_one(Employer, party.employer_id)
        make_member(employer)
        provider = make_provider()
        case = make_case(provider, employer)
        added = evidence.add(
            case=case,
            kind="other",
            subject="",
            note="",
            file_name="rota.pdf",
            data=pdf("Rota of May"),
            by=provider.author,
        )
        assert isinstance(added, Ok), added
        begun = service.begin(
            employer=party.employer,
            round_reference=make_round(sectors=[]).reference,
            tier="committed",
            by=party.author,
        )
        assert isinstance(begun, Ok), begun
    return party, begun.value


def test_nothing_is_filled_in_without_consent(client: PortalClient, session: PortalSession) -> None:
    party, reference = make_active()
    assert TRAINING is not None
    sign_in(client, party.owner)
    base = f"/employers/{party.employer}/awards/{reference}"
    fitting = [
        one
        for one in queries.done_actions(party.employer_id)
        if one.about(TRAINING.dimension, TRAINING.questions)
    ]
    assert fitting
    before = client.get(f"{base}/section/training").text
    assert fitting[0].title not in before
    assert "rota.pdf" not in before
    client.submit(f"{base}/choices", {"consent": "y"})
    page = client.soup(f"{base}/section/training")
    assert f"We did this: {fitting[0].title}" in page.find("textarea").get_text()
    ticked = {box["value"] for box in page.find_all("input", checked=True)}
    assert {one.reference for one in fitting} <= ticked
    assert "rota.pdf" in page.get_text()
    client.submit(f"{base}/section/training", {"text": "We train in shifts."})
    facts = queries.application(reference)
    assert facts is not None
    assert set(facts.section("training")["actions"]) == {one.reference for one in fitting}
    token = page.find("input", {"name": "csrf_token"})["value"]
    client.post(f"{base}/choices", data={"csrf_token": token, "tier": "committed"})
    facts = queries.application(reference)
    assert facts is not None
    assert (facts.consent_evidence, facts.section("training")["actions"]) == (False, [])


def test_what_assessors_see_was_copied_when_it_was_sent(
    client: PortalClient, session: PortalSession
) -> None:
    party, reference = make_active()
    done = queries.done_actions(party.employer_id)
    file = queries.own_files(party.employer_id)[0]
    with unit_of_work():
        service.choose(reference=reference, tier="committed", consent=True, by=party.author)
        foreign = service.save_section(
            reference=reference,
            section=Section("pay", "x", evidence=("0000000000",)),
            by=party.author,
        )
        assert not isinstance(foreign, Ok)
        saved = service.save_section(
            reference=reference,
            section=Section("voice", "See", (done[0].reference,), (file.reference,)),
            by=party.author,
        )
        assert isinstance(saved, Ok), saved
    with unit_of_work():
        for key in CRITERIA.keys:
            if key != "voice":
                service.save_section(
                    reference=reference, section=Section(key, "Text"), by=party.author
                )
        assert isinstance(service.submit(reference=reference, by=party.author), Ok)
    with unit_of_work():
        action = session.scalars(
            select(PlanAction).where(PlanAction.reference == done[0].reference)
        ).one()
        action.title = "Renamed after it was sent"
        facts = queries.application(reference)
        assert facts is not None
        user = make_lep_officer()
        current_session().add(AwardAssessor(round_id=facts.round_id, user_id=user.id))
        current_session().flush()
        close_round(facts.round_id)
        given = assessing.assign(reference=reference, user_id=user.id, by=author_of(user))
        assert isinstance(given, Ok), given
    sign_in(client, user)
    page = client.get(f"/awards/assess/{reference}").text
    assert "Renamed after" not in page
    assert "rota.pdf" in page
    path = f"/awards/assess/{reference}/files/{file.reference}"
    answer = client.get(path)
    assert answer.mimetype == "application/pdf"
    assert BytesIO(answer.data).read(5) == b"%PDF-"
    assert client.get(f"/awards/assess/{reference}/files/0000000000").status_code == 404
    with unit_of_work():
        row = session.scalars(
            select(EvidenceFile).where(EvidenceFile.reference == file.reference)
        ).one()
        row.scan_state = "infected"
    assert client.get(path).status_code == 302


def close_round(round_id: int) -> None:
    """The days of a round are over."""
    found = current_session().get_one(AwardRound, round_id)
    close(World(found, None, None, None, []))  # type: ignore[arg-type]
