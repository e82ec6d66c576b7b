"""The world of the matrix of access: two employers, two providers and the LEP, with every record.

Each side has what the other has. An employer more for each provider (letters c and d) is served by
it and belongs to nobody else; what the LEP made bears the letter s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from flask import Flask
from sqlalchemy import select

from portal.accounts.models import User
from portal.action_plans import service as plans
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.integrations.jobs import sweep
from portal.integrations.storage import storage
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_token, token_hash
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.network.service import mails
from portal.payments.models import Contract, Payment, PaymentRun, RateCardVersion
from portal.payments.queries.contracts import terms_of
from portal.payments.rules.payees import Payee
from portal.payments.service import payee_changes, reviewing, samples, variations
from portal.programme.models import Organisation
from portal.reports.service import subscriptions
from tests.factories import action_plans, network, peers, toolkit
from tests.factories.accounts import make_user
from tests.factories.caseload import author_of, make_case, make_lep_officer, make_provider
from tests.factories.employers import make_employer, make_membership
from tests.factories.files import pdf
from tests.factories.payments import PROGRAMME, make_card, make_contract, make_output
from tests.factories.pulse import open_wave
from tests.factories.tools import make_kept
from tests.support import claims_world
from tests.support.claims_world import Desk
from tests.support.matrix_rows import Rows, soon


@dataclass
class Side:
    """One employer and its provider: who they are, and what addresses are filled with."""

    letter: str
    rows: Rows
    further: Rows
    people: dict[str, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    # What an argument means on some routes only, by the route's name.
    special: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class World:
    """Both sides, the LEP, and everybody."""

    a: Side
    b: Side
    shared: Rows
    people: dict[str, int] = field(default_factory=dict)


def file(name: str, words: str = "An example") -> dict[str, Any]:
    """A stored file as tables name it."""
    data = pdf(words)
    storage().put(name, data)
    return {
        "storage_key": name,
        "sha256": sha256(data).hexdigest(),
        "media_type": "application/pdf",
        "file_name": "An example file.pdf",
    }


@contextmanager
def _of(rows: Rows) -> Iterator[None]:
    rows.open()
    yield
    rows.close()


def make_world() -> World:
    """Everything, with words planted in every text."""
    shared = Rows("s")
    with _of(shared), unit_of_work():
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
    _between(world)
    sweep()
    with unit_of_work():
        for rows in (shared, world.a.rows, world.a.further, world.b.rows, world.b.further):
            rows.plant()
    return world


def _author(key: int) -> Author:
    return author_of(current_session().get_one(User, key))


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
    plan = action_plans.make_plan(replace(party))
    side.rows.close()
    with unit_of_work():
        side.rows.plant()
    side.rows.open()
    side.values.update(employer=party.employer, response=party.response.reference)
    side.rows.given.update(
        employers=party.employer_id, plans=plan.id, users=provider_id(side, "adviser")
    )
    side.rows.given["organisations"] = organisation
    with unit_of_work():
        done = plans.request_version(employer=party.employer, by=_author(side.people["owner"]))
        assert isinstance(done, Ok), done
    _money(side, people)
    _work(side)
    _network(side)
    _toolkit(side, people)
    side.rows.close()
    side.rows.keys = {
        name: keys - side.further.keys.get(name, set()) for name, keys in side.rows.keys.items()
    }
    return side


def provider_id(side: Side, who: str) -> int:
    """The key of one of the side's people."""
    return side.people[who]


