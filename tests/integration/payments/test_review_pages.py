"""An officer reviews a claim as a browser without a script sees it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from portal.accounts.models import User
from portal.caseload.models import Attendance, EvidenceFile
from portal.db import current_session, unit_of_work
from portal.db.outbox import OutboxEntry
from portal.kernel.clock import utc_now
from portal.kernel.result import Ok
from portal.payments.models import (
    CheckResult,
    Claim,
    ClaimLine,
    Contract,
    Decision,
    LedgerEntry,
    LineQuery,
)
from portal.payments.queries import claims as found
from portal.payments.queries import hands
from portal.payments.queries.review import summaries
from portal.payments.rules.duties import conflicts
from portal.payments.service import claims, reviewing
from portal.payments.service.outputs import arise_for_delivery
from portal.payments.service.proving import verify
from portal.programme.models import StaffPost
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import (
    Provider,
    author_of,
    make_lep_officer,
    make_organisation,
    make_provider,
)
from tests.factories.payments import (
    make_card,
    make_confirmed_delivery,
    make_contract,
    make_hard_to_reach,
)
from tests.factories.reviewing import OCTOBER, add_file, lines_of, make_lines, make_submitted
from tests.support.client import PortalClient


class World:
    """A submitted claim of five lines, three of them clean, and an officer of the LEP."""

    def __init__(self) -> None:
        with unit_of_work():
            self.provider: Provider = make_provider()
            self.contract: Contract = make_contract(self.provider.organisation)
            make_card()
            self.officer: User = make_lep_officer()
            make_lines(self.provider, 3)
            make_lines(self.provider, 2, files=False, first=3)
            self.claim: Claim = make_submitted(self.provider, self.contract)
            self.lines: list[ClaimLine] = lines_of(self.claim)
        self.ids = [line.id for line in self.lines]
        self.path = f"/review/{self.claim.reference}"

    def states(self) -> list[str]:
        """The states of the lines, in order."""
        return [line.state for line in lines_of(self.claim)]

    def count(self, model: type, *conditions: object) -> int:
        """How many rows there are."""
        return current_session().scalar(
            select(func.count()).select_from(model).where(*conditions)  # type: ignore[arg-type]
        )


@pytest.fixture
def world(session: object) -> World:
    return World()


@pytest.fixture
def officer(world: World, client: PortalClient) -> PortalClient:
    """The officer's browser."""
    sign_in(client, world.officer)
    return client


def text_of(answer: object) -> str:
    soup = BeautifulSoup(answer.get_data(as_text=True), "html5lib")  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", soup.get_text(" "))


def choose(officer: PortalClient, world: World, ids: list[int], do: str) -> object:
    """Tick lines and press one of the buttons below them."""
    lines = [str(one) for one in ids]
    return officer.submit(world.path, {"lines": lines, "do": do}, form="lines")


def confirm(officer: PortalClient, page: object, **more: str) -> object:
    """Send the form of the page that asks once more."""
    soup = BeautifulSoup(page.get_data(as_text=True), "html5lib")  # type: ignore[attr-defined]
    form = soup.find("main").find("form")  # type: ignore[union-attr]
    values = {tag["name"]: tag.get("value", "") for tag in form.find_all("input")}
    return officer.post(form["action"], data={**values, **more}, follow_redirects=True)


def test_the_queue_says_what_waits_and_for_how_long(officer: PortalClient, world: World) -> None:
    soup = officer.soup("/review")
    row = re.sub(r"\s+", " ", soup.select_one(".app-work__row").get_text(" "))  # type: ignore[union-attr]
    assert "£3,000.00 , 5 lines Submitted today" in row
    assert "2 with a warning" in row
    assert "failed" not in row
    few = len(officer.statements)
    with unit_of_work():
        other = make_provider()
        contract = make_contract(other.organisation)
        make_lines(other, 2, first=7)
        make_submitted(other, contract)
    soup = officer.soup("/review")
    assert len(soup.select(".app-work__row")) == 2
    assert len(officer.statements) == few <= 6, [one[:160] for one in officer.statements]


def test_a_line_stands_beside_its_evidence(officer: PortalClient, world: World) -> None:
    said = text_of(officer.get(world.path))
    assert "Engagement, small employer (24 employees on 1 November 2026), card" in said
    assert "Confirmed by Example Owner on" in said
    assert "Recorded by Example Adviser" in said
    assert "notes.pdf" in said
    assert "No file was added for this work" in said
    assert "Warning, evidence: No file was added for this work" in said
    assert "Sector: Hospitality" in said
    assert "5 lines, £3,000.00 wait for a decision" in said
    assert "Approve all 3 clean lines, £1,800.00" in said


