"""Awards through their services: from a round that opens itself to a code anybody can verify."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from flask import Flask
from pypdf import PdfReader
from sqlalchemy import func, select

from portal.action_plans import service as plans
from portal.action_plans.rules.plan import ActionStatus
from portal.db import unit_of_work
from portal.db.audit import AuditEntry
from portal.db.outbox import OutboxEntry
from portal.db.promise_keys import key_for
from portal.db.session import PortalSession
from portal.employers.models import Employer, TimelineEntry
from portal.employers.queries import employer_profile
from portal.integrations.jobs import run_daily
from portal.integrations.pdf import page_count
from portal.integrations.storage import storage
from portal.kernel.clock import freeze, today, utc_now
from portal.kernel.people import PORTAL
from portal.kernel.result import Err, Ok
from portal.network.champions import EXTENSION, register_champion
from portal.network.models import Award, AwardAssessment, Champion
from portal.network.queries import award_applications as queries
from portal.network.queries import award_assessing, award_rounds, awards
from portal.network.service import award_applications as service
from portal.network.service import award_assessing as assessing
from portal.network.service import award_certificates as certificates
from portal.network.service import award_deciding as deciding
from portal.network.service import award_rounds as rounds
from portal.network.service.award_applications import Section
from portal.network.service.award_rounds import RoundDetails
from tests.factories.action_plans import Party, actions_of, make_party, make_plan
from tests.factories.awards import (
    CRITERIA,
    Applicant,
    assessed,
    begin,
    close,
    make_applicant,
    make_world,
    scored,
    send,
    write,
)
from tests.factories.caseload import author_of, make_case, make_provider
from tests.factories.employers import make_employer, make_membership
from tests.factories.network import make_competitors, make_member, make_round

FEEDBACK = "Good rotas. Count who moves up."


def details(**changes: Any) -> RoundDetails:
    values: dict[str, Any] = {
        "title": "Example round",
        "about": "",
        "sectors": (),
        "opens_on": today() + timedelta(days=3),
        "closes_on": today() + timedelta(days=20),
        "decide_by": today() + timedelta(days=40),
        "valid_months": 24,
    }
    return RoundDetails(**{**values, **changes})


def test_a_round_opens_closes_and_ends_by_itself(session: PortalSession) -> None:
    with unit_of_work():
        made = rounds.add(details=details(), by=PORTAL)
        assert isinstance(made, Ok)
        reference = made.value.reference
        overlapping = rounds.add(details=details(title="Another"), by=PORTAL)
        assert isinstance(overlapping, list)
        assert overlapping[0].code == "overlap"
    applicant = make_applicant()
    with freeze(utc_now() + timedelta(days=3)):
        # Before the job has run, somebody who asks finds it open.
        with unit_of_work():
            done = service.begin(
                employer=applicant.reference,
                round_reference=reference,
                tier="committed",
                by=applicant.author,
            )
        assert isinstance(done, Ok), done
        assert run_daily() == []
    found = award_rounds.round_(reference)
    assert found is not None
    assert found.state == "open"
    opened = select(OutboxEntry).where(OutboxEntry.kind == rounds.OPENED)
    assert len(session.scalars(opened).all()) == 1
    with freeze(utc_now() + timedelta(days=21)):
        rounds.follow_all()
        rounds.follow_all()
    found = award_rounds.round_(reference)
    facts = queries.application(done.value)
    assert found is not None
    assert facts is not None
    assert (found.state, facts.state) == ("decided", "lapsed")


def test_members_are_told_once_that_a_round_is_open(session: PortalSession, run_jobs: Any) -> None:
    applicant = make_applicant()
    with unit_of_work():
        made = rounds.add(details=details(opens_on=today()), by=PORTAL)
        assert isinstance(made, Ok)
        reference = made.value.reference
    for _ in range(2):
        rounds.tell_opened({"round": reference})
    keys = session.scalars(select(OutboxEntry.unique_key)).all()
    wanted = key_for(f"award-opened:{reference}", applicant.owner.email)
    assert keys.count(wanted) == 1


def needs_of(applicant: Applicant | Party, tier: str = "committed") -> set[str]:
    reference = applicant.employer if isinstance(applicant, Party) else applicant.reference
    profile = employer_profile(reference)
    assert profile is not None
    return {one.key for one in service.eligibility(profile, (), tier) if not one.met}


def test_who_may_apply_is_said(session: PortalSession) -> None:
    able = make_applicant()
    assert needs_of(able) == set()
    with unit_of_work():
        bare = make_employer(sic_codes=["62012"])
        fresh = Applicant(bare, bare.reference, bare.id, able.owner, able.author)
    assert needs_of(fresh) == {"diagnostic", "sector", "legal", "member"}
    with unit_of_work():
        found = make_round()
        done = service.begin(
            employer=fresh.reference, round_reference=found.reference, tier="leading", by=PORTAL
        )
        assert isinstance(done, Err)
        assert "diagnostic" in done.problem.message
    refused = session.scalars(select(AuditEntry).where(AuditEntry.action == "network.refused"))
    assert [entry.detail["code"] for entry in refused] == ["not_eligible"]


def test_a_legal_flag_is_answered_by_a_completed_action(session: PortalSession) -> None:
    party = make_party()
    make_plan(party, chosen=[one["key"] for one in party.recommendations if one["legal"]])
    with unit_of_work():
        make_member(session.get_one(Employer, party.employer_id))
    assert needs_of(party) == {"legal"}
    for action in actions_of(party):
        with unit_of_work():
            done = plans.change_status(
                employer=party.employer,
                action=action.reference,
                revision=action.revision,
                status=ActionStatus.DONE,
                text="",
                by=party.author,
            )
        assert isinstance(done, Ok), done
    assert needs_of(party) == set()


def test_one_application_in_a_round(session: PortalSession) -> None:
    world = make_world()
    with unit_of_work():
        reference = begin(world)
        again = service.begin(
            employer=world.one.reference,
            round_reference=world.round.reference,
            tier="committed",
            by=world.one.author,
        )
        assert isinstance(again, Err)
        assert again.problem.code == "have_one"
        assert isinstance(service.withdraw(reference=reference, by=world.one.author), Ok)
        assert begin(world) == reference


def test_sections_are_saved_one_by_one_and_stale_ones_refused(session: PortalSession) -> None:
    world = make_world()
    with unit_of_work():
        reference = begin(world)
        first = service.save_section(
            reference=reference, section=Section("training", "Ours"), by=world.one.author
        )
        other = service.save_section(
            reference=reference, section=Section("voice", "Heard"), by=world.one.author
        )
        late = service.save_section(
            reference=reference, section=Section("training", "Theirs"), by=PORTAL
        )
        unknown = service.save_section(
            reference=reference, section=Section("magic", "x"), by=PORTAL
        )
        without = service.save_section(
            reference=reference, section=Section("pay", "x", actions=("ABC",)), by=PORTAL
        )
    assert isinstance(first, Ok)
    assert isinstance(other, Ok)
    codes = [done.problem.code for done in (late, unknown, without) if isinstance(done, Err)]
    assert codes == ["stale", "no_section", "no_consent"]
    facts = queries.application(reference)
    assert facts is not None
    assert facts.section("training")["text"] == "Ours"


def test_what_is_sent_is_frozen_and_taken_back_thawed(session: PortalSession) -> None:
    world = make_world()
    with unit_of_work():
        reference = begin(world)
        short = service.submit(reference=reference, by=world.one.author)
        assert isinstance(short, Err)
        assert "under each criterion" in short.problem.message
        write(reference, world.one.author)
        assert isinstance(service.submit(reference=reference, by=world.one.author), Ok)
        late = service.save_section(
            reference=reference, section=Section("pay", "More", seen=1), by=world.one.author
        )
        assert isinstance(late, Err)
    facts = queries.application(reference)
    assert facts is not None
    assert facts.frozen is not None
    assert "prog_map" in facts.frozen["answers"]
    assert facts.frozen["actions"] == {}
    with unit_of_work():
        assert isinstance(service.take_back(reference=reference, by=world.one.author), Ok)
    facts = queries.application(reference)
    assert facts is not None
    assert (facts.state, facts.frozen) == ("draft", None)


def test_conflicts_are_found(session: PortalSession) -> None:
    world = make_world()
    rival = make_applicant()
    with unit_of_work():
        reference = begin(world)
        facts = queries.application(reference)
        assert facts is not None
        provider, stranger = make_provider(), make_provider()
        make_case(provider, world.one.employer)
        make_competitors(rival.employer, world.one.employer)
        member = world.assessors[0]
        make_membership(employer_id=world.one.employer_id, user_id=member.id)
        declared = assessing.declare(
            reference=reference,
            user_id=world.assessors[1].id,
            reason="My sister works there",
            by=world.officer,
        )
        assert isinstance(declared, Ok)
        asked = [
            provider.adviser.id,
            stranger.adviser.id,
            rival.owner.id,
            member.id,
            world.assessors[1].id,
            world.assessors[2].id,
        ]
        found = award_assessing.conflicts(
            employer_id=world.one.employer_id, application_id=facts.id, user_ids=asked
        )
    assert found == {
        provider.adviser.id: ["Their provider serves this employer"],
        rival.owner.id: ["Works for a competitor of theirs"],
        member.id: ["Works for this employer"],
        world.assessors[1].id: ["Declared: My sister works there"],
    }


def test_two_assess_and_a_gap_is_moderated(session: PortalSession) -> None:
    world = make_world()
    with unit_of_work():
        reference = send(world)
        close(world)
        done = assessing.assign_all(round_reference=world.round.reference, by=world.officer)
        assert isinstance(done, Ok)
        assert (done.value.given, done.value.lacking) == (2, [])
        full = assessing.assign(
            reference=reference, user_id=world.assessors[2].id, by=world.officer
        )
        assert isinstance(full, Err)
        has = award_assessing.of_application(queries.application(reference).id)  # type: ignore[union-attr]
        by_id = {user.id: author_of(user) for user in world.assessors}
        early = deciding.decide(
            reference=reference, tier="leading", feedback=FEEDBACK, reason="", by=world.manager
        )
        assert isinstance(early, Err)
        for one, score in zip(has, (scored(3), scored(3, pay=0)), strict=True):
            finished = assessing.finish(reference=reference, scored=score, by=by_id[one.user_id])
            assert isinstance(finished, Ok)
        again = assessing.finish(reference=reference, scored=scored(4), by=by_id[has[0].user_id])
        assert isinstance(again, Err)
        facts = queries.application(reference)
        assert facts is not None
        assert facts.state == "moderation"
        third = next(u for u in world.assessors if u.id not in {x.user_id for x in has})
        given = assessing.assign(reference=reference, user_id=third.id, by=world.officer)
        assert isinstance(given, Ok)
        assert given.value.moderates
        last = assessing.finish(reference=reference, scored=scored(3, pay=2), by=author_of(third))
        assert isinstance(last, Ok)
        assert last.value == "ready"
        came = deciding.outcome(CRITERIA, award_assessing.of_application(facts.id))
    assert came is not None
    assert (came.total, came.tier and came.tier.key) == (29, "established")


def decided(world: Any, reference: str, tier: str | None, reason: str = "") -> Any:
    return deciding.decide(
        reference=reference, tier=tier, feedback=FEEDBACK, reason=reason, by=world.manager
    )


def test_a_decision_keeps_to_the_scores_or_says_why(session: PortalSession) -> None:
    world = make_world()
    with unit_of_work():
        reference = send(world)
        close(world)
        assessed(world, reference, scored(2), scored(2))
        more = decided(world, reference, "established")
        assert isinstance(more, Err)
        assert more.problem.code == "above_scores"
        silent = deciding.decide(
            reference=reference, tier=None, feedback=" ", reason="", by=world.manager
        )
        assert isinstance(silent, Err)
        mine = deciding.decide(
            reference=reference,
            tier="committed",
            feedback=FEEDBACK,
            reason="",
            by=world.authors[0],
        )
        assert isinstance(mine, Err)
        assert mine.problem.code == "assessed"
        done = decided(world, reference, "established", "They run a college for their whole town")
        assert isinstance(done, Ok)
        award = done.value
        assert award is not None
        assert award.valid_until > today() + timedelta(days=700)
    facts = queries.application(reference)
    assert facts is not None
    assert facts.beyond_reason.startswith("They run")
    assert award_rounds.round_by_id(world.round.id).state == "decided"
    lines = session.scalars(
        select(TimelineEntry.title).where(TimelineEntry.employer_id == world.one.employer_id)
    ).all()
    assert "Became an employer champion" in lines
    assert "Established award made" in lines


def test_a_champion_is_counted_once(app: Flask, session: PortalSession) -> None:
    world = make_world()
    made: list[str] = []
    register_champion(app, lambda one: made.append(one.employer_reference))
    try:
        with unit_of_work():
            reference = send(world, tier="committed")
            close(world)
            assessed(world, reference, scored(3), scored(3))
            assert isinstance(decided(world, reference, "committed"), Ok)
        assert needs_of(world.one, "committed") == {"award"}
        assert needs_of(world.one, "established") == set()
        first = awards.of_employer(world.one.employer_id)[0]
        later = first.valid_until - timedelta(days=100)
        with freeze(utc_now() + (later - today())):
            assert needs_of(world.one, "committed") == set()
            with unit_of_work():
                found = make_round(sectors=[])
                world.round = found
                second = begin(world, tier="committed")
                facts = queries.application(second)
                assert facts is not None
                assert facts.renews_id == first.id
                assert facts.section("pay")["text"] == "We do this every week."
                write(second, world.one.author)
                assert isinstance(service.submit(reference=second, by=world.one.author), Ok)
                for user in world.assessors:
                    rounds.add_assessor(
                        reference=found.reference, email=user.email, by=world.officer
                    )
                close(world)
                assessed(world, second, scored(3), scored(3))
                done = decided(world, second, "committed")
                assert isinstance(done, Ok)
                # The new term follows on from the old one.
                assert done.value.valid_until > first.valid_until + timedelta(days=700)
    finally:
        app.extensions.pop(EXTENSION)
    assert made == [world.one.reference]
    assert session.scalar(select(func.count(Champion.id))) == 1
    assert session.scalar(select(func.count(Award.id))) == 2


def test_the_certificate_is_made_and_kept(session: PortalSession, run_jobs: Any) -> None:
    world = make_world()
    with unit_of_work():
        reference = send(world)
        close(world)
        assessed(world, reference, scored(3), scored(3))
        done = decided(world, reference, "established")
        code = done.value.code
        world.one.employer.name = "Renamed Since Ltd"
    assert run_jobs() >= 1
    award = awards.by_code(code)
    assert award is not None
    assert "Renamed" not in certificates.html_of(award)
    read = certificates.read(award)
    assert isinstance(read, Ok)
    assert read.value.startswith(b"%PDF-")
    root = PdfReader(io.BytesIO(read.value)).trailer["/Root"]
    assert "/StructTreeRoot" in root
    assert "pdfuaid:part" in root["/Metadata"].get_data().decode()
    assert page_count(read.value) == 1
    certificates.make({"code": code})
    storage().delete(award.certificate_key)
    certificates.repair()
    run_jobs()
    mended = awards.by_code(code)
    assert mended is not None
    assert isinstance(certificates.read(mended), Ok)
    assert mended.certificate_sha256 == award.certificate_sha256


def test_revoking_and_reminding(session: PortalSession) -> None:
    world = make_world()
    with unit_of_work():
        reference = send(world)
        close(world)
        assessed(world, reference, scored(3), scored(3))
        award = decided(world, reference, "established").value
        code = award.code
        until = award.valid_until
        key = f"award-ending:{award.reference}:%"
    for days in (80, 79, 20, 19):
        with freeze(utc_now() + (until - today()) - timedelta(days=days)):
            certificates.remind()
    mails = session.scalars(
        select(OutboxEntry.unique_key).where(OutboxEntry.unique_key.like(key))
    ).all()
    assert len(mails) == 2
    with unit_of_work():
        silent = deciding.revoke(code=code, reason=" ", by=world.manager)
        assert isinstance(silent, Err)
        assert isinstance(deciding.revoke(code=code, reason="Closed", by=world.manager), Ok)
        assert isinstance(deciding.revoke(code=code, reason="Again", by=world.manager), Err)
    found = awards.by_code(code)
    assert found is not None
    assert found.standing(today()) == "revoked"
    assert awards.tiers_of([world.one.employer_id], today()) == {}


def test_cancelling_withdraws_what_has_no_answer(session: PortalSession) -> None:
    world = make_world()
    with unit_of_work():
        reference = send(world)
        close(world)
        assessing.assign_all(round_reference=world.round.reference, by=world.officer)
        assert isinstance(
            rounds.cancel(reference=world.round.reference, reason="No money", by=world.officer), Ok
        )
    facts = queries.application(reference)
    assert facts is not None
    assert facts.state == "withdrawn"
    states = session.scalars(select(AwardAssessment.state)).all()
    assert set(states) == {"stood_down"}


def test_what_the_page_saved_itself_is_no_change_of_somebody_else(session: PortalSession) -> None:
    world = make_world()
    with unit_of_work():
        reference = begin(world)
        section = Section("leadership", "Every month.", seen=0)
        for _twice in range(2):
            done = service.save_section(reference=reference, section=section, by=world.one.author)
            assert done == Ok(1)
        other = Section("leadership", "Every year.", seen=0)
        stale = service.save_section(reference=reference, section=other, by=world.one.author)
    assert isinstance(stale, Err)
    assert stale.problem.code == "stale"