def _money(side: Side, people: dict[str, int]) -> None:
    """A draft, a queried and a paid claim, what was proposed about the contract, a sample."""
    session = current_session()
    desk = Desk(
        side.rows.given["contracts"],
        side.rows.given["organisations"],
        _author(side.people["adviser"]),
        _author(side.people["manager"]),
        (_author(people["officer"]), _author(people["assessor"])),
        (_author(people["payer"]), _author(people["lep manager"])),
    )
    with _of(side.further), unit_of_work():
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
        rows.fill(
            "evidence_files",
            kind="other",
            size_bytes=len(pdf()),
            scan_state="clean",
            note="A note about it",
            uploaded_by=adviser,
            subject=f"session:{rows.reference('diagnostic_sessions')}",
            **file(f"evidence/{side.letter}"),
        )
        rows.fill("follow_ups", months=18, due_on=today())
        rows.fill("referrals_out", service="finance", reason="They need a loan")
        source = rows.fill(
            "referral_sources", kind="chamber", link_code=f"LINK{side.letter.upper()}00000"
        )
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
            code=f"LINK{side.letter.upper()}00000",
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
    _plan_values(side)


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
    from portal.action_plans.models import PlanAction

    plan = side.rows.given["plans"]
    action = current_session().scalars(select(PlanAction).where(PlanAction.plan_id == plan)).first()
    assert action is not None
    side.values.update(action=action.reference, goal=action.goal_id)


def _network(side: Side) -> None:
    """What an employer does among peers."""
    rows, special, owner = side.rows, side.special, side.people["owner"]
    session = current_session()
    with unit_of_work():
        employer = session.get_one(Employer, rows.given["employers"])
        # An award's own round is decided; the employer applies in the one that is open.
        network.make_champion(employer)
        special["network.badge"] = {"kind": "svg"}
        rivals = make_employer(name="Example Rival")
        rows.fill("network_competitors", other_id=rivals.id)
        rows.fill("network_invitations", to_name="An example person", words="Do join us")
        peers.make_offer(employer)
        match = peers.make_match(employer, peers.make_helper())
        thread = network.make_thread(employer=employer, by=owner, body="How do you share posts?")
        from portal.network.models import ForumPost

        post = session.scalars(select(ForumPost).where(ForumPost.thread_id == thread.id)).one()
        rows.given["forum_posts"] = post.id
        stored = file(f"forum/{side.letter}")
        rows.fill("forum_attachments", size_bytes=len(pdf()), scan_state="clean", **stored)
        rows.fill("forum_suspensions", user_id=make_user().id, reason="They were rude")
        side.values.update(
            competitor=rows.given["network_competitors"],
            key=rows.given["forum_suspensions"],
        )
        for name in ("thread", "reply", "subscribe", "moderate_thread"):
            special[f"network.{name}"] = {"reference": thread.reference, "act": "lock"}
        for name in POSTS:
            special[f"network.{name}"] = {"reference": post.reference, "act": "hide"}
        for name in ("attachment", "attachment_withdraw"):
            special[f"network.{name}"] = {"reference": rows.reference("forum_attachments")}
        special["network.invitation_withdraw"] = {
            "reference": rows.reference("network_invitations")
        }
        for name in MATCHES:
            special[f"network.{name}"] = {"reference": match.reference}
        request = session.get_one(type(match), match.id).request_id
        rows.given["peer_requests"] = request
        for name in REQUESTS:
            special[f"network.{name}"] = {"reference": rows.reference("peer_requests")}
    facts = open_wave(side.values["employer"])
    side.values["wave"] = facts.reference
    for name in ("pulse_answer", "pulse_start", "pulse_thanks"):
        special[f"reports.{name}"] = {"code": facts.code, "lang": "en"}


POSTS = (
    *("post", "post_edit", "post_report", "post_texts", "post_withdraw", "helpful", "solve"),
    "moderate_post",
)
MATCHES = ("match_record", "match_withdraw", "peer_match", "peer_match_outcome")
REQUESTS = (
    *("peer_request_again", "peer_request_edit", "peer_request_withdraw", "peer_request_close"),
)