def test_all_clean_lines_at_once(officer: PortalClient, world: World) -> None:
    page = officer.submit(world.path, {"do": "approve"}, form="clean")
    assert "Approve 3 lines, £1,800.00?" in text_of(page)
    # Only asked so far.
    assert world.states() == ["submitted"] * 5
    done = confirm(officer, page)
    assert "3 lines approved, £1,800.00." in text_of(done)
    assert world.states() == ["approved"] * 3 + ["submitted"] * 2
    assert world.count(LedgerEntry, LedgerEntry.kind == "approve") == 3
    assert verify().fault is None
    # Sent again, by the back button: nothing more happens, and it is said why.
    again = confirm(officer, page)
    assert "This claim changed while you had it open: Example Officer" in text_of(again)
    assert "approved lines. Nothing was decided" in text_of(again)
    assert world.count(LedgerEntry, LedgerEntry.kind == "approve") == 3


def test_what_changed_meanwhile_stops_everything(officer: PortalClient, world: World) -> None:
    page = officer.submit(world.path, {"do": "approve"}, form="clean")
    with unit_of_work():
        other = make_lep_officer()
        asked = reviewing.query(
            reference=world.claim.reference,
            line_ids=world.ids[4:],
            words="Who was there?",
            by=author_of(other),
        )
        assert isinstance(asked, Ok)
    said = text_of(confirm(officer, page))
    assert "This claim changed while you had it open" in said
    assert "asked about lines" in said
    assert world.states() == ["submitted"] * 4 + ["queried"]


def test_a_clean_line_that_has_a_warning_by_now_stops_the_others(
    officer: PortalClient, world: World
) -> None:
    page = officer.submit(world.path, {"do": "approve"}, form="clean")
    with unit_of_work() as session:
        for result in session.scalars(select(CheckResult)):
            result.at = utc_now() - timedelta(days=2)
        file = session.scalars(select(EvidenceFile).order_by(EvidenceFile.id)).first()
        assert file is not None
        file.withdrawn_at, file.withdrawn_reason = utc_now(), "Wrong file"
    said = text_of(confirm(officer, page))
    assert "The checks were run again and now have a warning about Amber Bakery" in said
    assert world.states() == ["submitted"] * 5
    # The new run is kept: the line is clean no more.
    assert "Approve all 2 clean lines, £1,200.00" in text_of(officer.get(world.path))


def test_query_and_reject_need_words_and_tell_the_provider(
    officer: PortalClient, world: World
) -> None:
    page = choose(officer, world, world.ids[3:], "query")
    assert "Query 2 lines, £1,200.00?" in text_of(page)
    missing = confirm(officer, page, words=" ")
    assert "Write your question" in text_of(missing)
    asked = confirm(officer, page, words="Who was there?")
    assert "2 lines sent to the provider" in text_of(asked)
    assert world.count(LineQuery) == 2
    assert "Question by Example Officer" in text_of(asked)
    rejected = officer.submit(
        f"{world.path}/lines/{world.ids[3]}/reject", {"words": "Not an eligible employer"}
    )
    assert "1 line rejected, £600.00." in text_of(rejected)
    assert world.states() == ["submitted"] * 3 + ["rejected", "queried"]
    mails = [
        entry.payload["subject"]
        for entry in current_session().scalars(select(OutboxEntry).order_by(OutboxEntry.id))
        if entry.kind == "mail.send"
    ]
    assert "Questions about your claim for October 2026" in mails
    approved = confirm(officer, officer.submit(world.path, {"do": "approve"}, form="clean"))
    # All but the queried line is decided: it waits for the provider.
    assert "Queried" in text_of(approved)
    assert current_session().get_one(Claim, world.claim.id).state == "queried"
    assert verify().fault is None


def test_the_last_decision_settles_the_claim(officer: PortalClient, world: World) -> None:
    confirm(officer, choose(officer, world, world.ids[:4], "approve"))
    page = officer.get(f"{world.path}/lines/{world.ids[4]}/reject")
    done = confirm(officer, page, words="No evidence")
    assert "Approved in part. 4 lines, £2,400.00 are approved; 1 line, £600.00 is rejected." in (
        text_of(done)
    )
    assert "Rejected by Example Officer" in text_of(done)
    assert "Decided in the last 60 days" in text_of(officer.get("/review"))
    subjects = [
        entry.payload["subject"]
        for entry in current_session().scalars(select(OutboxEntry))
        if entry.kind == "mail.send"
    ]
    assert "Your claim for October 2026 is decided" in subjects


