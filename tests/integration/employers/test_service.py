"""Records, history, concurrency, constraints and people, through the services."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from portal.employers import queries, service
from portal.employers.constraints import write
from portal.employers.models import Employer, Invitation
from portal.employers.rules.facts import Details, StaffNumbers
from portal.employers.service.profile import PROBLEMS
from portal.kernel.clock import freeze, today, utc_now
from portal.kernel.result import Err, Ok
from portal.programme import queries as programme
from portal.programme import service as programme_service
from tests.factories.accounts import make_user
from tests.factories.employers import make_employer, make_register_entry


def details(**changes: object) -> Details:
    values = {
        "name": "Example Care Ltd",
        "district": "leeds",
        "postcode": "LS1 4AP",
        "sic_codes": ["87300"],
        **changes,
    }
    return Details(**values)  # type: ignore[arg-type]


def create(**changes):
    staff = changes.pop("staff", StaffNumbers(24, 10, today()))
    owner = changes.pop("owner_id", None)
    entry = changes.pop("register_entry_id", None)
    with unit_of_work():
        result = service.create_employer(
            details=details(**changes), staff=staff, owner_id=owner, register_entry_id=entry
        )
        return result if isinstance(result, Err) else result.value.reference


def test_a_new_employer_has_its_derived_facts_owner_and_history(app) -> None:
    owner = make_user()
    reference = create(owner_id=owner.id, company_number="3261722")
    profile = queries.employer_profile(reference)
    assert (profile.sector, profile.size_tier) == ("social_care", "small")
    assert profile.company_number == "03261722"
    assert profile.hard_to_reach(today()).status == "not_counted_yet"
    assert queries.employers_of(owner.id) == {reference: "owner"}
    assert queries.employer_profile_by_id(profile.id) == profile
    assert [c.version for c in queries.fact_changes(profile.id)] == [1]
    actions = current_session().scalars(
        select(AuditEntry.action).where(AuditEntry.subject == f"employer:{reference}")
    )
    assert list(actions) == ["employer.created"]


def test_one_employer_a_company_number_and_a_register_entry(app) -> None:
    with unit_of_work():
        entry = make_register_entry(company_number="00000042").id
    create(company_number="42")
    assert create(company_number="00000042").problem.code == "already_here"
    # The entry of that number was tied to the record, so it cannot be taken by another.
    assert create(register_entry_id=entry).problem.code == "already_here"
    assert queries.employer_with(entry_id=entry).company_number == "00000042"


def edit_name(reference: str, version: int, **changes: object):
    with unit_of_work():
        result = service.update_details(
            reference=reference, version=version, details=details(**changes), by=None
        )
        return result.problem if isinstance(result, Err) else result.value.version


def test_two_edits_of_different_facts_are_both_kept(app) -> None:
    reference = create()
    assert edit_name(reference, 1, trading_name="Kindly") == 2
    assert edit_name(reference, 1, postcode="LS2 8AA") == 3
    profile = queries.employer_profile(reference)
    assert (profile.trading_name, profile.postcode) == ("Kindly", "LS2 8AA")


def test_two_edits_of_one_fact_are_not_mixed(app) -> None:
    reference = create()
    assert edit_name(reference, 1, name="First Care Ltd") == 2
    assert edit_name(reference, 1, name="Second Care Ltd").code == "changed_meanwhile"
    assert queries.employer_profile(reference).name == "First Care Ltd"
    assert edit_name(reference, 2, name="Second Care Ltd") == 3
    assert edit_name(reference, 3, name="Second Care Ltd") == 3


def test_sector_and_size_follow_and_the_past_can_be_read(app) -> None:
    with freeze(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        reference = create(staff=None)
    with freeze(datetime(2026, 4, 1, 12, tzinfo=UTC)):
        edit_name(reference, 1, sic_codes=["47110"])
        with unit_of_work():
            staff = StaffNumbers(300, 200, today())
            done = service.update_staff_numbers(
                reference=reference, version=2, staff=staff, by=None
            )
            assert isinstance(done, Ok)
    profile = queries.employer_profile(reference)
    assert (profile.sector, profile.size_tier) == ("retail", "large")
    assert queries.facts_on(profile.id, date(2026, 2, 28)) is None
    march = queries.facts_on(profile.id, date(2026, 3, 31))
    assert (march["sector"], march["headcount"]) == ("social_care", None)
    april = queries.facts_on(profile.id, date(2026, 4, 1))
    assert (april["sector"], april["headcount_on"]) == ("retail", date(2026, 4, 1))


def test_both_answers_make_an_employer_hard_to_reach(app) -> None:
    reference = create()
    with unit_of_work():
        service.update_accreditation(
            reference=reference,
            version=1,
            status="not_accredited",
            on=today(),
            evidence="asked HR",
            by=None,
        )
        service.update_training(
            reference=reference,
            version=2,
            answer="no",
            on=today(),
            last_on=today(),
            evidence="records",
            by=None,
        )
    profile = queries.employer_profile(reference)
    assert profile.training_last_on is None
    assert profile.hard_to_reach(today()).status == "yes"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "x"}, "name"),
        ({"company_number": "123"}, "company_number"),
        ({"charity_number": "1"}, "charity_number"),
        ({"postcode": "nowhere"}, "postcode"),
        ({"headcount": 0}, "headcount"),
        ({"part_time_headcount": -1}, "part_time_headcount"),
        ({"part_time_headcount": 25}, "part_time_headcount"),
        (
            {
                "training_answer": "yes",
                "training_on": date(2026, 1, 1),
                "training_last_on": date(2026, 1, 2),
            },
            "training_last_on",
        ),
    ],
)
def test_the_database_refuses_nonsense_and_the_field_is_known(app, changes, field) -> None:
    with unit_of_work() as session:
        employer = make_employer()

        def change() -> None:
            for name, value in changes.items():
                setattr(employer, name, value)

        problem = write(session, change, PROBLEMS)
        assert problem.field == field
        session.refresh(employer)
        assert employer.headcount == 24


def test_an_unknown_constraint_stays_an_error(app) -> None:
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), unit_of_work() as session:
        write(session, lambda: session.add(Employer(name="x")), PROBLEMS)


def test_settings_hold_from_their_date(app) -> None:
    with unit_of_work():
        result = programme_service.change_setting(
            key="sme_limit",
            value=500,
            effective_from=today() + timedelta(days=10),
            changed_by=None,
        )
        assert isinstance(result, Ok)
    assert programme.settings().sme_limit == 250
    assert programme.settings(on=today() + timedelta(days=10)).sme_limit == 500
    assert programme.setting("sme_limit", on=today() + timedelta(days=9)) == 250
    assert len(programme.history("sme_limit")) == 1


@pytest.mark.parametrize(
    ("key", "value", "days", "field"),
    [
        ("sme_limit", 500, -1, "effective_from"),
        ("sme_limit", "many", 1, "value"),
        ("nothing", 1, 1, "key"),
    ],
)
def test_a_setting_that_cannot_be(app, key, value, days, field) -> None:
    with unit_of_work():
        result = programme_service.change_setting(
            key=key, value=value, effective_from=today() + timedelta(days=days), changed_by=None
        )
    assert result.problem.field == field


def test_organisations_and_posts(app) -> None:
    user = make_user()
    with unit_of_work():
        made = programme_service.create_organisation(kind="provider", name=" Example  Provider ")
        again = programme_service.create_organisation(kind="provider", name="Example Provider")
        assert again.problem.code == "name_taken"
        programme_service.add_post(user_id=user.id, organisation_id=made.value.id)
        programme_service.add_post(user_id=user.id, organisation_id=made.value.id)
    assert [o.name for o in programme.organisations_of(user.id)] == ["Example Provider"]
    assert [o.name for o in programme.organisations(kind="provider")] == ["Example Provider"]


def invite(place, email: str = "new@example.org", role: str = "member"):
    with unit_of_work():
        result = service.invite_member(
            reference=place.reference, email=email, role=role, by=place.owner_id, by_name="Olive"
        )
        return result.problem if isinstance(result, Err) else result.value.id


def test_an_invitation_for_somebody_who_is_there_is_refused(place) -> None:
    assert invite(place, "member@example.org").code == "already_member"


def test_a_second_invitation_ends_the_first(place) -> None:
    first, second = invite(place), invite(place)
    assert current_session().get(Invitation, first).withdrawn_at is not None
    assert [i.id for i in queries.open_invitations(place.employer_id)] == [second]


def test_the_last_owner_stays(place) -> None:
    owner = queries.membership(place.employer_id, place.owner_id).id
    with unit_of_work():
        for result in (
            service.remove_member(
                reference=place.reference, membership_id=owner, by=place.owner_id
            ),
            service.change_role(
                reference=place.reference, membership_id=owner, role="member", by=place.owner_id
            ),
        ):
            assert result.problem.code == "last_owner"


def test_an_invitation_expires(place) -> None:
    invite(place)
    with freeze(utc_now() + timedelta(days=15)):
        assert queries.open_invitations(place.employer_id) == []