def _toolkit(side: Side, people: dict[str, int]) -> None:
    """Kept results, tests with the employer, campaigns and insights of the provider."""
    rows, special, letter = side.rows, side.special, side.letter
    kept = make_kept(side.values["employer"], _author(side.people["owner"]))
    for name in ("kept_result", "withdraw_result"):
        special[f"toolkit.{name}"] = {"reference": kept}
    with unit_of_work():
        draft = toolkit.make_draft(by=_author(side.people["adviser"]))
        draft.organisation_id = rows.given["organisations"]
        rows.given["resources"] = draft.id
        answer = new_token()
        rows.fill("resource_tests", token_hash=token_hash(answer), due_on=today())
        stored = file(f"resources/{letter}")
        rows.fill("resource_files", kind="added", state="ready", size_bytes=len(pdf()), **stored)
        owned = {"organisation_id": rows.given["organisations"]}
        rows.fill("campaigns", code=f"camp{letter}", network="chamber", note="A note", **owned)
        rows.fill(
            "insights",
            how="visit",
            sector="retail",
            practice="They share posts",
            employer_id=rows.given["employers"],
            **owned,
        )
        report = rows.fill(
            "report_copies",
            kind="frozen",
            report_key="programme",
            view="provider",
            text="{}",
            made_at=utc_now(),
            made_by=side.people["manager"],
            **owned,
        )
        assert report
        for name in RESOURCES:
            special[f"toolkit.{name}"] = {"reference": draft.reference}
        for name in ("campaign", "campaign_edit", "campaign_qr"):
            special[f"toolkit.{name}"] = {"reference": rows.reference("campaigns"), "kind": "svg"}
        for name in ("insight", "insight_edit", "insight_withdraw"):
            special[f"toolkit.{name}"] = {"reference": rows.reference("insights")}
        for name in ("added_file", "file_withdraw"):
            special[f"toolkit.{name}"] = {"reference": rows.reference("resource_files")}
        special["toolkit.test_answer"] = {"token": answer}
        special["toolkit.go"] = {"code": f"camp{letter}"}
        special["toolkit.test_take_back"] = {"test": rows.reference("resource_tests")}
        special["toolkit.reach_export"] = {"kind": "csv"}
        side.values["copy"] = rows.reference("report_copies")
        side.values["name"] = "report.csv"
    del people


RESOURCES = (
    *("back_to_draft", "compare", "file_add", "publish", "resource_edit", "resource_manage"),
    *("restore", "retire", "test_ask", "testing_begin", "tests", "version"),
)


def _between(world: World) -> None:
    """What both sides have with the LEP: applications, places at events, mails."""
    from portal.network.models import Award, NetworkMember

    for side in (world.a, world.b):
        rows, special = side.rows, side.special
        rows.open()
        with unit_of_work():
            session = current_session()
            employer = rows.given["employers"]
            award = session.scalars(select(Award).where(Award.employer_id == employer)).one()
            award.certificate_state = "waiting"
            application = rows.fill(
                "award_applications",
                round_id=world.shared.given["award_rounds"],
                tier_sought="committed",
                answers={},
                employer_id=employer,
                state="submitted",
                submitted_at=utc_now(),
                submitted_by=side.people["owner"],
            )
            rows.fill("award_assessments", user_id=world.people["assessor"], scores={})
            statement, place = new_token(), new_token()
            rows.fill("award_statements", token_hash=token_hash(statement))
            rows.fill(
                "event_registrations",
                event_id=world.shared.given["events"],
                answers={},
                user_id=side.people["owner"],
                employer_id=employer,
                needs="A ramp at the door",
                token_hash=token_hash(place),
                state="registered",
            )
            assert application
            own = network.make_event(organisation_id=rows.given["organisations"])
            member = session.scalars(
                select(NetworkMember).where(NetworkMember.employer_id == employer)
            ).one()
            _shared_values(world, side, award.code, own.reference)
            special["network.member"] = {"reference": member.reference}
            special["network.invited"] = special["network.invited_decline"] = {
                "code": member.link_code
            }
            for name in APPLICATIONS:
                special[f"network.{name}"] = {
                    "reference": rows.reference("award_applications"),
                    "key": "leadership",
                    "file": "1",
                }
            special["network.statement"] = {"token": statement}
            for name in PLACES:
                special[f"network.{name}"] = {"token": place}
            for name in ("attendee", "attendee_came", "attendee_employer", "attendee_undo"):
                special[f"network.{name}"] = {
                    "reference": world.shared.reference("events"),
                    "person": rows.reference("event_registrations"),
                }
            owner = session.get_one(User, side.people["owner"])
            for name in ("unsubscribe", "unsubscribe_now", "resume_mail"):
                special[f"network.{name}"] = {"token": mails.token_for(owner.email, "forum")}
            for name in ("mail_stop", "mail_stop_now"):
                key = subscriptions.token_for(side.people["manager"], "programme")
                special[f"reports.{name}"] = {"token": key}
        rows.close()