def test_filters_show_what_they_say(officer: PortalClient, world: World) -> None:
    def names(query: str) -> list[str]:
        return [
            tag.get_text(strip=True).partition(",")[0]
            for tag in officer.soup(f"{world.path}?{query}").select(".app-files__name")
        ]

    assert names("show=clean") == ["Amber Bakery", "Birch Care Home", "Cobalt Hotel"]
    assert names("show=warned") == ["Dapple Farm Shop", "Ember Grill"]
    assert names("show=failed") == []
    assert names("q=birch") == ["Birch Care Home"]
    assert names("type=workshop") == []
    assert len(names("show=nonsense&type=nonsense")) == 5
    confirm(officer, choose(officer, world, world.ids[:1], "approve"))
    assert names("show=decided") == ["Amber Bakery"]


def test_nobody_decides_on_their_own_work_and_sees_so_before(
    world: World, client: PortalClient
) -> None:
    with unit_of_work():
        # An officer who added a file for one line, and has no hand in the others.
        helper = make_lep_officer()
        add_file(found.outputs_by_id([world.lines[0].output_id])[world.lines[0].output_id], helper)
    sign_in(client, helper)
    soup = client.soup(world.path)
    ticks = [tag["value"] for tag in soup.select('input[name="lines"]')]
    assert ticks == [str(one) for one in world.ids[1:]]
    said = re.sub(r"\s+", " ", soup.get_text(" "))
    assert "Not yours to decide: You added evidence for it" in said
    assert "1 waiting line is not yours to decide" in said
    assert "Approve all 2 clean lines" in said
    refused = world.count(Decision, Decision.action == "claim.refused")
    # Posted all the same, with the others: nothing is decided, and the attempt is kept.
    answer = client.submit(
        world.path, {"lines": [str(one) for one in world.ids], "do": "approve"}, form="lines"
    )
    assert "You cannot decide on this: you added evidence for it" in text_of(answer)
    kept = current_session().scalars(
        select(Decision).where(Decision.action == "claim.refused").order_by(Decision.id.desc())
    )
    last = next(iter(kept))
    assert last.detail["lines"] == [world.ids[0]]
    assert last.by == helper.id
    assert world.count(Decision, Decision.action == "claim.refused") == refused + 1
    assert world.states() == ["submitted"] * 5
    # The same straight past the page that asks once more.
    token = str(soup.select_one('input[name="csrf_token"]')["value"])  # type: ignore[index]
    answer = client.post(
        f"{world.path}/lines",
        data={
            "csrf_token": token,
            "ids": str(world.ids[0]),
            "do": "approve",
            "sure": "1",
            "revision": str(world.claim.revision),
        },
        follow_redirects=True,
    )
    assert "You cannot decide on this" in text_of(answer)
    assert world.count(Decision, Decision.action == "claim.refused") == refused + 2
    assert world.states() == ["submitted"] * 5
    assert verify().fault is None


def test_somebody_of_the_claimant_may_not_decide_whatever_their_roles(
    world: World, client: PortalClient
) -> None:
    with unit_of_work() as session:
        both = make_lep_officer("lep_officer", "lep_manager")
        session.add(StaffPost(user_id=both.id, organisation_id=world.provider.organisation.id))
    sign_in(client, both)
    soup = client.soup(world.path)
    assert soup.select('input[name="lines"]') == []
    assert soup.select("form#clean") == []
    assert "You work for the provider that claims" in soup.get_text()
    queue = client.soup("/review").get_text(" ")
    assert "You may not decide on it: you work for the provider that claims" in queue
    answer = client.get(f"{world.path}/lines/{world.ids[0]}/query", follow_redirects=True)
    assert "You may not decide on this line" in text_of(answer)


