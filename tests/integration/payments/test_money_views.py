"""What a provider earned and why it is not paid; the LEP's budget. Every sum is the ledger's."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from portal.caseload.models import DiagnosticSession
from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.kernel import clock
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.payments.models import Claim, Contract, ContractProfile
from portal.payments.queries import budget, money, money_work, origins
from portal.payments.queries import claims as claiming
from portal.payments.queries import ledger as reading
from portal.payments.queries import paying as payments_found
from portal.payments.rules.forecast import known_months
from portal.payments.rules.money import Step
from portal.payments.service import claims, corrections, outputs, paying, reviewing
from portal.payments.service.proving import verify
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import (
    Provider,
    author_of,
    make_lep_officer,
    make_provider,
)
from tests.factories.employers import make_employer
from tests.factories.payments import (
    make_card,
    make_confirmed_delivery,
    make_confirmed_session,
    make_contract,
    make_hard_to_reach,
    make_output,
)
from tests.support.client import PortalClient


@dataclass
class Scene:
    """A contract whose outputs stand at every step there is."""

    provider: Provider
    contract: Contract
    officer: Author
    manager: Author
    claims: dict[int, Claim] = field(default_factory=dict)

    @property
    def own(self) -> list[int]:
        return [self.provider.organisation.id]

    def claim(self, month: int) -> Claim:
        """Build the claim of a month."""
        built = claims.build(
            contract_id=self.contract.id,
            period=date(2026, month, 1),
            by=author_of(self.provider.manager),
        )
        assert isinstance(built, Ok), built
        self.claims[month] = built.value.claim
        return built.value.claim

    def submit(self, month: int) -> list[int]:
        """Send the claim of a month; the keys of its lines."""
        claim = self.claim(month)
        sent = claims.submit(
            reference=claim.reference,
            revision=claim.revision,
            by=author_of(self.provider.manager),
        )
        assert isinstance(sent, Ok), sent
        return [line.id for line, _output in claiming.live_lines(claim.id)]

    def approve(self, month: int, lines: list[int]) -> None:
        done = reviewing.approve(
            reference=self.claims[month].reference, line_ids=lines, by=self.officer
        )
        assert isinstance(done, Ok), done

    def pay(self, month: int) -> None:
        run = paying.make_run(
            programme="pilot", references=[self.claims[month].reference], by=self.manager
        )
        assert isinstance(run, Ok), run
        for payment in payments_found.payments_of(run.value.id):
            done = paying.mark_paid(
                reference=payment.reference, paid_on=today(), bank_reference="B 1", by=self.manager
            )
            assert isinstance(done, Ok), done


@pytest.fixture(autouse=True)
def _day() -> Iterator[None]:
    with clock.freeze(datetime(2026, 11, 23, 10, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def scene(session: PortalSession) -> Scene:
    with unit_of_work() as writing:
        provider = make_provider()
        contract = make_contract(
            provider.organisation,
            total_cap_pence=3_000_000,
            caps={"engagement": 500_000, "workshop": 2_000_000},
            ends_on=date(2027, 3, 31),
        )
        writing.add_all(
            ContractProfile(contract_id=contract.id, quarter=quarter, pence=pence)
            for quarter, pence in ((date(2026, 7, 1), 200_000), (date(2026, 10, 1), 400_000))
        )
        make_card()
        made = Scene(
            provider,
            contract,
            author_of(make_lep_officer()),
            author_of(make_lep_officer("lep_manager")),
        )
        _tell(made)
        writing.flush()
    return made


def _tell(scene: Scene) -> None:
    provider = scene.provider
    # Paid in July; one of August rejected; September queried and waiting; October on a draft.
    make_output(provider, make_employer(headcount=34), held_on=date(2026, 7, 1))
    make_output(provider, make_hard_to_reach(on=date(2026, 6, 1)), held_on=date(2026, 7, 2))
    scene.approve(7, scene.submit(7))
    scene.pay(7)
    make_output(provider, held_on=date(2026, 8, 4))
    make_output(provider, held_on=date(2026, 8, 5))
    lines = scene.submit(8)
    rejected = reviewing.reject(
        reference=scene.claims[8].reference, line_ids=lines[:1], reason="No plan", by=scene.officer
    )
    assert isinstance(rejected, Ok), rejected
    scene.approve(8, lines[1:])
    workshop = make_confirmed_delivery(provider, make_employer(), delivered_on=date(2026, 9, 2))
    arisen = outputs.arise_for_delivery(workshop.id, provider.author)
    assert isinstance(arisen, Ok), arisen
    make_output(provider, held_on=date(2026, 9, 3))
    scene.contract.open_from = date(2026, 9, 1)
    rejected_output = claiming.outputs_by_id([lines[0]])
    assert rejected_output is not None
    lines = scene.submit(9)
    asked = reviewing.query(
        reference=scene.claims[9].reference,
        line_ids=lines[:1],
        words="Which day?",
        by=scene.officer,
    )
    assert isinstance(asked, Ok), asked
    make_output(provider, held_on=date(2026, 10, 5))
    scene.claim(10)
    make_output(provider, held_on=date(2026, 10, 6))
    make_output(provider, held_on=date(2026, 11, 3))
    make_confirmed_session(provider, held_on=date(2026, 6, 1), confirmed=False)
    make_confirmed_delivery(
        provider, make_employer(), delivered_on=date(2026, 6, 2), confirmed=False
    )


def text(page: BeautifulSoup) -> str:
    return " ".join(page.get_text(" ").split())


def test_every_figure_of_a_provider_is_the_ledgers(scene: Scene) -> None:
    parts = money.parts(scene.own, month=date(2026, 11, 1))
    by_step = {
        step: (
            sum(part.count for part in parts if part.step is step),
            sum(part.stands for part in parts if part.step is step),
        )
        for step in Step
    }
    standing = reading.standing(scene.contract.id)
    assert by_step[Step.WAITING][1] + by_step[Step.QUERIED][1] == standing.committed
    assert by_step[Step.APPROVED][1] == standing.payable
    assert by_step[Step.PAID] == (2, standing.paid)
    assert sum(part.back for part in parts) == standing.recovered
    counts = {step: count for step, (count, _pence) in by_step.items()}
    # What was rejected in August was claimed again with September's.
    assert counts == {
        Step.LATER: 1,
        Step.READY: 1,
        Step.REJECTED: 0,
        Step.DRAFT: 1,
        Step.WAITING: 2,
        Step.QUERIED: 1,
        Step.APPROVED: 1,
        Step.PAID: 2,
    }
    assert verify().fault is None


def test_money_that_came_back_is_counted_beside_what_stays_paid(scene: Scene) -> None:
    line, _output = claiming.live_lines(scene.claims[7].id)[0]
    with unit_of_work():
        back = corrections.recover(
            line_id=line.id, pence=10_000, reason="Paid too early", by=scene.manager
        )
        assert isinstance(back, Ok), back
    standing = reading.standing(scene.contract.id)
    parts = money.parts(scene.own, month=date(2026, 11, 1))
    assert sum(part.stands for part in parts if part.step is Step.PAID) == standing.paid
    assert sum(part.back for part in parts) == standing.recovered == 10_000
    book = next(b for b in budget.books() if b.id == scene.contract.id)
    assert book.standing == standing
    assert sum(book.by_month().values()) == standing.spent
    assert sum(cost.pence for cost in book.costs.values()) == standing.paid


def test_what_a_rejected_output_needs_is_said(scene: Scene) -> None:
    with unit_of_work():
        lines = [
            line.id
            for line, _output in claiming.live_lines(scene.claims[9].id)
            if line.state == "submitted"
        ]
        done = reviewing.reject(
            reference=scene.claims[9].reference,
            line_ids=lines[:1],
            reason="The plan is missing",
            by=scene.officer,
        )
        assert isinstance(done, Ok)
    rows, _total = money.waiting(scene.own, month=date(2026, 11, 1), steps=["rejected"])
    assert [row.said for row in rows] == ["The plan is missing"]


def test_the_list_of_what_is_not_paid_is_whole_and_in_order(scene: Scene) -> None:
    rows, total = money.waiting(scene.own, month=date(2026, 11, 1))
    days = [row.day for row in rows]
    assert days == sorted(days)
    # Seven outputs, and two pieces of work from which nothing arose.
    assert (len(rows), total) == (9, 9)
    assert money.work_count(scene.own) == 2
    work, total = money.waiting(scene.own, month=date(2026, 11, 1), steps=["work"])
    assert [row.kind for row in work] == ["session", "delivery"]
    october, _ = money.waiting(scene.own, month=date(2026, 11, 1), of=date(2026, 10, 1))
    assert {row.day.month for row in october} == {10}
    shops, _ = money.waiting(scene.own, month=date(2026, 11, 1), kind="workshop")
    assert {row.output_type for row in shops} == {"workshop"}
    assert money.waiting([-1], month=date(2026, 11, 1)) == ([], 0)


def test_what_work_lacks_is_what_readiness_says(scene: Scene) -> None:
    """The page judges many pieces at once, the output judges one: they must agree."""
    provider = scene.provider
    with unit_of_work():
        known = make_employer(headcount=34)
        made = [
            make_confirmed_session(provider, held_on=date(2026, 10, 1), confirmed=False),
            make_confirmed_session(provider, held_on=date(2026, 10, 2), diagnostic=False),
            make_confirmed_session(provider, held_on=date(2026, 1, 2)),
            make_confirmed_session(
                provider, make_employer(headcount=None), held_on=date(2026, 10, 3)
            ),
            make_confirmed_session(
                provider, make_employer(sic_codes=["01110"]), held_on=date(2026, 10, 4)
            ),
            make_confirmed_session(
                provider, make_employer(district="outside"), held_on=date(2026, 10, 5)
            ),
            make_confirmed_session(provider, known, held_on=date(2026, 10, 6)),
        ]
        engaged = make_output(provider, held_on=date(2026, 10, 7))
        again = DiagnosticSession(
            case_id=engaged.case_id,
            held_on=date(2026, 10, 8),
            minutes=60,
            mode="face_to_face",
            present=[],
            by=provider.adviser.id,
            by_name="Example Adviser",
        )
        delivered = [
            make_confirmed_delivery(provider, make_employer(headcount=300), make_employer()),
            make_confirmed_delivery(provider, make_employer(headcount=300)),
            make_confirmed_delivery(provider, make_employer(), confirmed=False),
        ]
    del again
    work = [("session", one.id, "engagement", one.held_on) for one in made]
    work += [("delivery", one.id, one.kind, one.delivered_on) for one in delivered]
    together = money_work.unready(work)
    for kind, key, _type, _day in work:
        origin = origins.session_origin(key) if kind == "session" else origins.delivery_origin(key)
        assert origin is not None
        alone = outputs.readiness(origin)
        assert together[(kind, key)].judged.missing == alone.missing, (kind, key)
        assert together[(kind, key)].judged.price == alone.price


def test_a_provider_sees_its_money(client: PortalClient, scene: Scene) -> None:
    sign_in(client, scene.provider.manager)
    page = client.soup("/money")
    assert len(client.statements) <= 6, client.statements
    said = text(page)
    assert "You have earned £5," in said
    assert "2 pieces of work are on record that cannot be claimed yet" in said
    for href in {a["href"] for a in page.select("main a")}:
        assert client.get(href).status_code == 200, href
    listed = client.soup("/money/not-paid")
    assert len(client.statements) <= 6, client.statements
    said = text(listed)
    assert "Ask the employer to confirm it." in said
    assert "Answer the question on the claim." in said
    assert "it can be claimed from 1 December 2026" in said
    assert client.get("/money/not-paid?step=nonsense&month=2026-13&page=99").status_code == 302
    assert client.get("/budget").status_code == 403


def test_the_table_to_take_away_is_the_list(client: PortalClient, scene: Scene) -> None:
    sign_in(client, scene.provider.adviser)
    body = client.get("/money/not-paid.csv").get_data(as_text=True).lstrip("\ufeff")
    rows = list(csv.reader(io.StringIO(body)))
    assert len(rows) == 10
    assert rows[0][4:6] == ["Where it stands", "Amount in pounds"]


def test_a_stranger_sees_nothing_of_anothers_money(client: PortalClient, scene: Scene) -> None:
    with unit_of_work():
        other, employer = make_provider(), make_user()
    sign_in(client, other.manager)
    assert "Nothing earned yet" in text(client.soup("/money"))
    assert "Nothing here" in text(client.soup("/money/not-paid"))
    sign_in(client, employer)
    assert client.get("/money").status_code == 403


def test_the_budget_is_the_ledger(client: PortalClient, scene: Scene, app: Flask) -> None:
    with unit_of_work():
        manager, officer = make_lep_officer("lep_manager"), make_lep_officer()
    book = next(b for b in budget.books() if b.id == scene.contract.id)
    standing = reading.standing(scene.contract.id)
    assert book.standing == standing
    assert sum(book.by_month().values()) == standing.spent
    assert book.claimed == {date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)}
    months = known_months(
        starts_on=book.starts_on,
        ends_on=book.ends_on,
        open_from=book.open_from,
        claimed=book.claimed,
        today=today(),
    )
    assert months[-1] == date(2026, 9, 1)
    sign_in(client, manager)
    said = text(client.soup("/budget"))
    assert len(client.statements) <= 6, client.statements
    assert "£30,000.00" in said
    one = client.soup(f"/budget?contract={scene.contract.reference}")
    said = text(one)
    assert "At the current rate" in said
    assert "Apr to Jun 2026" in said
    assert one.select_one("svg[role=img]") is not None
    sign_in(client, officer)
    assert client.get("/budget").status_code == 200
    assert client.get("/budget?contract=ZZZZZZZZZZ").status_code == 404
    # LEP staff who look for a provider's page are led to theirs.
    assert client.get("/money").location.endswith("/budget")


def test_budget_tables_to_take_away(client: PortalClient, scene: Scene) -> None:
    with unit_of_work():
        manager = make_lep_officer("lep_manager")
    sign_in(client, manager)
    body = client.get("/budget.csv?what=contracts").get_data(as_text=True).lstrip("\ufeff")
    rows = {row[2]: row for row in csv.reader(io.StringIO(body))}
    mine = rows[scene.contract.reference]
    standing = reading.standing(scene.contract.id)
    assert round(float(mine[7]) * 100) == standing.spent
    assert round(float(mine[10]) * 100) == standing.paid
    body = client.get("/budget.csv?what=quarters").get_data(as_text=True).lstrip("\ufeff")
    quarters = [row for row in csv.reader(io.StringIO(body)) if row[2] == scene.contract.reference]
    assert [row[3] for row in quarters] == ["2026-04-01", "2026-07-01", "2026-10-01", "2027-01-01"]
    assert sum(round(float(row[5] or 0) * 100) for row in quarters) == standing.spent


def test_pages_take_as_many_statements_with_more_rows(
    client: PortalClient, scene: Scene, session: PortalSession
) -> None:
    with unit_of_work():
        manager = make_lep_officer("lep_manager")
    counts = []
    for _round in range(2):
        sign_in(client, scene.provider.manager)
        found = []
        for path in ("/money", "/money/not-paid"):
            client.soup(path)
            found.append(len(client.statements))
        sign_in(client, manager)
        client.soup("/budget")
        counts.append([*found, len(client.statements)])
        with unit_of_work():
            for day in range(1, 21):
                make_output(scene.provider, held_on=date(2026, 10, day))
                make_confirmed_session(scene.provider, held_on=date(2026, 10, day), confirmed=False)
    assert counts[0] == counts[1]
    assert max(counts[1]) <= 6


def test_money_has_one_place_in_the_menu(client: PortalClient, scene: Scene) -> None:
    with unit_of_work():
        people = {
            "/money": scene.provider.adviser,
            "/review": make_lep_officer(),
            "/budget": make_lep_officer("lep_manager"),
        }
    for address, person in people.items():
        sign_in(client, person)
        page = client.soup(address)
        menu = [
            a for a in page.select("nav[aria-label=Main] a") if a.get_text(strip=True) == "Money"
        ]
        assert [a["href"] for a in menu] == [address]
        places = page.select('nav[aria-label="Money"] a')
        assert any(a.get("aria-current") == "page" and a["href"] == address for a in places)
        for place in places:
            assert client.get(place["href"]).status_code == 200, place["href"]
