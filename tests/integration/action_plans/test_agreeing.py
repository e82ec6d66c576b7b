"""Advisers in the plan: who may, two signatures on the same words, and what the case rests on."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from portal.action_plans import queries, service
from portal.action_plans.document import PlanDocument
from portal.action_plans.models import PlanSignature, PlanVersion
from portal.action_plans.rules.signing import Side
from portal.action_plans.service.rendering import RENDERER_EXTENSION
from portal.caseload import queries as caseload
from portal.caseload.models import CaseMilestone
from portal.caseload.service import cases
from portal.db import current_session, unit_of_work
from portal.employers.models import Invitation, TimelineEntry
from portal.integrations.mail import recent_messages
from portal.integrations.storage import storage
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from tests.factories.accounts import make_user
from tests.factories.action_plans import Party, actions_of, make_plan
from tests.factories.diagnostics import make_response
from tests.factories.together import Pair, make_pair
from tests.integration.action_plans.test_versions import FakeRenderer, change

OWNER_SIGNS = {"name": "Olive Example", "job": "Owner", "agree": "y"}
ADVISER_SIGNS = {"name": "Ada Adviser", "agree": "y"}


@pytest.fixture(autouse=True)
def renderer(app: Flask) -> Any:
    fake = FakeRenderer()
    before = app.extensions.get(RENDERER_EXTENSION)
    app.extensions[RENDERER_EXTENSION] = fake
    yield fake
    app.extensions.pop(RENDERER_EXTENSION)
    if before is not None:
        app.extensions[RENDERER_EXTENSION] = before


def with_plan(app: Flask, *, owner: bool = True) -> tuple[Pair, Party]:
    pair = make_pair(app, owner=owner)
    person = pair.owner or pair.provider.adviser
    party = Party(
        pair.employer,
        pair.employer_id,
        person,
        person.id,
        make_response(employer=pair.employer, worst=True),
    )
    make_plan(party)
    return pair, party


@pytest.fixture
def both(app: Flask) -> tuple[Pair, Party]:
    return with_plan(app)


def seen(client: Any, path: str) -> str:
    return " ".join(client.soup(path).find("main").get_text(" ", strip=True).split())


def text(answer: Any) -> str:
    soup = BeautifulSoup(answer.get_data(as_text=True), "html5lib")
    return " ".join(soup.find("main").get_text(" ", strip=True).split())


def plan_milestones(pair: Pair) -> list[str]:
    case = caseload.case_facts(pair.case)
    assert case is not None
    return list(
        current_session().scalars(
            select(CaseMilestone.subject).where(
                CaseMilestone.case_id == case.id, CaseMilestone.kind == "plan"
            )
        )
    )


def plan_lines(pair: Pair) -> list[tuple[str, str]]:
    rows = current_session().execute(
        select(TimelineEntry.title, TimelineEntry.subject)
        .where(TimelineEntry.employer_id == pair.employer_id, TimelineEntry.kind == "plan")
        .order_by(TimelineEntry.id)
    )
    return [(row.title, row.subject) for row in rows]


def sign(pair: Pair, side: Side, by: Author, name: str = "A Name") -> Ok[int] | Err:
    content = service.current_content(pair.employer)
    assert content is not None
    with unit_of_work():
        return service.sign_off(
            employer=pair.employer, seen=content.hash, name=name, by=by, side=side
        )


def sides_of(number: int) -> dict[str, str]:
    rows = current_session().execute(
        select(PlanSignature.role, PlanSignature.name)
        .join(PlanVersion, PlanVersion.id == PlanSignature.version_id)
        .where(PlanVersion.number == number)
    )
    return {row.role: row.name for row in rows}


def test_both_sign_the_same_and_the_case_rests_on_it(both, run_jobs) -> None:
    pair, _party = both
    owner, adviser = pair.client(pair.owner), pair.client(pair.provider.adviser)
    base = f"/employers/{pair.employer}/plan"
    owner.submit(f"{base}/sign-off", OWNER_SIGNS)
    run_jobs()
    run_jobs()
    asked = recent_messages(recipient=pair.provider.adviser.email)
    assert [mail.subject for mail in asked] == [
        "The action plan of Example Café waits for your signature"
    ]
    assert f"{base}/sign-off" in asked[0].body
    assert plan_milestones(pair) == []
    assert "Action plan: waits for the adviser" in seen(adviser, f"/cases/{pair.case}")
    kept = queries.version_of_employer(pair.employer, 1)
    bytes_before = storage().get(kept.storage_key)
    page = seen(adviser, f"{base}/sign-off")
    assert "You are signing as the adviser of Example Café" in page
    assert "Olive Example, Owner" in page
    done = adviser.submit(f"{base}/sign-off", ADVISER_SIGNS)
    assert done.request.path == f"{base}/versions/2"
    assert "Agreed by employer and adviser" in text(done)
    assert sides_of(1) == {"employer": "Olive Example"}
    assert sides_of(2) == {"employer": "Olive Example", "adviser": "Ada Adviser"}
    run_jobs()
    run_jobs()
    first = queries.version_of_employer(pair.employer, 1)
    second = queries.version_of_employer(pair.employer, 2)
    assert first.content_hash == second.content_hash
    assert second.signed_off
    # What the first signed stays byte for byte.
    assert storage().get(first.storage_key) == bytes_before
    assert first.sha256 == kept.sha256
    document = PlanDocument.from_json(current_session().get_one(PlanVersion, second.id).document)
    provider = pair.provider.organisation.name
    assert [(each.name, each.role, each.side) for each in document.signatures] == [
        ("Olive Example", "Owner", "employer"),
        ("Ada Adviser", f"Adviser, {provider}", "adviser"),
    ]
    assert plan_milestones(pair) == [f"plan_version:{pair.employer}/2"]
    assert plan_lines(pair)[1:] == [
        (
            "Version 1 of the action plan signed for the employer",
            f"plan_version:{pair.employer}/1",
        ),
        (
            "Version 2 of the action plan signed for the adviser: the plan is agreed",
            f"plan_version:{pair.employer}/2",
        ),
    ]
    told = {mail.recipient for mail in recent_messages() if "is agreed" in mail.body}
    told |= {mail.recipient for mail in recent_messages() if "agreed: employer" in mail.body}
    assert told >= {pair.owner.email, pair.provider.adviser.email}
    assert "Action plan: agreed" in seen(adviser, f"/cases/{pair.case}")
    timeline = adviser.soup(f"/employers/{pair.employer}/timeline")
    assert timeline.select(f'a[href="{base}/versions/2"]')
    assert timeline.select(f'a[href="{base}"]')


def test_the_adviser_may_sign_first(both, run_jobs) -> None:
    pair, _party = both
    owner, adviser = pair.client(pair.owner), pair.client(pair.provider.adviser)
    base = f"/employers/{pair.employer}/plan"
    done = adviser.submit(f"{base}/sign-off", ADVISER_SIGNS)
    assert "Signed by the adviser, not yet by the employer" in text(done)
    run_jobs()
    run_jobs()
    first = queries.version_of_employer(pair.employer, 1)
    assert first.signed_off is False
    assert any("waits" in mail.subject for mail in recent_messages(recipient=pair.owner.email))
    assert "Action plan: waits for the employer" in seen(adviser, f"/cases/{pair.case}")
    assert "It waits for the employer" in seen(owner, base)
    # The same side again: the page offers nothing, and an old page is refused.
    assert not adviser.soup(f"{base}/sign-off").select("input[name=agree]")
    twice = sign(pair, Side.ADVISER, pair.adviser)
    assert isinstance(twice, Err)
    assert twice.problem.code == "signed_already"
    owner.submit(f"{base}/sign-off", OWNER_SIGNS)
    assert sides_of(2) == {"employer": "Olive Example", "adviser": "Ada Adviser"}
    assert plan_milestones(pair) == [f"plan_version:{pair.employer}/2"]


def test_a_plan_changed_between_has_to_be_signed_again_by_both(both, run_jobs) -> None:
    pair, party = both
    owner, adviser = pair.client(pair.owner), pair.client(pair.provider.adviser)
    base = f"/employers/{pair.employer}/plan"
    owner.submit(f"{base}/sign-off", OWNER_SIGNS)
    change(party)
    page = seen(adviser, f"{base}/sign-off")
    assert "Olive Example signed version 1, but the plan has changed since" in page
    assert "Employer Not yet" in page
    adviser.submit(f"{base}/sign-off", ADVISER_SIGNS)
    assert sides_of(2) == {"adviser": "Ada Adviser"}
    assert plan_milestones(pair) == []
    run_jobs()
    assert any("waits" in mail.subject for mail in recent_messages(recipient=pair.owner.email))
    owner.submit(f"{base}/sign-off", OWNER_SIGNS)
    assert sides_of(3) == {"employer": "Olive Example", "adviser": "Ada Adviser"}
    assert plan_milestones(pair) == [f"plan_version:{pair.employer}/3"]


def test_what_an_adviser_did_not_see_is_not_signed(both) -> None:
    pair, party = both
    adviser = pair.client(pair.provider.adviser)
    path = f"/employers/{pair.employer}/plan/sign-off"
    shown = {
        tag["name"]: tag.get("value", "")
        for tag in adviser.soup(path).find("main").select("form input[name]")
    }
    change(party)
    refused = adviser.post(path, data={**shown, **ADVISER_SIGNS})
    assert "has changed since you opened this page" in text(refused)
    assert queries.version_of_employer(pair.employer, 1) is None


def test_who_signs_for_the_adviser(both, app: Flask) -> None:
    pair, _party = both
    stranger = sign(pair, Side.ADVISER, pair.other.author)
    assert isinstance(stranger, Err)
    assert stranger.problem.code == "not_adviser"
    path = f"/employers/{pair.employer}/plan/sign-off"
    assert pair.client(pair.other.adviser).get(path).status_code == 403
    assert pair.client(pair.officer).get(path).status_code == 403
    case = caseload.case_facts(pair.case)
    with unit_of_work():
        cases.close_case(
            reference=pair.case,
            reason="no_contact",
            note="",
            revision=case.revision,
            by=pair.adviser,
        )
    closed = pair.client(pair.provider.adviser)
    assert "open case signs for the adviser" in seen(closed, path)
    assert isinstance(sign(pair, Side.ADVISER, pair.adviser), Err)


def test_nobody_signs_for_both_sides(both) -> None:
    pair, _party = both
    assert isinstance(sign(pair, Side.ADVISER, pair.adviser), Ok)
    refused = sign(pair, Side.EMPLOYER, pair.adviser)
    assert isinstance(refused, Err)
    assert refused.problem.code == "both_sides"


def test_an_adviser_changes_the_plan_and_the_lep_reads_it(both, run_jobs) -> None:
    pair, party = both
    adviser, officer = pair.client(pair.provider.adviser), pair.client(pair.officer)
    base = f"/employers/{pair.employer}/plan"
    assert "You are working on this plan for Example Café with them" in seen(adviser, base)
    goal = queries.goal_choices(queries.active_plan(pair.employer).id)[0][0]
    adviser.submit(f"{base}/actions/add?goal={goal}", {"title": "Ask the team"})
    assert "Ask the team" in [each.title for each in actions_of(party)]
    action = actions_of(party)[0]
    adviser.submit(
        f"{base}/actions/{action.reference}", {"status": "in_progress"}, form="status-form"
    )
    assert "Ada Adviser" in seen(officer, f"{base}/actions/{action.reference}")
    adviser.submit(base, form=f"{base}/versions")
    run_jobs()
    for path in (
        "",
        f"/actions/{action.reference}",
        "/versions",
        "/versions/1",
        "/versions/1/file",
    ):
        assert officer.get(f"{base}{path}").status_code == 200, path
        assert pair.client(pair.other.adviser).get(f"{base}{path}").status_code == 403, path
    shown = officer.soup(base).find("main")
    assert not shown.select("form")
    assert not officer.soup(f"{base}/actions/{action.reference}").find("main").select("form")
    assert not officer.soup(f"{base}/versions").find("main").select("form")
    for path in ("/choose", "/actions/add", "/business-case", "/close", "/sign-off"):
        assert officer.get(f"{base}{path}").status_code == 403, path
    assert adviser.get(f"{base}/close").status_code == 403


def test_an_adviser_starts_the_plan(app: Flask) -> None:
    pair = make_pair(app)
    adviser = pair.client(pair.provider.adviser)
    case = f"/cases/{pair.case}"
    assert "It starts from a completed diagnostic" in seen(adviser, case)
    make_response(employer=pair.employer, worst=True)
    assert "Choose the actions with them" in seen(adviser, case)
    base = f"/employers/{pair.employer}/plan"
    assert "The diagnostic suggests" in seen(adviser, base)
    assert "You are choosing for Example Café" in seen(adviser, f"{base}/choose")
    adviser.submit(f"{base}/choose")
    assert queries.active_plan(pair.employer) is not None
    assert [title for title, _ in plan_lines(pair)] == ["Action plan started"]
    assert "Nobody has signed yet" in seen(adviser, base)
    assert "Action plan: not signed" in seen(adviser, case)
    assert "0 of" in seen(adviser, f"/employers/{pair.employer}")


def test_closing_is_on_the_timeline(both) -> None:
    pair, party = both
    with unit_of_work():
        service.close_plan(
            employer=pair.employer,
            plan=queries.active_plan(pair.employer).reference,
            reason="A new start",
            by=party.author,
        )
    assert [title for title, _ in plan_lines(pair)] == [
        "Action plan started",
        "Action plan closed",
    ]


# --- An employer without anybody who can sign ------------------------------------------------


def test_an_adviser_invites_the_first_owner(app: Flask, run_jobs) -> None:
    pair, _party = with_plan(app, owner=False)
    adviser = pair.client(pair.provider.adviser)
    base = f"/employers/{pair.employer}"
    case = adviser.soup(f"/cases/{pair.case}")
    (link,) = [
        tag["href"] for tag in case.select("main a") if "Invite their owner" in tag.get_text()
    ]
    page = adviser.soup(link)
    assert page.find(id="email")["value"] == "contact@example.org"
    assert "Nobody at Example Café can sign here yet" in seen(adviser, f"{base}/plan/sign-off")
    own = adviser.submit(f"{base}/people", {"email": pair.provider.manager.email})
    assert "works for a provider or the programme" in text(own)
    adviser.submit(f"{base}/people", {"email": "wrong@example.org", "role": "member"})
    adviser.submit(f"{base}/people", {"email": "owner@example.net"})
    run_jobs()
    open_now = current_session().execute(
        select(Invitation.email, Invitation.role).where(Invitation.withdrawn_at.is_(None))
    )
    assert [tuple(row) for row in open_now] == [("owner@example.net", "owner")]
    assert recent_messages(recipient="owner@example.net")
    assert pair.client(pair.other.adviser).get(f"{base}/people").status_code == 403


def test_once_there_is_an_owner_an_adviser_invites_nobody(app: Flask) -> None:
    from portal.employers import service as employers

    pair = make_pair(app)
    adviser = pair.client(pair.provider.adviser)
    page = adviser.soup(f"/employers/{pair.employer}/people")
    assert not page.find("main").select("form")
    with unit_of_work():
        refused = employers.invite_first_owner(
            reference=pair.employer,
            email="friend@example.net",
            by=pair.provider.adviser.id,
            by_name="Ada Adviser",
        )
    assert isinstance(refused, Err)
    assert refused.problem.code == "has_owner"
    with unit_of_work():
        member = make_user()
    assert pair.client(member).get(f"/employers/{pair.employer}/people").status_code == 403