def test_the_page_and_the_service_agree_on_who_may_not_decide(session: object) -> None:
    with unit_of_work():
        provider, sub = make_provider(), make_provider()
        contract = make_contract(provider.organisation, subcontractor=sub.organisation)
        make_card()
        outputs = make_lines(provider, 2)
        make_lines(sub, 1, first=2)
        employers = [make_hard_to_reach(name="Kestrel Diner"), make_hard_to_reach(name="Lapwing")]
        delivery = make_confirmed_delivery(provider, *employers)
        delivery.delivered_on = outputs[0].occurred_on
        current_session().flush()
        arisen = arise_for_delivery(delivery.id, provider.author)
        assert isinstance(arisen, Ok), arisen
        officer, other = make_lep_officer(), make_lep_officer()
        add_file(outputs[1], officer)
        # A sheet of the workshop, kept with the employer that the output does not name.
        sheet = add_file(outputs[0], other)
        cases = select(Attendance.case_id).where(
            Attendance.delivery_id == delivery.id, Attendance.case_id != arisen.value.case_id
        )
        sheet.case_id = current_session().scalars(cases).one()
        claim = make_submitted(provider, contract)
        trainer = make_user(roles=("adviser",))
        current_session().add(StaffPost(user_id=trainer.id, organisation_id=make_organisation().id))
        outputs[0].adviser_id = trainer.id
    people = [
        *(provider.adviser, provider.manager, sub.adviser, sub.manager),
        *(officer, other, trainer),
    ]
    lines = lines_of(claim)
    involved = hands.involvement(claim, [line.output_id for line in lines])
    by_line = {line.id: involved[line.output_id] for line in lines}
    for person in people:
        shown = {one.id: one.hand.conflicts() for one in summaries(claim.id, person=person.id)}
        assert any(shown.values()), person.name
        assert shown == {line: conflicts(person.id, hands) for line, hands in by_line.items()}, (
            person.name
        )


@pytest.mark.parametrize("role", ["adviser", "provider_manager", "administrator", "evaluator"])
def test_others_are_kept_out(world: World, client: PortalClient, role: str) -> None:
    with unit_of_work():
        person = make_user(roles=(role,))
    sign_in(client, person)
    for path in ("/review", world.path, f"{world.path}/lines/{world.ids[0]}/query"):
        assert client.get(path).status_code == 403, path
    assert client.post(f"{world.path}/lines").status_code in {403, 419}


def test_guesses_and_nonsense_change_nothing(officer: PortalClient, world: World) -> None:
    assert officer.get("/review/ZZZZZZZZZZ").status_code == 404
    assert officer.get(f"{world.path}/lines/999999/query").status_code == 404
    nothing = officer.submit(world.path, {"do": "approve"}, form="lines")
    assert "Choose at least one line" in text_of(nothing)
    for data in (
        {"lines": ["1; DROP TABLE"], "do": "approve"},
        {"lines": [str(world.ids[0])], "do": "pay"},
        {"lines": ["999999"], "do": "approve"},
        {"lines": ["9" * 30], "do": "approve"},
    ):
        answer = officer.submit(world.path, data, form="lines")
        assert "Choose at least one line" in text_of(answer), data
    other = officer.submit(
        world.path, {"lines": [str(world.ids[0])], "do": "approve", "revision": "x"}, form="lines"
    )
    assert "This claim changed" in text_of(other)
    assert world.states() == ["submitted"] * 5


def test_a_draft_is_not_reviewed(session: object, client: PortalClient) -> None:
    with unit_of_work():
        provider = make_provider()
        contract = make_contract(provider.organisation)
        make_card()
        make_lines(provider, 1)
        officer = make_lep_officer()
        built = claims.build(contract_id=contract.id, period=OCTOBER, by=provider.author)
        assert isinstance(built, Ok)
    sign_in(client, officer)
    assert client.get(f"/review/{built.value.claim.reference}").status_code == 404
    assert "Nothing is waiting" in client.soup("/review").get_text()


def test_fifty_lines_take_few_statements_and_few_bytes(
    session: object, client: PortalClient
) -> None:
    with unit_of_work():
        provider = make_provider()
        contract = make_contract(provider.organisation, total_cap_pence=50_000_000)
        make_card()
        officer = make_lep_officer()
        make_lines(provider, 3)
        few_claim = make_submitted(provider, contract)
        make_lines(provider, 60, first=10)
        claim = make_submitted(provider, contract)
    sign_in(client, officer)
    client.soup(f"/review/{few_claim.reference}")
    few = len(client.statements)
    answer = client.get(f"/review/{claim.reference}")
    assert len(client.statements) == few <= 7, [one[:160] for one in client.statements]
    assert len(answer.data) < 150_000, len(answer.data)
    soup = BeautifulSoup(answer.get_data(as_text=True), "html5lib")
    assert len(soup.select(".app-files__item")) == 50
    second = client.soup(f"/review/{claim.reference}?page=2")
    assert len(second.select(".app-files__item")) == 10
    assert client.get(f"/review/{claim.reference}?page=9").location.endswith("page=2")