APPLICATIONS = (
    *("application", "application_choices", "application_section", "application_take_back"),
    *("statement_ask", "submit", "withdraw", "moderate", "assign", "conflict_add", "decide"),
    *("assess", "assess_conflict", "assess_file"),
)
PLACES = (
    *("registration", "registration_accept", "registration_cancel", "registration_certificate"),
    *("registration_ics", "registration_qr", "registration_queue", "event_feedback"),
)


def _shared_values(world: World, side: Side, code: str, event: str) -> None:
    shared, special = world.shared, side.special
    for name in ("verify_code", "badge", "award_revoke", "certificate"):
        special[f"network.{name}"] = {"code": code, "kind": "svg"}
    for name in EVENTS:
        special[f"network.{name}"] = {"reference": event}
    special["network.checkin"] = {"code": shared.reference("events", "checkin_code")}
    special["network.series_edit"] = {"reference": shared.reference("event_series")}
    for name in ("category", "category_subscribe"):
        special[f"network.{name}"] = {"slug": shared.reference("forum_categories", "slug")}
    for name in ("theme", "theme_answer", "theme_edit"):
        special[f"toolkit.{name}"] = {
            "reference": shared.reference("insight_themes"),
            "act": "answer",
        }
    for name in ("resource", "rate", "step", "file"):
        special[f"toolkit.{name}"] = {"slug": shared.reference("resources", "slug"), "kind": "pdf"}
    special["toolkit.comment_decide"] = {"comment": shared.given["resource_ratings"]}
    special["reports.token_revoke"] = {"token": shared.reference("report_tokens")}
    for name in ROUNDS:
        special[f"network.{name}"] = {
            "reference": shared.reference("award_rounds"),
            "user_id": world.people["assessor"],
        }


EVENTS = (
    *("event", "event_cancel", "event_edit", "event_ics", "event_publish", "event_results_page"),
    *("attendees", "attendees_csv", "door", "door_qr", "register"),
)
ROUNDS = (
    *("round", "round_assessor_add", "round_assessor_remove", "round_assign", "round_cancel"),
    "round_edit",
)


def address(app: Flask, side: Side, endpoint: str, arguments: set[str], method: str) -> str:
    """The address of one side's record behind a route."""
    made_up = {"release": "7ZZZZZZZZZ", "token": "no-such-token", "version": 1, "user_id": 1}
    values = {**made_up, **DEFAULTS, **side.values, **side.special.get(endpoint, {})}
    if endpoint.startswith("reports") and "key" in arguments:
        values["key"] = "programme"
    if endpoint == "programme.setting":
        values["key"] = "area"
    given = {name: values.get(name, "7ZZZZZZZZZ") for name in arguments}
    with app.test_request_context():
        return app.url_for(endpoint, **given, _method=method)


DEFAULTS = {
    "page": "leadership-1",
    "session_id": 1,
    "filename": "x",
    "rest": "nowhere",
    "what": "employers",
    "slug": "no-such-thing",
    "reference": "7ZZZZZZZZZ",
    "lang": "en",
}


def unused() -> tuple[Any, ...]:
    """What later attacks make of this world."""
    return (make_case, make_membership, Organisation, soon, Ok)
