"""A person who guesses addresses: what every route about money answers to every kind of person.

The table below is written by hand, not derived from the one the portal uses: each route that is
registered must stand in it. What is refused changes nothing and tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from werkzeug.routing import Rule

from portal.accounts.models import User
from portal.caseload.models import Case
from portal.db import current_session, unit_of_work
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.payments.models import (
    CheckOverride,
    ClaimLine,
    Contract,
    LineQuery,
    Output,
    Payment,
    PaymentRun,
    RateCardVersion,
)
from portal.payments.queries.contracts import terms_of
from portal.payments.rules.payees import Payee
from portal.payments.service import payee_changes, reviewing, samples, variations
from portal.programme.models import Organisation
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer, make_membership
from tests.factories.payments import PROGRAMME
from tests.support import claims_world as world
from tests.support.claims_world import Desk
from tests.support.client import PortalClient

PEOPLE = (
    "own manager",
    "other manager",
    "own adviser",
    "employer owner",
    "officer",
    "LEP manager",
    "evaluator",
    "visitor",
)
# What each of them meets, in this order; a visitor is always sent to sign in.
LIST = "ok ok ok 403 ok ok 403 sign-in"
RECORD = "ok 404 ok 403 ok ok 403 sign-in"
LEP = "403 403 403 403 ok ok 403 sign-in"
LEP_MANAGER = "403 403 403 403 403 ok 403 sign-in"
PROVIDER_MANAGER = "ok 404 403 403 403 403 403 sign-in"
MANAGER_OR_LEP = "ok 404 403 403 ok ok 403 sign-in"
ROUTES = {
    "budget": LEP,
    "budget_export": LEP,
    "check_run": RECORD,
    "check_runs": RECORD,
    "claim": RECORD,
    "claim_checks": MANAGER_OR_LEP,
    "claim_draft": PROVIDER_MANAGER,
    "claim_export": RECORD,
    "claim_line": RECORD,
    "claim_refresh": PROVIDER_MANAGER,
    "claim_submit": PROVIDER_MANAGER,
    "claim_withdraw": PROVIDER_MANAGER,
    "claims": LIST,
    "contract": RECORD,
    "contract_activate": LEP_MANAGER,
    "contract_edit": LEP,
    "contract_new": LEP,
    "contract_payee": LEP,
    "contract_period_close": LEP,
    "contract_vary": LEP_MANAGER,
    "contracts": LIST,
    "decisions": LEP_MANAGER,
    "give_back": LEP_MANAGER,
    "ledger": LEP,
    "ledger_export": LEP,
    "line_answer": PROVIDER_MANAGER,
    "line_query": LEP,
    "line_reject": LEP,
    "line_remove": PROVIDER_MANAGER,
    "line_return": PROVIDER_MANAGER,
    "lines_remove_failing": PROVIDER_MANAGER,
    "money": LIST,
    "money_export": LIST,
    "money_unpaid": LIST,
    "output": RECORD,
    "outputs": LIST,
    "outputs_export": LIST,
    "override_ask": MANAGER_OR_LEP,
    "override_decline": LEP_MANAGER,
    "override_grant": LEP_MANAGER,
    "overrides": LIST,
    "payee_confirm": LEP_MANAGER,
    "payee_refuse": LEP_MANAGER,
    "payee_withdraw": LEP,
    "payment_line": RECORD,
    "payment_paid": LEP_MANAGER,
    "rate": LIST,
    "rate_drop": LEP,
    "rate_edit": LEP,
    "rate_export": LIST,
    "rate_import": LEP,
    "rate_new": LEP,
    "rate_publish": LEP_MANAGER,
    "rate_what_if": LEP,
    "rate_what_if_export": LEP,
    "rates": LIST,
    "readiness": RECORD,
    "recover": LEP_MANAGER,
    "remittance": RECORD,
    "remittance_again": LEP_MANAGER,
    "remittance_file": RECORD,
    "remittances": LIST,
    "review": LEP,
    "review_claim": LEP,
    "review_lines": LEP,
    "run": LEP,
    "run_bacs": LEP_MANAGER,
    "run_file": LEP_MANAGER,
    "run_new": LEP_MANAGER,
    "run_paid": LEP_MANAGER,
    "runs": LEP,
    "sample": LEP,
    "sample_export": LEP,
    "sample_item": LEP,
    "sample_new": LEP,
    "samples": LEP,
    "variation_confirm": LEP_MANAGER,
    "variation_refuse": LEP_MANAGER,
    "variation_withdraw": LEP_MANAGER,
}
# Whoever may do it does not get an answer of 200 or 302 for this made-up request.
OTHERWISE: dict[tuple[str, str], set[int]] = {
    # Without the month that was looked at.
    ("contract_period_close", "POST"): {400},
    # A file is of one contract, which is not said here.
    ("ledger_export", "GET"): {404},
    # Nobody has set up where the money comes from.
    ("run_bacs", "GET"): {404},
}
TABLES = (
    *("contracts", "contract_", "rate_card", "rates", "outputs", "claim", "check_overrides"),
    *("ledger", "chain_heads", "payment", "audit_sample", "payee_changes", "output_misses"),
)
STARTS = tuple(
    f"{verb} {table}" for verb in ("INSERT INTO", "UPDATE", "DELETE FROM") for table in TABLES
)
SECRET = "Quillfeather"


@dataclass
class World:
    """One provider's money in every state, and everybody who might want to see it."""

    desk: Desk
    people: dict[str, Author | None]
    draft: str
    queried: str
    paid: str
    values: dict[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


@pytest.fixture
def money(app: Flask) -> World:
    """A draft, a queried and a paid claim of one provider; another provider with a draft too."""
    with unit_of_work():
        desk, other = world.make_desk(), world.make_desk()
        organisation = current_session().get_one(Organisation, desk.organisation)
        organisation.name = f"{SECRET} Advice"
        employers = iter([make_employer(name=f"{SECRET} {word} Ltd") for word in ("Inn", "Bar")])
        world.add_work(desk, date(2026, 8, 5), employer=next(employers))
        paid = world.pay(desk, date(2026, 8, 1))
        world.add_work(desk, date(2026, 9, 8), employer=next(employers))
        queried = world.submit(desk, date(2026, 9, 1))
        done = reviewing.query(
            reference=queried,
            line_ids=world.lines_of(queried),
            words="Who was there?",
            by=desk.officers[0],
        )
        assert isinstance(done, Ok)
        owner, evaluator = make_user(name="Example Owner"), make_user(roles=("evaluator",))
        last = make_employer(name=f"{SECRET} Grill Ltd")
        make_membership(employer_id=last.id, user_id=owner.id, role="owner")
        world.add_work(desk, date(2026, 10, 6), employer=last)
        draft = world.draft(desk)
        world.add_work(other, date(2026, 10, 7))
        others = world.draft(other)
        found = World(
            desk,
            dict(
                zip(
                    PEOPLE,
                    (
                        desk.manager,
                        other.manager,
                        desk.adviser,
                        Author(owner.id, owner.name, owner.email),
                        desk.officers[1],
                        desk.payers[1],
                        Author(evaluator.id, evaluator.name, evaluator.email),
                        None,
                    ),
                    strict=True,
                )
            ),
            draft,
            queried,
            paid,
        )
        found.values = _addresses(found, others)
    contract = current_session().get_one(Contract, desk.contract)
    found.secrets = (SECRET, contract.title)
    return found


def _addresses(money: World, others: str) -> dict[str, Any]:
    """What the places in addresses are filled with."""
    session = current_session()
    drawn = samples.draw(
        programme=PROGRAMME,
        from_on=today() - timedelta(days=30),
        until_on=today(),
        size=1,
        seed="example",
        by=money.desk.payers[0],
    )
    assert isinstance(drawn, Ok), drawn
    output = session.scalars(
        select(Output).join(ClaimLine).where(ClaimLine.id == world.lines_of(money.draft)[0])
    ).one()
    override = CheckOverride(
        output_id=output.id,
        kind="working_day",
        reason="It was a Sunday market",
        until_on=today() + timedelta(days=30),
        asked_by=money.desk.manager.user_id,
    )
    session.add(override)
    session.flush()
    return {
        "contract": session.get_one(Contract, money.desk.contract).reference,
        "month": "2026-10",
        "card": session.scalars(select(RateCardVersion.reference)).first(),
        "output": output.reference,
        "case": session.get_one(Case, output.case_id).reference,
        "payment": session.scalars(select(Payment.reference)).one(),
        "run": session.scalars(select(PaymentRun.reference)).one(),
        "sample": drawn.value.reference,
        "override": override.id,
        "change": _open_changes(money),
        "kind": "working_day",
        "others": others,
    }


def _open_changes(money: World) -> dict[str, str]:
    """Other bank details and a variation that wait, by the first word of their routes."""
    contract = current_session().get_one(Contract, money.desk.contract)
    by = money.desk.payers[0]
    payee = Payee("SOMEBODY ELSE", "112233", "44556677", "money@provider.example")
    bank = payee_changes.propose(
        reference=contract.reference, payee=payee, reason="They moved", by=by
    )
    terms = replace(terms_of(contract), total_cap=contract.total_cap_pence + 100)
    varied = variations.propose(
        reference=contract.reference,
        revision=contract.revision,
        terms=terms,
        effective_on=today(),
        reason="More work",
        by=by,
    )
    assert isinstance(bank, Ok), bank
    assert isinstance(varied, Ok), varied
    return {"payee": bank.value.reference, "variation": varied.value.reference}


ON_DRAFT = {
    *("claim_submit", "claim_withdraw", "claim_refresh", "lines_remove_failing"),
    *("line_remove", "line_return", "override_ask", "claim_checks"),
}


def address(app: Flask, money: World, rule: Rule) -> str:
    """The address of one provider's record behind a route."""
    endpoint = rule.endpoint.removeprefix("payments.")
    claim = money.draft if endpoint in ON_DRAFT else money.queried
    if "payment" in rule.arguments or "sample" in rule.arguments:
        claim = money.paid
    values = {**money.values, "claim": claim, "line": world.lines_of(claim)[0]}
    if endpoint == "check_run":
        values["run"] = 1
    values["change"] = money.values["change"].get(endpoint.partition("_")[0])
    with app.test_request_context():
        return app.url_for(rule.endpoint, **{name: values[name] for name in rule.arguments})


def routes(app: Flask) -> Iterator[tuple[str, str, Rule]]:
    """Every route about money with each of its methods."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("payments."):
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                yield rule.endpoint.removeprefix("payments."), method, rule


@contextmanager
def writes_noted(app: Flask) -> Iterator[list[str]]:
    """Every statement that changes something about money."""
    found: list[str] = []

    def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(STARTS):
            found.append(statement[:100])

    engine = app.extensions["portal_db"].engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def taken_back(app: Flask) -> Iterator[None]:
    """Whatever is written meanwhile is undone."""
    current_session().close()
    nested = app.extensions["portal_db"].sessions.kw["bind"].begin_nested()
    try:
        yield
    finally:
        current_session().close()
        nested.rollback()


def visit(app: Flask, money: World, name: str, monkeypatch: pytest.MonkeyPatch) -> PortalClient:
    """A browser of this person; no token is asked for, so that access alone is what refuses."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    client = app.test_client()
    assert isinstance(client, PortalClient)
    client.check_pages = False
    person = money.people[name]
    if person is not None:
        sign_in(client, current_session().get_one(User, person.user_id))
    return client


def test_every_route_about_money_stands_in_the_table(app: Flask) -> None:
    assert {endpoint for endpoint, _method, _rule in routes(app)} == ROUTES.keys()


@pytest.mark.parametrize("name", PEOPLE)
def test_what_everybody_meets(
    app: Flask, money: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = visit(app, money, name, monkeypatch)
    faults = []
    for endpoint, method, rule in routes(app):
        wanted = ROUTES[endpoint].split()[PEOPLE.index(name)]
        path = address(app, money, rule)
        with taken_back(app), writes_noted(app) as written:
            response = client.open(path, method=method, data={} if method == "POST" else None)
            faults += [
                f"{method} {path} ({endpoint}): {fault}"
                for fault in judge(endpoint, method, wanted, response, money)
            ]
            if (wanted != "ok" or method == "GET") and written:
                faults.append(f"{method} {path}: wrote {written}")
            body = response.get_data(as_text=True)
            if name in {"other manager", "employer owner", "evaluator", "visitor"}:
                faults += [f"{path} tells {one}" for one in money.secrets if one in body]
    assert faults == []


def judge(endpoint: str, method: str, wanted: str, response: Any, money: World) -> Iterator[str]:
    """What is not as the table says."""
    status, location = response.status_code, response.location or ""
    to_sign_in = status == 302 and "/account/login" in location
    if wanted == "sign-in":
        if not to_sign_in:
            yield f"expected to sign in, got {status} {location}"
    elif wanted == "ok":
        allowed = OTHERWISE.get((endpoint, method), {200, 302})
        if status not in allowed or to_sign_in:
            yield f"expected {allowed}, got {status} {location}"
    elif status != int(wanted):
        yield f"expected {wanted}, got {status} {location}"


def own_and_foreign(money: World) -> Iterator[tuple[str, dict[str, str]]]:
    """Addresses that mix the guesser's own claim with lines of another provider."""
    mine = money.values["others"]
    for claim in (money.draft, money.queried, money.paid):
        for line in world.lines_of(claim):
            for what in ("remove", "return", "answer"):
                yield f"/claims/{mine}/lines/{line}/{what}", {"words": "x", "reason": "x"}
            yield (
                f"/claims/{mine}/lines/{line}/let-through/working_day",
                {"reason": "x", "until_on": str(today())},
            )


def test_a_line_of_another_provider_is_not_reached_through_ones_own_claim(
    app: Flask, money: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = visit(app, money, "other manager", monkeypatch)
    asked = 0
    for path, values in own_and_foreign(money):
        with writes_noted(app) as written:
            assert client.post(path, data=values).status_code == 404, path
        assert written == [], path
        asked += 1
    assert asked >= 12
    for claim in (money.draft, money.queried, money.paid):
        line = world.lines_of(claim)[0]
        assert client.get(f"/claims/{money.values['others']}/lines/{line}").status_code == 404
    assert world.claim_of(money.draft).state == "draft"
    assert current_session().scalars(select(LineQuery.side)).all() == ["lep"]


def test_an_officer_decides_only_on_lines_of_the_claim_in_the_address(
    app: Flask, money: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = visit(app, money, "officer", monkeypatch)
    foreign = world.lines_of(money.values["others"])[0]
    before = {line.id: line.state for line in current_session().scalars(select(ClaimLine))}
    values = {
        "do": "approve",
        "ids": str(foreign),
        "revision": str(world.revision_of(money.queried)),
        "sure": "1",
    }
    client.post(f"/review/{money.queried}/lines", data=values)
    for do in ("query", "reject"):
        path = f"/review/{money.queried}/lines/{foreign}/{do}"
        assert client.post(path, data={"words": "x"}).status_code == 404
    after = {line.id: line.state for line in current_session().scalars(select(ClaimLine))}
    assert after == before
    assert world.entries("approve") == 1


def test_what_the_owner_may_do_the_same_way_works(
    app: Flask, money: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same requests change something when they come from whom they may."""
    client = visit(app, money, "own manager", monkeypatch)
    line = world.lines_of(money.queried)[0]
    with writes_noted(app) as written:
        path = f"/claims/{money.queried}/lines/{line}/answer"
        assert client.post(path, data={"words": "The owner"}).status_code == 302
    assert written
    assert world.claim_of(money.queried).state == "submitted"
    body = client.get("/claims").get_data(as_text=True)
    assert money.values["contract"] in body or money.draft in body
    shown = client.get(f"/claims/{money.draft}").get_data(as_text=True)
    assert SECRET in shown
