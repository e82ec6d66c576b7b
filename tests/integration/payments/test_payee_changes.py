"""Bank details and terms of a contract in force: two people, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.db import current_session, unit_of_work
from portal.db.outbox import OutboxEntry
from portal.kernel.clock import freeze, today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.payments.models import Contract, Decision, PayeeChange, Payment
from portal.payments.queries import contract_changes as seconds
from portal.payments.queries import ledger as reading
from portal.payments.queries.contracts import terms_of
from portal.payments.rules.payees import NO_PAYEE, Payee
from portal.payments.service import payee_changes, paying, variations
from portal.payments.service.proving import verify
from portal.programme.models import StaffPost
from tests.factories.accounts import sign_in
from tests.factories.caseload import author_of, make_lep_officer
from tests.factories.paying import Owing, make_owed
from tests.support import claims_world as world
from tests.support.races import race

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
OTHER = Payee("SOMEBODY ELSE", "112233", "44556677", "money@provider.example")
WHY = "They moved banks; called them on the number of the contract"


@pytest.fixture(autouse=True)
def november():
    with freeze(NOW):
        yield


@pytest.fixture
def owing(app: Flask) -> Owing:
    return make_owed(app)


def propose(reference: str, by: Author, payee: Payee = OTHER, reason: str = WHY):
    with unit_of_work():
        return payee_changes.propose(reference=reference, payee=payee, reason=reason, by=by)


def proposed(owing: Owing) -> str:
    done = propose(owing.contract, author_of(owing.officer))
    assert isinstance(done, Ok), done
    return done.value.reference


def account(owing: Owing) -> str:
    return (
        current_session()
        .scalars(select(Contract.payee_account).where(Contract.reference == owing.contract))
        .one()
    )


def mails() -> list[tuple[str, str, str]]:
    """Who was written to, about what, with all that the mail says."""
    rows = current_session().scalars(
        select(OutboxEntry.payload).where(OutboxEntry.kind == "mail.send").order_by(OutboxEntry.id)
    )
    return [(row["to"], row["subject"], row["text"]) for row in rows]


def actions(owing: Owing) -> list[str]:
    return list(
        current_session().scalars(
            select(Decision.action)
            .where(Decision.subject == f"contract:{owing.contract}")
            .order_by(Decision.sequence)
        )
    )


def test_details_change_only_when_a_second_person_confirms(owing: Owing) -> None:
    change = proposed(owing)
    assert account(owing) == "00000000"
    with unit_of_work():
        done = payee_changes.confirm(change=change, by=author_of(owing.manager))
        assert isinstance(done, Ok), done
    assert account(owing) == "44556677"
    kept = seconds.payee_changes(owing.contract_id)[0]
    assert (kept.before.account, kept.after, kept.reason) == ("00000000", OTHER, WHY)
    assert (kept.proposed_name, kept.decided_name) == (owing.officer.name, owing.manager.name)
    assert actions(owing)[-2:] == ["contract.payee_proposed", "contract.payee_confirmed"]
    assert verify().fault is None
    with unit_of_work():
        twice = payee_changes.confirm(change=change, by=author_of(owing.manager))
    assert isinstance(twice, Err)
    assert twice.problem.code == "confirmed_already"
    assert owing.manager.name in twice.problem.message


def test_both_sides_are_mailed_and_no_mail_or_decision_holds_an_account(owing: Owing) -> None:
    before = len(mails())
    change = proposed(owing)
    with unit_of_work():
        payee_changes.confirm(change=change, by=author_of(owing.manager))
    told = mails()[before:]
    subjects = {}
    for to, subject, said in told:
        subjects.setdefault(subject.partition(":")[0], set()).add(to)
        assert "44556677" not in said
        assert "112233" not in said
        assert "ending 6677" in said
    both = {owing.provider.manager.email, owing.manager.email}
    assert set(subjects) == {"Bank details proposed", "Bank details confirmed"}
    for readers in subjects.values():
        assert both <= readers
        assert owing.officer.email not in readers
    details = current_session().scalars(select(Decision.detail)).all()
    assert "44556677" not in str(details)


def test_who_proposed_or_works_for_the_provider_does_not_confirm(owing: Owing) -> None:
    with unit_of_work():
        inside = make_lep_officer("lep_manager")
        current_session().add(
            StaffPost(organisation_id=owing.provider.organisation.id, user_id=inside.id)
        )
    done = propose(owing.contract, author_of(owing.manager))
    assert isinstance(done, Ok)
    change = done.value.reference
    for person, why in ((owing.manager, "You proposed it"), (inside, "You work for the provider")):
        for act in (
            payee_changes.confirm,
            lambda **said: payee_changes.refuse(words="No", **said),
        ):
            with unit_of_work():
                refused = act(change=change, by=author_of(person))
            assert isinstance(refused, Err)
            assert refused.problem.code == "separation"
            assert why in refused.problem.message
    assert actions(owing).count("contract.payee_confirm_refused") == 2
    assert actions(owing).count("contract.payee_decline_refused") == 2
    assert account(owing) == "00000000"


def test_the_database_refuses_a_proposer_who_decides_and_a_second_open_change(
    owing: Owing,
) -> None:
    change = proposed(owing)
    with pytest.raises(DBAPIError, match="decided_by_another"), unit_of_work() as session:
        session.execute(
            text(
                "UPDATE payee_changes SET state = 'confirmed', decided_by = proposed_by, "
                "decided_at = proposed_at WHERE reference = :change"
            ),
            {"change": change},
        )
    with pytest.raises(DBAPIError, match=r"(?i)unique"), unit_of_work() as session:
        kept = session.scalars(select(PayeeChange)).one()
        values = {
            column.key: getattr(kept, column.key)
            for column in PayeeChange.__table__.columns
            if column.key not in {"id", "reference"}
        }
        session.add(PayeeChange(**values))
        session.flush()


def test_refused_and_withdrawn_changes_leave_everything_as_it_was(owing: Owing) -> None:
    first = proposed(owing)
    with unit_of_work():
        unsaid = payee_changes.refuse(change=first, words=" ", by=author_of(owing.manager))
        refused = payee_changes.refuse(
            change=first, words="They never asked for this", by=author_of(owing.manager)
        )
    assert isinstance(unsaid, Err)
    assert isinstance(refused, Ok)
    second = proposed(owing)
    with unit_of_work():
        other = payee_changes.withdraw(change=second, by=author_of(owing.manager))
        own = payee_changes.withdraw(change=second, by=author_of(owing.officer))
        late = payee_changes.confirm(change=second, by=author_of(owing.manager))
    assert isinstance(other, Err)
    assert other.problem.code == "not_yours"
    assert isinstance(own, Ok)
    assert isinstance(late, Err)
    assert late.problem.code == "withdrawn_already"
    assert account(owing) == "00000000"
    assert [one.state for one in seconds.payee_changes(owing.contract_id)] == [
        "withdrawn",
        "refused",
    ]


@pytest.mark.parametrize(
    ("payee", "reason", "code"),
    [
        (OTHER, "  ", "reason"),
        (replace(OTHER, sort_code="1234"), WHY, "payee_sort_code"),
        (replace(OTHER, email=""), WHY, "remittance_email"),
        (NO_PAYEE, WHY, "payee"),
        (Payee("EXAMPLE PROVIDER", "000000", "00000000", "finance@provider.example"), WHY, "same"),
    ],
)
def test_a_faulty_proposal_changes_nothing(owing: Owing, payee, reason, code) -> None:
    done = propose(owing.contract, author_of(owing.officer), payee, reason)
    assert isinstance(done, list)
    assert code in {one.code for one in done}
    assert seconds.payee_changes(owing.contract_id) == []
    change = proposed(owing)
    again = propose(owing.contract, author_of(owing.manager))
    assert again == [payee_changes.OPEN_ALREADY], change


def test_a_run_says_that_a_change_waits_and_keeps_what_it_was_made_with(app: Flask) -> None:
    owing = make_owed(app, months=2)
    change = proposed(owing)
    client = owing.client(owing.manager)
    page = client.soup("/payments/new?all=1").get_text(" ")
    assert "A change of bank details waits for a second person" in page
    assert "Change waits" in client.soup("/payments").get_text(" ")
    first = owing.make_run(owing.claims[0])
    made = (
        current_session()
        .scalars(select(Decision.detail).where(Decision.action == "payment.run_made"))
        .one()
    )
    assert made["bank_details_waiting"] == [owing.provider.organisation.name]
    with unit_of_work():
        assert isinstance(payee_changes.confirm(change=change, by=author_of(owing.manager)), Ok)
    assert "waits for a second person" not in client.soup("/payments/new?all=1").get_text(" ")
    second = owing.make_run(owing.claims[1])
    assert [one.payee_account for one in owing.payments(first)] == ["00000000"]
    assert [one.payee_account for one in owing.payments(second)] == ["44556677"]
    emails = current_session().scalars(select(Payment.remittance_email).order_by(Payment.id))
    assert list(emails) == ["finance@provider.example", "money@provider.example"]


def test_pages_from_proposal_to_confirmation(owing: Owing) -> None:
    officer, manager = owing.client(owing.officer), owing.client(owing.manager)
    provider = owing.client(owing.provider.manager)
    here = f"/contracts/{owing.contract}"
    bad = officer.submit(f"{here}/payee", {"payee_sort_code": "12", "reason": "x"})
    assert "Enter a sort code of 6 digits" in bad.get_data(as_text=True)
    sent = officer.submit(
        f"{here}/payee",
        {
            "payee_name": "somebody else",
            "payee_sort_code": "11-22-33",
            "payee_account": "4455 6677",
            "remittance_email": "money@provider.example",
            "reason": WHY,
        },
    ).get_data(as_text=True)
    assert "Money goes where it went until another manager has confirmed it" in sent
    assert "You proposed this, so somebody else has to confirm it" in sent
    own = provider.soup(here).get_text(" ")
    assert "proposed other bank details" in own
    assert "44556677" not in own
    assert "11-22-33" not in own
    change = seconds.payee_changes(owing.contract_id)[0].reference
    told = manager.soup(here).get_text(" ")
    assert "44556677" in told
    asked = manager.submit(f"{here}/payee/{change}/refuse", {"words": ""}).get_data(as_text=True)
    assert "Say why not" in asked
    done = manager.submit(here, form=f"confirm-{change}").get_data(as_text=True)
    assert "The bank details are changed" in done
    assert account(owing) == "44556677"
    assert "Confirmed" in officer.soup(f"{here}/payee").get_text(" ")
    assert manager.get(f"/contracts/{'0' * 10}/payee/{change}/refuse").status_code == 404


def test_a_variation_waits_too_and_the_ledger_follows_only_then(owing: Owing) -> None:
    contract = current_session().get_one(Contract, owing.contract_id)
    before = reading.standing(contract.id).budget
    terms = replace(terms_of(contract), total_cap=contract.total_cap_pence + 500)

    def propose_it(by):
        with unit_of_work():
            return variations.propose(
                reference=contract.reference,
                revision=contract.revision,
                terms=terms,
                effective_on=today(),
                reason="More work",
                by=author_of(by),
            )

    with unit_of_work():
        another = make_lep_officer("lep_manager")
    done = propose_it(owing.manager)
    assert isinstance(done, Ok), done
    assert propose_it(another) == [variations.OPEN_ALREADY]
    assert reading.standing(contract.id).budget == before
    assert another.email in {to for to, subject, _said in mails() if "variation" in subject}
    with unit_of_work():
        own = variations.confirm(proposal=done.value.reference, by=author_of(owing.manager))
    assert [one.code for one in own] == ["separation"]
    with unit_of_work():
        said = variations.refuse(
            proposal=done.value.reference, words="Not agreed", by=author_of(another)
        )
    assert isinstance(said, Ok)
    second = propose_it(owing.manager)
    assert isinstance(second, Ok)
    with unit_of_work():
        held = variations.confirm(proposal=second.value.reference, by=author_of(another))
    assert isinstance(held, Ok), held
    assert reading.standing(contract.id).budget == before + 500
    found = seconds.history(contract.id)
    assert [(one.kind, one.state, one.number) for one in found] == [
        ("variation", "confirmed", 1),
        ("proposal", "refused", None),
    ]
    assert (found[0].proposed_name, found[0].by_name) == (owing.manager.name, another.name)
    assert actions(owing)[-1] == "contract.varied"
    assert verify().fault is None


def test_a_variation_is_judged_again_when_it_is_confirmed(app: Flask) -> None:
    with unit_of_work():
        desk = world.make_desk()
        world.add_work(desk, date(2026, 10, 5), date(2026, 10, 6))
        contract = current_session().get_one(Contract, desk.contract)
        done = variations.propose(
            reference=contract.reference,
            revision=contract.revision,
            terms=replace(terms_of(contract), total_cap=60_000),
            effective_on=today(),
            reason="Less money",
            by=desk.payers[0],
        )
        assert isinstance(done, Ok), done
        change = done.value.reference
    with unit_of_work():
        world.submit(desk)
    with unit_of_work():
        refused = variations.confirm(proposal=change, by=desk.payers[1])
    assert [one.code for one in refused] == ["below_spent"]
    assert verify().fault is None


def test_two_people_confirm_at_the_same_moment(committed_app: Flask) -> None:
    desk = world.set_up(committed_app, world.make_desk)

    def set_up() -> tuple[str, str]:
        contract = current_session().get_one(Contract, desk.contract)
        bank = payee_changes.propose(
            reference=contract.reference, payee=OTHER, reason=WHY, by=desk.officers[0]
        )
        varied = variations.propose(
            reference=contract.reference,
            revision=contract.revision,
            terms=replace(terms_of(contract), total_cap=contract.total_cap_pence + 500),
            effective_on=today(),
            reason="More work",
            by=desk.officers[0],
        )
        assert isinstance(bank, Ok)
        assert isinstance(varied, Ok)
        return bank.value.reference, varied.value.reference

    bank, varied = world.set_up(committed_app, set_up)
    outcome = race(
        committed_app,
        *(lambda by=by: payee_changes.confirm(change=bank, by=by) for by in desk.payers),
    )
    assert world.said(outcome.results) == ["confirmed_already", "ok"]
    outcome = race(
        committed_app,
        *(lambda by=by: variations.confirm(proposal=varied, by=by) for by in desk.payers),
    )
    assert sorted(isinstance(one, Ok) for one in outcome.results) == [False, True]
    with committed_app.app_context():
        assert world.entries("allocate") == 2
        world.assert_true()


def test_two_people_propose_at_the_same_moment(committed_app: Flask) -> None:
    desk = world.set_up(committed_app, world.make_desk)
    with committed_app.app_context():
        reference = current_session().get_one(Contract, desk.contract).reference
    outcome = race(
        committed_app,
        *(
            lambda by=by: payee_changes.propose(reference=reference, payee=OTHER, reason=WHY, by=by)
            for by in desk.officers
        ),
    )
    assert sorted(isinstance(one, Ok) for one in outcome.results) == [False, True]
    assert [payee_changes.OPEN_ALREADY] in outcome.results


def test_a_run_and_a_confirmation_at_once_pay_one_account_or_the_other(
    committed_app: Flask,
) -> None:
    desk = world.set_up(committed_app, world.make_desk)

    def set_up() -> str:
        world.add_work(desk, date(2026, 9, 7))
        world.approve(desk, date(2026, 9, 1))
        world.add_work(desk, date(2026, 10, 5))
        world.approve(desk)
        contract = current_session().get_one(Contract, desk.contract)
        bank = payee_changes.propose(
            reference=contract.reference, payee=OTHER, reason=WHY, by=desk.officers[0]
        )
        assert isinstance(bank, Ok)
        return bank.value.reference

    change = world.set_up(committed_app, set_up)
    outcome = race(
        committed_app,
        lambda: payee_changes.confirm(change=change, by=desk.payers[0]),
        lambda: paying.make_run(programme="pilot", references=None, by=desk.payers[1]),
    )
    assert world.said(outcome.results) == ["ok", "ok"]
    with committed_app.app_context():
        accounts = current_session().scalars(select(Payment.payee_account)).all()
    assert len(accounts) == 2
    assert len(set(accounts)) == 1


def test_nobody_but_the_lep_reaches_the_pages(owing: Owing) -> None:
    change = proposed(owing)
    client = owing.app.test_client()
    sign_in(client, owing.provider.manager)
    assert client.get(f"/contracts/{owing.contract}/payee").status_code == 403
    officer = owing.client(owing.officer)
    assert officer.get(f"/contracts/{owing.contract}/payee/{change}/refuse").status_code == 403
