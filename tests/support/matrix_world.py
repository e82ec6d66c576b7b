"""The world of the matrix of access: two employers, two providers and the LEP, with every record.

Each side has what the other has. An employer more for each provider (letters c and d) is served by
it and belongs to nobody else; what the LEP made bears the letter s.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from portal.accounts.models import User
from portal.action_plans import service as plans
from portal.action_plans.models import PlanAction
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.integrations.jobs import sweep
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_reference, new_token, token_hash
from portal.kernel.result import Ok
from portal.payments.models import Contract, Payment, PaymentRun, RateCardVersion
from portal.payments.queries.contracts import terms_of
from portal.payments.rules.payees import Payee
from portal.payments.service import payee_changes, reviewing, samples, variations
from tests.factories import action_plans, network, toolkit
from tests.factories.accounts import make_user
from tests.factories.caseload import make_lep_officer, make_provider
from tests.factories.employers import make_employer
from tests.factories.files import pdf
from tests.factories.payments import PROGRAMME, make_card, make_contract, make_output
from tests.support import claims_world
from tests.support.claims_world import Desk
from tests.support.matrix_peers import among_peers, with_the_lep, with_the_toolkit
from tests.support.matrix_rows import Rows
from tests.support.matrix_side import Side, State, World, author, file, of


def make_world() -> World:
    """Everything, with words planted in every text."""
    shared = Rows("s")
    with of(shared), unit_of_work():
        people = {
            "officer": make_lep_officer().id,
            "lep manager": make_lep_officer("lep_manager").id,
            "administrator": make_lep_officer("administrator").id,
            "evaluator": make_user(roles=("evaluator",), name="Example Evaluator").id,
            "stranger": make_user(name="Example Stranger").id,
            "payer": make_lep_officer("lep_manager").id,
            "assessor": make_lep_officer().id,
        }
        make_card()
        _shared_records(shared, people)
    world = World(_begun("a", people), _begun("b", people), shared, people)
    with_the_lep(world)
    sweep()
    with unit_of_work():
        for rows in (shared, world.a.rows, world.a.further, world.b.rows, world.b.further):
            rows.plant()
    return world


def _shared_records(rows: Rows, people: dict[str, int]) -> None:
    """What the LEP keeps for everybody: events, rounds, resources, categories."""
    rows.given["users"] = people["lep manager"]
    rows.given["award_rounds"] = network.make_round(title="An example round").id
    rows.fill("award_assessors", user_id=people["assessor"])
    rows.given["events"] = network.make_event().id
    rows.fill("event_series", about="An example series")
    rows.given["forum_categories"] = network.make_category().id
    rows.given["resources"] = toolkit.make_published().id
    rows.fill("resource_ratings", stars=4, visitor_mark="0" * 64, number=1)
    rows.fill("insight_themes", about="An example theme")
    rows.fill("rights_requests", kind="access", channel="letter", due_on=today())
    rows.fill("breaches", found_at=utc_now(), kinds=["contact"], what="A list was sent astray")
    rows.fill("legal_holds", scope="everything", subject="", reason="A court asked for it")
    rows.fill("report_tokens", scope="full", expires_on=today() + timedelta(days=9))


def _begun(letter: str, people: dict[str, int]) -> Side:
    """One side with every record of its own."""
    side = Side(letter, Rows(letter), Rows({"a": "c", "b": "d"}[letter]))
    side.rows.open()
    party = action_plans.make_party(name=f"Example Bakers {letter.upper()} Ltd")
    member = action_plans.make_member(party)
    with unit_of_work():
        provider = make_provider()
        contract = make_contract(
            provider.organisation, by=current_session().get_one(User, people["lep manager"])
        )
        side.rows.given["contracts"] = contract.id
        side.people = {
            "owner": party.owner_id,
            "member": member.id,
            "adviser": provider.adviser.id,
            "manager": provider.manager.id,
        }
        organisation = provider.organisation.id
        employer = current_session().get_one(Employer, party.employer_id)
        employer.trading_name = "An example name"
        employer.training_note = "They said so on the phone"
    side.rows.close()
    with unit_of_work():
        # The first words, so that what is frozen from now on holds them too.
        side.rows.plant()
    side.rows.open()
    plan = action_plans.make_plan(party)
    side.rows.close()
    with unit_of_work():
        side.rows.plant()
    side.rows.open()
    side.values.update(employer=party.employer, response=party.response.reference)
    side.rows.given.update(employers=party.employer_id, plans=plan.id, users=side.people["adviser"])
    side.rows.given["organisations"] = organisation
    with unit_of_work():
        done = plans.request_version(employer=party.employer, by=author(side.people["owner"]))
        assert isinstance(done, Ok), done
    _money(side, people)
    _work(side)
    among_peers(side)
    with_the_toolkit(side)
    side.rows.close()
    side.rows.keys = {
        name: keys - side.further.keys.get(name, set()) for name, keys in side.rows.keys.items()
    }
    return side


def _money(side: Side, people: dict[str, int]) -> None:
    """A draft, a queried and a paid claim, what was proposed about the contract, a sample."""
    session = current_session()
    desk = Desk(
        side.rows.given["contracts"],
        side.rows.given["organisations"],
        author(side.people["adviser"]),
        author(side.people["manager"]),
        (author(people["officer"]), author(people["assessor"])),
        (author(people["payer"]), author(people["lep manager"])),
    )
    with of(side.further), unit_of_work():
        claims_world.add_work(desk, date(2026, 8, 5), employer=make_employer(name="Example Inn"))
        paid = claims_world.pay(desk, date(2026, 8, 1))
        claims_world.add_work(desk, date(2026, 9, 8), employer=make_employer(name="Example Bar"))
        queried = claims_world.submit(desk, date(2026, 9, 1))
        reviewing.query(
            reference=queried,
            line_ids=claims_world.lines_of(queried),
            words="Who was there?",
            by=desk.officers[0],
        )
    with unit_of_work():
        employer = session.get_one(Employer, side.rows.given["employers"])
        provider = claims_world.provider_of(desk)
        output = make_output(provider, employer, held_on=date(2026, 10, 6))
        claims_world.add_work(desk, date(2026, 10, 7))
        draft = claims_world.draft(desk)
        side.rows.given.update(
            outputs=output.id, cases=output.case_id, diagnostic_sessions=output.session_id or 0
        )
        side.rows.fill(
            "check_overrides",
            kind="working_day",
            reason="It was a Sunday market",
            asked_by=side.people["manager"],
            until_on=today() + timedelta(days=30),
        )
    with unit_of_work():
        _money_values(side, desk, draft=draft, queried=queried, paid=paid)


def _money_values(side: Side, desk: Desk, *, draft: str, queried: str, paid: str) -> None:
    session = current_session()
    contract = session.get_one(Contract, desk.contract)
    bank = payee_changes.propose(
        reference=contract.reference,
        payee=Payee("SOMEBODY ELSE", "112233", "44556677", "money@provider.example"),
        reason="They moved to another bank",
        by=desk.payers[0],
    )
    varied = variations.propose(
        reference=contract.reference,
        revision=contract.revision,
        terms=replace(terms_of(contract), total_cap=contract.total_cap_pence + 100),
        effective_on=today(),
        reason="There is more work",
        by=desk.payers[0],
    )
    assert isinstance(bank, Ok), bank
    assert isinstance(varied, Ok), varied
    drawn = samples.draw(
        programme=PROGRAMME,
        from_on=today() - timedelta(days=30),
        until_on=today(),
        size=1,
        seed="example",
        by=desk.payers[0],
    )
    assert isinstance(drawn, Ok), drawn
    payment = session.scalars(
        select(Payment).where(Payment.claim_id == claims_world.claim_of(paid).id)
    ).one()
    side.values.update(
        contract=contract.reference,
        month="2026-10",
        card=session.scalars(select(RateCardVersion.reference)).first(),
        output=side.rows.reference("outputs"),
        case=side.rows.reference("cases"),
        payment=payment.reference,
        run=session.get_one(PaymentRun, payment.run_id).reference,
        sample=drawn.value.reference,
        override=side.rows.given["check_overrides"],
        kind="working_day",
        claim=queried,
        line=claims_world.lines_of(queried)[0],
    )
    side.asked["payments.ledger_export"] = {"contract": contract.reference}
    on_draft = {"claim": draft, "line": claims_world.lines_of(draft)[0]}
    for name in ("claim_submit", "claim_withdraw", "claim_refresh", "lines_remove_failing"):
        side.special[f"payments.{name}"] = on_draft
    for name in ("line_remove", "line_return", "override_ask", "claim_checks"):
        side.special[f"payments.{name}"] = on_draft
    on_paid = {"claim": paid, "line": claims_world.lines_of(paid)[0]}
    for name in ("payment_line", "recover", "give_back", "sample_item"):
        side.special[f"payments.{name}"] = on_paid
    for name in ("confirm", "refuse", "withdraw"):
        side.special[f"payments.payee_{name}"] = {"change": bank.value.reference}
        side.special[f"payments.variation_{name}"] = {"change": varied.value.reference}
    side.special["payments.check_run"] = {"run": 1}


def _work(side: Side) -> None:
    """What an adviser writes down about a case, and what waits for an answer."""
    rows, special, adviser = side.rows, side.special, side.people["adviser"]
    with unit_of_work():
        case = current_session().get_one(Employer, rows.given["employers"])
        rows.fill("consultations", business="They bake bread", next_step="session")
        rows.fill("interactions", kind="call", summary="We talked about rotas", reached=True)
        rows.fill("support_deliveries", **DELIVERY)
        rows.fill("delivery_attendances", sector="hospitality")
        token = new_token()
        rows.fill(
            "confirmations",
            attendance_id=rows.given["delivery_attendances"],
            token_hash=token_hash(token),
            due_on=today() + timedelta(days=9),
        )
        rows.fill("follow_ups", months=18, due_on=today())
        rows.fill("referrals_out", service="finance", reason="They need a loan")
        source = rows.fill("referral_sources", kind="chamber", link_code=new_reference())
        owned = {"organisation_id": rows.given["organisations"]}
        rows.fill("referral_batches", rows=[], **owned)
        rows.fill(
            "referrals",
            source_id=source,
            channel="form",
            contact_email="somebody@example.org",
            message="Please ring them",
            expires_on=today() + timedelta(days=9),
            **owned,
        )
        second = make_employer(name=f"Example Bakers {side.letter.upper()} Limited")
        _evidence(side, second.id)
        rows.fill("employer_merges", kept_id=case.id, merged_id=second.id, moved=MOVED)
        rows.fill("employer_sites", postcode="LS1 4AP", district="leeds")
        invitation = new_token()
        rows.fill("employer_invitations", role="member", token_hash=token_hash(invitation))
        rows.fill("employer_join_requests", user_id=make_user(name="Example Joiner").id)
        rows.given["memberships"] = max(rows.keys["memberships"])
        session_row = rows.reference("diagnostic_sessions")
        side.values.update(
            delivery=rows.reference("support_deliveries"),
            referral=rows.reference("referrals"),
            batch=rows.reference("referral_batches"),
            source=rows.reference("referral_sources"),
            months=18,
            user=adviser,
            site=rows.given["employer_sites"],
            membership_id=rows.given["memberships"],
            request_id=rows.given["employer_join_requests"],
            invitation_id=rows.given["employer_invitations"],
            number=1,
            record=session_row,
            what="session",
            act="close",
            code=rows.reference("referral_sources", "link_code"),
        )
        special["caseload.consultation_record"] = {"record": rows.reference("consultations")}
        for name in ("referral_out", "referral_out_outcome"):
            special[f"caseload.{name}"] = {"record": rows.reference("referrals_out")}
        for name in ("evidence_file", "evidence_withdraw"):
            special[f"caseload.{name}"] = {"reference": rows.reference("evidence_files")}
        for name in ("confirm", "confirm_new_link"):
            special[f"caseload.{name}"] = {"token": token}
        special["caseload.employer_confirmation"] = {"reference": rows.reference("confirmations")}
        special["caseload.merge"] = {"reference": rows.reference("employer_merges")}
        special["employers.invitation"] = {"token": invitation}
        side.secrets.update(
            {token: "the link of a confirmation", invitation: "the link of an invitation"}
        )
    _plan_values(side)


def _evidence(side: Side, beside: int) -> None:
    """A file about the employer alone, and the sheet of a workshop that another attended too."""
    rows, letter = side.rows, side.letter
    rows.fill("delivery_attendances", sector="hospitality", employer_id=beside)
    subjects = {
        "attendance_sheet": f"delivery:{rows.reference('support_deliveries')}",
        "other": f"session:{rows.reference('diagnostic_sessions')}",
    }
    for kind, subject in subjects.items():
        words = f"{kind} of {letter}"
        rows.fill(
            "evidence_files",
            kind=kind,
            size_bytes=len(pdf(words)),
            scan_state="clean",
            note="A note about it",
            uploaded_by=side.people["adviser"],
            subject=subject,
            **file(f"evidence/{letter}/{kind}", words),
        )
        if kind == "attendance_sheet":
            sheet = {"reference": rows.reference("evidence_files")}
            side.states.append(State("a sheet names others", "caseload.evidence_file", sheet))


MOVED: dict[str, Any] = {
    "was": 0,
    "rows": {},
    "stayed": {},
    "changes": [],
    "facts": {},
    "steps": {},
}
DELIVERY: dict[str, Any] = {
    "kind": "workshop",
    "design": "bespoke",
    "title": "An example workshop",
    "audience": ["line_managers"],
    "minutes": 60,
    "mode": "place",
    "place": "A hall in Leeds",
    "funding": "fully_funded",
    "notes": "Everybody came",
}


def _plan_values(side: Side) -> None:
    plan = side.rows.given["plans"]
    action = current_session().scalars(select(PlanAction).where(PlanAction.plan_id == plan)).first()
    assert action is not None
    side.values.update(action=action.reference, goal=action.goal_id)
