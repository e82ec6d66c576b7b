"""Competitors that an employer names, two records brought together, and what is held."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from sqlalchemy import select

from portal.caseload.service import merging
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.employers.queries import employer_profile
from portal.employers.queries.held import TableShown
from portal.kernel.people import PORTAL
from portal.kernel.result import Err, Ok
from portal.network.models import Competitor, NetworkConsent, NetworkInvitation, NetworkMember
from portal.network.queries import competitors as found
from portal.network.queries import invitations, members
from portal.network.rules.members import Profile
from portal.network.service import competitors
from portal.network.service import members as service
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import author_of, make_lep_officer
from tests.factories.employers import make_employer
from tests.factories.network import make_competitors, make_member
from tests.support.client import PortalClient

pytestmark = pytest.mark.usefixtures("app")


def own(client: PortalClient, **changes: Any) -> Employer:
    with unit_of_work():
        user = make_user(name="Olive Example")
        employer = make_employer(owner_id=user.id, **changes)
    sign_in(client, user)
    return employer


def test_a_competitor_is_found_named_and_taken_off(client: PortalClient) -> None:
    employer = own(client, name="Our Grocers Ltd")
    with unit_of_work():
        rival = make_employer(name="Rival Grocers Ltd", company_number="01234567")
    path = f"/employers/{employer.reference}/network/competitors"
    assert "Enter at least 3 letters" in client.get(f"{path}?q=ri").text
    assert "Nothing found" in client.get(f"{path}?q=100%25").text
    # One that shows no name cannot be leafed through; who knows it, names it.
    assert "Nothing found" in client.get(f"{path}?q=grocers").text
    for known in ("rival grocers ltd", "01234567"):
        assert "Rival Grocers Ltd" in client.get(f"{path}?q={known}").text
    with unit_of_work():
        make_member(rival, shown=["sector"])
    assert "Nothing found" in client.get(f"{path}?q=grocers").text
    with unit_of_work():
        make_member(make_employer(name="Open Grocers Ltd"), shown=["name"])
    page = client.get(f"{path}?q=grocers").text
    assert "Open Grocers Ltd" in page
    assert "Rival" not in page
    done = client.submit(f"{path}?q=01234567", form=f"name-{rival.reference}")
    assert "Added to your competitors" in done.text
    assert members.competitors_of(rival.id) == {employer.id}
    assert "This is a competitor" not in client.get(f"{path}?q=01234567").text
    [row] = current_session().scalars(select(Competitor)).all()
    gone = client.submit(path, form=f"{path}/{row.id}/remove")
    assert "Taken off the list" in gone.text
    assert members.competitors_of(rival.id) == frozenset()


def test_what_cannot_be_named() -> None:
    with unit_of_work():
        one, other = make_employer(), make_employer()
    profile = employer_profile(one.reference)
    assert profile is not None
    with unit_of_work():
        assert isinstance(
            competitors.declare(employer=profile, other=other.reference, by=PORTAL), Ok
        )
        for reference, code in (
            (other.reference, "named"),
            (one.reference, "itself"),
            ("7ZZZZZZZZZ", "no_business"),
        ):
            done = competitors.declare(employer=profile, other=reference, by=PORTAL)
            assert isinstance(done, Err)
            assert done.problem.code == code
        for _ in range(competitors.MOST - 1):
            make_competitors(one, make_employer())
        full = competitors.declare(employer=profile, other=make_employer().reference, by=PORTAL)
        assert isinstance(full, Err)
        assert full.problem.code == "full"
        strange = competitors.remove(employer=profile, competitor_id=999_999, by=PORTAL)
        assert isinstance(strange, Err)


def test_nobody_takes_off_what_another_named(client: PortalClient) -> None:
    employer = own(client)
    with unit_of_work():
        row = make_competitors(make_employer(), employer)
    path = f"/employers/{employer.reference}/network/competitors"
    page = client.get(path).text
    assert "Those you have named" not in page, "who named you is not told"
    with client.session_transaction() as cookie:
        assert "csrf_token" in cookie
    token = client.soup("/account/mail").find("input", {"name": "csrf_token"})
    assert token is not None
    answer = client.post(
        f"{path}/{row.id}/remove", data={"csrf_token": token["value"]}, follow_redirects=True
    )
    assert "not on your list any more" in answer.text
    assert found.how_many(row.employer_id) == 1


def brought(one: Employer, other: Employer, number: int) -> None:
    current_session().add(
        NetworkInvitation(
            from_employer_id=one.id,
            by_name="Example Person",
            token_hash=f"{number:064d}",
            state="joined",
            joined_employer_id=other.id,
        )
    )


def merge(kept: Employer, merged: Employer) -> Any:
    with unit_of_work():
        manager = author_of(make_lep_officer("lep_manager"))
    plan = merging.plan(kept=kept.reference, merged=merged.reference)
    assert isinstance(plan, Ok), plan
    with unit_of_work():
        done = merging.merge(
            kept=kept.reference,
            merged=merged.reference,
            fingerprint=plan.value.fingerprint,
            fill=[],
            reason="The same company number",
            by=manager,
        )
    assert isinstance(done, Ok), done
    return plan.value


def test_a_merge_keeps_one_membership_and_no_pair_twice() -> None:
    with unit_of_work():
        kept, merged, third, fourth = (make_employer() for _ in range(4))
        stays = make_member(kept)
        leaves = make_member(merged)
        make_competitors(kept, third)
        make_competitors(merged, third)
        make_competitors(merged, fourth)
        make_competitors(merged, kept)
        make_competitors(fourth, merged)
        brought(kept, merged, 1)
        brought(merged, third, 2)
        brought(fourth, merged, 3)
    profile = employer_profile(merged.reference)
    assert profile is not None
    with unit_of_work():
        service.save(
            employer=profile,
            revision=0,
            profile=Profile({"about": "A café"}, frozenset({"about"})),
            by=PORTAL,
        )
    merge(kept, merged)
    session = current_session()
    session.expire_all()
    assert session.get_one(NetworkMember, stays.id).employer_id == kept.id
    assert session.get_one(NetworkMember, leaves.id).employer_id == merged.id
    assert set(session.scalars(select(NetworkConsent.employer_id))) == {merged.id}
    pairs = set(session.execute(select(Competitor.employer_id, Competitor.other_id)).all())
    assert {tuple(pair) for pair in pairs} == {
        (kept.id, third.id),
        (merged.id, third.id),
        (kept.id, fourth.id),
        (merged.id, kept.id),
        (fourth.id, kept.id),
    }
    rows = session.execute(
        select(NetworkInvitation.from_employer_id, NetworkInvitation.joined_employer_id)
    ).all()
    assert {tuple(row) for row in rows} == {
        (kept.id, merged.id),
        (kept.id, third.id),
        (fourth.id, kept.id),
    }


def test_a_membership_moves_where_the_kept_has_none() -> None:
    with unit_of_work():
        kept, merged = make_employer(), make_employer()
        member = make_member(merged)
    merge(kept, merged)
    current_session().expire_all()
    assert current_session().get_one(NetworkMember, member.id).employer_id == kept.id
    assert members.is_member(kept.id)


SHOWN = {
    "members": members.MEMBERS,
    "consents": members.CONSENTS,
    "competitors": found.HELD,
    "invitations": invitations.HELD,
}


@pytest.mark.parametrize("name", SHOWN)
def test_each_column_is_held_or_left_out_by_name(name: str) -> None:
    shown: TableShown = SHOWN[name]
    columns = {column.name for column in shown.table.columns}
    assert columns == {*shown.columns, *shown.left_out}
    assert not set(shown.columns) & shown.left_out


def test_an_employer_takes_its_own_and_not_who_named_it(client: PortalClient) -> None:
    employer = own(client, name="Own Ltd")
    with unit_of_work():
        make_member(employer, shown=["name", "about"], about="Our own words")
        make_competitors(employer, make_employer(name="Rival Ltd"))
        make_competitors(make_employer(name="Secret Foe Ltd"), employer)
    answer = client.get(f"/employers/{employer.reference}/data.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        texts = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    answer.close()
    [mine] = [text for name, text in texts.items() if "network-member" in name]
    [header, row] = list(csv.reader(io.StringIO(mine)))
    assert dict(zip(header, row, strict=True))["Shown to others"] == (
        "Name of the business; What you do"
    )
    assert "Our own words" in mine
    whole = "".join(texts.values())
    assert "Rival Ltd" in whole
    assert "Secret Foe Ltd" not in whole
