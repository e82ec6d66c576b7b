"""Referrals from receipt to decision, and who is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.caseload.models import Case, NextAction, Referral, ReferralSource
from portal.caseload.queries import referral_likeness, referrals
from portal.caseload.queries.referrals import ReferralFilter, Scope
from portal.caseload.rules.referral_likeness import identity
from portal.caseload.rules.referrals import Given
from portal.caseload.service import referral_opening, referral_sources
from portal.caseload.service import referrals as service
from portal.caseload.service.referral_opening import Opening
from portal.db import unit_of_work
from portal.employers.models import Employer, TimelineEntry
from portal.employers.rules.facts import Details
from portal.employers.rules.names import index_words
from portal.integrations.jobs import run_daily
from portal.integrations.mail import recent_messages
from portal.kernel.clock import freeze, today
from portal.kernel.people import PORTAL
from portal.kernel.result import Err, Ok
from tests.factories.caseload import make_case, make_provider, make_referral, make_source
from tests.factories.employers import make_employer, make_register_entry

FRIDAY = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def given(**changes: object) -> Given:
    values = {
        "employer_name": "Example Bakers Ltd",
        "contact_name": "Ann Example",
        "contact_email": "ann@example.org",
        "consent": True,
        "referrer_name": "Rob Referrer",
        "referrer_email": "rob@example.org",
    }
    return Given(**{**values, **changes})  # type: ignore[arg-type]


def employer(name: str, **changes: object) -> Employer:
    plain, made = index_words(name)
    return make_employer(name=name, search_text=" ".join([*plain, *made]), **changes)


def receive(source: ReferralSource, **changes: object) -> Referral:
    done = service.receive(given=given(**changes), source=source, channel="form", by=PORTAL)
    assert isinstance(done, Ok), done
    return done.value


def opening(choice: str, adviser_id: int | None, **changes: object) -> Opening:
    values = {
        "employer": choice,
        "details": Details(name="Example Bakers Ltd", district="leeds", postcode="LS1 4AP"),
        "contact": ("Ann Example", "Owner", "ann@example.org", "0113 496 0000"),
        "adviser_id": adviser_id,
        "next_action": ("call", "", today()),
        **changes,
    }
    return Opening(**values)  # type: ignore[arg-type]


def lines_of(session, employer_id: int) -> list[str]:
    return list(
        session.scalars(
            select(TimelineEntry.title)
            .where(TimelineEntry.employer_id == employer_id, TimelineEntry.kind == "referral")
            .order_by(TimelineEntry.at, TimelineEntry.id)
        )
    )


def test_a_referral_goes_to_the_only_provider_and_its_sender_hears(session, run_jobs) -> None:
    with freeze(FRIDAY):
        with unit_of_work():
            provider = make_provider()
            made = receive(make_source(), company_number="3261722", postcode="ls14ap")
        assert made.organisation_id == provider.organisation.id
        assert (made.company_number, made.postcode) == ("03261722", "LS1 4AP")
        # Ten working days from a Friday are two weeks later.
        assert made.expires_on == today() + timedelta(days=14)
        run_jobs()
        mail = recent_messages(recipient="rob@example.org")[0]
        assert mail.subject == "Your referral of Example Bakers Ltd was received"
        assert "within 10 working days" in mail.body
        assert referrals.waiting_count([provider.organisation.id]) == 1
        assert referrals.waiting_count([]) == 0


def test_with_two_providers_lep_staff_choose(session) -> None:
    with unit_of_work():
        one, two = make_provider(), make_provider()
        made = receive(make_source())
        reference = made.reference
    assert made.organisation_id is None
    assert referrals.unassigned_count() == 1
    own = Scope(everything=False, organisations=frozenset({one.organisation.id}))
    assert referrals.referral_page(own, ReferralFilter()).rows == []
    with unit_of_work():
        bad = service.assign(reference=reference, organisation_id=10**6, by=PORTAL)
        assert isinstance(bad, Err)
        done = service.assign(
            reference=reference, organisation_id=one.organisation.id, by=two.author
        )
    assert isinstance(done, Ok)
    assert [r.reference for r in referrals.referral_page(own, ReferralFilter()).rows] == [reference]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"consent": False}, "consent"), ({"contact_email": ""}, "contact_email")],
)
def test_what_may_not_be_kept_is_refused(session, changes: dict[str, object], field: str) -> None:
    with unit_of_work():
        done = service.receive(
            given=given(**changes), source=make_source(), channel="link", by=PORTAL
        )
    assert isinstance(done, Err)
    assert done.problem.field == field
    assert session.scalar(select(Referral.id)) is None


def test_accepting_makes_the_record_and_opens_the_case(session, run_jobs) -> None:
    with unit_of_work():
        provider = make_provider()
        source = make_source()
        reference = receive(source).reference
    with unit_of_work():
        done = referral_opening.accept(
            reference=reference,
            opening=opening("new", provider.adviser.id),
            by=provider.author,
        )
    assert isinstance(done, Ok), done
    case = done.value
    assert (case.adviser_id, case.source_id) == (provider.adviser.id, source.id)
    assert case.contact_phone == "0113 496 0000"
    assert session.scalar(select(NextAction.kind).where(NextAction.case_id == case.id)) == "call"
    facts = referrals.referral_facts(reference)
    assert facts is not None
    assert (facts.status, facts.case_reference) == ("accepted", case.reference)
    assert lines_of(session, case.employer_id) == [
        f"Referred by {source.name}",
        "Referral accepted",
    ]
    run_jobs()
    subjects = [m.subject for m in recent_messages(recipient="rob@example.org")]
    assert subjects[0] == "Your referral of Example Bakers Ltd was accepted"
    with unit_of_work():
        again = referral_opening.accept(
            reference=reference,
            opening=opening("new", provider.adviser.id),
            by=provider.author,
        )
    assert isinstance(again, Err)
    assert again.problem.code == "decided"


def test_accepting_with_a_register_entry_fills_the_record(session) -> None:
    with unit_of_work():
        provider = make_provider()
        entry = make_register_entry(name="EXAMPLE BAKERS LIMITED", company_number="01234567")
        reference = receive(make_source()).reference
        choice = f"entry:{entry.id}"
    with unit_of_work():
        done = referral_opening.accept(
            reference=reference,
            opening=opening(choice, provider.adviser.id),
            by=provider.author,
        )
    assert isinstance(done, Ok), done
    made = session.get(Employer, done.value.employer_id)
    assert (made.company_number, made.sector) == ("01234567", "retail")
    # The same entry chosen for another referral means the same employer, whose case is open.
    with unit_of_work():
        other = receive(make_source()).reference
        second = referral_opening.accept(
            reference=other, opening=opening(choice, provider.adviser.id), by=provider.author
        )
    assert isinstance(second, Err)
    assert second.problem.code == "open_already"
    assert session.scalar(select(Referral.status).where(Referral.reference == other)) == "waiting"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"adviser_id": 10**6}, "no_adviser"),
        ({"next_action": ("call", "", datetime(2020, 1, 1, tzinfo=UTC).date())}, "past_day"),
        ({"employer": "employer:ZZZZZZZZZZ"}, "no_employer"),
        ({"employer": "entry:99999999"}, "no_employer"),
        ({"employer": "what"}, "no_employer"),
        ({"details": Details(name="x", district="leeds", postcode="LS1 4AP")}, "bad_name"),
    ],
)
def test_an_acceptance_that_is_refused_leaves_nothing(session, changes, code: str) -> None:
    with unit_of_work():
        provider = make_provider()
        reference = receive(make_source()).reference
    wanted = {"choice": "new", "adviser_id": provider.adviser.id, **changes}
    wanted["choice"] = wanted.pop("employer", wanted["choice"])
    with unit_of_work():
        done = referral_opening.accept(
            reference=reference, opening=opening(**wanted), by=provider.author
        )
    assert isinstance(done, Err)
    assert done.problem.code == code
    assert session.scalar(select(Employer.id)) is None
    assert session.scalar(select(Case.id)) is None


def test_a_number_that_is_taken_leads_to_its_record(session) -> None:
    with unit_of_work():
        provider = make_provider()
        employer("Quite Another Name Ltd", company_number="01234567")
        reference = receive(make_source(), company_number="01234567").reference
    with unit_of_work():
        done = referral_opening.accept(
            reference=reference,
            opening=opening(
                "new",
                provider.adviser.id,
                details=Details(
                    name="Example Bakers Ltd",
                    district="leeds",
                    postcode="LS1 4AP",
                    company_number="1234567",
                ),
            ),
            by=provider.author,
        )
    assert isinstance(done, Err)
    assert done.problem.code == referral_opening.TAKEN


def test_declining_keeps_the_note_inside(session, run_jobs) -> None:
    with unit_of_work():
        provider = make_provider()
        known = employer("Example Bakers Ltd", company_number="01234567")
        reference = receive(make_source(), company_number="01234567").reference
        employer_id = known.id
    with unit_of_work():
        refused = service.decline(reference=reference, reason="other", note=" ", by=provider.author)
        assert isinstance(refused, Err)
        assert refused.problem.field == "note"
        done = service.decline(
            reference=reference,
            reason="duplicate",
            note="The other team has a case",
            by=provider.author,
        )
    assert isinstance(done, Ok)
    assert lines_of(session, employer_id)[-1] == "Referral declined"
    texts = " ".join(session.scalars(select(TimelineEntry.text)))
    assert "other team" not in texts
    run_jobs()
    mail = recent_messages(recipient="rob@example.org")[0]
    assert "in touch with this employer already" in mail.body
    assert "other team" not in mail.body


def test_what_nobody_decides_expires_once_and_can_be_sent_again(session, run_jobs) -> None:
    with unit_of_work():
        provider = make_provider()
        reference = make_referral(
            make_source(),
            organisation_id=provider.organisation.id,
            expires_on=today() - timedelta(days=1),
            referrer_email="rob@example.org",
        ).reference
        fresh = make_referral(make_source(), organisation_id=provider.organisation.id).reference
    assert referrals.waiting_count([provider.organisation.id]) == 1
    with unit_of_work():
        late = referral_opening.accept(
            reference=reference,
            opening=opening("new", provider.adviser.id),
            by=provider.author,
        )
    assert isinstance(late, Err)
    assert late.problem.code == "expired"
    assert "caseload.expire_referrals" not in run_daily()
    assert service.expire_due() == 0
    facts = referrals.referral_facts(reference)
    assert facts is not None
    assert facts.status == "expired"
    assert session.scalar(select(Referral.status).where(Referral.reference == fresh)) == "waiting"
    run_jobs()
    assert "not decided in time" in recent_messages(recipient="rob@example.org")[0].subject
    with unit_of_work():
        again = service.refer_again(reference=reference, by=provider.author)
        assert isinstance(again, Ok)
        assert again.value.employer_name == facts.employer_name
        assert again.value.organisation_id == provider.organisation.id
        twice = service.refer_again(reference=reference, by=provider.author)
        other = service.refer_again(reference=fresh, by=provider.author)
    assert isinstance(twice, Err)
    assert isinstance(other, Err)


def test_a_case_without_a_referral(session) -> None:
    with unit_of_work():
        provider = make_provider()
        known = employer("Example Bakers Ltd")
        choice, organisation_id = f"employer:{known.reference}", provider.organisation.id
        done = referral_opening.open_without_referral(
            opening=opening(choice, provider.adviser.id, next_action=None),
            organisation_id=organisation_id,
            source_id=None,
            by=provider.author,
        )
    assert isinstance(done, Ok)
    assert done.value.employer_id == known.id


def test_likeness_is_found_through_the_index(session) -> None:
    with unit_of_work():
        for number in range(30):
            employer(f"Leeds Care Home {number} Ltd")
        wanted = employer("Sainsburys Supermarkets Ltd", postcode="LS2 7UE")
        merged = employer("Sainsburys Supermarkets Ltd")
        merged.merged_into_id = wanted.id
        employer("Travelodge Hotels Limited", company_number="00769170")
    for typed in ("SAINSBURY'S SUPERMARKETS", "Sansbury Supermarkets", "Sainsburys Supermarket"):
        found = referral_likeness.employers_like(identity(typed))
        assert [match.id for match in found] == [wanted.id], typed
    assert referral_likeness.employers_like(identity("travel lodge hotels"))
    by_number = referral_likeness.employers_like(identity("Zzz", company_number="769170"))
    assert [match.name for match in by_number] == ["Travelodge Hotels Limited"]
    assert referral_likeness.employers_like(identity("Tesco Tesco")) == []
    with unit_of_work():
        wanted.name, wanted.search_text = "New Name Ltd", "new name zz0newname"
    assert [m.id for m in referral_likeness.employers_like(identity("New Name"))] == [wanted.id]


def test_a_provider_learns_of_its_own_only(session) -> None:
    with unit_of_work():
        mine, theirs = make_provider(), make_provider()
        make_case(mine, employer("Example Bakers Ltd"))
        make_case(theirs, employer("Example Bakers of York Ltd"))
        make_referral(
            make_source(), employer_name="Example Baker", organisation_id=theirs.organisation.id
        )
    wanted = identity("example bakers")
    own = Scope(everything=False, organisations=frozenset({mine.organisation.id}))
    assert [hit.kind for hit in referral_likeness.hits(wanted, own)] == ["case"]
    every = referral_likeness.hits(wanted, Scope(everything=True))
    assert sorted(hit.kind for hit in every) == ["employer", "employer", "referral"]
    assert any(theirs.organisation.name in hit.hint for hit in every)


def test_sources_are_kept_closed_and_linked(session) -> None:
    with unit_of_work():
        done = referral_sources.add_source(
            kind="chamber", name=" Example  Chamber ", contact_name="", contact_email="", by=PORTAL
        )
        assert isinstance(done, Ok)
        reference = done.value.reference
        assert done.value.name == "Example Chamber"
        twice = referral_sources.add_source(
            kind="union", name="x", contact_name="", contact_email="", by=PORTAL
        )
        assert isinstance(twice, Err)
    with unit_of_work():
        same = referral_sources.add_source(
            kind="chamber", name="Example Chamber", contact_name="", contact_email="", by=PORTAL
        )
    assert isinstance(same, Err)
    assert same.problem.code == "name_taken"
    with unit_of_work():
        first = referral_sources.give_link(reference=reference, by=PORTAL)
        assert isinstance(first, Ok)
        code = first.value.link_code
        second = referral_sources.give_link(reference=reference, by=PORTAL)
        assert isinstance(second, Ok)
        assert second.value.link_code != code
        closed = referral_sources.close_source(reference=reference, by=PORTAL)
        assert isinstance(closed, Ok)
        assert closed.value.link_code is None
        assert isinstance(referral_sources.give_link(reference=reference, by=PORTAL), Err)
        refused = service.receive(given=given(), source=closed.value, channel="form", by=PORTAL)
    assert isinstance(refused, Err)
    with unit_of_work():
        one = referral_sources.self_referral_source()
        assert referral_sources.self_referral_source().id == one.id
